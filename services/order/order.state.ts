/** What an order is, what it is decided by, and the two small steps all its rules share. */
import type { OrderForm, OrderStatus, orderMessages, PaymentMethod, SagaState } from '../../models/order.ts';
import type { Context, MessageOf } from '../../runtime/decider.ts';

export interface Order {
  id: string;
  orderNumber: string;
  correlationId: string;
  status: OrderStatus;
  sagaState: SagaState;
  customerId: string;
  plantId: string;
  paymentMethod: PaymentMethod;
  paymentToken: string;
  currency: string;
  totalCents: number;
  distanceMiles: number;
  quantity: number;
  priority: number;
  requestedStart: string | null;
  /** What it asks of stock: one entry per product, its lines summed. */
  stock: { stockKey: string; quantity: number }[];
  /** Stock that has not answered yet. */
  awaiting: string[];
  paymentId: string | null;
  truckId: string | null;
  /** Where an assigned order goes back to when it loses its truck. */
  assignedFrom: OrderStatus | null;
  reason: string | null;
  version: number;
  /** Only on the way into the database: what is written once. */
  intake?: Intake;
}

export interface Intake {
  form: OrderForm;
  items: { sku: string; name: string; quantity: number; unitPriceCents: number }[];
  sagaExpiresAt: string;
}

export interface Product {
  sku: string;
  name: string;
  priceCents: number;
  currency: string;
}

/** What the store reads for orders that are new: the catalogue, a number from the database, and where there is stock. */
export interface OrderFacts {
  products: Map<string, Product>;
  plants: Set<string>;
  ids: Map<string, string>;
  /** Plants by key of an order that names none: those with the most of what it asks first. */
  stockedPlants: Map<string, string[]>;
}

export interface OrderSettings {
  sagaMs: number;
  defaultDistanceMiles: number;
}

export type Heard = MessageOf<typeof orderMessages>;
export type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
export type Deciding = Context<OrderFacts>;

export const moved = (order: Order, status: OrderStatus, change: Partial<Order> = {}): Order => ({
  ...order,
  ...change,
  status,
  version: order.version + 1,
});

export const address = ({ correlationId, id }: Order) => ({ orderKey: correlationId, orderId: id });
