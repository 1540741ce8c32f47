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
  let others: YardNode;
  const another = (): Promise<YardNode> => yard.start({}, '--services', 'truck');

  beforeAll(async () => {
    yard = await openYard({
      NATS_URL: servers.nats as string,
      TRUCK_TIME_SCALE: '0.01',
      SWEEP_MS: '200',
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
    });
    [others, worker] = await Promise.all([yard.start({}, '--services', 'gateway,order,inventory,payment'), another()]);
    door = others.http;
    await until(async () => (await door.get('/api/trucks')).status === 200);
  });
  afterAll(() => yard.close());

  test('opens no port, and carries an order that comes over the mesh to its end [A1, A2, A11, A63]', async () => {
    expect(await answers(worker.port)).toBe(false);
    const order = await door.until(await door.place({ distanceMiles: 1 }), 'delivered');
    await untilQuiet(yard.database);
    expect(await door.get(`/api/trucks/${order.truckId}`)).toMatchObject({ body: { status: 'available', orderId: null } });
  });

  test('an order can be followed in the logs, in fields and under one correlation and trace: made, asked a truck for, assigned, driven, delivered [A15, A52, A54, A71]', async () => {
    const order = await door.until(await door.place({ distanceMiles: 1 }), 'delivered');
    await untilQuiet(yard.database);
    const ofOrder = (node: YardNode) => linesOf(node).filter(({ correlationId }) => correlationId === order.correlationId);
    const steps = (node: YardNode) => ofOrder(node).map(({ msg }) => msg.replace(/^\S+: /, ''));
    // What happened elsewhere, and then what the dispatcher and the truck did; a truck's words may overtake its dispatcher's.
    const asked = ['order.created', 'dispatch.request'];
    const done = ['truck.materials.loaded', 'order.status.intransit', 'truck.pouring.completed', 'order.delivered', 'truck.returned.plant'];
    expect(steps(others).filter((step) => asked.includes(step))).toEqual(asked);
    expect(steps(worker).filter((step) => done.includes(step))).toEqual(done);
    const assigned = ofOrder(worker).find(({ msg }) => msg.endsWith(': order.truck.assigned'));
    expect(assigned).toMatchObject({ orderId: order.id, truckId: order.truckId, level: expect.anything(), time: expect.anything() });
    const traces = [...ofOrder(others), ...ofOrder(worker)].map(({ traceparent }) => String(traceparent).slice(0, 36));
    expect([...new Set(traces)]).toEqual([expect.stringMatching(/^00-[0-9a-f]{32}-$/)]);
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
