/** Stripe's webhooks: signed as all are (services/webhook.ts), checked by its own package, and read as reports to a payment. */
import { z } from 'zod';
import { Refused } from '../../models/errors.ts';
import { uuid } from '../../models/words.ts';
import { TOLERANCE_S } from '../webhook.ts';
import type { Report } from './report.ts';

const stripeEvent = z.object({
  id: z.string().max(200),
  type: z.string(),
  data: z.object({
    object: z.object({
      id: z.string().max(200),
      metadata: z.object({ payment_id: uuid.optional() }).nullish(),
      last_payment_error: z.object({ code: z.string().nullish(), decline_code: z.string().nullish() }).nullish(),
    }),
  }),
});
const OUTCOMES: Record<string, Report['outcome']> = { 'payment_intent.succeeded': 'captured', 'payment_intent.payment_failed': 'failed' };

/**
 * @returns undefined for an event that says nothing of a payment of ours
 * @throws Refused `webhook.signature` or `webhook.stale`
 */
export const stripeReport = async (header: string | undefined, body: string, secret: string | undefined): Promise<Report | undefined> => {
  if (!secret) throw new Refused('webhook.signature');
  const { default: Stripe } = await import('stripe');
  let signed: unknown;
  try {
    signed = Stripe.webhooks.constructEvent(body, header ?? '', secret, TOLERANCE_S);
  } catch (error) {
    throw new Refused(/tolerance/i.test((error as Error).message) ? 'webhook.stale' : 'webhook.signature');
  }
  const event = stripeEvent.safeParse(signed).data;
  const outcome = OUTCOMES[event?.type ?? ''];
  const paymentId = event?.data.object.metadata?.payment_id;
  if (!event || !outcome || !paymentId) return undefined;
  const { id: providerRef, last_payment_error: error } = event.data.object;
  const reason = error?.decline_code ?? error?.code ?? undefined;
  return { paymentId, outcome, eventId: event.id, providerRef, ...(outcome === 'failed' && reason ? { reason } : {}) };
};
