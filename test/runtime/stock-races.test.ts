/** Several nodes sell one stock at the same time, on a real Postgres. CRASH_SEED has a race run again. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Runtime } from '../../runtime/runtime.ts';
import { connectionLost, withMishaps } from '../support/mishaps.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { couldNotRun, postgresUrl } from '../support/servers.ts';
import { StockNodes } from '../support/stock-nodes.ts';

const there = (await postgresUrl()) !== undefined;
if (!there) couldNotRun('test/runtime/stock-races: no postgres');

const HALF_AN_HOUR = 1_800_000;
const soon = (): string => new Date(Date.now() + HALF_AN_HOUR).toISOString();

(there ? describe : describe.skip)('nodes that sell one stock at once', () => {
  let stock: StockNodes;
  let nodes: Runtime[];
  let chance: Chance;
  beforeAll(async () => {
    stock = await StockNodes.open();
    nodes = ['a', 'b', 'c'].map((name) => stock.node(name));
    chance = chanceOf('stock-races');
  });
  afterAll(() => stock?.close());

  const anyNode = (): Runtime => chance.pick(nodes);
  const open = async (sku: string, quantity: number): Promise<string> => {
    const key = `${sku}@north`;
    await anyNode().ask('inventory', key, 'inventory.stock', { sku, locationId: 'north', quantity, reorderLevel: 0 });
    return key;
  };
  const level = (key: string) =>
    stock.one<{ available: number; reserved: number; backordered: number }>(
      'select available::integer, reserved::integer, backordered from stock_levels where key = $1',
      [key],
    );
  const buyers = (count: number) => Array.from({ length: count }, (_, n) => ({ orderKey: randomUUID(), orderId: String(n + 1) }));

  test('200 reserve one each of fifty at once, each told and asked, at any of three nodes: exactly fifty are held [E2, E32, E52]', async () => {
    const key = await open('RACE', 50);
    const orders = buyers(200);
    const wish = (order: object) => [key, 'inventory.reserve', { ...order, quantity: 1, until: soon() }] as const;
    await Promise.all(orders.flatMap((order) => [anyNode().tell('inventory', ...wish(order)), anyNode().ask('inventory', ...wish(order))]));
    await untilQuiet(stock.database);
    expect(await level(key)).toEqual({ available: 0, reserved: 50, backordered: 0 });
    expect(await stock.held(key)).toEqual({ active: 50 });
    const reserved = await stock.published('inventory.reserved');
    const rejected = new Set(await stock.published('inventory.rejected'));
    expect([new Set(reserved).size, reserved.length, rejected.size]).toEqual([50, 50, 150]);
    expect(reserved.filter((order) => rejected.has(order))).toEqual([]);
    expect(await stock.drifts()).toEqual([]);
  });

  test('and whatever they hold, release, confirm, take and reduce meanwhile, the books are right [E40, E52]', async () => {
    const key = await open('CHAOS', 40);
    await anyNode().ask('inventory', key, 'inventory.limits', { allowBackorder: true });
    const orders = buyers(60);
    const says = (): Promise<unknown> => {
      const order = chance.pick(orders);
      const reserve = { name: 'inventory.reserve', payload: { ...order, quantity: chance.whole(1, 4), until: soon() } };
      const { name, payload } = chance.pick([
        reserve,
        reserve,
        { name: 'inventory.confirm', payload: order },
        { name: 'inventory.release', payload: { ...order, reason: 'off' } },
        { name: 'inventory.consume', payload: order },
        { name: 'inventory.reduce', payload: { ...order, quantity: 1, reason: 'fewer' } },
        { name: 'inventory.receive', payload: { quantity: chance.whole(1, 5) } },
        { name: 'inventory.take-back', payload: { orderId: order.orderId, returnId: order.orderKey, quantity: 1, restock: true } },
      ]);
      const node = anyNode();
      return chance.next() < 0.2 ? node.ask('inventory', key, name, payload) : node.tell('inventory', key, name, payload);
    };
    await Promise.all(Array.from({ length: 600 }, says));
    await untilQuiet(stock.database);
    expect(await stock.drifts()).toEqual([]);
    expect(await stock.one(`select count(*)::integer as count from dead_letters`)).toEqual({ count: 0 });
    const { available, reserved } = await level(key);
    expect([available >= 0, reserved >= 0]).toEqual([true, true]);
    const first = await stock.one<{ quantity: number } | undefined>(
      'select quantity from reservations where stock_key = $1 and place is not null order by place limit 1',
      [key],
    );
    expect(first === undefined || first.quantity > available).toBe(true);
  });

  test('a hold that lapses while it is confirmed is one or the other: its mailbox decides [B9]', async () => {
    const key = await open('LAPSE', 100);
    const orders = buyers(40);
    const past = new Date(Date.now() - 1_000).toISOString();
    await Promise.all(orders.map((order) => anyNode().tell('inventory', key, 'inventory.reserve', { ...order, quantity: 1, until: past })));
    await untilQuiet(stock.database);
    await Promise.all(
      orders.flatMap((order) => [
        anyNode().tell('inventory', key, 'inventory.expire', order),
        anyNode().tell('inventory', key, 'inventory.confirm', order),
      ]),
    );
    await untilQuiet(stock.database);
    const { confirmed = 0, expired = 0, ...others } = await stock.held(key);
    expect([confirmed + expired, others]).toEqual([40, {}]);
    expect(await level(key)).toEqual({ available: 100 - confirmed, reserved: confirmed, backordered: 0 });
    expect(await stock.drifts()).toEqual([]);
  });

  test('a lost race is run again at once by runtime/host.ts: three nodes open one stock, and all are answered [E42]', async () => {
    for (let round = 0; round < 10; round++) {
      const form = { sku: `NEW-${round}`, locationId: 'north', quantity: 5, reorderLevel: 0 };
      const ask = (node: Runtime) => node.ask('inventory', `NEW-${round}@north`, 'inventory.stock', form);
      const answers = await Promise.all(nodes.map(ask));
      expect(answers.map(({ kind }) => kind).sort()).toEqual(['done', 'ignored', 'ignored']);
    }
    expect(await stock.drifts()).toEqual([]);
  });

  test('a database that does not answer is asked ever more rarely, and each hold is made once when it is back [E42]', async () => {
    let away = false;
    const tries: number[] = [];
    // The others' sweeps must not do its work: it has a schema of its own.
    const alone = await StockNodes.open();
    try {
      const sku = { sku: 'AWAY', locationId: 'south', quantity: 50, reorderLevel: 0 };
      const own = withMishaps(alone.database, {
        statement: (sql) => {
          if (!away || !sql.includes('with wanted')) return;
          tries.push(Date.now());
          throw connectionLost();
        },
      });
      const node = alone.node('cut-off', own);
      await node.ask('inventory', 'AWAY@south', 'inventory.stock', sku);
      away = true;
      const reserve = (order: object) =>
        node.tell('inventory', 'AWAY@south', 'inventory.reserve', { ...order, quantity: 1, until: soon() });
      await Promise.all(buyers(20).map(reserve));
      await until(() => tries.length >= 6);
      away = false;
      await untilQuiet(alone.database);
      const gap = (n: number): number => (tries[n] as number) - (tries[n - 1] as number);
      expect(gap(5)).toBeGreaterThan(gap(1));
      expect(await alone.held('AWAY@south')).toEqual({ active: 20 });
      expect(await alone.drifts()).toEqual([]);
    } finally {
      await alone.close();
    }
  });
});
