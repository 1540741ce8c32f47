/** What an order hears, what it can be, and where it may go from there. */
import { z } from 'zod';
import { pourForm } from './dispatch.ts';
import { placeForm } from './places.ts';
import { cents, currency, id, type Life, MAX_LINES, MAX_QUANTITY, text, time, uuid, wholeNumber } from './words.ts';

export type OrderStatus =
  | 'draft'
  | 'pending'
  | 'validated'
  | 'payment_processing'
  | 'payment_confirmed'
  | 'payment_failed'
  | 'confirmed'
  | 'assigned'
  | 'shipped'
  | 'delivered'
  | 'completed'
  | 'cancelled'
  | 'failed';

/** How an order reaches its customer: by one of our trucks, or by a carrier. */
export type Delivery = 'truck' | 'carrier';

export const deliveryOf = ({ kind, shippingAddress }: { kind?: string | undefined; shippingAddress?: unknown }): Delivery => {
  if (kind === 'concrete') return 'truck';
  return kind === 'goods' || shippingAddress ? 'carrier' : 'truck';
};

/** Transitions T1 to T13 of the model. */
export const orderLife = {
  draft: ['pending', 'cancelled'],
  pending: ['validated', 'assigned', 'confirmed', 'failed', 'cancelled'],
  validated: ['payment_processing', 'confirmed', 'payment_confirmed', 'assigned', 'failed', 'cancelled'],
  payment_processing: ['payment_confirmed', 'payment_failed', 'cancelled'],
  payment_confirmed: ['confirmed', 'cancelled'],
  payment_failed: ['payment_processing', 'payment_confirmed', 'cancelled'],
  confirmed: ['assigned', 'shipped', 'delivered', 'cancelled'],
  assigned: ['shipped', 'pending', 'validated', 'confirmed', 'delivered', 'cancelled'],
  shipped: ['delivered', 'cancelled'],
  delivered: ['completed'],
  completed: [],
  cancelled: [],
  failed: [],
} as const satisfies Life<OrderStatus>;

export type SagaState = 'Created' | 'InventoryReserved' | 'PaymentProcessing' | 'Paid' | 'Shipped' | 'Completed' | 'Failed';

/** While it compensates, a saga stays where it was: it has failed when the last step is undone. Tried again, it begins anew. */
export const sagaLife = {
  // Completed: put on a truck by hand before its stock had answered (T8), and delivered.
  Created: ['InventoryReserved', 'PaymentProcessing', 'Paid', 'Shipped', 'Completed', 'Failed'],
  InventoryReserved: ['PaymentProcessing', 'Paid', 'Shipped', 'Completed', 'Failed'],
  PaymentProcessing: ['Paid', 'Created', 'Failed'],
  Paid: ['Shipped', 'Completed', 'Failed'],
  Shipped: ['Completed', 'Failed'],
  Completed: [],
  Failed: ['Created'],
} as const satisfies Life<SagaState>;

export const paymentMethods = ['card', 'cod', 'account', 'transfer'] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

const customer = z.strictObject({ externalId: id, name: text(200), email: z.email().max(254).optional() });
const item = z.strictObject({ sku: id, quantity: wholeNumber(MAX_QUANTITY) });
const address = z.strictObject({
  name: text(200).optional(),
  line1: text(200),
  line2: text(200).optional(),
  city: text(120),
  region: text(120).optional(),
  postalCode: text(20).optional(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be a two-letter country code')
    .optional(),
});
const requestedWindow = z
  .strictObject({ start: time, end: time })
  .refine(({ start, end }) => new Date(start) <= new Date(end), { path: ['end'], error: 'must not be before start' });

const form = {
  customerId: id.optional(),
  customer: customer.optional(),
  /** Left out, concrete is ordered when all products are; else the order goes by carrier when it has a shipping address, or by truck. */
  kind: z.enum(['goods', 'concrete']).optional(),
  paymentMethod: z.enum(paymentMethods),
  paymentToken: text(200).optional(),
  currency: currency.optional(),
  items: z.array(item).min(1).max(MAX_LINES),
  plantId: id.optional(),
  distanceMiles: z.number().min(0).max(500).optional(),
  shippingAddress: address.optional(),
  requestedWindow: requestedWindow.optional(),
  /** Where it goes: without a plant or a distance, they follow from it. */
  site: placeForm.optional(),
  /** Of an order that goes by truck: how it is to be poured, and what its trucks must have. */
  pour: pourForm.optional(),
  priority: z.int().min(0).max(100).default(50),
};
const namesACustomer = {
  path: ['customerId'],
  error: 'give customerId or customer',
  // Said beside whatever else is wrong, not only when nothing is.
  when: ({ value }: { value: unknown }) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const hasCustomer = (order: { customerId?: string; customer?: unknown }): boolean =>
  (order.customerId === undefined) !== (order.customer === undefined);

/** The body of POST /api/orders. */
export const orderForm = z.strictObject(form).refine(hasCustomer, namesACustomer);
export type OrderForm = z.output<typeof orderForm>;

/** An accepted order on its way to be persisted: the inbound contract of the intake (OrderAccepted). */
export const orderAccepted = z.strictObject({ correlationId: uuid, ...form }).refine(hasCustomer, namesACustomer);

export const cancelForm = z.strictObject({ reason: text(500) });

const line = { stockKey: z.string().max(140), orderKey: uuid };
const by = { by: text(200).optional(), version: z.int().optional() };
const itemId = z.string().regex(/^\d{1,18}$/, 'must be an item id');
const quantity = wholeNumber(MAX_QUANTITY);
const itemLines = z.array(z.strictObject({ itemId, quantity })).min(1).max(MAX_LINES);
const ended = { orderKey: uuid, id: uuid, lines: z.array(z.object({ itemId, quantity })) };

export const holdKinds = ['operational', 'customer', 'finance', 'fraud', 'inventory_unconfirmed', 'address'] as const;
export const holdSeverities = ['info', 'advisory', 'blocking'] as const;
const hold = { kind: z.enum(holdKinds), severity: z.enum(holdSeverities), note: text(500).optional() };

export const cancelItemForm = z.strictObject({ quantity, reason: text(500) });
export const confirmForm = z.strictObject({ reason: text(500).optional() });
/** `collected`: the money of a COD order was taken at the door. */
export const proofForm = z.strictObject({ signedBy: text(200).optional(), at: time.optional(), collected: z.boolean().optional() });
export const retryForm = z.strictObject({ paymentToken: text(200) });
export const holdForm = z.strictObject(hold);

export const orderMessages = {
  'order.accepted': orderAccepted,
  'order.cancel': cancelForm.extend(by),
  'order.cancel-item': cancelItemForm.extend({ itemId, ...by }),
  /** `auto`: from the COD clock, which confirms only what has its proof of delivery. */
  'order.confirm': confirmForm.extend({ ...by, auto: z.literal(true).optional() }),
  'order.prove-delivery': proofForm.extend(by),
  'order.retry-payment': retryForm.extend(by),
  'order.hold': holdForm.extend({ holdId: uuid, ...by }),
  'order.release-hold': z.strictObject({ holdId: uuid, ...by }),
  'order.complete': z.strictObject(by),
  /** From the hourly clocks: the order looks itself whether its time has come. */
  'order.auto-cancel': z.object({}),
  'order.auto-complete': z.object({}),
  /** Asked by the returns room: may these quantities be sent back? If so they are booked under `id`. */
  'order.send-back': z.strictObject({ id: uuid, kind: z.enum(['return', 'exchange']), lines: itemLines, reason: text(500) }),
  'inventory.reserved': z.object({ ...line, quantity: wholeNumber(MAX_QUANTITY * MAX_LINES), until: time }),
  'inventory.rejected': z.object({ ...line, reason: z.string() }),
  'inventory.backordered': z.object({ ...line, quantity: wholeNumber(MAX_QUANTITY * MAX_LINES) }),
  'inventory.reservation.released': z.object(line),
  'inventory.reservation.expired': z.object(line),
  'payment.confirmed': z.object({
    orderKey: uuid,
    paymentId: uuid,
    status: z.enum(['captured', 'authorized', 'cod_due']).optional(),
    amountCents: cents.optional(),
  }),
  'payment.failed': z.object({ orderKey: uuid, paymentId: uuid, failureReason: z.string() }),
  'payment.refunded': z.object({
    orderKey: uuid,
    paymentId: uuid,
    refundId: uuid.optional(),
    amountCents: cents.optional(),
    capturedCents: cents.optional(),
    refundedCents: cents.optional(),
  }),
  'payment.voided': z.object({ orderKey: uuid, paymentId: uuid, reason: z.string().optional() }),
  'payment.cod.collected': z.object({ orderKey: uuid, paymentId: uuid, amountCents: cents }),
  'order.truck.assigned': z.object({ orderKey: uuid, truckId: id, loadId: uuid }),
  /** `last`: no other truck is on its way for it either. */
  'order.truck.unassigned': z.object({ orderKey: uuid, truckId: id, loadId: uuid, reason: z.string(), last: z.literal(true).optional() }),
  /** One of several trucks has poured. */
  'order.load.delivered': z.object({ orderKey: uuid, truckId: id, loadId: uuid, quantity: z.number(), deliveredAt: time }),
  'order.status.intransit': z.object({ orderKey: uuid, truckId: id, loadId: uuid }),
  'order.shipped': z.object({ orderKey: uuid, fulfillmentId: uuid, carrier: z.string(), trackingNo: z.string() }),
  /** By a truck or by a carrier. */
  'order.delivered': z.object({
    orderKey: uuid,
    truckId: id.optional(),
    loadId: uuid.optional(),
    fulfillmentId: uuid.optional(),
    deliveredAt: time,
  }),
  'fulfillment.status_changed': z.object({
    orderKey: uuid,
    fulfillmentId: uuid,
    from: z.string().optional(),
    to: z.string(),
    reason: z.string().nullish(),
  }),
  'order.return.completed': z.object(ended),
  'order.return.rejected': z.object(ended),
  'order.exchange.completed': z.object(ended),
  'order.exchange.rejected': z.object(ended),
  'saga.expire': z.object({}),
};

/** Exactly these end an order; nothing leads out of them. */
export const terminalOrderStatuses: readonly OrderStatus[] = ['completed', 'cancelled', 'failed'];
