/** The plans of the hot statements, pinned: with full tables each goes by its index, and none reads a whole table. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimJobs, tendJobs } from '../../runtime/claims.ts';
import type { Tx } from '../../runtime/database.ts';
import { activate, sweep } from '../../runtime/mailbox.ts';
import { domain } from '../support/actors-of-the-domain.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let world: TestDatabase;

beforeAll(async () => {
  world = await openTestDatabase('real');
  for (const sql of [
    `insert into mailbox (actor, key, name, payload, headers)
     select 'order', gen_random_uuid()::text, 'order.cancel', '{}', '{}' from generate_series(1, 20000)`,
    `insert into timers (actor, key, name, due_at, payload, headers)
     select 'order', n::text, 'saga.expire', now() + interval '20 minutes', '{}', '{}' from generate_series(1, 20000) n`,
    `insert into jobs (type, queue, payload, state, max_attempts, timeout_ms, backoff_ms, headers)
     select 'payment.charge', 'critical', '{}', case when n % 50 = 0 then 'available' else 'completed' end, 5, 1000, 1000, '{}' from generate_series(1, 20000) n`,
    `insert into orders (correlation_id, order_number, customer_id, kind, status, payment_method, currency, subtotal_cents, total_cents, distance_miles,
       quantity, priority, stock, awaiting, version)
     select gen_random_uuid(), 'ORD', 'c', 'goods', 'delivered', 'card', 'USD', 1, 1, 5, 1, 50, '[]', '[]', 1 from generate_series(1, 20000)`,
    'analyze',
  ]) {
    await world.database.query(sql);
  }
});
afterAll(() => world?.drop());

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: Plan[];
}

/** Has the statement explained instead of run. */
const explained = async (run: (tx: Tx) => Promise<unknown>): Promise<Plan[]> => {
  const nodes: Plan[] = [];
  const walk = (plan: Plan): void => {
    nodes.push(plan);
    for (const below of plan.Plans ?? []) walk(below);
  };
  await run({
    query: async <Row>(sql: string, binds: unknown[] = []) => {
      const [row] = await world.database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (format json) ${sql}`, binds);
      if (row) walk(row['QUERY PLAN'][0].Plan);
      return [] as Row[];
    },
  });
  return nodes;
};

const scannedWhole = (plan: Plan[]): (string | undefined)[] =>
  plan.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] !== 'paused').map((node) => node['Relation Name']);
const indexes = (plan: Plan[]): (string | undefined)[] => plan.map((node) => node['Index Name']).filter(Boolean);

const { store } = (domain.order as (typeof domain)[string]).actor;

describe('the hot statements go by their indexes', () => {
  test.each([1, 500])('the activation of %s keys', async (count) => {
    const keys = Array.from({ length: count }, () => crypto.randomUUID());
    const plan = await explained((tx) => activate(tx, 'order', store, keys, { messages: 1_000, messagesPerKey: 500, bytes: 1e6 }));
    expect(scannedWhole(plan)).toEqual([]);
    expect(indexes(plan)).toEqual(expect.arrayContaining(['mailbox_pkey', 'orders_correlation_id_key']));
    // A sort or a bitmap would read a busy key's dead rows again and again.
    expect(plan.filter((node) => node['Node Type'].startsWith('Bitmap'))).toEqual([]);
  });

  test('the loading of orders', async () => {
    const plan = await explained((tx) => store.load(tx, [crypto.randomUUID()], []));
    expect(scannedWhole(plan).filter((table) => table === 'orders')).toEqual([]);
    expect(indexes(plan)).toContain('orders_correlation_id_key');
  });

  test('the sweep', async () => {
    const plan = await explained((tx) => sweep(tx, ['order', 'truck'], 1_000, 5_000));
    // The mailbox is short, or its backlog is what is asked for: only the timers are many and not wanted.
    expect(scannedWhole(plan)).not.toContain('timers');
    expect(indexes(plan)).toContain('timers_due');
  });

  test('the claim', async () => {
    const claim = { queues: { critical: 6, default: 1 }, types: ['payment.charge'], slots: 10, worker: 'w', leaseMs: 1_000 };
    const plan = await explained((tx) => claimJobs(tx, { ...claim, token: crypto.randomUUID() }));
    expect(scannedWhole(plan)).toEqual([]);
    expect(indexes(plan)).toEqual(expect.arrayContaining(['jobs_claim', 'jobs_pkey']));
  });

  test('the tending of jobs', async () => {
    const plan = await explained((tx) => tendJobs(tx, ['payment.charge']));
    expect(scannedWhole(plan)).toEqual([]);
    expect(indexes(plan)).toEqual(expect.arrayContaining(['jobs_due']));
  });
});
