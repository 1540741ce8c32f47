/** What payment's workers do: the calls to the provider. A handler may run again after a crash, so each begins where the last may have ended. */
import type { ChargePayload, UndoPayload } from '../../models/jobs.ts';
import type { JobContext, JobHandler } from '../../runtime/perform.ts';
import type { ChargeResult, PaymentProvider, RefundResult } from './payment.provider.ts';

export const paymentJobs = (provider: () => PaymentProvider): JobHandler[] => [
  { type: 'payment.charge', run: (payload, context) => charge(provider(), payload as ChargePayload, context) },
  { type: 'payment.undo', run: (payload, context) => undo(provider(), payload as UndoPayload, context) },
];

/** An earlier try may have taken the money and lost the answer: look first, under the same key. */
const charge = async (provider: PaymentProvider, payload: ChargePayload, { attempt, signal }: JobContext): Promise<ChargeResult> => {
  if (attempt > 1) {
    const known = await provider.lookUp(payload.idempotencyKey, signal);
    if (known.status !== 'none') return known;
  }
  return provider.charge(payload, signal);
};

const undo = (
  provider: PaymentProvider,
  { chargeKey, refundKey, amountCents }: UndoPayload,
  { signal }: JobContext,
): Promise<RefundResult> => provider.refund({ idempotencyKey: refundKey, chargeKey, amountCents }, signal);
