/** What money does to an order, token by token, and who may report about it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signWebhook } from '../../services/payment/webhook.ts';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('payments', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard({ PAYMENT_CALL_MS: '300' });
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const payment = async ({ paymentId }: Body): Promise<Body> => (await door.get(`/api/payments/${paymentId}`)).body;
  const attempts = (paymentId: string): Promise<Body[]> =>
    yard.database.query('select operation, status from payment_attempts where payment_id = $1', [paymentId]);

  test('a declined card fails the payment, and the stock that was held is given back', async () => {
    const before = await door.stock('REBAR-12', 'east');
    const order = await door.until(
      await door.place({ paymentToken: 'tok_declined', plantId: 'east', items: [{ sku: 'REBAR-12', quantity: 7 }] }),
      'payment_failed',
    );
    expect(order).toMatchObject({ paymentStatus: 'failed', reason: 'card_declined', truckId: null, saga: { state: 'Failed' } });
    await untilQuiet(yard.database);
    expect(await door.stock('REBAR-12', 'east')).toEqual(before);
    expect(await payment(order)).toMatchObject({ status: 'failed', capturedCents: 0 });
  });

  test('a provider that fails twice is asked again under the same key, and the order is delivered', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_error' }), 'delivered');
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents, refundedCents: 0 });
    expect(await attempts(order.paymentId)).toEqual([{ operation: 'charge', status: 'captured' }]);
    const [job] = await yard.database.query<{ attempt: number }>(`select attempt from jobs where payload::json->>'paymentId' = $1`, [
      order.paymentId,
    ]);
    expect(job?.attempt).toBe(3);
  });

  test('a charge whose answer is lost is looked up, not made again: the money is taken once and the order is delivered', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_timeout' }), 'delivered');
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents });
    expect(await attempts(order.paymentId)).toEqual([{ operation: 'charge', status: 'captured' }]);
    const confirmed = (await door.history(order.id)).filter(({ type }) => type === 'payment.confirmed');
    expect(confirmed).toHaveLength(1);
  });

  test('a provider that answers and calls back twice is heard once', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_twice' }), 'delivered');
    await until(async () => (await yard.count('inbox', `message_id like 'evt_ch_%'`)) === 1);
    await untilQuiet(yard.database);
    const told = (await door.history(order.id)).map(({ type, to }) => to ?? type);
    expect(told.filter((one) => one === 'payment.confirmed')).toHaveLength(1);
    expect(told.filter((one) => one === 'payment_confirmed')).toHaveLength(1);
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents });
  });

  const report = (paymentId: string, change: object = {}): string =>
    JSON.stringify({
      event_id: `evt_${randomUUID()}`,
      event_type: 'payment.confirmed',
      payment_id: paymentId,
      order_id: '1',
      amount: 1,
      currency: 'USD',
      timestamp: new Date().toISOString(),
      ...change,
    });
  const deliver = (body: string, signature: string | undefined) =>
    door.post('/api/payments/webhooks/sandbox', body, signature === undefined ? {} : { 'X-Signature': signature });

  test('a bank’s signed report pays a transfer for the amount that the order says, once', async () => {
    const waiting = await door.until(await door.place({ paymentMethod: 'transfer' }), 'payment_processing');
    const body = report(waiting.paymentId);
    const first = await deliver(body, signWebhook(body, 'sandbox-secret', new Date()));
    expect([first.status, first.body]).toEqual([200, { received: true, repeated: false }]);
    const second = await deliver(body, signWebhook(body, 'sandbox-secret', new Date()));
    expect([second.status, second.body]).toEqual([200, { received: true, repeated: true }]);
    const order = await door.until(waiting.correlationId, 'delivered');
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents });
  });

  test('a report that is unsigned, forged, changed or stale is answered 401 and changes nothing', async () => {
    const { paymentId, correlationId } = await door.until(await door.place({ paymentMethod: 'transfer' }), 'payment_processing');
    const body = report(paymentId);
    const long = new Date(Date.now() - 301_000);
    const refusals: [string, string | undefined, string][] = [
      [body, undefined, 'webhook.signature'],
      [body, 'nonsense', 'webhook.signature'],
      [body, signWebhook(body, 'another-secret', new Date()), 'webhook.signature'],
      [report(paymentId), signWebhook(body, 'sandbox-secret', new Date()), 'webhook.signature'],
      [body, signWebhook(body, 'sandbox-secret', long), 'webhook.stale'],
    ];
    const stored = await yard.count('inbox');
    for (const [sent, signature, code] of refusals) {
      const { status, body: problem, headers } = await deliver(sent, signature);
      expect([status, problem.code]).toEqual([401, code]);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    await untilQuiet(yard.database);
    expect(await yard.count('inbox')).toBe(stored);
    expect((await door.get(`/api/orders/status/${correlationId}`)).body.status).toBe('payment_processing');
  });

  test('a signed report that is no report is answered 422 with the fields, and one from an unknown provider too', async () => {
    const body = report('not-a-uuid', { amount: 'much', surprise: 1 });
    const refused = await deliver(body, signWebhook(body, 'sandbox-secret', new Date()));
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map(({ pointer }: Body) => pointer).sort()).toEqual(['/amount', '/payment_id', '/surprise']);
    const good = report(randomUUID());
    const unknown = await door.post('/api/payments/webhooks/nobody', good, {
      'X-Signature': signWebhook(good, 'sandbox-secret', new Date()),
    });
    expect(unknown.status).toBe(422);
    expect(unknown.body.errors).toEqual([expect.objectContaining({ pointer: '/provider' })]);
  });

  test('an order with nothing to pay first goes straight on: account terms need no provider', async () => {
    const order = await door.until(await door.place({ paymentMethod: 'account' }), 'delivered');
    expect(order).toMatchObject({ paymentId: null, paymentStatus: 'none' });
  });
});
