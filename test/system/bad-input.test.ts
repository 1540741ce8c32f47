/** What does not fit is refused at the door: each wrong field is named, nothing inside shows, nothing is stored. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Body, type Http, orderForm, type Reply } from '../support/http.ts';
import { untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

const TABLES = ['mailbox', 'dead_letters', 'orders', 'order_items', 'customers', 'events', 'jobs', 'timers', 'inbox', 'payments'].concat([
  'products',
  'plants',
  'trucks',
  'stock_levels',
  'stock_movements',
  'reservations',
  'delivery_jobs',
  'idempotency_keys',
  'paused',
]);

const item = { sku: 'SAND-BULK', quantity: 1 };
const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describeWith('postgres')('bad input', () => {
  let yard: Yard;
  let door: Http;
  const counts = (): Promise<unknown[]> =>
    yard.database.query(TABLES.map((table) => `select '${table}' as name, count(*) from ${table}`).join(' union all '));

  beforeAll(async () => {
    yard = await openYard();
    door = (await yard.start()).http;
    await door.until(await door.place(), 'delivered');
    await untilQuiet(yard.database);
  });
  afterAll(() => yard.close());

  /** Sends it, and holds the answer against what every refusal owes. */
  const refused = async (send: () => Promise<Reply>, status: number, code: string, pointers?: string[]): Promise<void> => {
    const before = await counts();
    const { status: answered, body, headers, text } = await send();
    expect([answered, body?.code]).toEqual([status, code]);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body).toMatchObject({ type: expect.any(String), title: expect.any(String), status, detail: expect.any(String) });
    expect(body.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-correlation-id')).toBe(body.correlationId);
    expect(text).not.toMatch(/node_modules|\.ts:\d|at \w+ \(|select |insert |sequelize|127\.0\.0\.1|postgres/i);
    if (pointers) {
      expect(new Set(body.errors.map(({ pointer }: Body) => pointer))).toEqual(new Set(pointers));
      for (const { detail } of body.errors) expect(detail).toEqual(expect.any(String));
    }
    await untilQuiet(yard.database, { timeoutMs: 5_000 });
    expect(await counts()).toEqual(before);
  };

  test.each<[string, object, string[]]>([
    ['an unknown product', { items: [item, { sku: 'NOTHING', quantity: 1 }] }, ['/items/1/sku']],
    ['an unknown plant', { plantId: 'nowhere' }, ['/plantId']],
    ['a quantity of zero', { items: [{ ...item, quantity: 0 }] }, ['/items/0/quantity']],
    ['a negative quantity', { items: [{ ...item, quantity: -3 }] }, ['/items/0/quantity']],
    ['a fraction of a piece', { items: [{ ...item, quantity: 1.5 }] }, ['/items/0/quantity']],
    ['a quantity beyond all measure', { items: [{ ...item, quantity: 1e15 }] }, ['/items/0/quantity']],
    ['a quantity as text', { items: [{ ...item, quantity: '1' }] }, ['/items/0/quantity']],
    ['no items', { items: [] }, ['/items']],
    ['over fifty lines', { items: Array(51).fill(item) }, ['/items']],
    ['an item that is none', { items: [null] }, ['/items/0']],
    ['unknown fields, here and deeper', { colour: 'red', items: [{ ...item, priceCents: 1 }] }, ['/colour', '/items/0/priceCents']],
    ['a field with a slash in its name', { 'a/b~c': 1 }, ['/a~1b~0c']],
    ['no customer', { customerId: undefined }, ['/customerId']],
    ['two customers', { customer: { externalId: 'x', name: 'X' } }, ['/customerId']],
    ['a customer without a name', { customerId: undefined, customer: { externalId: 'x', name: '  ' } }, ['/customer/name']],
    ['an address that is no e-mail', { customerId: undefined, customer: { externalId: 'x', name: 'X', email: 'x' } }, ['/customer/email']],
    ['an unknown way to pay', { paymentMethod: 'shells' }, ['/paymentMethod']],
    ['wrong types all over', { paymentMethod: 7, priority: 'high', items: 'all' }, ['/items', '/paymentMethod', '/priority']],
    ['an over-long token', { paymentToken: 'x'.repeat(201) }, ['/paymentToken']],
    ['an over-long customer id', { customerId: 'x'.repeat(65) }, ['/customerId']],
    ['a NUL', { paymentToken: 'a\u0000b' }, ['/paymentToken']],
    [
      'the separators of the sets',
      { paymentToken: 'a\u001eb', shippingAddress: { line1: 'a\u001fb', city: 'X' } },
      ['/paymentToken', '/shippingAddress/line1'],
    ],
    ['a SKU with an @', { items: [{ sku: 'SAND@north', quantity: 1 }] }, ['/items/0/sku']],
    ['a distance beyond the earth', { distanceMiles: 501 }, ['/distanceMiles']],
    ['a negative distance', { distanceMiles: -1 }, ['/distanceMiles']],
    ['a priority beyond the scale', { priority: 101 }, ['/priority']],
    ['a currency that is no code', { currency: 'dollars' }, ['/currency']],
    ['an address without a street', { shippingAddress: { city: 'X' } }, ['/shippingAddress/line1']],
    [
      'a window that ends before it begins',
      { requestedWindow: { start: '2027-01-02T00:00:00Z', end: '2027-01-01T00:00:00Z' } },
      ['/requestedWindow/end'],
    ],
    [
      'a time that is none',
      { requestedWindow: { start: 'tomorrow', end: '2027-02-30T00:00:00Z' } },
      ['/requestedWindow/end', '/requestedWindow/start'],
    ],
  ])('an order with %s is refused', (_, form, pointers) =>
    refused(() => door.post('/api/orders', orderForm(form)), 422, 'request.invalid', pointers),
  );

  const orders = '/api/orders';
  const send =
    (body: unknown, headers?: Record<string, string>, path = orders) =>
    () =>
      door.post(path, body, headers);
  const ask = (path: string, headers?: Record<string, string>) => () => door.get(path, headers);

  test.each<[string, () => Promise<Reply>, number, string, string[]?]>([
    ['a body that is no JSON', send('{"customerId":'), 400, 'request.malformed'],
    ['a body of another kind', send('customerId=1', { 'Content-Type': 'text/plain' }), 415, 'request.media-type'],
    ['a body in a strange alphabet', send('{}', { 'Content-Type': 'application/json; charset=klingon' }), 415, 'request.media-type'],
    ['a body packed in an unknown way', send('{}', { 'Content-Encoding': 'squeezed' }), 415, 'request.media-type'],
    ['a body over 256 KB', send(orderForm({ paymentToken: 'x'.repeat(256 * 1024) })), 413, 'request.too-large'],
    ['an empty body', send(undefined), 422, 'request.invalid'],
    ['a list instead of an order', send([]), 422, 'request.invalid'],
    ['null instead of an order', send('null'), 422, 'request.invalid'],
    ['a text instead of an order', send('"order"'), 422, 'request.invalid'],
    ['a body of nothing but brackets', send(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), 422, 'request.invalid'],
    ['a correlation id that is no UUID', send(orderForm(), { 'X-Correlation-Id': 'mine' }), 422, 'request.invalid', ['/X-Correlation-Id']],
    [
      'an over-long idempotency key',
      send(orderForm(), { 'Idempotency-Key': 'x'.repeat(201) }),
      422,
      'request.invalid',
      ['/Idempotency-Key'],
    ],
  ])('%s is refused', (_, ...row) => refused(...row));

  test.each<[string, string, number, string, string[]?]>([
    ['an unknown address', '/api/nothing', 404, 'route.unknown'],
    ['the inside of the mesh', '/~node/list', 404, 'route.unknown'],
    ['an address that cannot be decoded', '/api/orders/%E0%A4%A', 404, 'route.unknown'],
    ['an order id that is none', '/api/orders/abc', 422, 'request.invalid', ['/id']],
    ['an order that is not', '/api/orders/987654321', 404, 'order.not-found'],
    ['a history of no order', '/api/orders/987654321/history', 404, 'order.not-found'],
    ['an unknown view', '/api/orders/1?view=s9', 422, 'request.invalid', ['/view']],
    ['a status of no UUID', '/api/orders/status/abc', 422, 'request.invalid', ['/correlationId']],
    ['a status of an unknown order', `/api/orders/status/${randomUUID()}`, 404, 'order.not-found'],
    ['a payment of no UUID', '/api/payments/abc', 422, 'request.invalid', ['/id']],
    ['a payment that is not', `/api/payments/${randomUUID()}`, 404, 'payment.not-found'],
    ['a truck that is not', '/api/trucks/nobody', 404, 'truck.not-found'],
    ['a product that is not', '/api/products/NOTHING', 404, 'resource.not-found'],
    ['a limit of zero', '/api/orders?limit=0', 422, 'request.invalid', ['/limit']],
    ['a limit over 200', '/api/orders?limit=201', 422, 'request.invalid', ['/limit']],
    ['a limit that is no number', '/api/trucks?limit=many', 422, 'request.invalid', ['/limit']],
    ['a cursor of nobody', '/api/orders?cursor=xyz', 422, 'request.invalid', ['/cursor']],
    ['a cursor of another list', `/api/orders?cursor=${cursor('SAND')}`, 422, 'request.invalid', ['/cursor']],
    ['a dead letters’ cursor of another list', `/api/admin/dead-letters?cursor=${cursor('x')}`, 422, 'request.invalid', ['/cursor']],
    [
      'movements’ cursor of another list',
      `/api/inventory/SAND-BULK/north/movements?cursor=${cursor('x')}`,
      422,
      'request.invalid',
      ['/cursor'],
    ],
    ['a filter given twice', '/api/products?kind=goods&kind=concrete', 422, 'request.invalid', ['/kind']],
    ['a filter given as an object', '/api/inventory?sku[ne]=X', 422, 'request.invalid', ['/sku']],
    ['a time filter that is no time', '/api/orders?createdAfter=yesterday', 422, 'request.invalid', ['/createdAfter']],
    ['an unknown parameter of a list', '/api/products?colour=red', 422, 'request.invalid', ['/colour']],
    ['a status that no truck has', '/api/trucks?status=parked', 422, 'request.invalid', ['/status']],
    ['an unknown parameter of a history', '/api/orders/1/history?limit=1', 422, 'request.invalid', ['/limit']],
    ['an unknown parameter of the attention list', '/api/admin/attention?limit=0&x=1', 422, 'request.invalid', ['/limit', '/x']],
    ['an unknown parameter of a queue', '/api/dispatch/queue?colour=red', 422, 'request.invalid', ['/colour']],
  ])('%s is refused', (_, path, ...row) => refused(ask(path), ...row));

  test.each<[string, string, Body, string[]]>([
    ['a cancellation without a reason', '/api/orders/1/cancel', {}, ['/reason']],
    ['a cancellation with a NUL', '/api/orders/1/cancel', { reason: '\u0000' }, ['/reason']],
    ['a version in the body', '/api/orders/1/cancel', { reason: 'x', version: 1 }, ['/version']],
    ['a cancellation that is null', '/api/orders/1/cancel', null as unknown as Body, ['']],
    ['a product without a price', '/api/products', { sku: 'NEW', name: 'New' }, ['/priceCents']],
    ['a product with a price in fractions', '/api/products', { sku: 'NEW', name: 'New', priceCents: 0.5 }, ['/priceCents']],
    ['a product with a bad SKU', '/api/products', { sku: ' NEW', name: 'New', priceCents: 5 }, ['/sku']],
    ['a plant beyond the poles', '/api/plants', { id: 'pole', name: 'Pole', latitude: 91 }, ['/latitude']],
    ['a truck of no plant', '/api/trucks', { code: 'X-1', plantId: 'nowhere' }, ['/plantId']],
    ['a truck without a load', '/api/trucks', { code: 'X-1', plantId: 'north', capacity: 0 }, ['/capacity']],
    ['a receipt of nothing', '/api/inventory/SAND-BULK/north/receive', { quantity: 0 }, ['/quantity']],
    ['an adjustment by nothing', '/api/inventory/SAND-BULK/north/adjust', { quantity: 0, reason: 'x' }, ['/quantity']],
    ['an adjustment without a reason', '/api/inventory/SAND-BULK/north/adjust', { quantity: 1 }, ['/reason']],
    ['an outage without a reason', '/api/trucks/truck-1/out-of-service', {}, ['/reason']],
    ['a discard without a reason', '/api/admin/dead-letters/1/discard', {}, ['/reason']],
    ['a replay of no letter', '/api/admin/dead-letters/x/replay', {}, ['/id']],
  ])('%s is refused', (_, path, body, pointers) => refused(send(body, {}, path), 422, 'request.invalid', pointers));

  test.each<[string, string]>([
    ['a year that Postgres has not', '0000-01-01T00:00:00Z'],
    ['an offset that Postgres has not', '2027-01-01T00:00:00+23:00'],
  ])('an order for %s is refused', (_, start) => {
    const form = orderForm({ requestedWindow: { start, end: '2027-01-03T00:00:00Z' } });
    return refused(send(form), 422, 'request.invalid', ['/requestedWindow/start']);
  });
});
