/** What a fulfilment is, and the steps by which its rules change it. */
import type { FulfillmentStatus, ShipmentStatus, ShippingAddress, TrackingStatus } from '../../models/fulfillment.ts';
import { type Decision, done, type Effect, publish, write } from '../../runtime/decider.ts';

export interface Fulfillment {
  id: string;
  orderKey: string;
  orderId: string;
  orderNumber: string;
  /** `exchange`: orderKey is an exchange's, not an order's. */
  owner: 'exchange' | null;
  /** The key of the order in whose history it stands, also when an exchange sends it. Read, never saved. */
  historyKey: string;
  locationId: string;
  customerId: string;
  address: ShippingAddress | null;
  lines: { sku: string; quantity: number }[];
  status: FulfillmentStatus;
  /** Where a hold leads back to. */
  heldFrom: FulfillmentStatus | null;
  /** How often a parcel was asked for under a new key: the number in the key. */
  bookings: number;
  /** Of the present booking; null before the first. */
  shipmentStatus: ShipmentStatus | null;
  carrier: string;
  trackingNo: string | null;
  reason: string | null;
  shippedAt: string | null;
  deliveredAt: string | null;
  version: number;
}

/** Rows beside it: its parcels by booking key, and what was heard of them by event id. */
export interface Shipment {
  carrier: string;
  trackingNo: string | null;
  status: ShipmentStatus;
  reason: string | null;
}
export interface Tracking {
  bookingKey: string;
  status: TrackingStatus;
  at: string;
  location: string | null;
  note: string | null;
}

export interface FulfillmentFacts {
  /** Which fulfilment is open, or is to be, for an order at a location. */
  holders: ReadonlyMap<string, string>;
}
export const slotOf = ({ orderKey, locationId }: { orderKey: string; locationId: string }): string => `${orderKey}@${locationId}`;

export interface FulfillmentSettings {
  /** Picked and packed by itself; else it waits for people. */
  auto: boolean;
  pollMs: number;
  carrier: string;
}

/** A fulfilment on its way through one decision, and what it brings about. */
export interface Way {
  fulfillment: Fulfillment;
  effects: readonly Effect[];
}

export const from = (fulfillment: Fulfillment): Way => ({ fulfillment, effects: [] });

export const also = (way: Way, ...effects: Effect[]): Way => ({ ...way, effects: [...way.effects, ...effects] });

export const changed = (way: Way, change: Partial<Fulfillment>): Way => ({ ...way, fulfillment: { ...way.fulfillment, ...change } });

/** One step of its life, said to whom it concerns. */
export const stepped = (way: Way, to: FulfillmentStatus, change: Partial<Fulfillment> = {}): Way => {
  const { fulfillment } = changed(way, { reason: null, ...change, status: to });
  const said = { from: way.fulfillment.status, to, ...(fulfillment.reason ? { reason: fulfillment.reason } : {}) };
  return also({ ...way, fulfillment }, publish('fulfillment.status_changed', { ...facts(fulfillment), ...said }));
};

/** The present parcel has become this. */
export const parcel = (way: Way, status: ShipmentStatus, { trackingNo, reason }: Partial<Shipment> = {}): Way => {
  const next = changed(way, { shipmentStatus: status, trackingNo: trackingNo ?? way.fulfillment.trackingNo });
  const { fulfillment } = next;
  const row: Shipment = { carrier: fulfillment.carrier, trackingNo: fulfillment.trackingNo, status, reason: reason ?? null };
  return also(next, write('shipment', bookingKey(fulfillment), row));
};

export const end = ({ fulfillment, effects }: Way): Decision<Fulfillment> =>
  done({ ...fulfillment, version: fulfillment.version + 1 }, [...effects]);

export const bookingKey = ({ id, bookings }: Pick<Fulfillment, 'id' | 'bookings'>): string => `ship:${id}:${bookings}`;

export const facts = ({ id, orderKey, orderId, owner }: Fulfillment) => ({
  fulfillmentId: id,
  orderKey,
  orderId,
  ...(owner ? { owner } : {}),
});
