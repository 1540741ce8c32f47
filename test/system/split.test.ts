/** One order's way through three processes over NATS, one Postgres and one Redis; and with each of the two away. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { type OwnServer, ownNats, ownRedis } from '../support/servers.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith(
  'postgres',
  'nats',
  'redis',
)('three processes over NATS', () => {
  let nats: OwnServer;
  let redis: OwnServer;
  let yard: Yard;
  let shown: Redis;
  let door: Http;

  beforeAll(async () => {
    [nats, redis] = (await Promise.all([ownNats(), ownRedis()])) as OwnServer[] as [OwnServer, OwnServer];
    yard = await openYard({
      NATS_URL: `nats://127.0.0.1:${nats.port}`,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      TRUCK_TIME_SCALE: '0.02',
      SWEEP_MS: '200',
    });
    const [gateway] = await Promise.all([
      yard.start({ PAYMENT_CALL_MS: '5000' }, '--services', 'gateway,scheduler'),
      yard.start({}, '--services', 'order,inventory'),
      yard.start({}, '--services', 'payment,truck'),
    ]);
    door = gateway.http;
    shown = new Redis(redis.port, { lazyConnect: true, retryStrategy: () => 50 });
    shown.on('error', () => undefined);
    await until(async () => (await door.get('/api/trucks')).status === 200 && (await door.get('/api/orders')).status === 200);
  });
  afterAll(async () => {
    shown?.disconnect();
    await yard?.close();
    await Promise.all([nats?.kill(), redis?.kill()]);
  });

  test('an order placed at the gateway is delivered by the others, and every phase is told once [A43, A63, A72, C37, E45, E52]', async () => {
    const correlationId = await door.place({ distanceMiles: 1 });
    const order = await door.until(correlationId, 'delivered');
    const told = (await door.history(order.id)).filter(({ type }) => type === 'orders.order.status_changed').map(({ to }) => to);
    expect(told).toEqual([
      'pending',
      'validated',
      'payment_processing',
      'payment_confirmed',
      'confirmed',
      'assigned',
      'shipped',
      'delivered',
    ]);
  });

  test('Redis shows the workflow of an order, and forgets it by itself [C20, C37]', async () => {
    const correlationId = await door.place({ distanceMiles: 1 });
    await until(async () => (await shown.get(`order:status:${correlationId}`)) === 'COMPLETED');
    const left = await shown.pttl(`order:status:${correlationId}`);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(1_800_000);
    expect((await door.get(`/api/orders/status/${correlationId}`)).body.workflowStatus).toBe('COMPLETED');
  });

  test('with Redis away orders are taken and delivered as ever, and shown from Postgres [C10, C33]', async () => {
    await redis.kill();
    const correlationId = await door.place({ distanceMiles: 1 });
    await door.until(correlationId, 'delivered');
    await redis.restart();
    // The nodes find it again on their own.
    await until(async () => (await shown.get(`order:status:${await door.place({ distanceMiles: 1 })}`)) !== null, { everyMs: 200 });
  });

  test('with NATS away what was accepted goes on, and after it is back everything is as before [C19, C22, C30]', async () => {
    await untilQuiet(yard.database);
    const placed = await Promise.all(Array.from({ length: 8 }, () => door.place({ customerId: 'outage', distanceMiles: 1 })));
    await nats.kill();
    const status = async (): Promise<string[]> =>
      (await yard.database.query<{ status: string }>(`select status from orders where customer_id = 'outage'`)).map((row) => row.status);
    await until(async () => (await status()).filter((one) => one === 'delivered').length === placed.length, {
      what: async () => `delivered without NATS: ${await status()}`,
    });
    await nats.restart();
    // A call that falls into the gap is lost, and answered 503 when its time is up.
    await until(async () => (await door.get('/api/orders')).status === 200);
    const again = await door.place({ customerId: 'after' });
    await door.until(again, 'delivered');
    await untilQuiet(yard.database);
    expect(await yard.count('orders', `customer_id = 'outage' and status = 'delivered'`)).toBe(placed.length);
    expect(await yard.count('payments', `status = 'captured'`)).toBe(await yard.count('orders', `status = 'delivered'`));
    expect(await yard.count('dead_letters')).toBe(0);
  });
});
