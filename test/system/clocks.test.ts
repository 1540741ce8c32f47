/** The clocks of one node that runs nothing else: whom they find, and whom they leave alone. What they tell waits in the mailbox to be seen. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clockSettings } from '../../config.clocks.ts';
import { subscriptions } from '../../models/subscriptions.ts';
import { prepare } from '../../node.ts';
import { until } from '../support/quiet.ts';
import { describeWith, openYard, type Yard, type YardNode } from '../support/yard.ts';

const EVERY_SECOND = '* * * * * *';
const DAY = 24 * 60;

describe('the documented times', () => {
  test.each([
    ['sessions [B6]', 'CRON_SESSION_CLEANUP', '0 * * * *'],
    ['carts [B7]', 'CRON_CART_CLEANUP', '0 * * * *'],
    ['orders [B8]', 'CRON_ORDER_CLEANUP', '0 * * * *'],
    ['reservations [B9]', 'CRON_RESERVATION_CLEANUP', '*/30 * * * *'],
    ['COD orders [B10]', 'CRON_COD_AUTO_CONFIRM', '*/5 * * * *'],
  ] as const)('of %s are the defaults', (_, setting, schedule) => expect(clockSettings[setting].default).toBe(schedule));
});

describeWith('postgres')('the clocks', () => {
  let yard: Yard;
  let node: YardNode;
  const known = new Map<string, string>();

  /** An order as it might stand, so many minutes old; what is left out is as of a card order that nobody paid. */
  const order = async (name: string, { status = 'pending', method = 'card', age = 2 * DAY, delivered = false, closed = -1 } = {}) => {
    const key = randomUUID();
    known.set(key, name);
    await yard.database.query(
      `insert into orders (correlation_id, order_number, customer_id, kind, status, payment_method, currency, subtotal_cents, total_cents,
         distance_miles, quantity, priority, stock, awaiting, version, created_at, delivered, closed_at)
       values ($1::uuid, $2, 'acme', 'goods', $3, $4, 'USD', 100, 100, 5, 1, 50, '[]', '[]', 1, now() - $5::float * interval '1 minute', $6::boolean,
         case when $7::float >= 0 then now() - $7::float * interval '1 minute' end)`,
      [key, name, status, method, age, delivered, closed],
    );
    return key;
  };
  const saga = (key: string, state: string, overdue: number) =>
    yard.database.query(
      `insert into order_sagas (correlation_id, order_id, state, expires_at) values ($1::uuid, 1, $2, now() - $3::float * interval '1 minute')`,
      [key, state, overdue],
    );
  const cart = async (status: string, age: number) => {
    const key = randomUUID();
    known.set(key, `${status} ${age}`);
    await yard.database.query(
      `insert into carts (id, status, lines, version, last_activity_at) values ($1::uuid, $2, '[]', 1, now() - $3::float * interval '1 minute')`,
      [key, status, age],
    );
  };
  const ended = (schedule: string): Promise<boolean> =>
    yard.count('schedule_firings', `schedule = '${schedule}' and duration_ms is not null`).then((count) => count > 0);
  /** Who was told this, by the names given above. */
  const told = async (message: string, schedule: string): Promise<string[]> => {
    await until(() => ended(schedule));
    const rows = await yard.database.query<{ key: string }>('select distinct key from mailbox where name = $1', [message]);
    return rows.map(({ key }) => known.get(key) ?? key).sort();
  };
  const counts = async (schedule: string): Promise<Record<string, unknown>> => {
    await until(() => ended(schedule));
    const [row] = await yard.database.query<{ counts: Record<string, unknown> }>(
      `select counts from schedule_firings where schedule = $1 and counts is not null order by scheduled_at limit 1`,
      [schedule],
    );
    return row?.counts ?? {};
  };

  beforeAll(async () => {
    yard = await openYard(
      Object.fromEntries(
        ['SESSION_CLEANUP', 'CART_CLEANUP', 'ORDER_CLEANUP', 'COD_AUTO_CONFIRM', 'ORDER_COMPLETION', 'ORDER_TIMEOUT'].map((name) => [
          `CRON_${name}`,
          EVERY_SECOND,
        ]),
      ),
    );
    await prepare(yard.database, { production: true, eventRetentionMonths: 24 });
    for (const minutes of [-1, -2, 1])
      await yard.database.query(`insert into sessions (id, expires_at) values ($1::uuid, now() + $2::float * interval '1 minute')`, [
        randomUUID(),
        minutes,
      ]);
    for (const age of [10, 2 * DAY, 8 * DAY]) for (const status of ['active', 'checkout', 'abandoned']) await cart(status, age);
    for (const status of ['pending', 'validated', 'payment_processing', 'payment_failed', 'confirmed', 'assigned'])
      await order(`old ${status}`, { status });
    for (const status of ['cancelled', 'failed', 'delivered']) await order(`old ${status}`, { status, closed: DAY });
    await order('young', { age: DAY - 60 });
    for (const [name, state, overdue] of [
      ['overdue', 'PaymentProcessing', 6],
      ['due', 'Created', 4],
      ['paid', 'Paid', 60],
      ['with its timer', 'InventoryReserved', 60],
    ] as const) {
      const key = await order(name, { status: 'validated', age: 90 });
      await saga(key, state, overdue);
      if (name === 'with its timer')
        await yard.database.query(
          `insert into timers (actor, key, name, due_at, payload, headers) values ('order', $1, 'saga.expire', now() + interval '1 hour', '{}', '')`,
          [key],
        );
    }
    for (const status of ['pending', 'validated', 'payment_processing', 'confirmed'])
      for (const method of ['cod', 'card'])
        for (const delivered of [true, false])
          await order(`${status} ${method} ${delivered ? 'proven' : 'not proven'}`, { status, method, delivered, age: 5 });
    await order('cancelled cod proven', { status: 'cancelled', method: 'cod', delivered: true, age: 5, closed: 1 });
    await order('delivered 31 days ago', { status: 'delivered', delivered: true, age: 40 * DAY, closed: 31 * DAY });
    await order('delivered 29 days ago', { status: 'delivered', delivered: true, age: 40 * DAY, closed: 29 * DAY });
    await order('completed 31 days ago', { status: 'completed', delivered: true, age: 40 * DAY, closed: 31 * DAY });
    node = await yard.start({ LOG_LEVEL: 'info', LOG_FORMAT: 'text' }, '--services', 'scheduler,gateway,payment');
  }, 60_000);
  afterAll(() => yard.close());

  test('sessions that are over are deleted, the others stay, and the firing says how many [B6, B45]', async () => {
    expect(await counts('session_cleanup')).toEqual({ sessions: 2 });
    expect(await yard.count('sessions')).toBe(1);
  });

  test('carts untouched for 7 days are deleted, those untouched for a day are told, and a checkout is left alone [B7, B45]', async () => {
    expect(await counts('cart_cleanup')).toEqual({ carts: 2, abandoned: 1 });
    expect(await yard.count('carts')).toBe(7);
    expect(await told('cart.abandon', 'cart_cleanup')).toEqual([`active ${2 * DAY}`]);
  });

  test('orders pending for more than 24 h, as the shop sees pending, are asked to cancel themselves, and no others [B8, B45]', async () => {
    const asked = await told('order.auto-cancel', 'order_cleanup');
    expect(asked).toEqual(['old payment_failed', 'old payment_processing', 'old pending', 'old validated']);
    expect(await counts('order_cleanup')).toEqual({ orders: 4 });
  });

  test('COD orders that are pending and delivered are confirmed, and no others [B10]', async () => {
    expect(await told('order.confirm', 'cod_auto_confirm')).toEqual(['pending cod proven', 'validated cod proven']);
    const [message] = await yard.database.query<{ payload: string }>(`select payload from mailbox where name = 'order.confirm' limit 1`);
    expect(JSON.parse(message?.payload ?? '')).toEqual({ auto: true });
  });

  test('orders delivered more than 30 days ago are asked to complete themselves, and it is remembered how far that went', async () => {
    expect(await told('order.auto-complete', 'order_completion')).toEqual(['delivered 31 days ago']);
    const { upTo } = await counts('order_completion');
    expect(Math.abs(Date.parse(upTo as string) - (Date.now() - 30 * DAY * 60_000))).toBeLessThan(60_000);
  });

  test('a saga that is overdue by more than 5 minutes, its timer lost, is told that its time is over [E19]', async () => {
    expect(await told('saga.expire', 'order_timeout')).toEqual(['overdue']);
  });

  test('what a clock tells an order is of the order’s own correlation, by the clock', async () => {
    const rows = await yard.database.query<{ key: string; headers: string }>(`select key, headers from mailbox where actor = 'order'`);
    for (const { key, headers } of rows)
      expect([headers.split('\n')[0], headers.split('\n')[3]]).toEqual([key, expect.stringMatching(/^cron\//)]);
  });

  test('the start says each schedule, and a run that did something says what and how long [B2, B40, B45]', async () => {
    expect(node.output()).toMatch(/worker \S+, yardmaster v\d+\.\d+\.\d+, mode all/);
    expect(node.output()).toContain('Starting cron jobs...');
    expect(node.output()).toContain('Registered job: session_cleanup (* * * * * *)');
    expect(node.output()).toContain('Registered job: reservation_cleanup (*/30 * * * *)');
    await until(() => /the schedule session_cleanup ran[\s\S]{0,200}durationMs[\s\S]{0,100}sessions/.test(node.output()));
  });

  test('every schedule is listed with its last and its next firing, and how often it fired within the hour [B45]', async () => {
    const { items } = (await node.http.get('/api/schedules')).body;
    expect(items.map(({ name }: { name: string }) => `CRON_${name.toUpperCase()}`).sort()).toEqual(Object.keys(clockSettings).sort());
    const sessions = items.find(({ name }: { name: string }) => name === 'session_cleanup');
    expect(sessions).toMatchObject({
      schedule: EVERY_SECOND,
      paused: false,
      lastFiring: { counts: { sessions: expect.any(Number) }, error: null },
    });
    expect(sessions.firedLastHour).toBeGreaterThan(0);
    for (const { next } of items) expect(Date.parse(next)).toBeGreaterThan(Date.now() - 2_000);
  });

  test('operators are shown which event reaches whom: by the log, and over the mesh [B41]', async () => {
    const { items } = (await node.http.get('/api/admin/subscriptions')).body;
    for (const { event, actor } of subscriptions) {
      expect(items).toContainEqual({ pubsub: 'events', topic: event, route: `${actor}.mailbox` });
    }
    expect(items).toContainEqual({ pubsub: 'mesh', topic: 'payment.confirmed', route: 'payment.mailbox' });
    expect(items).toContainEqual({ pubsub: 'mesh', topic: 'payment.failed', route: 'payment.mailbox' });
    expect(new Set(items.map((item: object) => JSON.stringify(item))).size).toBe(items.length);
  });

  test('correlation ids of orders, sagas and events are indexed [E51]', async () => {
    const rows = await yard.database.query<{ table: string }>(
      `select distinct tablename as table from pg_indexes where schemaname = current_schema() and indexdef ~ '\\(correlation_id\\)'`,
    );
    expect(rows.map(({ table }) => table)).toEqual(expect.arrayContaining(['orders', 'order_sagas', 'events']));
  });

  test('the queries over orders go by their indexes, however many orders there are [E51]', async () => {
    const plan = async (sql: string): Promise<string> =>
      JSON.stringify(
        await yard.database.transaction(async (tx) => {
          await tx.query('set local enable_seqscan = off');
          return tx.query(`explain ${sql}`);
        }),
      );
    expect(await plan(`select id from orders where closed_at is null and id > 5 order by id limit 1000`)).toMatch(/orders_open/);
    expect(await plan(`select id from orders where delivered and closed_at is null and payment_method = 'cod'`)).toMatch(
      /orders_(delivered|open)/,
    );
    expect(
      await plan(
        `select id from orders where delivered and (closed_at, id) > (now(), 5) and closed_at < now() order by closed_at, id limit 9`,
      ),
    ).toMatch(/orders_delivered/);
  });
});
