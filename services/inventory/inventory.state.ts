/** What the rules of stock decide over, and the small effects that they share. */
import type { inventoryMessages, MovementKind, Owner, ReservationStatus } from '../../models/inventory.ts';
import {
  type Context as AnyContext,
  type Decision,
  type Effect,
  type MessageOf,
  publish,
  refuse,
  type Trace,
  write,
} from '../../runtime/decider.ts';

export interface Stock {
  sku: string;
  locationId: string;
  available: number;
  reserved: number;
  /** Ordered from a supplier and on its way. */
  incoming: number;
  reorderLevel: number;
  allowBackorder: boolean;
  /** How many reservations wait for stock. */
  backordered: number;
  /** Whether `inventory.low_stock` was said and not taken back yet. */
  low: boolean;
  version: number;
}

/** What a reservation needs to know when its turn comes. */
export interface Waiting extends Trace {
  orderKey: string;
  /** For how long it is to be held from then on. */
  holdMs: number;
}

export interface Reservation {
  orderId: string;
  quantity: number;
  status: ReservationStatus;
  expiresAt: string | null;
  confirmedAt: string | null;
  /** Whose key it stands under, where it is not an order's. */
  owner?: Owner | null;
  /** Its place in the line of those that wait; later ones have higher numbers. */
  place?: number | null;
  waiting?: Waiting | null;
}

export interface Movement {
  kind: MovementKind;
  quantity: number;
  /** By how much what lies there changed. */
  onHand: number;
  orderId?: string;
  reason?: string;
  by?: string;
}

export interface TakeBack {
  orderId: string;
  quantity: number;
  restock: boolean;
}

/** What the rows of one stock add up to, beside what its level said when both were read. */
export interface Sums {
  /** Of open reservations. */
  reserved: number;
  /** Of all movements. */
  onHand: number;
  /** Reservations that wait. */
  backordered: number;
  level: { available: number; reserved: number; backordered: number };
}

export interface StockFacts {
  /** The last place that was loaded, for stocks whose line is too long to be loaded whole. */
  lineEnds: ReadonlyMap<string, number>;
  /** For stocks that are to be repaired. */
  sums: ReadonlyMap<string, Sums>;
}

export type Context = AnyContext<StockFacts | undefined>;
export type Heard = MessageOf<typeof inventoryMessages>;
export type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];

export const changed = (stock: Stock, available: number, reserved: number, change: Partial<Stock> = {}): Stock => ({
  ...stock,
  ...change,
  available: stock.available + available,
  reserved: stock.reserved + reserved,
  version: stock.version + 1,
});

export const moved = (context: Context, movement: Movement): Effect => write('movement', context.newId(), movement);

export const save = (orderKey: string, reservation: Reservation): Effect => write('reservation', orderKey, reservation);

/** Whose the key is stands in every event that an exchange's hold causes; an order's say nothing of it. */
export const owned = (owner: Owner | null | undefined): { owner?: Owner } => (owner ? { owner } : {});

interface Asker {
  orderKey: string;
  owner?: Owner | undefined;
}

export const rejected = (
  stockKey: string,
  { orderKey, owner }: Asker,
  reason: string,
  data: Record<string, unknown> = {},
): Decision<Stock> => refuse(reason, data, publish('inventory.rejected', { orderKey, stockKey, reason, ...data, ...owned(owner) }));
