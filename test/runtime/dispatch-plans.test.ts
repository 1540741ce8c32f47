/** The plans of a dispatcher's turn, pinned: with a long queue and a long past it goes by its indexes, and reads the head of the queue. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import { queuesToSweep } from '../../services/scheduler/scheduler.store.ts';
import { dispatchStore } from '../../services/truck/dispatch.store.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

const HEAD = 200;
/** A batch takes no more messages of one actor. */
const MOST_MESSAGES = 500;

let world: TestDatabase;

beforeAll(async () => {
  world = await openTestDatabase('real');
  for (const sql of [
    `insert into plants (id, name) select 'plant-' || n, 'Plant' from generate_series(0, 9) n`,
    `insert into trucks (id, code, plant_id) select 'truck-' || n, 'T' || n, 'plant-' || n % 10 from generate_series(0, 999) n`,
    `insert into delivery_jobs (id, order_key, order_id, plant_id, status, priority, quantity, distance_miles, requested_at, traceparent, due_at)
     select gen_random_uuid(), gen_random_uuid(), n, 'plant-' || n % 10, case when n % 20 = 0 then 'queued' when n % 20 = 1 then 'scheduled' else 'done' end,
       50, 3, 5, now() - n * interval '1 second', '', case when n % 20 = 1 then now() + (n - 100000) * interval '1 second' end from generate_series(1, 200000) n`,
    `insert into loads (id, job_id, order_key, order_id, plant_id, truck_id, status, assigned_at, closed_at)
     select gen_random_uuid(), id, order_key, order_id, plant_id, 'truck-' || order_id % 1000, case when order_id % 400 = 2 then 'assigned' else 'delivered' end, now(),
       case when order_id % 400 = 2 and order_id < 400000 / 10 then null else now() end from delivery_jobs where status = 'done'
     on conflict do nothing`,
    'analyze',
  ])
    await world.database.query(sql);
});
afterAll(() => world?.drop());

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Plan Rows'?: number;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  Plans?: Plan[];
}

/** Runs it, and gives the plan of each statement. */
const plansOf = async (run: (tx: Tx) => Promise<unknown>): Promise<Plan[][]> => {
  const plans: Plan[][] = [];
  const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
  await run({
    query: async <Row>(sql: string, binds: unknown[] = []) => {
      const [row] = await world.database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, format json) ${sql}`, binds);
      if (row) plans.push(flat(row['QUERY PLAN'][0].Plan));
      return world.database.query<Row>(sql, binds);
    },
  });
  return plans;
};

/** However many trucks there are, a plant's are read by their index, or all of them are on a few pages. */
const SMALL = ['plants', 'trucks', 'drivers', 'mix_components', 'products'];
const readWhole = (plans: Plan[][]): string[] =>
  plans
    .flat()
    .flatMap((node) =>
      node['Node Type'] === 'Seq Scan' && !SMALL.includes(node['Relation Name'] as string) ? [node['Relation Name'] as string] : [],
    );
const indexes = (plans: Plan[][]): string[] => plans.flat().flatMap((node) => node['Index Name'] ?? []);
const rowsFrom = (plans: Plan[][], index: string): number =>
  Math.max(0, ...plans.flat().flatMap((node) => (node['Index Name'] === index ? (node['Actual Rows'] ?? 0) : [])));

const message = (key: string, name: string, payload: object): Message =>
  ({
    id: '1',
    key,
    name,
    payload,
    headers: { correlationId: crypto.randomUUID(), traceparent: '', sender: 'test' },
    attempts: 0,
  }) as Message;
const someLoad = async (): Promise<string> =>
  (await world.database.query<{ id: string }>('select id from loads where closed_at is null limit 1'))[0]?.id as string;

describe('a dispatcher’s turn goes by its indexes', () => {
  test('a tick of the clock reads the head of the queue, in its order, and what has come due', async () => {
    let jobs: { status: string }[] = [];
    const plans = await plansOf(async (tx) => {
      const { rows } = await dispatchStore('first').load(tx, ['plant-0'], [message('plant-0', 'dispatch.sweep', {})]);
      jobs = rows?.get('plant-0')?.all<{ status: string }>('job') ?? [];
    });
    expect(readWhole(plans)).toEqual([]);
    expect(indexes(plans)).toEqual(expect.arrayContaining(['delivery_jobs_rank', 'delivery_jobs_due']));
    expect(rowsFrom(plans, 'delivery_jobs_rank')).toBe(HEAD);
    expect(jobs.filter(({ status }) => status === 'queued')).toHaveLength(HEAD);
    expect(jobs.length).toBeLessThanOrEqual(2 * HEAD);
  });

  test('what a truck and an order say is found by the load’s, and by the order’s, own index', async () => {
    const loadId = await someLoad();
    const messages = [
      ...Array.from({ length: MOST_MESSAGES - 1 }, () =>
        message('plant-2', 'dispatch.cancel', { orderKey: crypto.randomUUID(), reason: 'x' }),
      ),
      message('plant-2', 'truck.status.changed', { truckId: 'truck-2', plantId: 'plant-2', from: 'washing', to: 'available', loadId }),
    ];
    const plans = await plansOf((tx) => dispatchStore('first').load(tx, ['plant-2'], messages));
    expect(readWhole(plans)).toEqual([]);
    expect(indexes(plans)).toEqual(
      expect.arrayContaining(['delivery_jobs_rank', 'delivery_jobs_order', 'delivery_jobs_pkey', 'loads_pkey', 'loads_order']),
    );
  });

  test('the clock finds the plants where somebody waits without reading who does not', async () => {
    const plans = await plansOf(queuesToSweep);
    expect(readWhole(plans)).toEqual([]);
  });
});
