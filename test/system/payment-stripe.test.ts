/** Cards charged by Stripe, through its own package, against a stand-in of its API. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import { openPaymentRoom, type PaymentRoom } from '../support/payments.ts';
import { until } from '../support/quiet.ts';
import { type StripeStandIn, startStripe } from '../support/stripe.ts';
import { describeWith } from '../support/yard.ts';

const SECRET = 'whsec_test';

describeWith('postgres')('payments by Stripe', () => {
  let stripe: StripeStandIn;
  let room: PaymentRoom;

  beforeAll(async () => {
    stripe = await startStripe();
    room = await openPaymentRoom({
      STRIPE_API_KEY: 'sk_test_1',
      STRIPE_API_BASE: stripe.url,
      STRIPE_WEBHOOK_SECRET: SECRET,
      PAYMENT_CALL_MS: '500',
      PAYMENT_BREAKER_CALLS: '1000',
    });
  });
  afterAll(async () => {
    await room?.close();
    await stripe?.close();
  });

  const intentsOf = (id: string) => [...stripe.intents.values()].filter(({ metadata }) => metadata.payment_id === id);
  const charge = (token: string, more: object = {}) => room.charge({ token, ...more });
  /** What Stripe keeps of it. */
  const kept = (id: string): number =>
    intentsOf(id).reduce((sum, { id: intent, amount_received }) => {
      const back = [...stripe.refunds.values()].filter((refund) => refund.payment_intent === intent);
      return sum + amount_received - back.reduce((all, { amount }) => all + amount, 0);
    }, 0);

  test('a card is charged in one call, and found again by its name [E3, E17]', async () => {
    const id = await charge('pm_card_visa');
    const [intent] = [await room.until(id, 'captured'), ...intentsOf(id)].slice(1);
    expect(intent).toMatchObject({ amount: 10_000, currency: 'usd', metadata: { yardmaster_key: `pay:${id}:charge:1`, order_id: '1' } });
    expect(await room.call('get', { id })).toMatchObject({ provider: 'stripe', capturedCents: 10_000, providerRef: intent?.id });
  });

  test('a declined card has failed with the bank’s own reason, and is asked once [E42]', async () => {
    const id = await charge('pm_card_chargeDeclined');
    expect(await room.until(id, 'failed')).toMatchObject({ reason: 'insufficient_funds' });
    await room.quiet();
    expect(intentsOf(id)).toHaveLength(1);
  });

  test('one that fails twice is asked again under the same key [E42]', async () => {
    const id = await charge('pm_error');
    await room.until(id, 'captured');
    expect(intentsOf(id)).toHaveLength(1);
  });

  test.each([false, true])('a charge whose answer is lost is looked up, also when the search lags (%s) [E3, E42, E43]', async (lags) => {
    stripe.searchLags = lags;
    const id = await charge('pm_timeout');
    await room.until(id, 'captured');
    stripe.searchLags = false;
    expect(intentsOf(id)).toHaveLength(1);
    expect(kept(id)).toBe(10_000);
  });

  test('and one that nobody heard the end of goes back [E22, E52]', async () => {
    const id = await charge('pm_timeout');
    await until(async () => intentsOf(id).length === 1);
    await room.tell(id, 'payment.charge-answered', { jobId: '0', outcome: 'dead', result: null, error: 'nobody knows' });
    await room.until(id, 'refunded');
    expect(kept(id)).toBe(0);
  });

  test('it is authorised, and taken on delivery for what the order is then, or let go', async () => {
    const [taken, off] = await Promise.all([charge('pm_card_visa', { capture: false }), charge('pm_card_visa', { capture: false })]);
    await Promise.all([taken, off].map((id) => room.until(id, 'authorized')));
    await room.tell(taken, 'payment.reduce', { refundId: randomUUID(), amountCents: 1_000, reason: 'one less' });
    await room.tell(taken, 'payment.capture');
    await room.tell(off, 'payment.cancel', { reason: 'rain' });
    expect(await room.until(taken, 'captured')).toMatchObject({ capturedCents: 9_000 });
    await room.until(off, 'voided');
    expect([kept(taken), kept(off)]).toEqual([9_000, 0]);
    expect(intentsOf(off)).toMatchObject([{ status: 'canceled' }]);
  });

  test('parts go back, each once, and then the rest', async () => {
    const id = await charge('pm_card_visa');
    await room.until(id, 'captured');
    const refund = { refundId: randomUUID(), amountCents: 2_500, reason: 'chipped' };
    await room.tell(id, 'payment.refund', refund);
    await room.tell(id, 'payment.refund', refund);
    expect(await room.until(id, 'partially_refunded')).toMatchObject({ refundedCents: 2_500 });
    await room.tell(id, 'payment.cancel', { reason: 'rain' });
    await room.until(id, 'refunded');
    expect(kept(id)).toBe(0);
    expect(stripe.refunds.size).toBeGreaterThanOrEqual(2);
  });

  const event = (paymentId: string, change: object = {}): string =>
    JSON.stringify({
      id: `evt_${randomUUID()}`,
      object: 'event',
      type: 'payment_intent.succeeded',
      data: { object: { id: 'pi_reported', metadata: { payment_id: paymentId } } },
      ...change,
    });
  const sign = (payload: string, change: { secret?: string; timestamp?: number } = {}): string =>
    Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET, ...change });
  const deliver = (raw: string, signature: string) => room.call('webhook', { provider: 'stripe', signature, raw });

  test('its webhook is heard once, signed as Stripe signs, and names no amounts [B16, E22]', async () => {
    const id = await room.charge({ method: 'transfer' });
    await room.until(id, 'created');
    const raw = event(id);
    const heard = await Promise.all(Array.from({ length: 5 }, () => deliver(raw, sign(raw))));
    expect(heard.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await room.until(id, 'captured')).toMatchObject({ capturedCents: 10_000, providerRef: 'pi_reported' });
    expect((await room.news(id)).filter((type) => type === 'payment.confirmed')).toHaveLength(1);
  });

  test('its report of a failure brings the bank’s reason [B19]', async () => {
    const id = await room.charge({ method: 'transfer' });
    await room.until(id, 'created');
    const object = {
      id: 'pi_failed',
      metadata: { payment_id: id },
      last_payment_error: { code: 'card_declined', decline_code: 'lost_card' },
    };
    const raw = event(id, { type: 'payment_intent.payment_failed', data: { object } });
    await deliver(raw, sign(raw));
    expect(await room.until(id, 'failed')).toMatchObject({ reason: 'lost_card' });
  });

  test('a forged or stale one is refused, and one of something else is let pass', async () => {
    const raw = event(randomUUID());
    await expect(deliver(raw, sign(raw, { secret: 'whsec_other' }))).rejects.toMatchObject({ type: 'webhook.signature' });
    await expect(deliver(raw, sign(raw, { timestamp: Math.floor(Date.now() / 1_000) - 301 }))).rejects.toMatchObject({
      type: 'webhook.stale',
    });
    const other = event(randomUUID(), { type: 'customer.created' });
    expect(await deliver(other, sign(other))).toEqual({ received: true, ignored: true });
  });
});
