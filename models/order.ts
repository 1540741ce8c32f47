/** What an order hears, what it can be, and where it may go from there. */
import { z } from 'zod';
import { currency, id, type Life, MAX_LINES, MAX_QUANTITY, text, time, uuid, wholeNumber } from './words.ts';

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

export const sagaLife = {
  Created: ['InventoryReserved', 'Failed'],
  InventoryReserved: ['PaymentProcessing', 'Paid', 'Failed'],
  PaymentProcessing: ['Paid', 'Failed'],
  Paid: ['Shipped', 'Completed', 'Failed'],
  Shipped: ['Completed', 'Failed'],
  Completed: [],
  Failed: ['PaymentProcessing', 'Paid'],
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
  kind: z.enum(['goods', 'concrete']).default('goods'),
  paymentMethod: z.enum(paymentMethods),
  paymentToken: text(200).optional(),
  currency: currency.optional(),
  items: z.array(item).min(1).max(MAX_LINES),
  plantId: id.optional(),
  distanceMiles: z.number().min(0).max(500).optional(),
  shippingAddress: address.optional(),
  requestedWindow: requestedWindow.optional(),
  priority: z.int().min(0).max(100).default(50),
};
const namesACustomer = {
  path: ['customerId'],
  error: 'give customerId or customer',
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

export const orderMessages = {
  'order.accepted': orderAccepted,
  'order.cancel': z.strictObject({ reason: text(500), by: text(200).optional(), version: z.int().optional() }),
  'inventory.reserved': z.object({ ...line, quantity: wholeNumber(MAX_QUANTITY * MAX_LINES), until: time }),
  'inventory.rejected': z.object({ ...line, reason: z.string() }),
  'payment.confirmed': z.object({ orderKey: uuid, paymentId: uuid }),
  'payment.failed': z.object({ orderKey: uuid, paymentId: uuid, failureReason: z.string() }),
  'order.truck.assigned': z.object({ orderKey: uuid, truckId: id, loadId: uuid }),
  'order.truck.unassigned': z.object({ orderKey: uuid, truckId: id, loadId: uuid, reason: z.string() }),
  'order.status.intransit': z.object({ orderKey: uuid, truckId: id, loadId: uuid }),
  'order.delivered': z.object({ orderKey: uuid, truckId: id, loadId: uuid, deliveredAt: time }),
  'saga.expire': z.object({}),
};

/** Exactly these end an order; nothing leads out of them. */
export const terminalOrderStatuses: readonly OrderStatus[] = ['completed', 'cancelled', 'failed'];
