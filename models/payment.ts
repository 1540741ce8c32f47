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
  | 'cod_due'
  | 'cod_collected'
  | 'cod_remitted';

export const paymentLife = {
  created: ['authorizing', 'capturing', 'captured', 'failed', 'expired', 'voided', 'cod_due'],
  authorizing: ['authorized', 'captured', 'failed', 'expired', 'voided'],
  authorized: ['capturing', 'captured', 'voided', 'expired'],
  // Captured for an order that is off meanwhile: it goes straight back.
  capturing: ['captured', 'refunding', 'failed', 'voided'],
  captured: ['refunding', 'partially_refunded', 'refunded'],
  // A charge whose outcome nobody knew may turn out to have been made: then it is given back.
  failed: ['refunding', 'refunded'],
  expired: [],
  voided: ['refunding'],
  partially_refunded: ['refunding', 'refunded'],
  refunding: ['refunded', 'partially_refunded', 'voided', 'failed'],
  refunded: [],
  cod_due: ['cod_collected', 'voided'],
  cod_collected: ['cod_remitted'],
  cod_remitted: [],
} as const satisfies Life<PaymentStatus>;

export const sandboxTokens = ['tok_ok', 'tok_declined', 'tok_slow', 'tok_timeout', 'tok_error', 'tok_twice'] as const;

/** What the provider says became of a charge. */
export const chargeResult = z.object({
  status: z.enum(['captured', 'declined', 'none']),
  providerRef: z.string().optional(),
  reason: z.string().optional(),
});
export const refundResult = z.object({ status: z.enum(['refunded', 'none']), providerRef: z.string().optional() });

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

export const paymentMessages = {
  'payment.charge': z.strictObject({
    orderKey: uuid,
    orderId: z.string(),
    orderNumber: z.string(),
    amountCents: cents,
    currency,
    method: z.enum(paymentMethods),
    token: z.string(),
  }),
  'payment.charge-answered': jobAnswer(chargeResult),
  /** The order is off: undo whatever was or will be taken. */
  'payment.cancel': z.strictObject({ reason: z.string() }),
  'payment.refund-answered': jobAnswer(refundResult),
  'payment.reported': z.strictObject({
    outcome: z.enum(['captured', 'failed']),
    eventId: z.string(),
    reason: z.string().optional(),
  }),
};
