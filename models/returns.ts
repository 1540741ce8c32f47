/** Goods that come back: a return for money, an exchange for other goods. What each hears, and where it may go from there. */
import { z } from 'zod';
import { paymentMethods } from './order.ts';
import { cents, currency, id, type Life, MAX_LINES, MAX_QUANTITY, text, time, uuid, wholeNumber } from './words.ts';

export type ReturnStatus = 'requested' | 'approved' | 'rejected' | 'received' | 'inspected' | 'completed' | 'cancelled';

export const returnLife = {
  requested: ['approved', 'rejected', 'cancelled'],
  approved: ['received', 'cancelled'],
  rejected: [],
  received: ['inspected'],
  inspected: ['completed'],
  completed: [],
  cancelled: [],
} as const satisfies Life<ReturnStatus>;

export type ExchangeStatus = 'requested' | 'approved' | 'rejected' | 'received' | 'replacement_shipped' | 'completed' | 'cancelled';

export const exchangeLife = {
  requested: ['approved', 'rejected', 'cancelled'],
  approved: ['received', 'cancelled'],
  rejected: [],
  // Cancelled when there is nothing to send: it goes on as a return.
  received: ['replacement_shipped', 'cancelled'],
  replacement_shipped: ['completed'],
  completed: [],
  cancelled: [],
} as const satisfies Life<ExchangeStatus>;

/** How far the replacement of an exchange is: held back and, where it costs more, paid. */
export type Supply = 'none' | 'reserving' | 'paying' | 'ready' | 'short' | 'unpaid';

export const conditions = ['ok', 'damaged'] as const;
export type Condition = (typeof conditions)[number];

const itemId = z.string().regex(/^\d{1,18}$/, 'must be an item id');
const noItemTwice = (lines: readonly { itemId: string }[]): boolean => new Set(lines.map((line) => line.itemId)).size === lines.length;
const ONCE_EACH = { error: 'must name each item once' };
const wanted = z
  .array(z.strictObject({ itemId, quantity: wholeNumber(MAX_QUANTITY) }))
  .min(1)
  .max(MAX_LINES)
  .refine(noItemTwice, ONCE_EACH);

/** The body of POST /api/orders/:id/returns. */
export const returnForm = z.strictObject({ lines: wanted, reason: text(500) });
/** The body of POST /api/orders/:id/exchanges. */
export const exchangeForm = returnForm.extend({
  replacements: z
    .array(z.strictObject({ sku: id, quantity: wholeNumber(MAX_QUANTITY) }))
    .min(1)
    .max(MAX_LINES),
  paymentToken: text(200).optional(),
});

const version = { version: z.int().optional() };
export const approveForm = z.strictObject({});
export const approveExchangeForm = z.strictObject({ paymentToken: text(200).optional() });
export const rejectForm = z.strictObject({ reason: text(500) });
/** Cash that was due has been handed over: once, and always the whole of what was due. */
export const paidOutForm = z.strictObject({});
export const cancelReturnForm = z.strictObject({ reason: text(500).optional() });
/** What came, and in which state. Lines that are not named came whole, in the condition of all; `refund: false` keeps the money of a line. */
export const receiveForm = z.strictObject({
  condition: z.enum(conditions).optional(),
  lines: z
    .array(
      z.strictObject({
        itemId,
        quantity: z.int().min(0).max(MAX_QUANTITY).optional(),
        condition: z.enum(conditions).optional(),
        refund: z.boolean().optional(),
      }),
    )
    .max(MAX_LINES)
    .refine(noItemTwice, ONCE_EACH)
    .optional(),
});

const line = z.strictObject({
  itemId,
  sku: id,
  stockKey: z.string().max(140),
  quantity: wholeNumber(MAX_QUANTITY),
  unitPriceCents: cents,
});
const replacement = z.strictObject({ sku: id, stockKey: z.string().max(140), quantity: wholeNumber(MAX_QUANTITY), unitPriceCents: cents });
/** A line with what the inspection found. */
const inspectedLine = line.extend({
  received: z.int().min(0).max(MAX_QUANTITY).nullable(),
  condition: z.enum(conditions).nullable(),
  refund: z.boolean(),
});
export type ReturnLine = z.output<typeof inspectedLine>;
export type Replacement = z.output<typeof replacement>;

/** The order that the goods were bought with, as it stood when they were sent back. */
const ofOrder = {
  orderKey: uuid,
  orderId: z.string(),
  orderNumber: z.string(),
  customerId: z.string(),
  locationId: z.string(),
  currency,
  paymentId: uuid.nullable(),
  paymentMethod: z.enum(paymentMethods),
  reason: text(500),
};

const bookedForm = z.strictObject({ paymentId: uuid.nullish() });

export const returnMessages = {
  'return.request': z.strictObject({ ...ofOrder, lines: z.array(line).min(1).max(MAX_LINES) }),
  /** The order has booked it: from now on it is asked for. `paymentId` is the order's of that moment: it may have had none when it was asked. */
  'return.booked': bookedForm,
  /** The order would not have it. */
  'return.refused': z.strictObject({ code: z.string() }),
  /** Nobody said within the time whether the order has booked it. */
  'return.lapse': z.strictObject({}),
  /** An exchange that goes on as a return, under the same id: the order's booking is the same. */
  'return.take-over': z.strictObject({
    ...ofOrder,
    lines: z.array(inspectedLine).min(1).max(MAX_LINES),
    status: z.enum(['approved', 'inspected']),
  }),
  'return.approve': approveForm.extend(version),
  'return.reject': rejectForm.extend(version),
  'return.receive': receiveForm.extend(version),
  'return.inspect': receiveForm.extend(version),
  'return.complete': z.strictObject(version),
  'return.cancel': cancelReturnForm.extend(version),
  'return.paid-out': paidOutForm.extend(version),
};

/** What comes to an exchange from others names it as the order would be named. */
const ofExchange = { orderKey: uuid, owner: z.literal('exchange') };
const ofStock = { ...ofExchange, stockKey: z.string().max(140) };

export const exchangeMessages = {
  'exchange.request': z.strictObject({
    ...ofOrder,
    lines: z.array(line).min(1).max(MAX_LINES),
    replacements: z.array(replacement).min(1).max(MAX_LINES),
    token: z.string().nullable(),
    address: z.record(z.string(), z.unknown()).nullable(),
  }),
  'exchange.booked': bookedForm,
  'exchange.refused': z.strictObject({ code: z.string() }),
  'exchange.lapse': z.strictObject({}),
  'exchange.approve': approveExchangeForm.extend(version),
  'exchange.reject': rejectForm.extend(version),
  'exchange.receive': receiveForm.extend(version),
  /** Try again to hold, to be paid for, or to send the replacement. */
  'exchange.retry': approveExchangeForm.extend(version),
  /** There is no replacement: the customer gets the money. */
  'exchange.to-return': z.strictObject(version),
  /** An operator's word that the replacement has arrived, where no carrier says so. */
  'exchange.complete': z.strictObject(version),
  'exchange.cancel': cancelReturnForm.extend(version),
  'exchange.paid-out': paidOutForm.extend(version),
  'inventory.reserved': z.object({ ...ofStock, quantity: z.int() }),
  'inventory.rejected': z.object({ ...ofStock, reason: z.string() }),
  'inventory.backordered': z.object(ofStock),
  'inventory.reservation.expired': z.object(ofStock),
  'payment.confirmed': z.object({ ...ofExchange, paymentId: uuid }),
  'payment.failed': z.object({ ...ofExchange, paymentId: uuid, failureReason: z.string() }),
  'order.shipped': z.object({
    ...ofExchange,
    fulfillmentId: uuid,
    carrier: z.string().nullish(),
    trackingNo: z.string().nullish(),
  }),
  'order.delivered': z.object({ ...ofExchange, fulfillmentId: uuid, deliveredAt: time }),
  'fulfillment.status_changed': z.object({ ...ofExchange, fulfillmentId: uuid, to: z.string(), reason: z.string().nullish() }),
};

/** Exactly these end a return or an exchange; nothing leads out of them. */
export const terminalReturnStatuses = ['rejected', 'completed', 'cancelled'] as const;
