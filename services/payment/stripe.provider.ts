/**
 * The adapter for Stripe, by its own package. A charge is a PaymentIntent, confirmed as it is made; our keys are its idempotency keys and
 * stand in its metadata, so that it is found again when only the key is known.
 */
import type StripeClient from 'stripe';
import { Hopeless } from '../../runtime/perform.ts';
import type { ChargeName, ChargeResult, OnCharge, PaymentProvider, RefundResult } from './payment.provider.ts';

export interface StripeOptions {
  apiKey: string;
  /** Another address than Stripe's own. */
  base?: string;
  callMs: number;
}

type Intent = StripeClient.PaymentIntent;

/** What Stripe's search may not know yet is younger than this (its documents: under a minute as a rule). */
const SEARCH_LAG_S = 600;

/** The package is loaded only where it is used: it takes a tenth of a second. */
export const stripeProvider = async ({ apiKey, base, callMs }: StripeOptions): Promise<PaymentProvider> => {
  const { default: Stripe } = await import('stripe');
  // The jobs retry, and nobody else.
  const stripe = new Stripe(apiKey, { maxNetworkRetries: 0, timeout: callMs, telemetry: false, ...address(base) });

  const call = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw worded(error as Failure);
    }
  };

  const byKey = async (key: string): Promise<Intent | undefined> => {
    const query = `metadata['yardmaster_key']:'${key}'`;
    const [indexed] = (await stripe.paymentIntents.search({ query, limit: 1 })).data;
    if (indexed) return indexed;
    const since = Math.floor(Date.now() / 1_000) - SEARCH_LAG_S;
    for await (const intent of stripe.paymentIntents.list({ created: { gte: since }, limit: 100 })) {
      if (intent.metadata.yardmaster_key === key) return intent;
    }
    return undefined;
  };

  const intentOf = ({ chargeKey, providerRef }: ChargeName): Promise<Intent | undefined> =>
    call(() => (providerRef?.startsWith('pi_') ? stripe.paymentIntents.retrieve(providerRef) : byKey(chargeKey)));

  return {
    name: 'stripe',
    async charge({ idempotencyKey, paymentId, orderId, amountCents, currency, token, capture }) {
      const asked: StripeClient.PaymentIntentCreateParams = {
        amount: amountCents,
        currency: currency.toLowerCase(),
        payment_method: token,
        confirm: true,
        capture_method: capture === false ? 'manual' : 'automatic',
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        metadata: { yardmaster_key: idempotencyKey, payment_id: paymentId, order_id: orderId },
      };
      try {
        return outcome(await stripe.paymentIntents.create(asked, { idempotencyKey }));
      } catch (error) {
        return declinedBy(error as Failure);
      }
    },
    async lookUp(charge) {
      const intent = await intentOf(charge);
      return intent ? outcome(intent) : { status: 'none' };
    },
    async capture(request) {
      const intent = await intentOf(request);
      if (!intent) return { status: 'none' };
      const asked = { amount_to_capture: request.amountCents };
      return call(async () => outcome(await stripe.paymentIntents.capture(intent.id, asked, { idempotencyKey: request.idempotencyKey })));
    },
    async void(request): Promise<RefundResult> {
      const intent = await intentOf(request);
      if (!intent) return { status: 'none' };
      await call(() => stripe.paymentIntents.cancel(intent.id, {}, { idempotencyKey: request.idempotencyKey }));
      return { status: 'voided', providerRef: intent.id };
    },
    async refund(request): Promise<RefundResult> {
      const intent = await intentOf(request);
      if (intent?.status !== 'succeeded') return { status: 'none' };
      const asked = { payment_intent: intent.id, amount: request.amountCents, metadata: { yardmaster_key: request.idempotencyKey } };
      return call(async () => refundOutcome(await stripe.refunds.create(asked, { idempotencyKey: request.idempotencyKey })));
    },
    async lookUpRefund(request: OnCharge): Promise<RefundResult> {
      const intent = await intentOf(request);
      if (!intent) return { status: 'none' };
      return call(async () => {
        for await (const made of stripe.refunds.list({ payment_intent: intent.id, limit: 100 })) {
          if (made.metadata?.yardmaster_key === request.idempotencyKey) return refundOutcome(made);
        }
        return { status: 'none' };
      });
    },
    payOut: () => Promise.reject(new Hopeless('Stripe sends no bank transfers back: pay it back at the bank')),
    close: () => undefined,
  };
};

const address = (base: string | undefined): StripeClient.StripeConfig => {
  if (!base) return {};
  const { protocol, hostname, port } = new URL(base);
  return { protocol: protocol === 'https:' ? 'https' : 'http', host: hostname, ...(port ? { port } : {}) };
};

const STATUS: Partial<Record<Intent['status'], ChargeResult['status']>> = {
  succeeded: 'captured',
  requires_capture: 'authorized',
  canceled: 'voided',
  requires_payment_method: 'declined',
  // The customer is not there to confirm it.
  requires_action: 'declined',
};

/** @throws Error for one that Stripe is still working on: it is looked up later */
const outcome = ({ id, status, last_payment_error: error }: Intent): ChargeResult => {
  const known = STATUS[status];
  if (!known) throw new Error(`Stripe is still working on ${id}: ${status}`);
  const reason = error?.decline_code ?? error?.code ?? (status === 'requires_action' ? 'authentication_required' : undefined);
  return { status: known, providerRef: id, ...(known === 'declined' ? { reason: reason ?? 'payment.declined' } : {}) };
};

const refundOutcome = ({ id, status }: StripeClient.Refund): RefundResult => {
  if (status === 'failed' || status === 'canceled') throw new Hopeless(`Stripe could not refund: ${id} is ${status}`);
  return { status: 'refunded', providerRef: id };
};

/** As the package throws it: told by its type, since only that crosses its versions. */
interface Failure extends Error {
  type?: string;
  code?: string;
  decline_code?: string;
  statusCode?: number;
  payment_intent?: { id: string };
}

const declinedBy = (error: Failure): ChargeResult => {
  if (error.type !== 'StripeCardError') throw worded(error);
  const providerRef = error.payment_intent?.id;
  return { status: 'declined', reason: error.decline_code ?? error.code ?? 'payment.declined', ...(providerRef ? { providerRef } : {}) };
};

const FOR_GOOD = new Set(['StripeInvalidRequestError', 'StripeAuthenticationError', 'StripePermissionError', 'StripeCardError']);

const worded = (error: Failure): Error => {
  const busy = error.statusCode === 409 || error.statusCode === 429;
  return FOR_GOOD.has(error.type ?? '') && !busy ? new Hopeless(`Stripe refused: ${error.message}`) : error;
};
