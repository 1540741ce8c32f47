/** What providers and Redis do to a node: answers lost and repeated, errors, a provider that is away for a while, a Redis that restarts. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { readConfig } from '../../config.ts';
import { type Node, startNode } from '../../node.ts';
import type { Mishap } from '../../services/payment/sandbox.ts';
import { Customers, crowd, type Wish } from '../support/customers.ts';
import { type Http, http } from '../support/http.ts';
import { until } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { freePort, type OwnServer, ownRedis } from '../support/servers.ts';
import { canCrash, makeWorld, type World } from '../support/world.ts';

/** Fewer than the tries that each call has. */
const MISHAPS_PER_CALL = 2;

const can = await canCrash('test/crash/faults');

(can ? describe : describe.skip)('a node whose providers and Redis fail', () => {
  let world: World;
  let redis: OwnServer;
  let node: Node;
  let door: Http;
  let chance: Chance;
  let customers: Customers;
  /** What befalls the provider's calls just now. */
  let weather: (operation: string, key: string) => Mishap = () => undefined;

  beforeAll(async () => {
    chance = chanceOf('faults');
    redis = (await ownRedis()) as OwnServer;
    world = await makeWorld({ mesh: false, mishap: (operation, key) => weather(operation, key) });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const settings = {
      ...world.env,
      PORT: String(port),
      NODE_ID: 'alone',
      LOG_LEVEL: 'fatal',
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      PAYMENT_CALL_MS: '400',
      PAYMENT_BREAKER_CALLS: '5',
      PAYMENT_BREAKER_RESET_MS: '2000',
      PAYMENT_BREAKER_PERCENT: '50',
    };
    node = await startNode(readConfig([], settings));
    await world.addTrucks(20);
    door = http(url);
    customers = new Customers([url]);
  });
  afterEach(() => {
    weather = () => undefined;
  });
  afterAll(async () => {
    await node?.stop();
    await world?.end();
    await redis?.kill();
  });

  const breaker = async (): Promise<string> => {
    const { checks } = (await node.broker.call('payment.health')) as { checks: Record<string, { status: string }> };
    return checks['payment:breaker']?.status ?? 'missing';
  };

  test('answers lost, answers twice, errors: nothing is charged or given back twice, and nothing paid is kept [E3, E42, E52]', async () => {
    const befallen = new Map<string, number>();
    weather = (_operation, key) => {
      const times = befallen.get(key) ?? 0;
      if (times >= MISHAPS_PER_CALL || chance.next() < 0.5) return undefined;
      befallen.set(key, times + 1);
      return chance.pick(['fail', 'lose']);
    };
    await customers.placeAll(crowd(chance, 60), 20);
    expect(await world.settle(customers.accepted)).toEqual([]);
    expect(befallen.size).toBeGreaterThan(10);
    expect(world.sandbox.calls.get('refunds')).toBeGreaterThan(0);
  });

  test('a provider that is away: the breaker opens, its orders fail or are paid, and the breaker closes when it is back [B43, E42, E52]', async () => {
    weather = () => 'fail';
    const away = customers.placeAll(hot(40), 40);
    await until(async () => (await breaker()) === 'warn', { what: () => 'the breaker did not open' });
    await away;
    // Who was asked for while it was open waits for its next try.
    weather = () => undefined;
    await customers.placeAll(hot(6), 6);
    expect(await world.settle(customers.accepted)).toEqual([]);
    await until(async () => (await breaker()) === 'pass', { what: () => 'the breaker did not close' });
    await customers.placeAll(hot(2), 2);
    expect(await world.settle(customers.accepted)).toEqual([]);
    const last = customers.accepted.slice(-2);
    for (const correlationId of last) expect((await door.get(`/api/orders/status/${correlationId}`)).body.status).toBe('delivered');
  });

  test('Redis is stopped and started again in the middle: no order hears of it, and progress is shown again [C10, C20]', async () => {
    const before = customers.accepted.length;
    await customers.placeAll(crowd(chance, 10), 10);
    await redis.kill();
    await customers.placeAll(crowd(chance, 20), 10);
    const [first] = customers.accepted.slice(before);
    expect((await door.get(`/api/orders/status/${first}`)).status).toBe(200);
    await redis.restart();
    await customers.placeAll(crowd(chance, 20), 10);
    expect(await world.settle(customers.accepted)).toEqual([]);

    const client = new Redis({ port: redis.port });
    await until(async () => {
      const shown = await customers.place({ sku: 'SAND-BULK', plantId: 'south', quantity: 1, token: 'tok_ok' });
      return (await client.get(`order:status:${shown}`)) !== null;
    });
    client.disconnect();
    expect(await world.settle(customers.accepted)).toEqual([]);
  });
});

const hot = (count: number): Wish[] =>
  Array.from({ length: count }, () => ({ sku: 'CONCRETE-C25', plantId: 'north', quantity: 1, token: 'tok_ok' }));
