/** Orders of several loads, what they are made of, and plants that stand still. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';
import { type DispatchYard, dispatchYard, sand, TRIP } from './dispatch-yard.ts';

describeWith('postgres')('loads, materials and plants', () => {
  let yard: Yard;
  let door: Http;
  let at: DispatchYard;

  beforeAll(async () => {
    yard = await openYard();
    door = (await yard.start()).http;
    at = dispatchYard(door);
  });
  afterAll(() => yard.close());

  const concrete = (quantity: number) => [{ sku: 'CONCRETE-C25', quantity }];
  const count = async (orderId: string, type: string): Promise<number> =>
    (await door.history(orderId)).filter((entry: Body) => entry.type === type).length;

  test('an order of three loads is delivered by three trucks, and said to be delivered once', async () => {
    await at.plant('large');
    for (const id of ['l-1', 'l-2', 'l-3']) await at.truck(id, 'large');
    const order = await at.order('large', { items: sand(25) });
    await until(async () => (await at.loads(order.id)).length === 3);
    const loads = await at.loads(order.id);
    expect(loads.map(({ seq, quantity }) => [seq, quantity])).toEqual([
      [1, 10],
      [2, 10],
      [3, 5],
    ]);
    for (const { truckId } of loads) await at.truckIs(truckId, 'assigned');
    for (const { truckId } of loads.slice(0, 2)) await at.drive(truckId, ...TRIP);
    await until(async () => (await count(order.id, 'order.load.delivered')) === 2);
    expect((await door.get(`/api/orders/${order.id}`)).body.status).toBe('shipped');
    await at.drive(loads[2]?.truckId, ...TRIP);
    await until(async () => (await door.get(`/api/orders/${order.id}`)).body.status === 'delivered');
    await untilQuiet(yard.database);
    expect([await count(order.id, 'order.load.delivered'), await count(order.id, 'order.delivered')]).toEqual([3, 1]);
    const tickets = (await at.loads(order.id)).map(({ ticketNo, status, poured }) => [ticketNo.slice(0, 6), status, poured]);
    expect(tickets).toEqual([10, 10, 5].map((poured) => ['LARGE-', 'closed', poured]));
  });

  test('a load that the site sends away is made anew', async () => {
    await at.plant('site');
    await at.truck('site-1', 'site');
    const order = await at.order('site');
    await at.truckIs('site-1', 'assigned');
    const [{ id }] = (await at.loads(order.id)) as [Body];
    const early = await door.post(`/api/loads/${id}/reject`, { reason: 'too wet' });
    expect([early.status, early.body.code]).toEqual([409, 'load.not-at-site']);
    await at.drive('site-1', 'loading', 'en_route', 'at_job_site');
    const rejected = await door.post(`/api/loads/${id}/reject`, { reason: 'too wet' });
    expect([rejected.status, rejected.body]).toEqual([200, expect.objectContaining({ id, status: 'rejected' })]);
    await until(async () => (await at.queue('site')).length === 1);
    await at.drive('site-1', 'washing', 'available');
    await at.truckIs('site-1', 'assigned');
    expect((await at.loads(order.id)).map(({ status, reason }) => [status, reason])).toEqual([
      ['rejected', 'too wet'],
      ['assigned', null],
    ]);
    expect((await door.post('/api/loads/00000000-0000-4000-8000-000000000000/reject', { reason: 'x' })).body.code).toBe('load.not-found');
    expect((await door.get('/api/dispatch/figures?plantId=site')).body.rejected).toBe(1);
  });

  test('a load draws its mix from the plant’s stock; when that is short it waits, and goes when more has come', async () => {
    await at.plant('mixed');
    await door.post('/api/products', { sku: 'MATERIAL-SAND', name: 'Sand, for mixing', priceCents: 0 });
    await at.truck('m-1', 'mixed', { reporting: 'simulated' });
    expect((await door.get('/api/products/CONCRETE-C25/mix')).body).toMatchObject({ standard: true, components: { length: 3 } });
    const mix = { components: [{ material: 'MATERIAL-SAND', perUnit: 2 }] };
    expect((await door.send('PUT', '/api/products/CONCRETE-C25/mix', mix)).body).toEqual({ sku: 'CONCRETE-C25', standard: false, ...mix });
    await door.post('/api/inventory/MATERIAL-SAND/mixed/receive', { quantity: 9 });
    const order = await at.order('mixed', { items: concrete(5) });
    await until(async () => (await at.queue('mixed'))[0]?.reason === 'no_stock');
    expect(await at.loads(order.id)).toEqual([]);
    await door.post('/api/inventory/MATERIAL-SAND/mixed/receive', { quantity: 1 });
    await until(async () => (await door.get(`/api/orders/${order.id}`)).body.status === 'delivered');
    await untilQuiet(yard.database);
    expect(await door.stock('MATERIAL-SAND', 'mixed')).toEqual({ available: 0, reserved: 0 });
    expect(await at.loads(order.id)).toMatchObject([{ status: 'closed', materials: { 'MATERIAL-SAND@mixed': 10 } }]);
    const standard = await door.send('PUT', '/api/products/CONCRETE-C25/mix', { components: [] });
    expect(standard.body).toMatchObject({ standard: true });
    expect((await door.get('/api/products/NOTHING/mix')).status).toBe(404);
  });

  test('what waits at a plant that breaks down is another’s', async () => {
    await at.plant('broken', { strategy: 'nearest', loadSlots: 2 });
    const order = await at.order('broken');
    await until(async () => (await at.queue('broken')).length === 1);
    const down = await door.post('/api/plants/broken/breakdown', { reason: 'the mixer' });
    expect([down.status, down.body]).toEqual([200, expect.objectContaining({ id: 'broken', brokenReason: 'the mixer', version: 2 })]);
    expect((await door.post('/api/plants/broken/breakdown', { reason: 'again' })).body.code).toBe('plant.broken-down');
    const { items } = (await door.get('/api/admin/attention')).body;
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'plant.broken-down', actor: 'dispatch', key: 'broken', reason: 'the mixer' }),
    );
    await until(async () => (await count(order.id, 'order.plant.changed')) === 1);
    await until(async () => (await door.get(`/api/orders/${order.id}`)).body.status === 'delivered');
    expect(await at.queue('broken')).toEqual([]);
    expect((await door.post('/api/plants/broken/repaired', { reason: 'a new one' })).body).toMatchObject({ brokenSince: null });
    expect((await door.post('/api/plants/broken/repaired', {})).body.code).toBe('plant.in-order');
  });

  test('a plant is changed, at the version that one has seen, and closed hours keep its trucks in', async () => {
    await at.plant('hours', { hours: { zone: 'America/Chicago', week: {} } });
    await at.truck('h-1', 'hours');
    await at.order('hours');
    await until(async () => (await at.queue('hours'))[0]?.reason === 'plant_closed');
    const stale = await door.send('PATCH', '/api/plants/hours', { loadSlots: 1 }, { 'If-Match': '"v9"' });
    expect([stale.status, stale.body.code]).toEqual([412, 'resource.changed']);
    const { headers } = await door.get('/api/plants/hours');
    const opened = await door.send(
      'PATCH',
      '/api/plants/hours',
      { hours: null, loadSlots: 1 },
      { 'If-Match': headers.get('etag') as string },
    );
    expect(opened.body).toMatchObject({ id: 'hours', hours: null, loadSlots: 1, strategy: null, version: 2 });
    await at.truckIs('h-1', 'assigned');
    expect((await door.send('PATCH', '/api/plants/nowhere', { loadSlots: 1 })).body.code).toBe('plant.not-found');
  });
});
