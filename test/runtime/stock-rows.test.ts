/** Stock as rows: what the store keeps and finds again, the clocks' reads, and what the check of the books finds. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Tx } from '../../runtime/database.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { LONGEST_LINE, loadLines, RowsByStock } from '../../services/inventory/inventory.rows.store.ts';
import { countLevels, expiredReservations, lowStockProducts, movementsOfTheHour } from '../../services/inventory/inventory.views.store.ts';
import { untilQuiet } from '../support/quiet.ts';
import { couldNotRun, postgresUrl } from '../support/servers.ts';
import { StockNodes } from '../support/stock-nodes.ts';

const there = (await postgresUrl()) !== undefined;
if (!there) couldNotRun('test/runtime/stock-rows, on a real Postgres: no postgres');
const kinds = there ? (['real', 'embedded'] as const) : (['embedded'] as const);
const later = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
const order = (id: number, quantity: number, minutes = 30) => ({
  orderKey: randomUUID(),
  orderId: String(id),
  quantity,
  until: later(minutes),
});

describe.each(kinds)('stock on a database that is %s', (kind) => {
  let stock: StockNodes;
  let node: Runtime;
  beforeAll(async () => {
    stock = await StockNodes.open(kind);
    node = stock.node('one');
  });
  afterAll(() => stock?.close());

  const open = async (sku: string, quantity: number, limits: object = { allowBackorder: true }): Promise<string> => {
    const key = `${sku}@north`;
    await stock.database.query(
      `insert into products (sku, name, price_cents, currency) values ('${sku}', '${sku}', 1, 'USD') on conflict do nothing`,
    );
    await node.ask('inventory', key, 'inventory.stock', { sku, locationId: 'north', quantity, reorderLevel: 0 });
    await node.ask('inventory', key, 'inventory.limits', limits);
    return key;
  };
  const say = (key: string, name: string, payload: object) => node.ask('inventory', key, `inventory.${name}`, payload);
  const row = (orderKey: string) =>
    stock.one<{ status: string; place: string | null; waiting: object | null; owner: string | null; young: boolean }>(
      `select status, place, waiting, owner, created_at > now() - interval '1 minute' as young from reservations where order_key = $1`,
      [orderKey],
    );

  test('who waits, and whose it is, is found again as it was written [E2, E27]', async () => {
    const key = await open('WAIT', 1);
    const wish = { ...order(1, 3), owner: 'exchange' };
    expect((await say(key, 'reserve', wish)).kind).toBe('done');
    expect(await row(wish.orderKey)).toMatchObject({ status: 'backordered', owner: 'exchange', waiting: { orderKey: wish.orderKey } });
    expect(Number((await row(wish.orderKey)).place)).toBeGreaterThan(0);
    const { kind: how, state } = (await say(key, 'receive', { quantity: 4 })) as { kind: string; state: object };
    expect([how, state]).toMatchObject(['done', { available: 2, reserved: 3, backordered: 0 }]);
    expect(await row(wish.orderKey)).toMatchObject({ status: 'active', owner: 'exchange', place: null, waiting: null });
    const { data } = await stock.one<{ data: object }>(
      `select data from event_log where type = 'inventory.reserved' and data->>'orderKey' = $1`,
      [wish.orderKey],
    );
    expect(data).toMatchObject({ owner: 'exchange', quantity: 3 });
    expect(await stock.drifts()).toEqual([]);
  });

  test('a line that is longer than one turn looks at is served whole, in its order', async () => {
    const key = await open('LINE', 0);
    const wishes = Array.from({ length: LONGEST_LINE + 30 }, (_, n) => order(n + 1, 1));
    await Promise.all(wishes.map((wish) => node.tell('inventory', key, 'inventory.reserve', wish)));
    await untilQuiet(stock.database);
    expect(await stock.held(key)).toEqual({ backordered: wishes.length });
    await say(key, 'receive', { quantity: LONGEST_LINE + 20 });
    await untilQuiet(stock.database);
    expect(await stock.held(key)).toEqual({ active: LONGEST_LINE + 20, backordered: 10 });
    const line = new Map<string, number>(wishes.map(({ orderKey }, place) => [orderKey, place]));
    const served = (await stock.published('inventory.reserved')).flatMap((orderKey) => line.get(orderKey) ?? []);
    expect(served).toEqual(Array.from({ length: LONGEST_LINE + 20 }, (_, n) => n));
  });

  test('the clock finds what has passed its end, and nothing else: not what is confirmed, waits, or has time [B9]', async () => {
    const key = await open('CLOCK', 10);
    const [passed, confirmed, timely, waits] = [order(1, 1, -1), order(2, 1, -1), order(3, 1, 5), order(4, 50, -1)];
    for (const wish of [passed, confirmed, timely, waits]) await say(key, 'reserve', wish);
    await say(key, 'confirm', { orderKey: confirmed.orderKey, orderId: '2' });
    const found = (await expiredReservations(stock.database, 100)).filter(({ stockKey }) => stockKey === key);
    expect(found).toEqual([{ stockKey: key, orderKey: passed.orderKey, orderId: '1', owner: null }]);
    // Days later it is served, for too short a time: it is found though it was first asked for long ago.
    await stock.database.query(`update reservations set created_at = now() - interval '20 days' where order_key = $1`, [waits.orderKey]);
    await say(key, 'receive', { quantity: 60 });
    expect(await row(waits.orderKey)).toMatchObject({ status: 'active', young: true });
    expect((await expiredReservations(stock.database, 100)).map(({ orderKey }) => orderKey)).toContain(waits.orderKey);
  });

  test('what a return brings back comes in once, however often it is told', async () => {
    const key = await open('BACK', 2);
    const back = { orderId: '1', returnId: randomUUID(), quantity: 3, restock: true };
    expect((await say(key, 'take-back', back)).kind).toBe('done');
    expect((await say(key, 'take-back', back)).kind).toBe('ignored');
    expect(await stock.one('select available::integer from stock_levels where key = $1', [key])).toEqual({ available: 5 });
  });

  test('figures that were tampered with are found, and set to the sums of their rows [E40]', async () => {
    const key = await open('DRIFT', 10);
    await say(key, 'reserve', order(1, 4));
    await stock.database.query(`update stock_levels set available = 1, reserved = 9, backordered = 2 where key = $1`, [key]);
    expect(await stock.drifts()).toEqual([{ stockKey: key, available: 1, reserved: 9, backordered: 2, held: 4, onHand: 10, waiting: 0 }]);
    // What is told in the same turn counts too.
    await Promise.all([
      node.tell('inventory', key, 'inventory.receive', { quantity: 5 }),
      node.tell('inventory', key, 'inventory.repair', {}),
      node.tell('inventory', key, 'inventory.repair', {}),
    ]);
    await untilQuiet(stock.database);
    expect(await stock.drifts()).toEqual([]);
    expect(await stock.one('select available::integer, reserved::integer, backordered from stock_levels where key = $1', [key])).toEqual({
      available: 11,
      reserved: 4,
      backordered: 0,
    });
  });

  test('what is low is counted and listed with its product; movements are counted by the hour [E31, E36]', async () => {
    await open('LOW', 3, { reorderLevel: 3 });
    expect(await lowStockProducts(stock.database, 'north', undefined, 10)).toEqual(
      expect.arrayContaining([
        { key: 'LOW@north', sku: 'LOW', name: 'LOW', locationId: 'north', available: 3, incoming: 0, reorderLevel: 3 },
      ]),
    );
    expect(await lowStockProducts(stock.database, 'south', undefined, 10)).toEqual([]);
    const counts = await countLevels(stock.database);
    expect(counts.low).toBeGreaterThanOrEqual(1);
    expect(counts).toMatchObject({ negative: 0, levels: expect.any(Number) });
    expect((await movementsOfTheHour(stock.database)).received).toBeGreaterThan(0);
  });
});

(there ? describe : describe.skip)('among sixty thousand holds of the past, on a real Postgres', () => {
  let stock: StockNodes;
  beforeAll(async () => {
    stock = await StockNodes.open('real');
    for (const sql of [
      `insert into reservations (stock_key, order_key, order_id, quantity, status, expires_at, created_at)
       select 'OLD@north', gen_random_uuid(), n, 1, 'active', now() - interval '1 day', now() - interval '40 days' + n * interval '55 seconds'
       from generate_series(1, 60000) n`,
      `update reservations set place = order_id, status = 'backordered' where order_id % 1000 = 0`,
      'analyze reservations',
    ])
      await stock.database.query(sql);
  });
  afterAll(() => stock?.close());

  const planOf = async (read: (tx: Tx) => Promise<unknown>): Promise<string> => {
    const lines: string[] = [];
    await read({
      query: async <Row>(sql: string, binds?: unknown[]) => {
        const rows = await stock.database.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, binds);
        lines.push(...rows.map((row) => row['QUERY PLAN']));
        return [] as Row[];
      },
    });
    return lines.join('\n');
  };

  test('the clock reads the pages of the last seven days, and not the table [B9]', async () => {
    const plan = await planOf((tx) => expiredReservations(tx, 100));
    expect(plan).toContain('reservations_created');
    expect(plan).not.toContain('Seq Scan');
  });

  test('the head of a line is read by its place, and a hold that does not wait has no entry there', async () => {
    const plan = await planOf((tx) => loadLines(tx, ['OLD@north'], new RowsByStock()));
    expect(plan).toContain('reservations_waiting');
    expect(plan).not.toContain('Seq Scan');
    const { size } = await stock.one<{ size: string }>(`select pg_relation_size('reservations_waiting') as size`);
    expect(Number(size)).toBeLessThan(100_000);
  });

  test('confirming a hold leaves the indexes alone', async () => {
    const { hot } = await stock.one<{ hot: number }>(
      `with one as (update reservations set status = 'confirmed', expires_at = null, confirmed_at = now() where order_id = 7 returning 1)
       select pg_stat_get_xact_tuples_hot_updated('reservations'::regclass)::integer as hot from one`,
    );
    expect(hot).toBe(1);
  });
});
