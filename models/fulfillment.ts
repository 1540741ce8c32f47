/** A fulfilment: the part of an order that leaves one location by a carrier. What it hears, and where it may go. */
import { z } from 'zod';
import { jobAnswer } from './answers.ts';
import { id, type Life, MAX_LINES, MAX_QUANTITY, text, time, uuid, wholeNumber } from './words.ts';

export type FulfillmentStatus =
  | 'pending'
  | 'planned'
  | 'picking'
  | 'packed'
  | 'ready'
  | 'shipped'
  | 'delivered'
  | 'on_hold'
  | 'cancelled'
  | 'failed';

/** One whose proof of delivery came first is made as delivered. One that failed may turn out to travel after all. */
export const fulfillmentLife = {
  pending: ['planned', 'on_hold', 'cancelled'],
  planned: ['picking', 'on_hold', 'cancelled'],
  picking: ['packed', 'on_hold', 'cancelled'],
  packed: ['ready', 'on_hold', 'cancelled'],
  ready: ['shipped', 'failed', 'cancelled'],
  shipped: ['delivered', 'failed'],
  delivered: [],
  on_hold: ['pending', 'planned', 'picking', 'packed', 'cancelled'],
  cancelled: [],
  failed: ['ready', 'shipped', 'cancelled'],
} as const satisfies Life<FulfillmentStatus>;

export const fulfillmentStatuses = Object.keys(fulfillmentLife) as [FulfillmentStatus, ...FulfillmentStatus[]];

/** A parcel at its carrier. `lost` and `returned` end without a delivery. */
export type ShipmentStatus = 'asked' | 'booked' | 'declined' | 'unknown' | 'in_transit' | 'delivered' | 'returned' | 'lost' | 'cancelled';

export const shipmentLife = {
  asked: ['booked', 'declined', 'unknown', 'in_transit', 'delivered', 'returned', 'lost', 'cancelled'],
  booked: ['in_transit', 'delivered', 'returned', 'lost', 'cancelled'],
  declined: [],
  unknown: ['asked', 'booked', 'in_transit', 'delivered', 'returned', 'lost', 'cancelled'],
  in_transit: ['delivered', 'returned', 'lost'],
  delivered: [],
  returned: [],
  // A carrier that forgot it may remember.
  lost: ['in_transit'],
  cancelled: [],
} as const satisfies Life<ShipmentStatus>;

/** What a carrier reports of a parcel, in the order in which it happens. */
export const trackingStatuses = ['picked_up', 'in_transit', 'out_for_delivery', 'delivered', 'returned'] as const;
export type TrackingStatus = (typeof trackingStatuses)[number];

export const sandboxRoutes = ['slow', 'fail', 'timeout', 'error', 'lost', 'return'] as const;

export const trackingEvent = z.object({
  eventId: text(200),
  status: z.enum(trackingStatuses),
  at: time,
  location: text(200).optional(),
  note: text(500).optional(),
});
export type TrackingReport = z.output<typeof trackingEvent>;

/** What a carrier says became of a booking; `none` when it never heard of it. */
export const bookingResult = z.object({
  status: z.enum(['booked', 'declined', 'none']),
  trackingNo: text(100).optional(),
  reason: text(500).optional(),
});
/** `too_late`: the carrier has the parcel already. */
export const cancelBookingResult = z.object({ status: z.enum(['cancelled', 'none', 'too_late']) });
export const trackingResult = z.object({ status: z.enum(['known', 'none']), events: z.array(trackingEvent).max(200).default([]) });

export const shippingAddress = z.object({
  name: text(200).optional(),
  line1: text(200),
  line2: text(200).optional(),
  city: text(120).optional(),
  region: text(120).optional(),
  postalCode: text(20).optional(),
  country: text(60).optional(),
});
export type ShippingAddress = z.output<typeof shippingAddress>;

/** A carrier's signed webhook. `reference` is what we booked under: the fulfilment's id. */
export const shipmentWebhook = z.strictObject({
  event_id: text(200),
  reference: uuid,
  booking_key: text(200),
  tracking_no: text(100),
  status: z.enum(trackingStatuses),
  at: time,
  location: text(200).optional(),
  note: text(500).optional(),
});

/** `version`: the change holds only for the fulfilment as it was seen. */
const by = { by: text(200).optional(), version: z.int().optional() };
const reason = { reason: text(500) };
export const holdForm = z.strictObject(reason);
export const rebookForm = z.strictObject({ address: shippingAddress.optional() });

export const fulfillmentMessages = {
  /** Told by an order once it is confirmed, and by an exchange for its replacement (`owner`). */
  'fulfillment.create': z.strictObject({
    orderKey: uuid,
    orderId: z.string(),
    orderNumber: z.string(),
    locationId: id,
    customerId: id,
    address: shippingAddress.optional(),
    lines: z
      .array(z.strictObject({ sku: id, quantity: wholeNumber(MAX_QUANTITY) }))
      .min(1)
      .max(MAX_LINES),
    owner: z.literal('exchange').optional(),
    /** The proof of delivery came first: the record is filled in behind it, and nothing ships. */
    delivered: z.strictObject({ at: time, by: text(200).optional() }).optional(),
  }),
  'fulfillment.cancel': z.strictObject({ ...reason, ...by }),
  'fulfillment.pick': z.strictObject(by),
  'fulfillment.pack': z.strictObject(by),
  'fulfillment.hold': z.strictObject({ ...reason, ...by }),
  'fulfillment.release': z.strictObject(by),
  'fulfillment.rebook': z.strictObject({ address: shippingAddress.optional(), ...by }),
  'fulfillment.book-answered': jobAnswer(bookingResult),
  'fulfillment.cancel-answered': jobAnswer(cancelBookingResult),
  'fulfillment.track-answered': jobAnswer(trackingResult),
  /** What the carrier's webhook says, perhaps twice, perhaps out of order. */
  'fulfillment.tracked': z.strictObject({ bookingKey: text(200), trackingNo: text(100), ...trackingEvent.shape }),
  /** A timer: ask the carrier where the parcel is, for callbacks may be lost. */
  'fulfillment.track': z.strictObject({}),
};
