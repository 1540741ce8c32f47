/** Dispatch as a worker of its own: no port, no client; orders reach it over the mesh, and another worker goes on where one was killed. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { answers } from '../support/servers.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

type Line = Record<string, unknown> & { msg: string };

const linesOf = (node: YardNode): Line[] =>
  node
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);

describeWith('postgres', 'nats')('dispatch alone', () => {
  let yard: Yard;
  let door: Http;
  let worker: YardNode;
  const another = (): Promise<YardNode> => yard.start({ LOG_LEVEL: 'debug', LOG_FORMAT: 'json' }, '--services', 'truck');

  beforeAll(async () => {
    yard = await openYard({ NATS_URL: servers.nats as string, TRUCK_TIME_SCALE: '0.01', SWEEP_MS: '200' });
    const [others, alone] = await Promise.all([yard.start({}, '--services', 'gateway,order,inventory,payment'), another()]);
    [door, worker] = [others.http, alone];
    await until(async () => (await door.get('/api/trucks')).status === 200);
  });
  afterAll(() => yard.close());

  test('opens no port, and carries an order that comes over the mesh to its end [A1, A2, A11, A63]', async () => {
    expect(await answers(worker.port)).toBe(false);
    const order = await door.until(await door.place({ distanceMiles: 1 }), 'delivered');
    await untilQuiet(yard.database);
    expect(await door.get(`/api/trucks/${order.truckId}`)).toMatchObject({ body: { status: 'available', orderId: null } });
  });

  test('each of its steps can be followed in its log, in fields and under one correlation and trace: queued, assigned, driven, delivered [A15, A52, A54, A71]', async () => {
    const order = await door.until(await door.place({ distanceMiles: 1 }), 'delivered');
    await untilQuiet(yard.database);
    const lines = linesOf(worker).filter(({ correlationId }) => correlationId === order.correlationId);
    const steps = ['order.truck.assigned', 'truck.status.changed', 'truck.materials.loaded', 'truck.pouring.completed', 'order.delivered'];
    const told = lines.map(({ msg }) => msg.replace(/^\S+: /, ''));
    expect(steps.filter((step) => !told.includes(step))).toEqual([]);
    expect(steps.map((step) => told.indexOf(step))).toEqual(steps.map((step) => told.indexOf(step)).sort((a, b) => a - b));
    expect(lines.find(({ msg }) => msg.endsWith('order.truck.assigned'))).toMatchObject({ orderId: order.id, truckId: order.truckId });
    const traces = new Set(lines.map(({ traceparent }) => String(traceparent).split('-')[1]));
    expect([traces.size, lines.every(({ traceparent }) => /^00-/.test(String(traceparent)))]).toEqual([1, true]);
  });

  test('what it does stands in Postgres: killed under way, another goes on without it, and the order is delivered once [A6, A62, A64]', async () => {
    const order = await door.until(await door.place({ distanceMiles: 200 }), 'shipped');
    await worker.kill();
    const [row] = await yard.database.query(`select status, order_id::text as "orderId" from trucks where id = $1`, [order.truckId]);
    expect(row).toEqual({ status: 'en_route', orderId: order.id });
    expect(await yard.count('orders', `id = ${order.id} and status = 'shipped' and truck_id = '${order.truckId}'`)).toBe(1);
    worker = await another();
    await door.until(order.correlationId, 'delivered');
    await untilQuiet(yard.database);
    const types = (await door.history(order.id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'order.delivered')).toHaveLength(1);
    expect(await yard.count('loads', `order_id = ${order.id}`)).toBe(1);
  });
});
