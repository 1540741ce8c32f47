/** Goods of a delivered order come back over HTTP: for money, or for other goods. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { returnFigures } from '../../services/returns/returns.views.store.ts';
import type { Body, Http, Reply } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

const PROMPT = { SHIPPING_TIME_SCALE: '0', SWEEP_MS: '200' };
const concrete = (quantity: number) => ({ items: [{ sku: 'CONCRETE-C25', quantity }], plantId: 'north' });

describeWith('postgres')('what comes back', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard(PROMPT);
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const delivered = async (form: object): Promise<Body> => door.until(await door.place({ kind: 'concrete', ...form }), 'delivered');
  const ask = ({ id, items }: Body, quantity: number, more: object = {}, headers: Record<string, string> = {}): Promise<Reply> =>
    door.post(`/api/orders/${id}/returns`, { lines: [{ itemId: items[0].id, quantity }], reason: 'too grey', ...more }, headers);
  const exchange = ({ id, items }: Body, quantity: number, replacements: object[], more: object = {}): Promise<Reply> =>
    door.post(`/api/orders/${id}/exchanges`, { lines: [{ itemId: items[0].id, quantity }], reason: 'too grey', replacements, ...more });
  const say = async (kind: string, id: string, verb: string, body: object = {}): Promise<Body> => {
    const { status, body: card, text } = await door.post(`/api/${kind}/${id}/${verb}`, body);
    if (status !== 200) throw new Error(`${verb}: ${status} ${text}`);
    return card;
  };
  const card = async (kind: string, id: string): Promise<Body> => (await door.get(`/api/${kind}/${id}`)).body;
  const told = async (orderId: string, prefix: string): Promise<string[]> =>
    (await door.history(orderId)).map(({ type }) => type).filter((type) => type.startsWith(prefix));
  const payment = async ({ paymentId }: Body): Promise<Body> => (await door.get(`/api/payments/${paymentId}`)).body;
  const movements = async (sku: string, kind: string, orderId: string): Promise<number[]> =>
    (
      await yard.database.query<{ quantity: string }>(
        'select quantity from stock_movements where kind = $1 and order_id = $2 and stock_key = $3',
        [kind, orderId, `${sku}@north`],
      )
    ).map(({ quantity }) => Number(quantity));

  test('a return is asked for, approved, received, inspected and paid back once; its goods are on the shelf again [B27, E52]', async () => {
    const order = await delivered(concrete(4));
    await untilQuiet(yard.database);
    const before = await door.stock('CONCRETE-C25', 'north');
    const asked = await ask(order, 3);
    expect([asked.status, asked.headers.get('location'), asked.headers.get('etag')]).toEqual([
      201,
      `/api/returns/${asked.body.id}`,
      '"v2"',
    ]);
    expect(asked.body).toMatchObject({ status: 'requested', orderId: order.id, lines: [{ quantity: 3, unitPriceCents: 14_500 }] });
    const { id } = asked.body;
    expect((await card('orders', order.id)).returnStatus).toBe('requested');
    expect((await say('returns', id, 'approve')).status).toBe('approved');
    expect((await say('returns', id, 'receive')).status).toBe('received');
    expect((await say('returns', id, 'inspect', { condition: 'ok' })).status).toBe('inspected');
    expect(await say('returns', id, 'complete')).toMatchObject({ status: 'completed', refundCents: 3 * 14_500 });
    expect(await say('returns', id, 'complete')).toMatchObject({ status: 'completed' });
    await untilQuiet(yard.database);
    expect(await payment(order)).toMatchObject({
      status: 'partially_refunded',
      refundedCents: 3 * 14_500,
      capturedCents: order.totalCents,
    });
    expect(await card('returns', id)).toMatchObject({ refundStatus: 'refunded' });
    const after = await door.stock('CONCRETE-C25', 'north');
    expect(after.available + after.reserved).toBe(before.available + before.reserved + 3);
    expect(await movements('CONCRETE-C25', 'returned', order.id)).toEqual([3]);
    expect(await told(order.id, 'order.return.')).toEqual(['order.return.requested', 'order.return.approved', 'order.return.completed']);
    expect((await card('orders', order.id)).returnStatus).toBe('partial');
    const listed = await door.get(`/api/returns?orderId=${order.id}&status=completed`);
    expect(listed.body.items.map((one: Body) => one.id)).toEqual([id]);
    expect(JSON.stringify(listed.body)).not.toContain('tok_');
  });

  test('what fails the inspection is written off, and stands in no stock that is for sale [B27]', async () => {
    const order = await delivered(concrete(2));
    const { id } = (await ask(order, 2)).body;
    await say('returns', id, 'approve');
    await say('returns', id, 'receive', { condition: 'damaged' });
    await say('returns', id, 'complete');
    await untilQuiet(yard.database);
    expect(await movements('CONCRETE-C25', 'returned', order.id)).toEqual([]);
    expect(await movements('CONCRETE-C25', 'written_off', order.id)).toEqual([2]);
    expect(await payment(order)).toMatchObject({ status: 'refunded' });
  });

  test('the same Idempotency-Key is one return; more than was bought, what is not delivered and foreign items are refused [B27]', async () => {
    const order = await delivered(concrete(2));
    const key = { 'Idempotency-Key': 'once' };
    const [first, second] = [await ask(order, 2, {}, key), await ask(order, 2, {}, key)];
    expect([second.status, second.body.id]).toEqual([201, first.body.id]);
    const more = await ask(order, 1);
    expect([more.status, more.body.code]).toEqual([409, 'return.too-many']);
    const foreign = await door.post(`/api/orders/${order.id}/returns`, { lines: [{ itemId: '999999', quantity: 1 }], reason: 'x' });
    expect([foreign.status, foreign.body.errors[0].pointer]).toEqual([422, '/lines/0/itemId']);
    const unknown = await door.post('/api/orders/999999/returns', { lines: [{ itemId: '1', quantity: 1 }], reason: 'x' });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'order.not-found']);
    const waiting = await door.until(
      await door.place({ kind: 'concrete', ...concrete(1), paymentMethod: 'transfer' }),
      'payment_processing',
    );
    const early = await ask(waiting, 1);
    expect([early.status, early.body.code]).toEqual([409, 'order.not-delivered']);
  });

  test('a return that is rejected or called off lets the goods be sent back again; an older version decides nothing [B27]', async () => {
    const order = await delivered(concrete(2));
    const { id, version } = (await ask(order, 2)).body;
    const stale = await door.post(`/api/returns/${id}/reject`, { reason: 'used' }, { 'If-Match': `"v${version - 1}"` });
    expect([stale.status, stale.body.code]).toEqual([412, 'resource.changed']);
    const rejected = await door.post(`/api/returns/${id}/reject`, { reason: 'used' }, { 'If-Match': `"v${version}"` });
    expect([rejected.status, rejected.body.status, rejected.body.note]).toEqual([200, 'rejected', 'used']);
    await untilQuiet(yard.database);
    const again = await ask(order, 2);
    expect(again.status).toBe(201);
    await say('returns', again.body.id, 'cancel');
    await untilQuiet(yard.database);
    expect((await ask(order, 2)).status).toBe(201);
  });

  test('an exchange for dearer goods is charged the difference, sent when the others are back, and completed at its delivery [B28, E52]', async () => {
    const order = await delivered(concrete(1));
    const asked = await exchange(order, 1, [{ sku: 'CEMENT-25KG', quantity: 20 }]);
    expect([asked.status, asked.headers.get('location')]).toEqual([201, `/api/exchanges/${asked.body.id}`]);
    expect(asked.body).toMatchObject({ status: 'requested', differenceCents: 20 * 1_150 - 14_500 });
    const { id } = asked.body;
    await say('exchanges', id, 'approve');
    await until(async () => (await card('exchanges', id)).supply === 'ready', {
      what: async () => JSON.stringify(await card('exchanges', id)),
    });
    const { chargeId } = await card('exchanges', id);
    expect((await door.get(`/api/payments/${chargeId}`)).body).toMatchObject({ status: 'captured', capturedCents: 20 * 1_150 - 14_500 });
    await say('exchanges', id, 'receive', { condition: 'ok' });
    await until(async () => (await card('exchanges', id)).status === 'completed', {
      what: async () => JSON.stringify(await card('exchanges', id)),
    });
    await untilQuiet(yard.database);
    expect(await movements('CONCRETE-C25', 'returned', order.id)).toEqual([1]);
    expect(await movements('CEMENT-25KG', 'consumed', order.id)).toEqual([20]);
    expect(await card('exchanges', id)).toMatchObject({ trackingNo: expect.any(String), refundCents: 0 });
    expect(await told(order.id, 'order.exchange.')).toEqual([
      'order.exchange.requested',
      'order.exchange.approved',
      'order.exchange.completed',
    ]);
    expect(await card('orders', order.id)).toMatchObject({ status: 'delivered', returnStatus: 'exchanged' });
    const { fulfillmentId } = await card('exchanges', id);
    const parcel = (await door.history(order.id)).filter(({ data }) => data.fulfillmentId === fulfillmentId);
    expect(parcel.flatMap(({ type, to }) => (to ? [to] : type.startsWith('order.') ? [type] : []))).toEqual([
      ...['pending', 'planned', 'picking', 'packed', 'ready', 'order.shipping.requested'],
      ...['shipped', 'order.shipped', 'delivered', 'order.delivered'],
    ]);
    expect(parcel.filter(({ type }) => type === 'shipment.tracking.updated')).toHaveLength(4);
    expect(await yard.count('events', `correlation_id = '${id}'`)).toBe(0);
  });

  test('an exchange for cheaper goods gives the difference back once [B28]', async () => {
    const order = await delivered(concrete(1));
    const { id, differenceCents } = (await exchange(order, 1, [{ sku: 'CEMENT-25KG', quantity: 2 }])).body;
    expect(differenceCents).toBe(2 * 1_150 - 14_500);
    await say('exchanges', id, 'approve');
    await say('exchanges', id, 'receive');
    await until(async () => (await card('exchanges', id)).status === 'completed', {
      what: async () => JSON.stringify(await card('exchanges', id)),
    });
    await untilQuiet(yard.database);
    expect(await payment(order)).toMatchObject({ status: 'partially_refunded', refundedCents: 14_500 - 2 * 1_150 });
  });

  test('an exchange without stock stays approved with its reason, and goes on as a return under its own id [B28]', async () => {
    const order = await delivered(concrete(1));
    const { id } = (await exchange(order, 1, [{ sku: 'CEMENT-25KG', quantity: 900_000 }])).body;
    await say('exchanges', id, 'approve');
    await untilQuiet(yard.database);
    expect(await card('exchanges', id)).toMatchObject({
      status: 'approved',
      supply: 'short',
      supplyReason: 'inventory.short',
      chargeId: null,
    });
    await say('exchanges', id, 'retry');
    await untilQuiet(yard.database);
    expect((await say('exchanges', id, 'return')).status).toBe('cancelled');
    await untilQuiet(yard.database);
    expect(await card('returns', id)).toMatchObject({ status: 'approved', orderId: order.id });
    await say('returns', id, 'receive', { condition: 'ok' });
    expect(await say('returns', id, 'complete')).toMatchObject({ status: 'completed', refundCents: 14_500 });
    await untilQuiet(yard.database);
    expect(await payment(order)).toMatchObject({ status: 'refunded' });
    // Nothing was exchanged.
    expect((await card('orders', order.id)).returnStatus).toBe('returned');
    expect(await yard.count('order_returns', `id = '${id}' and kind = 'return'`)).toBe(1);
  });

  test('an exchange of a part that goes on as a return leaves the order returned in part [B28]', async () => {
    const order = await delivered(concrete(3));
    const { id } = (await exchange(order, 1, [{ sku: 'CEMENT-25KG', quantity: 900_000 }])).body;
    await say('exchanges', id, 'approve');
    await untilQuiet(yard.database);
    await say('exchanges', id, 'return');
    await untilQuiet(yard.database);
    expect((await card('orders', order.id)).returnStatus).toBe('requested');
    await say('returns', id, 'receive', { condition: 'ok' });
    await say('returns', id, 'complete');
    await untilQuiet(yard.database);
    expect((await card('orders', order.id)).returnStatus).toBe('partial');
  });

  test('the figures say how many there are in which status, what went back and what waits', async () => {
    await untilQuiet(yard.database);
    const figures = await returnFigures(yard.database);
    const counted = Object.values(figures.returns).reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(await yard.count('returns'));
    expect(figures.exchanges.completed).toBe(await yard.count('exchanges', `status = 'completed'`));
    const [row] = await yard.database.query<{ cents: number }>(
      'select sum(refund_cents)::float as cents from (select refund_cents from returns union all select refund_cents from exchanges) r',
    );
    expect(figures).toMatchObject({ refundedCents: row?.cents, refundsDueCents: 0, withoutReplacement: 0, stale: 0 });
  });

  test('an exchange for what the catalogue has not is refused with the line', async () => {
    const order = await delivered(concrete(1));
    const refused = await exchange(order, 1, [{ sku: 'NEVER-HEARD-OF', quantity: 1 }]);
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/replacements/0/sku']);
  });
});

describeWith('postgres', 'nats')('a return in another process than its order', () => {
  let yard: Yard;
  afterAll(() => yard?.close());

  test('asked for while the orders are away is asked for again under the same key, and is one return [B27]', async () => {
    yard = await openYard({ ...PROMPT, NATS_URL: servers.nats as string });
    const rooms = ['--services', 'order,inventory,payment,truck,fulfillment'];
    const [front, orders] = (await Promise.all([yard.start({}, '--services', 'gateway,returns'), yard.start({}, ...rooms)])) as [
      YardNode,
      YardNode,
    ];
    const door = front.http;
    await until(async () => (await door.get('/api/orders')).status === 200);
    const order = await door.until(await door.place({ kind: 'concrete', ...concrete(2) }), 'delivered');
    await orders.stop();
    const body = { lines: [{ itemId: order.items[0].id, quantity: 1 }], reason: 'too grey' };
    const ask = () => door.post(`/api/orders/${order.id}/returns`, body, { 'Idempotency-Key': 'again' });
    await until(async () => (await ask()).status === 503);
    expect(await yard.count('returns', 'not booked')).toBe(1);
    await yard.start({}, ...rooms);
    let answer: Reply | undefined;
    await until(
      async () => {
        answer = await ask();
        return answer.status === 201;
      },
      { what: () => `${answer?.status} ${answer?.text}` },
    );
    expect(await yard.count('returns')).toBe(1);
    expect(await yard.count('order_returns')).toBe(1);
    expect(answer?.body).toMatchObject({ status: 'requested', booked: true });
  });
});
