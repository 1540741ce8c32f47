/** Every type of job in one place: its payload, its queue, and how patient it is. A type that is not here is refused. */
import { z } from 'zod';
import { cents, currency, uuid } from './words.ts';

/** A provider call may take 2 minutes (E43); transient failures are tried again 3 times, exponentially (E42). */
const CALL_TIMEOUT_MS = 120_000;

const charge = z.strictObject({
  paymentId: uuid,
  orderId: z.string(),
  amountCents: cents,
  currency,
  token: z.string(),
  /** Stored before the call and kept across its retries: the provider takes the money once. */
  idempotencyKey: z.string(),
});

/** Gives back what a charge took, whether or not anybody heard that it did. */
const undo = z.strictObject({
  paymentId: uuid,
  chargeKey: z.string(),
  refundKey: z.string(),
  amountCents: cents,
  reason: z.string(),
});

export const jobTypes = [
  {
    type: 'payment.charge',
    queue: 'critical',
    payload: charge,
    maxAttempts: 4,
    timeoutMs: CALL_TIMEOUT_MS,
    backoffBaseMs: 1_000,
  },
  {
    type: 'payment.undo',
    queue: 'critical',
    payload: undo,
    maxAttempts: 20,
    timeoutMs: CALL_TIMEOUT_MS,
    backoffBaseMs: 1_000,
  },
];

export type ChargePayload = z.output<typeof charge>;
export type UndoPayload = z.output<typeof undo>;
