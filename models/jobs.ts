/** Every type of job in one place: its payload, its queue, and how patient it is. A type that is not here is refused. */
import { z } from 'zod';
import { shippingAddress } from './fulfillment.ts';
import { cents, currency, time, uuid } from './words.ts';

/** A provider call may take 2 minutes (E43); transient failures are tried again 3 times, exponentially (E42). */
const CALL_TIMEOUT_MS = 120_000;

/** Absent: the sandbox. */
const paymentProvider = z.enum(['sandbox', 'stripe']).optional();

const charge = z.strictObject({
  paymentId: uuid,
  orderId: z.string(),
  amountCents: cents,
  currency,
  token: z.string(),
  /** Stored before the call and kept across its retries: the provider takes the money once. */
  idempotencyKey: z.string(),
  /** After this time nothing is taken any more: only looked up. */
  until: time,
  provider: paymentProvider,
});

/** What is done to a charge that was made: under its own key, found by the charge's key or by the provider's name for it. */
const chargeMade = {
  paymentId: uuid,
  orderId: z.string(),
  chargeKey: z.string(),
  providerRef: z.string().nullable(),
  idempotencyKey: z.string(),
  amountCents: cents,
  provider: paymentProvider,
};
const capture = z.strictObject(chargeMade);
const voiding = z.strictObject(chargeMade);
/** `transfer`: it came from a bank, and goes back to one. */
const refund = z.strictObject({ ...chargeMade, refundId: uuid, reason: z.string(), transfer: z.literal(true).optional() });

/** Gives back what a charge took, whether or not anybody heard that it did. */
const undo = z.strictObject({
  paymentId: uuid,
  orderId: z.string(),
  chargeKey: z.string(),
  refundKey: z.string(),
  providerRef: z.string().nullable(),
  amountCents: cents,
  reason: z.string(),
  provider: paymentProvider,
  transfer: z.literal(true).optional(),
});

/** A call to a carrier may take 5 minutes (E43); outside APIs are tried again with jitter (E42). */
const SHIPPING_TIMEOUT_MS = 300_000;

const book = z.strictObject({
  fulfillmentId: uuid,
  orderNumber: z.string(),
  locationId: z.string(),
  customerId: z.string(),
  address: shippingAddress.nullable(),
  lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int() })),
  /** Stored before the call and kept across its retries: the carrier sends one parcel. */
  idempotencyKey: z.string(),
  /** An earlier job may have booked under this key, and nobody heard. */
  again: z.boolean(),
});
const parcel = z.strictObject({ fulfillmentId: uuid, bookingKey: z.string(), trackingNo: z.string().nullable() });

export const jobTypes = [
  {
    type: 'payment.charge',
    queue: 'critical',
    payload: charge,
    maxAttempts: 4,
    timeoutMs: CALL_TIMEOUT_MS,
    backoffBaseMs: 1_000,
  },
  { type: 'payment.authorize', queue: 'critical', payload: charge, maxAttempts: 4, timeoutMs: CALL_TIMEOUT_MS, backoffBaseMs: 1_000 },
  { type: 'payment.capture', queue: 'critical', payload: capture, maxAttempts: 4, timeoutMs: CALL_TIMEOUT_MS, backoffBaseMs: 1_000 },
  { type: 'payment.void', queue: 'critical', payload: voiding, maxAttempts: 20, timeoutMs: CALL_TIMEOUT_MS, backoffBaseMs: 1_000 },
  { type: 'payment.refund', queue: 'critical', payload: refund, maxAttempts: 20, timeoutMs: CALL_TIMEOUT_MS, backoffBaseMs: 1_000 },
  {
    type: 'payment.undo',
    queue: 'critical',
    payload: undo,
    maxAttempts: 20,
    timeoutMs: CALL_TIMEOUT_MS,
    backoffBaseMs: 1_000,
  },
  {
    type: 'shipment.book',
    queue: 'default',
    payload: book,
    maxAttempts: 5,
    timeoutMs: SHIPPING_TIMEOUT_MS,
    backoffBaseMs: 1_000,
  },
  {
    type: 'shipment.cancel',
    queue: 'default',
    payload: parcel,
    maxAttempts: 20,
    timeoutMs: SHIPPING_TIMEOUT_MS,
    backoffBaseMs: 1_000,
  },
  {
    type: 'shipment.track',
    queue: 'default',
    payload: parcel,
    maxAttempts: 3,
    timeoutMs: SHIPPING_TIMEOUT_MS,
    backoffBaseMs: 1_000,
  },
];

export type BookPayload = z.output<typeof book>;
export type ParcelPayload = z.output<typeof parcel>;
export type ChargePayload = z.output<typeof charge>;
export type CapturePayload = z.output<typeof capture>;
export type VoidPayload = z.output<typeof voiding>;
export type RefundPayload = z.output<typeof refund>;
export type UndoPayload = z.output<typeof undo>;
