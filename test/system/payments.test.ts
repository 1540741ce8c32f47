/** What money does to an order, token by token, and who may report about it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signed } from '../../services/webhook.ts';
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

  test('a declined card fails the payment, and the stock that was held is given back [E52]', async () => {
    const before = await door.stock('REBAR-12', 'east');
    const order = await door.until(
      await door.place({ paymentToken: 'tok_declined', plantId: 'east', items: [{ sku: 'REBAR-12', quantity: 7 }] }),
      'payment_failed',
    );
    expect(order).toMatchObject({ paymentStatus: 'failed', reason: 'card_declined', truckId: null });
    await untilQuiet(yard.database);
    expect((await door.get(`/api/orders/${order.id}`)).body.saga).toMatchObject({ state: 'Failed' });
    expect(await door.stock('REBAR-12', 'east')).toEqual(before);
    expect(await payment(order)).toMatchObject({ status: 'failed', capturedCents: 0 });
  });

  test('a provider that fails twice is asked again under the same key, and the order is delivered [E42]', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_error' }), 'delivered');
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents, refundedCents: 0 });
    expect(await attempts(order.paymentId)).toEqual([{ operation: 'charge', status: 'captured' }]);
    const [job] = await yard.database.query<{ attempt: number }>(`select attempt from jobs where payload::json->>'paymentId' = $1`, [
      order.paymentId,
    ]);
    expect(job?.attempt).toBe(3);
  });

  test('a charge whose answer is lost is looked up, not made again: the money is taken once and the order is delivered [E3, E43]', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_timeout' }), 'delivered');
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents });
    expect(await attempts(order.paymentId)).toEqual([{ operation: 'charge', status: 'captured' }]);
    const confirmed = (await door.history(order.id)).filter(({ type }) => type === 'payment.confirmed');
    expect(confirmed).toHaveLength(1);
  });

  test('a provider that answers and calls back twice is heard once [B43]', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_twice' }), 'delivered');
    await until(async () => (await yard.count('inbox', `message_id like 'evt_ch_%'`)) === 1);
    await untilQuiet(yard.database);
    const told = (await door.history(order.id)).map(({ type, to }) => to ?? type);
    expect(told.filter((one) => one === 'payment.confirmed')).toHaveLength(1);
    expect(told.filter((one) => one === 'payment_confirmed')).toHaveLength(1);
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents });
  });

  const report = ({ paymentId, id }: Body, change: object = {}): string =>
    JSON.stringify({
      event_id: `evt_${randomUUID()}`,
      event_type: 'payment.confirmed',
      payment_id: paymentId,
      order_id: id,
      amount: 1,
      currency: 'USD',
      timestamp: new Date().toISOString(),
      ...change,
    });
  const deliver = (body: string, signature: string | undefined) =>
    door.post('/api/payments/webhooks/sandbox', body, signature === undefined ? {} : { 'X-Signature': signature });

  test('a bank’s signed report pays a transfer for the amount that the order says, once [B16]', async () => {
    const waiting = await door.until(await door.place({ paymentMethod: 'transfer' }), 'payment_processing');
    const body = report(waiting);
    const first = await deliver(body, signed(body, 'sandbox-secret', new Date()));
    expect([first.status, first.body]).toEqual([200, { received: true, repeated: false }]);
    const second = await deliver(body, signed(body, 'sandbox-secret', new Date()));
    expect([second.status, second.body]).toEqual([200, { received: true, repeated: true }]);
    const order = await door.until(waiting.correlationId, 'delivered');
    expect(await payment(order)).toMatchObject({ status: 'captured', capturedCents: order.totalCents });
  });

  test('five of the same at once are one, and one that failed fails the payment with its reason [B16, B19]', async () => {
    const [paying, bouncing] = await Promise.all([door.place({ paymentMethod: 'transfer' }), door.place({ paymentMethod: 'transfer' })]);
    const waiting = await door.until(paying, 'payment_processing');
    const body = report(waiting, { order_number: waiting.orderNumber, status: 'captured', metadata: { bank: 'north' } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(body, signed(body, 'sandbox-secret', new Date()))));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
    expect(answers.filter((answer) => !answer.body.repeated)).toHaveLength(1);
    const order = await door.until(paying, 'delivered');
    const told = (await door.history(order.id)).filter(({ type }) => type === 'payment.confirmed');
    expect(told).toHaveLength(1);
    const bounced = await door.until(bouncing, 'payment_processing');
    const failure = report(bounced, { event_type: 'payment.failed', failure_reason: 'no funds' });
    await deliver(failure, signed(failure, 'sandbox-secret', new Date()));
    expect(await door.until(bouncing, 'payment_failed')).toMatchObject({ reason: 'no funds' });
  });

  test('a delivered order is paid back in parts, without being cancelled, and never more than was paid [E3, E15]', async () => {
    const order = await door.until(await door.place(), 'delivered');
    const url = `/api/payments/${order.paymentId}`;
    const part = { amountCents: 1_000, reason: 'chipped' };
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await door.post(`${url}/refund`, part, key);
    expect([first.status, first.body]).toEqual([
      200,
      expect.objectContaining({ amountCents: 1_000, reason: 'chipped', paymentId: order.paymentId }),
    ]);
    const again = await door.post(`${url}/refund`, part, key);
    expect(again.body.refundId).toBe(first.body.refundId);
    await until(async () => (await payment(order)).status === 'partially_refunded');
    expect(await payment(order)).toMatchObject({ refundedCents: 1_000, refundingCents: 0 });
    expect((await door.get(`${url}/refunds`)).body.items).toMatchObject([{ amountCents: 1_000, status: 'refunded' }]);

    const tooLarge = await door.post(`${url}/refund`, { amountCents: order.totalCents, reason: 'all of it' });
    expect([tooLarge.status, tooLarge.body.code]).toEqual([409, 'payment.refund-too-large']);
    const wrong = await door.post(`${url}/refund`, { amountCents: 0, because: 'I say so' });
    expect([wrong.status, wrong.body.errors.map(({ pointer }: Body) => pointer).sort()]).toEqual([
      422,
      ['/amountCents', '/because', '/reason'],
    ]);
    expect((await door.post(`${url}/collect`, {})).body.code).toBe('payment.not-due');
    expect((await door.post(`${url}/remit`, { reference: 'bag 7' })).body.code).toBe('payment.not-collected');
    expect((await door.post(`${url}/retry`)).body.code).toBe('payment.nothing-stuck');
    expect((await door.get(`/api/orders/${order.id}`)).body.status).toBe('delivered');
    expect((await door.history(order.id)).map(({ type }) => type)).toContain('payment.refunded');
  });

  test('the cash of a COD order is due once it is confirmed, collected once, paid in once, and shown [E3]', async () => {
    const waiting = await door.until(await door.place({ paymentMethod: 'cod' }), 'validated');
    expect((await door.post(`/api/orders/${waiting.id}/confirm`, {})).status).toBe(200);
    const order = await door.until(waiting.correlationId, 'delivered');
    const url = `/api/payments/${order.paymentId}`;
    expect(await payment(order)).toMatchObject({ status: 'cod_due', amountCents: order.totalCents, capturedCents: 0 });
    expect((await door.post(`${url}/collect`, { amountCents: 1 })).body.code).toBe('payment.amount-differs');
    const key = { 'Idempotency-Key': randomUUID() };
    expect((await door.post(`${url}/collect`, {}, key)).body).toMatchObject({ status: 'cod_collected', capturedCents: order.totalCents });
    expect((await door.post(`${url}/collect`, {})).body).toMatchObject({ status: 'cod_collected' });
    expect((await door.post(`${url}/remit`, { reference: 'bag 7' }, key)).body).toMatchObject({
      status: 'cod_remitted',
      providerRef: 'bag 7',
    });
    expect((await door.post(`${url}/remit`, { reference: 'bag 7' })).status).toBe(200);
    const other = await door.post(`${url}/remit`, { reference: 'bag 8' });
    expect([other.status, other.body.code]).toEqual([409, 'payment.reference-differs']);
    expect(await payment(order)).toMatchObject({ status: 'cod_remitted', providerRef: 'bag 7' });
    const told = (await door.history(order.id)).map(({ type }) => type);
    expect(told.filter((type) => type.startsWith('payment.cod'))).toEqual(['payment.cod.collected', 'payment.cod.remitted']);
  });

  test('a payment that holds nothing gives nothing back, and one that is not there is not found', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_declined' }), 'payment_failed');
    const part = { amountCents: 1_000, reason: 'chipped' };
    const none = await door.post(`/api/payments/${order.paymentId}/refund`, part);
    expect([none.status, none.body.code]).toEqual([409, 'payment.not-captured']);
    const missing = await door.post(`/api/payments/${randomUUID()}/refund`, part);
    expect([missing.status, missing.body.code]).toEqual([404, 'payment.not-found']);
  });

  test('a report that is unsigned, forged, changed or stale is answered 401 and changes nothing', async () => {
    const waiting = await door.until(await door.place({ paymentMethod: 'transfer' }), 'payment_processing');
    const body = report(waiting);
    const [long, ahead] = [new Date(Date.now() - 301_000), new Date(Date.now() + 400_000)];
    const refusals: [string, string | undefined, string][] = [
      [body, undefined, 'webhook.signature'],
      [body, 'nonsense', 'webhook.signature'],
      [body, signed(body, 'another-secret', new Date()), 'webhook.signature'],
      [report(waiting), signed(body, 'sandbox-secret', new Date()), 'webhook.signature'],
      [body, signed(body, 'sandbox-secret', long), 'webhook.stale'],
      [body, signed(body, 'sandbox-secret', ahead), 'webhook.early'],
    ];
    const stored = await yard.count('inbox');
    for (const [sent, signature, code] of refusals) {
      const { status, body: problem, headers } = await deliver(sent, signature);
      expect([status, problem.code]).toEqual([401, code]);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    await untilQuiet(yard.database);
    expect(await yard.count('inbox')).toBe(stored);
    expect((await door.get(`/api/orders/status/${waiting.correlationId}`)).body.status).toBe('payment_processing');
  });

  test('a signed report of a payment that is not there, or of another order, is refused, and may be sent again when it is right', async () => {
    const waiting = await door.until(await door.place({ paymentMethod: 'transfer' }), 'payment_processing');
    const say = (body: string) => deliver(body, signed(body, 'sandbox-secret', new Date()));
    const event = { event_id: `evt_${randomUUID()}` };
    const unknown = await say(report({ ...waiting, paymentId: randomUUID() }, event));
    expect([unknown.status, unknown.body.code]).toEqual([404, 'payment.not-found']);
    const foreign = await say(report(waiting, { ...event, order_id: '999999', order_number: 'ORD-0' }));
    expect([foreign.status, foreign.body.errors.map(({ pointer }: Body) => pointer)]).toEqual([422, ['/order_id', '/order_number']]);
    const right = await say(report(waiting, event));
    expect([right.status, right.body]).toEqual([200, { received: true, repeated: false }]);
    await door.until(waiting.correlationId, 'delivered');
  });

  test('a signed report that is no report is answered 422 with the fields, and one from an unknown provider too', async () => {
    const body = report({ paymentId: 'not-a-uuid', id: '1' }, { amount: 'much', surprise: 1 });
    const refused = await deliver(body, signed(body, 'sandbox-secret', new Date()));
    expect(refused.status).toBe(422);
    expect(refused.body.errors.map(({ pointer }: Body) => pointer).sort()).toEqual(['/amount', '/payment_id', '/surprise']);
    const good = report({ paymentId: randomUUID(), id: '1' });
    const unknown = await door.post('/api/payments/webhooks/nobody', good, {
      'X-Signature': signed(good, 'sandbox-secret', new Date()),
    });
    expect(unknown.status).toBe(422);
    expect(unknown.body.errors).toEqual([expect.objectContaining({ pointer: '/provider' })]);
  });

  test('an order with nothing to pay first goes straight on: account terms need no provider', async () => {
    const order = await door.until(await door.place({ paymentMethod: 'account' }), 'delivered');
    expect(order).toMatchObject({ paymentId: null, paymentStatus: 'none' });
  });
});
