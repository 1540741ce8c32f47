/** A payment: what it hears, where it may go, and what the sandbox's tokens make the provider do. */
import { z } from 'zod';
import { jobAnswer } from './answers.ts';
import { paymentMethods } from './order.ts';
import { cents, currency, type Life, text, uuid } from './words.ts';

export type PaymentStatus =
  | 'created'
  | 'authorizing'
  | 'authorized'
  | 'capturing'
  | 'captured'
  | 'failed'
  | 'expired'
  | 'voided'
  | 'partially_refunded'
  | 'refunding'
  | 'refunded'
  | 'voiding'
  | 'cod_due'
  | 'cod_collected'
  | 'cod_remitted';

export const paymentLife = {
  created: ['authorizing', 'capturing', 'captured', 'failed', 'expired', 'voided', 'cod_due'],
  authorizing: ['authorized', 'captured', 'voiding', 'refunding', 'failed', 'voided'],
  authorized: ['capturing', 'captured', 'voiding', 'voided'],
  // Captured for an order that is off meanwhile: it goes straight back.
  capturing: ['captured', 'refunding', 'failed', 'voided'],
  captured: ['refunding', 'partially_refunded', 'refunded'],
  // A charge whose outcome nobody knew may turn out to have been made: then it is given back.
  // A transfer that comes after all is offered to its order.
  failed: ['captured', 'refunding', 'refunded', 'voiding'],
  // Money that came after its time goes back, unless its order still wants it.
  expired: ['captured', 'refunding', 'voiding'],
  voiding: ['voided', 'refunding', 'refunded'],
  // A transfer that comes after all is offered to its order, though that is off: people are to know, and it goes back.
  voided: ['captured', 'refunding', 'voiding'],
  partially_refunded: ['refunding', 'refunded'],
  refunding: ['refunded', 'partially_refunded', 'voided', 'failed'],
  refunded: [],
  cod_due: ['cod_collected', 'voided'],
  cod_collected: ['cod_remitted'],
  cod_remitted: [],
} as const satisfies Life<PaymentStatus>;

export const sandboxTokens = ['tok_ok', 'tok_declined', 'tok_slow', 'tok_timeout', 'tok_error', 'tok_twice'] as const;

/** What the provider says became of a charge, an authorisation or a capture. `none`: it never heard of it. */
export const chargeResult = z.object({
  status: z.enum(['captured', 'authorized', 'declined', 'voided', 'none']),
  providerRef: z.string().optional(),
  reason: z.string().optional(),
});
/** What came of giving money back, or of letting an authorisation go. `none`: nothing had been taken; `captured`: too late to let go. */
export const refundResult = z.object({
  status: z.enum(['refunded', 'voided', 'captured', 'none']),
  providerRef: z.string().optional(),
  refundId: z.string().optional(),
});

/** A provider's webhook: payment.confirmed and payment.failed as the documents give them (B16, B19). */
export const paymentWebhook = z.strictObject({
  event_id: text(200),
  event_type: z.enum(['payment.confirmed', 'payment.failed']),
  payment_id: uuid,
  order_id: text(64),
  order_number: text(64).optional(),
  amount: z.number(),
  currency,
  status: text(64).optional(),
  failure_reason: text(500).optional(),
  timestamp: z.iso.datetime({ offset: true }),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

/** Absent: `orderKey` is an order's; `exchange`: it is an exchange's id, and the events say so too. */
const owner = z.literal('exchange').optional();
const by = text(120).optional();
const someCents = cents.min(1);
/** What a person saw, from If-Match. */
const version = z.int().optional();

export const paymentMessages = {
  'payment.charge': z.strictObject({
    orderKey: uuid,
    orderId: z.string(),
    orderNumber: z.string(),
    amountCents: cents,
    currency,
    method: z.enum(paymentMethods),
    token: z.string(),
    owner,
    /** False: authorise only; `payment.capture` takes the money later. Absent: as PAYMENT_CAPTURE says. */
    capture: z.literal(false).optional(),
  }),
  /** Of an authorisation too. */
  'payment.charge-answered': jobAnswer(chargeResult),
  /** Takes what was authorised. */
  'payment.capture': z.strictObject({}),
  'payment.capture-answered': jobAnswer(chargeResult),
  /** The order is off: undo whatever was or will be taken. */
  'payment.cancel': z.strictObject({ reason: z.string() }),
  /** What came of undoing all that was or may have been taken. */
  'payment.undo-answered': jobAnswer(refundResult),
  /** What came of letting an authorisation go. */
  'payment.void-answered': jobAnswer(refundResult),
  /** Gives back a part: once per refundId, and never more than is left. */
  'payment.refund': z.strictObject({ refundId: uuid, amountCents: someCents, reason: text(500), by, version }),
  /** What came of one refund, named by its id; a dead one is the one that was asked for. */
  'payment.refund-answered': jobAnswer(refundResult),
  /** A part of the order is off: what is not captured becomes smaller, what is captured is given back by that much. Once per refundId. */
  'payment.reduce': z.strictObject({ refundId: uuid, amountCents: someCents, reason: text(500), by }),
  /** The cash of a COD order was taken at the door; it must be what is due. */
  'payment.collect': z.strictObject({ amountCents: someCents.optional(), by, version }),
  /** The collected cash was paid in. */
  'payment.remit': z.strictObject({ reference: text(200), by, version }),
  'payment.reported': z.strictObject({
    outcome: z.enum(['captured', 'failed']),
    eventId: z.string(),
    /** The provider's own name of the charge, where its report names it. */
    providerRef: z.string().optional(),
    reason: z.string().optional(),
  }),
  /** What the reconciliation found at the provider, of a call that nobody heard the end of. */
  'payment.found': chargeResult,
  /** Timer: the time to pay a transfer is over. */
  'payment.window': z.strictObject({}),
};

/** Over HTTP. */
export const refundForm = z.strictObject({ amountCents: someCents, reason: text(500) });
export const collectForm = z.strictObject({ amountCents: someCents.optional() });
export const remitForm = z.strictObject({ reference: text(200) });
