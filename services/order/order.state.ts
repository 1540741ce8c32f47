/** What an order is, what it is decided by, and the small steps all its rules share. */

import type { Pour } from '../../models/dispatch.ts';
import type { Delivery, OrderForm, OrderStatus, orderMessages, PaymentMethod, SagaState } from '../../models/order.ts';
import type { Place } from '../../models/places.ts';
import type { Context, Decision, MessageOf } from '../../runtime/decider.ts';

export interface Order {
  id: string;
  orderNumber: string;
  correlationId: string;
  status: OrderStatus;
  sagaState: SagaState;
  /** When the saga's time is over; null while no clock runs. */
  sagaExpiresAt: string | null;
  /** The steps being undone, or undone, in the reverse order of their doing. */
  compensations: Compensation[];
  customerId: string;
  plantId: string;
  delivery: Delivery;
  /** Of an order that goes by carrier. */
  address: Record<string, unknown> | null;
  fulfillmentId: string | null;
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
  /** How many open holds keep it from being dispatched. */
  blocked: number;
  /** When it was delivered, by whatever proof. */
  deliveredAt: string | null;
  /** What is seldom so; null mostly. */
  marks: Marks | null;
  reason: string | null;
  version: number;
  /** Only on the way into the database: what is written once. */
  intake?: Intake;
  /** Only on the way into the database: columns changed that seldom do. */
  amended?: true;
}

export interface Compensation {
  /** `payment:<id>`, `stock:<key>`, `fulfillment:<id>` or `dispatch`. */
  step: string;
  at: string;
  done: string | null;
}

export interface Marks {
  /** Stock that is short and waits in line; the saga's clock stands still meanwhile. */
  backordered?: string[];
  /** Confirmed, but held back from dispatch. */
  waiting?: boolean;
  /** A part is off: when its fulfilment is cancelled, another one is made. */
  renewing?: boolean;
  /** The money waits at the provider until delivery. */
  authorized?: boolean;
  /** The cash of a COD order is collected. */
  collected?: boolean;
  provenBy?: string;
  /** Where its truck is, of a COD order that is not confirmed yet, in the words of deliveryStatus. Later its status says so. */
  early?: Early;
  /** What its trucks must know and few orders ask. */
  truck?: { pour?: Pour; requestedEnd?: string; concrete?: true; site?: Place };
  /** What several trucks have brought so far. */
  poured?: number;
  /** Parts that were called off before the payment was known to be made. Should it come late, it is told of them (again). */
  calledOff?: Reduction[];
  /** Holds of kind inventory_unconfirmed, by stock. */
  unconfirmed?: Record<string, Hold & { id: string }>;
}

export type Early = 'queued' | 'assigned' | 'en_route' | 'delivered';

export interface Reduction {
  refundId: string;
  amountCents: number;
  reason: string;
}

export interface Hold {
  kind: string;
  severity: string;
  source: 'person' | 'exception' | 'inventory';
  note: string | null;
  by: string | null;
  /** The order's version when it was placed: an exception is past once the order has moved on. */
  orderVersion: number;
  releasedAt: string | null;
  releasedBy: string | null;
}

export interface Item {
  orderId: string;
  sku: string;
  quantity: number;
  unitPriceCents: number;
  quantityCancelled: number;
  quantitySentBack: number;
  quantityReturned: number;
}

export interface SentBack {
  kind: 'return' | 'exchange';
  lines: { itemId: string; quantity: number }[];
  status: 'requested' | 'completed' | 'rejected';
  reason: string;
}

export interface Intake {
  form: OrderForm;
  items: { sku: string; name: string; quantity: number; unitPriceCents: number }[];
}

export interface Product {
  sku: string;
  name: string;
  priceCents: number;
  currency: string;
  kind?: 'goods' | 'concrete';
}

/** What the store reads for orders that are new, and of those that must know how old they are. */
export interface OrderFacts {
  products: Map<string, Product>;
  plants: Map<string, OwnPlant>;
  ids: Map<string, string>;
  /** Plants by key of an order that names none and that have all it asks: those with the most of it first. */
  stockedPlants: Map<string, string[]>;
  /** By key, for order.auto-cancel and order.prove-delivery only. */
  ages?: Map<string, Age>;
}

export interface OwnPlant {
  place: Place | null;
  /** It stands still: nobody is sent there who does not ask for it. */
  broken: boolean;
}

export interface Age {
  createdAt: string;
  requestedEnd: string | null;
  /** A truck is queued for it, or on its way. */
  hasJob: boolean;
}

export const spares = ['open-job', 'delivered', 'future-window'] as const;

export interface OrderSettings {
  sagaMs: number;
  defaultDistanceMiles: number;
  /** Pending for longer than this, an order is cancelled by the clock, but for those that are spared (model X3). */
  autoCancelMs: number;
  autoCancelSpares: readonly string[];
  /** After delivery, goods may be sent back for so long; then the order is completed. */
  returnWindowMs: number;
  /** A COD order by truck asks for its truck when its stock is held, not only when it is confirmed (model X2, T9). Unset: false. */
  codDispatchBeforeConfirm?: boolean;
}

export type Heard = MessageOf<typeof orderMessages>;
export type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
export type Deciding = Context<OrderFacts> & { settings: OrderSettings };
export type Decided = Decision<Order>;

const CLOCKED: readonly SagaState[] = ['Created', 'InventoryReserved', 'PaymentProcessing'];

export const moved = (order: Order, status: OrderStatus, change: Partial<Order> = {}): Order => {
  const next = { ...order, ...change, status, version: order.version + 1 };
  return CLOCKED.includes(next.sagaState) ? next : { ...next, sagaExpiresAt: null };
};

/** A change of what seldom changes. */
export const amended = (order: Order, change: Partial<Order>): Order => ({
  ...order,
  ...change,
  version: order.version + 1,
  amended: true,
});

export const marked = (order: Order, change: Marks): Pick<Order, 'marks' | 'amended'> => ({
  marks: { ...order.marks, ...change },
  amended: true,
});

/** It waits in no line any more: tried again, it may stand in one anew. */
export const outOfLine = (order: Order): Order =>
  order.marks?.backordered?.length ? { ...order, ...marked(order, { backordered: [] }) } : order;

export const address = ({ correlationId, id }: Order) => ({ orderKey: correlationId, orderId: id });

export const laterBy = (now: Date, ms: number): Date => new Date(now.getTime() + ms);

/** Its goods lie at the plant for it, or are asked for. After a failed payment they went back. */
export const holdsStock = ({ status, awaiting }: Order): boolean => status !== 'payment_failed' || awaiting.length > 0;

/** Its truck, while the order itself is not confirmed: afterwards the mark says nothing any more. */
export const earlyTruck = ({ status, marks }: Order): Early | undefined => (status === 'validated' ? marks?.early : undefined);
