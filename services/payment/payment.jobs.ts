/** What payment's workers do: the calls to the provider. A handler may run again after a crash, so each begins where the last may have ended. */
import type { CapturePayload, ChargePayload, RefundPayload, UndoPayload, VoidPayload } from '../../models/jobs.ts';
import type { Logger } from '../../runtime/logger.ts';
import { Hopeless, type JobContext, type JobHandler } from '../../runtime/perform.ts';
import type { ChargeResult, OnCharge, PaymentProvider, RefundResult } from './payment.provider.ts';

export interface Paid {
  /** @throws Hopeless when this process has no such provider */
  provider(name: string | undefined): PaymentProvider;
  now(): Date;
  log: Pick<Logger, 'warn'>;
}

type Call<Payload> = (provider: PaymentProvider, payload: Payload, context: JobContext, now: () => Date) => Promise<unknown>;
interface Common {
  paymentId: string;
  orderId: string;
  amountCents: number;
  provider?: string;
}

export const paymentJobs = ({ provider, now, log }: Paid): JobHandler[] => {
  const job = <Payload extends Common>(type: string, call: Call<Payload>): JobHandler => ({
    type,
    async run(raw, context) {
      const payload = raw as unknown as Payload;
      try {
        return await call(provider(payload.provider), payload, context, now);
      } catch (error) {
        const { paymentId: payment_id, orderId: order_id, amountCents } = payload;
        log.warn(`${type} went wrong at try ${context.attempt}: ${(error as Error).message}`, {
          payment_id,
          order_id,
          amount: amountCents / 100,
        });
        throw error;
      }
    },
  });
  return [
    job('payment.charge', charge),
    job('payment.authorize', (at, payload: ChargePayload, context, clock) => charge(at, { ...payload, capture: false }, context, clock)),
    job('payment.capture', capture),
    job('payment.void', letGo),
    job('payment.refund', refund),
    job('payment.undo', undo),
  ];
};

/** An earlier try may have taken the money and lost the answer: look first, under the same key. After its time it is only looked for. */
const charge: Call<ChargePayload & { capture?: false }> = async (
  provider,
  { until, provider: _at, ...request },
  { attempt, signal },
  now,
): Promise<ChargeResult> => {
  const over = now() > new Date(until);
  if (attempt > 1 || over) {
    const known = await provider.lookUp({ chargeKey: request.idempotencyKey, providerRef: null }, signal);
    if (known.status !== 'none') return known;
  }
  if (over) throw new Hopeless('the time to pay is over');
  return provider.charge(request, signal);
};

/** These are rare and may be asked for again by a person, long after the provider forgot their keys: so each looks first. */
const capture: Call<CapturePayload> = async (provider, payload, { signal }): Promise<ChargeResult> => {
  const known = await provider.lookUp(payload, signal);
  return known.status === 'authorized' ? provider.capture(payload, signal) : known;
};

const letGo: Call<VoidPayload> = async (provider, payload, { signal }): Promise<RefundResult> => {
  const { status } = await provider.lookUp(payload, signal);
  if (status === 'authorized') return provider.void(payload, signal);
  return { status: status === 'captured' || status === 'voided' ? status : 'none' };
};

const refund: Call<RefundPayload> = async (provider, payload, { signal }): Promise<RefundResult> => {
  const made = await giveBack(provider, payload, payload.transfer, signal);
  return { ...made, refundId: payload.refundId };
};

/** Whatever was authorised or taken, whether or not anybody heard that it was. */
const undo: Call<UndoPayload> = async (provider, { refundKey, transfer, ...payload }, { signal }): Promise<RefundResult> => {
  const request = { ...payload, idempotencyKey: refundKey };
  if (transfer) return giveBack(provider, request, transfer, signal);
  const { status } = await provider.lookUp(payload, signal);
  if (status === 'authorized') return provider.void(request, signal);
  return status === 'captured' ? giveBack(provider, request, undefined, signal) : { status: 'none' };
};

const giveBack = async (
  provider: PaymentProvider,
  request: OnCharge,
  transfer: true | undefined,
  signal: AbortSignal,
): Promise<RefundResult> => {
  const known = await provider.lookUpRefund(request, signal);
  if (known.status === 'refunded') return known;
  return transfer ? provider.payOut(request, signal) : provider.refund(request, signal);
};
