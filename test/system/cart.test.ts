/** Sessions and carts over HTTP, to the one order that is made of a cart. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http, Reply } from '../support/http.ts';
import { untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('carts', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard();
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const open = async (form: object = { customerId: 'acme' }): Promise<Body> => (await door.post('/api/carts', form)).body;
  const put = (cart: Body, sku: string, quantity: unknown, headers?: Record<string, string>): Promise<Reply> =>
    door.send('PUT', `/api/carts/${cart.id}/items/${sku}`, { quantity }, headers);
  const checkout = (cart: Body, form: object = { paymentMethod: 'card' }, headers?: Record<string, string>): Promise<Reply> =>
    door.post(`/api/carts/${cart.id}/checkout`, form, headers);
  const show = async ({ id }: Body): Promise<Body> => (await door.get(`/api/carts/${id}`)).body;
  const filled = async (): Promise<Body> => {
    const cart = await open();
    await put(cart, 'CONCRETE-C25', 2);
    return cart;
  };

  test('a session lasts a day from when it was last seen, and its cart is its customer’s [B6]', async () => {
    const opened = await door.post('/api/sessions', { customerId: 'acme' });
    expect([opened.status, opened.headers.get('location')]).toEqual([201, `/api/sessions/${opened.body.id}`]);
    expect(Math.abs(Date.parse(opened.body.expiresAt) - Date.now() - 86_400_000)).toBeLessThan(60_000);
    await yard.database.query(`update sessions set expires_at = now() + interval '1 minute', last_seen_at = now() - interval '1 hour'`);
    const seen = await door.get(`/api/sessions/${opened.body.id}`);
    expect(Math.abs(Date.parse(seen.body.expiresAt) - Date.now() - 86_400_000)).toBeLessThan(60_000);
    expect(await open({ sessionId: opened.body.id })).toMatchObject({ sessionId: opened.body.id, customerId: 'acme', status: 'active' });
    await yard.database.query(`update sessions set expires_at = now() - interval '1 minute'`);
    expect((await door.get(`/api/sessions/${opened.body.id}`)).body).toMatchObject({ status: 404, code: 'session.not-found' });
    const late = await door.post('/api/carts', { sessionId: opened.body.id });
    expect([late.status, late.body.errors[0].pointer]).toEqual([422, '/sessionId']);
  });

  test('a cart shows its lines with today’s prices, under a version that If-Match is held to', async () => {
    const cart = await open();
    const two = await put(cart, 'CONCRETE-C25', 2);
    expect(two.headers.get('etag')).toBe('"v2"');
    const [item] = two.body.items;
    expect(item).toMatchObject({ sku: 'CONCRETE-C25', quantity: 2, name: expect.any(String) });
    expect(two.body.totalCents).toBe(2 * item.unitPriceCents);
    expect((await put(cart, 'SAND-BULK', 1, { 'If-Match': '"v1"' })).status).toBe(412);
    expect((await put(cart, 'SAND-BULK', 1, { 'If-Match': '"v2"' })).body.items).toHaveLength(2);
    expect((await put(cart, 'SAND-BULK', 0)).body.items).toHaveLength(1);
    expect((await checkout(cart, { paymentMethod: 'card' }, { 'If-Match': '"v1"' })).status).toBe(412);
  });

  test('what cannot be in a cart is named', async () => {
    const cart = await open();
    const unknown = await put(cart, 'NEVER-HEARD-OF', 1);
    expect([unknown.status, unknown.body.errors]).toEqual([422, [{ pointer: '/sku', detail: 'the catalogue has no NEVER-HEARD-OF' }]]);
    for (const quantity of [-1, 1.5, 'two', null])
      expect((await put(cart, 'SAND-BULK', quantity)).body.errors[0].pointer).toBe('/quantity');
    expect((await put({ id: randomUUID() }, 'SAND-BULK', 1)).body.code).toBe('cart.not-found');
    expect((await door.get(`/api/carts/${randomUUID()}`)).status).toBe(404);
    expect((await checkout(cart)).body.code).toBe('cart.empty');
  });

  test('a checkout answers as an order does, and the order is delivered with the cart’s lines', async () => {
    const cart = await filled();
    const accepted = await checkout(cart);
    const { correlationId } = accepted.body;
    expect([accepted.status, accepted.headers.get('location')]).toEqual([202, `/api/orders/status/${correlationId}`]);
    expect(accepted.body).toEqual({ correlationId, statusUrl: `/api/orders/status/${correlationId}` });
    const order = await door.until(correlationId, 'delivered');
    expect(order).toMatchObject({ customerId: 'acme', items: [{ sku: 'CONCRETE-C25', quantity: 2 }] });
    expect(await show(cart)).toMatchObject({ status: 'converted', correlationId });
    expect((await put(cart, 'SAND-BULK', 1)).body.code).toBe('cart.converted');
  });

  test('the order of a cart has its items, each of a product that is stocked, and one saga [E29]', async () => {
    const cart = await filled();
    await put(cart, 'SAND-BULK', 3);
    const { correlationId } = (await checkout(cart)).body;
    await door.until(correlationId, 'delivered');
    const rows = await yard.database.query<{ sku: string; sagas: string; stocks: string }>(
      `select p.sku, (select count(*) from order_sagas s where s.order_id = o.id) as sagas,
         (select count(*) from stock_levels l where l.sku = p.sku and l.location_id = o.plant_id) as stocks
       from orders o join order_items i on i.order_id = o.id join products p on p.sku = i.sku where o.correlation_id = $1::uuid order by p.sku`,
      [correlationId],
    );
    expect(rows).toEqual(['CONCRETE-C25', 'SAND-BULK'].map((sku) => ({ sku, sagas: '1', stocks: '1' })));
  });

  test('checked out many times at once and later again, a cart is one order', async () => {
    const cart = await filled();
    const answers = await Promise.all(Array.from({ length: 12 }, () => checkout(cart)));
    answers.push(await checkout(cart));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.correlationId}`)).size).toBe(1);
    await door.until(answers[0]?.body.correlationId, 'delivered');
    await untilQuiet(yard.database);
    expect(await yard.count('orders', `correlation_id = '${answers[0]?.body.correlationId}'`)).toBe(1);
    expect(await yard.count('payments', `order_key = '${answers[0]?.body.correlationId}'`)).toBe(1);
    expect((await show(cart)).status).toBe('converted');
  });

  test('a checkout that the door refuses names what is wrong, and leaves the cart as it was', async () => {
    const cart = await filled();
    const refused = await checkout(cart, { paymentMethod: 'shells', plantId: 'north' });
    expect([refused.status, refused.body.errors.map(({ pointer }: Body) => pointer)]).toEqual([422, ['/paymentMethod']]);
    expect((await checkout(cart, { paymentMethod: 'card', items: [] })).body.errors[0].pointer).toBe('/items');
    expect((await checkout(cart, { paymentMethod: 'card', plantId: 'atlantis' })).body.errors[0].pointer).toBe('/plantId');
    expect(await show(cart)).toMatchObject({ status: 'active', items: [{ quantity: 2 }], correlationId: null });
    expect((await put(cart, 'CONCRETE-C25', 3)).status).toBe(200);
    const accepted = await checkout(cart);
    expect(await door.until(accepted.body.correlationId, 'delivered')).toMatchObject({ items: [{ quantity: 3 }] });
  });

  test('a checkout whose door died is ended by its timer: with an order it is converted, without one active again', async () => {
    const [made, unmade] = [await filled(), await filled()];
    const { correlationId } = (await checkout(made)).body;
    await door.until(correlationId, 'delivered');
    for (const { id } of [made, unmade]) {
      const orderKey = id === made.id ? correlationId : randomUUID();
      await yard.database.query(`update carts set status = 'checkout', checkouts = 1, order_key = $2::uuid where id = $1::uuid`, [
        id,
        orderKey,
      ]);
      await yard.database.query(
        `insert into timers (actor, key, name, due_at, payload, headers) values ('cart', $1, 'cart.checkout-over', now(), '{"checkout":1}', $2)`,
        [id, `${orderKey}\n00-${'a'.repeat(32)}-${'b'.repeat(16)}-01\n\n\ntest`],
      );
    }
    await untilQuiet(yard.database);
    expect([(await show(made)).status, (await show(unmade)).status]).toEqual(['converted', 'active']);
  });

  test('an Idempotency-Key of a checkout is its own: the same key at the orders’ door is another request', async () => {
    const [cart, key] = [await filled(), { 'Idempotency-Key': randomUUID() }];
    const first = await checkout(cart, { paymentMethod: 'card' }, key);
    expect([first.status, (await checkout(cart, { paymentMethod: 'card' }, key)).headers.get('idempotency-replayed')]).toEqual([
      202,
      'true',
    ]);
    expect(
      (await door.post('/api/orders', { customerId: 'acme', paymentMethod: 'card', items: [{ sku: 'SAND-BULK', quantity: 1 }] }, key))
        .status,
    ).toBe(202);
  });
});
