/** Conditions on requests: versions and ETags, idempotency keys, waiting. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Body, type Http, orderForm } from '../support/http.ts';
import { untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('conditions', () => {
  let yard: Yard;
  let door: Http;
  let delivered: Body;
  let waiting: Body;

  beforeAll(async () => {
    yard = await openYard();
    door = (await yard.start()).http;
    delivered = await door.until(await door.place(), 'delivered');
    waiting = await door.until(await door.place({ paymentMethod: 'transfer' }), 'payment_processing');
    await untilQuiet(yard.database);
  });
  afterAll(() => yard.close());

  test('an order carries its version as ETag; what its version does not count (its refunds) is shown to whoever has that version', async () => {
    const first = await door.get(`/api/orders/${delivered.id}`);
    const etag = first.headers.get('etag') as string;
    expect(etag).toBe(`"v${first.body.version}"`);
    await door.post(`/api/payments/${first.body.paymentId}/refund`, { amountCents: 100, reason: 'a scratch' });
    await untilQuiet(yard.database);
    const { status, body } = await door.get(`/api/orders/${delivered.id}`, { 'If-None-Match': etag });
    expect([status, body.paymentStatus]).toEqual([200, 'partially_refunded']);
  });

  test('a truck is taken out of service on the strength of what was seen of it, or not', async () => {
    const { headers } = await door.get('/api/trucks/truck-1');
    const stale = await door.post('/api/trucks/truck-1/out-of-service', { reason: 'brakes' }, { 'If-Match': '"v999"' });
    expect([stale.status, stale.body.code]).toEqual([412, 'resource.changed']);
    const made = await door.post('/api/trucks/truck-1/out-of-service', { reason: 'brakes' }, { 'If-Match': headers.get('etag') as string });
    expect([made.status, made.body.status]).toEqual([200, 'out_of_service']);
    expect((await door.post('/api/trucks/truck-1/back-in-service', {}, { 'If-Match': made.headers.get('etag') as string })).status).toBe(
      200,
    );
  });

  test('a change under a version that is past, or that is none, is answered 412 and not made', async () => {
    for (const condition of ['"v1"', '"v999"', 'nonsense']) {
      const { status, body } = await door.post(`/api/orders/${waiting.id}/cancel`, { reason: 'no' }, { 'If-Match': condition });
      expect([status, body.code]).toEqual([412, 'resource.changed']);
    }
    expect((await door.get(`/api/orders/${waiting.id}`)).body).toMatchObject({ status: 'payment_processing', version: waiting.version });
    const made = await door.post(`/api/orders/${waiting.id}/cancel`, { reason: 'yes' }, { 'If-Match': `"v${waiting.version}"` });
    expect([made.status, made.body.status]).toEqual([200, 'cancelled']);
    expect(made.headers.get('etag')).toBe(`"v${waiting.version + 1}"`);
  });

  test('the same Idempotency-Key and body gives the first answer again, and one order', async () => {
    const key = randomUUID();
    const send = (form = {}) => door.post('/api/orders', orderForm({ customerId: 'keyed', ...form }), { 'Idempotency-Key': key });
    const first = await send();
    const second = await send();
    expect([second.status, second.body]).toEqual([202, first.body]);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const other = await send({ priority: 51 });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.key-reused']);
    await door.until(first.body.correlationId, 'delivered');
    await untilQuiet(yard.database);
    expect(await yard.count('orders', `customer_id = 'keyed'`)).toBe(1);
  });

  test('ten times the same key at once is still one order: each gets the answer, or hears that the first is running', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => door.post('/api/orders', orderForm({ customerId: 'at-once' }), { 'Idempotency-Key': `"${key}"` })),
    );
    const running = answers.filter(({ status }) => status === 409);
    for (const { body } of running) expect(body.code).toBe('idempotency.still-running');
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length + running.length).toBe(10);
    expect(new Set(accepted.map(({ body }) => body.correlationId)).size).toBe(1);
    await door.until(accepted[0]?.body.correlationId, 'delivered');
    expect(await yard.count('orders', `customer_id = 'at-once'`)).toBe(1);
  });

  test('a refusal is kept under its key too, and the same key at another address is another key', async () => {
    const key = { 'Idempotency-Key': 'one-key' };
    const bad = { quantity: -1_000_000, reason: 'count' };
    const first = await door.post('/api/inventory/SAND-BULK/north/adjust', bad, key);
    expect([first.status, first.body.code]).toEqual([409, 'inventory.below-zero']);
    await door.post('/api/inventory/SAND-BULK/north/receive', { quantity: 2_000_000 });
    const again = await door.post('/api/inventory/SAND-BULK/north/adjust', bad, key);
    expect([again.status, again.body.code]).toEqual([409, 'inventory.below-zero']);
    const elsewhere = await door.post('/api/inventory/SAND-BULK/north/receive', { quantity: 1 }, key);
    expect(elsewhere.status).toBe(200);
  });

  test('the receipt of goods under one key is counted once', async () => {
    const before = await door.stock('GRAVEL-BULK', 'south');
    for (let times = 0; times < 3; times++) {
      const { status, body } = await door.post(
        '/api/inventory/GRAVEL-BULK/south/receive',
        { quantity: 5 },
        { 'Idempotency-Key': 'receipt-1' },
      );
      expect([status, body.available]).toEqual([200, before.available + 5]);
    }
    expect((await door.stock('GRAVEL-BULK', 'south')).available).toBe(before.available + 5);
  });

  test('HEAD is a GET without its body', async () => {
    const { status, headers, text } = await door.send('HEAD', `/api/orders/${delivered.id}`);
    expect([status, text, headers.get('etag')]).toEqual([200, '', `"v${delivered.version}"`]);
    expect((await door.send('HEAD', '/livez')).status).toBe(200);
  });

  test('OPTIONS says which methods an address has, and runs none: not even the one that a browser’s preflight asks for', async () => {
    const asked = { Origin: 'http://elsewhere.example', 'Access-Control-Request-Method': 'POST' };
    const { status, headers } = await door.send('OPTIONS', '/api/inventory/SAND-BULK/north/receive', { quantity: 7 }, asked);
    expect([status, headers.get('allow'), headers.get('access-control-allow-origin')]).toEqual([204, 'POST, OPTIONS', null]);
    const before = await door.stock('SAND-BULK', 'north');
    await door.send('OPTIONS', '/api/inventory/SAND-BULK/north/receive', { quantity: 7 }, asked);
    expect(await door.stock('SAND-BULK', 'north')).toEqual(before);
    expect((await door.send('OPTIONS', '/api/orders')).headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
    expect((await door.send('OPTIONS', '/api/nothing')).status).toBe(404);
  });

  test('Prefer: wait comes back when nothing moves, with what there is', async () => {
    const { status, body } = await door.get(`/api/orders/status/${delivered.correlationId}`, { Prefer: 'wait=1' });
    expect([status, body.status]).toEqual([200, 'delivered']);
  });
});
