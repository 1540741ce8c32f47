/** Stock as its keepers, the clocks and the warehouse's client see it: over HTTP, and by the actions of the inventory room. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { type Node, startNode } from '../../node.ts';
import { type Body, type Http, http } from '../support/http.ts';
import { until } from '../support/quiet.ts';
import { freePort } from '../support/servers.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('the keeping of stock', () => {
  let yard: Yard;
  let node: Node;
  let door: Http;
  beforeAll(async () => {
    yard = await openYard({ LOG_LEVEL: 'fatal' });
    const port = await freePort();
    node = await startNode(readConfig(['--services', 'inventory,gateway'], { ...yard.env, PORT: String(port) }));
    door = http(`http://127.0.0.1:${port}`);
  });
  afterAll(async () => {
    await node?.stop();
    await yard.close();
  });

  /** No orders live here: what they are told stays in their mailboxes. */
  const untilKept = () => until(async () => (await yard.count('mailbox', `actor = 'inventory'`)) === 0);
  const call = (action: string, params: object = {}): Promise<Body> => node.broker.call(action, params);
  const at = (sku: string): string => `/api/inventory/${sku}/north`;
  const reserve = async (sku: string, quantity: number, minutes: number): Promise<string> => {
    const orderKey = randomUUID();
    const end = new Date(Date.now() + minutes * 60_000).toISOString();
    await node.runtime.ask('inventory', `${sku}@north`, 'inventory.reserve', { orderKey, orderId: '7', quantity, until: end });
    return orderKey;
  };
  const statusOf = async (orderKey: string): Promise<string | undefined> =>
    (await yard.database.query<{ status: string }>('select status from reservations where order_key = $1', [orderKey]))[0]?.status;

  test('a level is read by product and place: what is available, reserved, on its way, and when it is low [E8, E12, E27]', async () => {
    const { status, body } = await door.get(at('REBAR-12'));
    expect(status).toBe(200);
    expect(body).toMatchObject({ sku: 'REBAR-12', locationId: 'north', available: 10_000, reserved: 0, incoming: 0, reorderLevel: 0 });
    expect(body).toMatchObject({ allowBackorder: false, backordered: 0, lowStock: false, lastUpdated: expect.any(String) });
    expect((await door.get('/api/inventory?sku=REBAR-12&locationId=north')).body.items).toEqual([body]);
    expect((await door.get('/api/inventory?locationId=north')).body.items.length).toBeGreaterThan(3);
    expect(await door.get('/api/inventory/NOTHING/north')).toMatchObject({ status: 404, body: { code: 'inventory.unknown-stock' } });
  });

  test('its limits are set by whoever watches it, and what is not a limit is refused [E27, E32]', async () => {
    const set = await door.post(`${at('REBAR-12')}/limits`, { reorderLevel: 100, allowBackorder: true });
    expect([set.status, set.body]).toMatchObject([200, { reorderLevel: 100, allowBackorder: true, available: 10_000, lowStock: false }]);
    const again = await door.post(`${at('REBAR-12')}/limits`, { reorderLevel: 100 });
    expect([again.status, again.body]).toMatchObject([200, { reorderLevel: 100, allowBackorder: true }]);
    const wrong = await door.post(`${at('REBAR-12')}/limits`, { reorderLevel: -1, colour: 'red' });
    expect([wrong.status, wrong.body.errors.map(({ pointer }: Body) => pointer).sort()]).toEqual([422, ['/colour', '/reorderLevel']]);
    expect((await door.post('/api/inventory/NOTHING/north/limits', { reorderLevel: 1 })).status).toBe(404);
  });

  test('what is low is listed, with its products to be ordered anew, until it is replenished [E7, E31, E36]', async () => {
    await door.post(`${at('SAND-BULK')}/limits`, { reorderLevel: 50 });
    const lowOnes = async () => (await door.get('/api/inventory?lowStock=true')).body.items.map(({ sku }: Body) => sku);
    expect(await lowOnes()).toEqual([]);
    const { body } = await door.post(`${at('SAND-BULK')}/adjust`, { quantity: -9_950, reason: 'flood' });
    expect(body).toMatchObject({ available: 50, lowStock: true });
    expect(await lowOnes()).toEqual(['SAND-BULK']);
    expect((await door.get('/api/inventory?lowStock=false&locationId=north')).body.items.map(({ sku }: Body) => sku)).not.toContain(
      'SAND-BULK',
    );
    expect(await call('product.lowStock', { locationId: 'north' })).toMatchObject({
      items: [{ sku: 'SAND-BULK', name: expect.any(String), available: 50, reorderLevel: 50 }],
      nextCursor: null,
    });
    await door.post(`${at('SAND-BULK')}/receive`, { quantity: 11 });
    expect(await lowOnes()).toEqual([]);
    expect(await yard.count('event_log', `type in ('inventory.low_stock', 'inventory.replenished')`)).toBe(2);
    expect((await door.get('/api/inventory?lowStock=perhaps')).status).toBe(422);
    expect((await door.get('/api/inventory?colour=red')).status).toBe(422);
  });

  test('products are had by one id or by several, with their price and their times [E26, E31]', async () => {
    expect((await door.get('/api/products/REBAR-12')).body).toMatchObject({
      sku: 'REBAR-12',
      name: expect.any(String),
      priceCents: expect.any(Number),
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    const { items } = await call('product.getByIds', { ids: ['SAND-BULK', 'REBAR-12', 'NOTHING'] });
    expect(items.map(({ sku }: Body) => sku)).toEqual(['REBAR-12', 'SAND-BULK']);
  });

  test('a warehouse’s client confirms and releases a hold by its id [B22]', async () => {
    const orderKey = await reserve('CEMENT-25KG', 5, 30);
    const hold = { stockKey: 'CEMENT-25KG@north', orderKey, orderId: '7' };
    expect(await call('inventory.confirmReservation', hold)).toEqual(hold);
    expect(await statusOf(orderKey)).toBe('confirmed');
    await call('inventory.releaseReservation', { ...hold, reason: 'asked for' });
    expect([await statusOf(orderKey), (await door.stock('CEMENT-25KG', 'north')).reserved]).toEqual(['released', 0]);
    await expect(call('inventory.confirmReservation', hold)).rejects.toMatchObject({ type: 'inventory.reservation-lapsed', code: 409 });
  });

  test('the half-hourly clock lets holds lapse whose end has passed, and gives their stock back [B9]', async () => {
    const [passed, timely] = [await reserve('CEMENT-25KG', 5, -1), await reserve('CEMENT-25KG', 3, 30)];
    expect(await call('inventory.expire')).toEqual({ expired: 1, more: false });
    await untilKept();
    expect([await statusOf(passed), await statusOf(timely)]).toEqual(['expired', 'active']);
    expect(await door.stock('CEMENT-25KG', 'north')).toEqual({ available: 9_997, reserved: 3 });
    const [event] = await yard.database.query<{ id: string }>(
      `select correlation_id as id from event_log where type = 'inventory.reservation.expired'`,
    );
    expect(event?.id).toBe(passed);
    expect(await call('inventory.expire')).toEqual({ expired: 0, more: false });
  });

  test('what is wrong in the books is seen by the monitoring, found by the check, and repaired when asked [E19, E20, E36, E40]', async () => {
    const check = (body?: object) => door.post('/api/admin/consistency-check', body);
    expect((await check()).body).toEqual({ consistent: true, drifts: [], repairing: 0 });
    expect(await call('inventory.monitor')).toMatchObject({ inconsistent: 0, negative: 0, low: 0, levels: expect.any(Number) });
    expect(await call('inventory.figures')).toMatchObject({
      reservationAccuracy: 1,
      inconsistent: 0,
      reservationsPerMinute: expect.any(Number),
    });
    await yard.database.query(`update stock_levels set reserved = reserved + 2 where key = 'CEMENT-25KG@north'`);
    const found = await check({});
    expect(found.body).toMatchObject({
      consistent: false,
      repairing: 0,
      drifts: [{ stockKey: 'CEMENT-25KG@north', reserved: 5, held: 3 }],
    });
    expect(await call('inventory.monitor')).toMatchObject({ inconsistent: 1 });
    expect((await call('inventory.figures')).reservationAccuracy).toBeLessThan(1);
    expect((await check({ repair: true })).body).toMatchObject({ repairing: 1 });
    await untilKept();
    expect((await check()).body).toMatchObject({ consistent: true });
    expect(await door.stock('CEMENT-25KG', 'north')).toEqual({ available: 9_997, reserved: 3 });
    expect((await door.get(`${at('CEMENT-25KG')}/movements?limit=1`)).body.items).toMatchObject([{ kind: 'adjusted', onHand: 0 }]);
    expect((await check({ repair: 'yes' })).status).toBe(422);
  });
});
