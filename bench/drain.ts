import type { Database, Tx } from '../runtime/database.ts';
import { newHeaders, packed } from '../runtime/trace.ts';
import { openWorld, PLANTS, print, round, type World } from './world.ts';

/**
 * As many jobs wait as a plant gathers while it stands still, or closed for the night; then all trucks are free. How long until the last is done,
 * in how many statements, and how much a dispatcher's turn loads at the most: the head of the queue, never all of it.
 */
export const drain = async (jobs = Number(process.env.JOBS ?? 10_000), trucks = Number(process.env.TRUCKS ?? 1_000)): Promise<void> => {
  const world = await openWorld({ trucks });
  const watched = watch(world.database);
  await drained(world, watched, Math.min(jobs, 2_000), PLANTS); // Warm-up.
  const tenPlants = await drained(world, watched, jobs, PLANTS);
  await world.database.query(`update trucks set plant_id = 'plant-0'`);
  const onePlant = await drained(world, watched, jobs, 1);
  // At the head stand some that no truck here may take: the others are looked for behind them.
  const blocked = await drained(world, watched, jobs, 1, 300);
  // Trucks that wait for their drivers' word stay where they are: how many has one tick of the clock sent?
  await world.database.query(`update trucks set reporting = 'reported'`);
  const standing = await sentAtOnce(world, jobs, trucks);
  if (standing.sent !== trucks) throw new Error(`${trucks} trucks were free, and one tick sent ${standing.sent}`);
  print({ bench: 'drain', jobs, trucks, tenPlants, onePlant, blocked, standing });
  await world.close();
};

/** What a turn looks at of the queue (dispatch.store.ts); and of each message it hears, its own job. */
const [HEAD, WIDE, MESSAGES] = [200, 2_000, 500];

interface Watched {
  /** In dispatchers' turns. */
  statements: number;
  turns: number;
  mostJobs: number;
  mostRows: number;
}

/** Counts what dispatchers load, a plant at a time: a batch may be the turns of several. */
const watch = (database: Database): Watched => {
  const seen: Watched = { statements: 0, turns: 0, mostJobs: 0, mostRows: 0 };
  const transaction = database.transaction.bind(database);
  database.transaction = (work) =>
    transaction((tx) => {
      let dispatching = false;
      const loaded = new Map<string, { jobs: number; rows: number }>();
      const query = async <Row>(sql: string, binds: unknown[] = []): Promise<Row[]> => {
        const rows = await tx.query<Row>(sql, binds);
        if (sql.includes('from mailbox m where m.actor = $1') && binds[0] === 'dispatch') {
          dispatching = true;
          seen.turns++;
        } else if (dispatching) {
          for (const row of rows as { plantId?: string; distanceMiles?: number }[]) {
            if (!row.plantId) continue;
            const plant = loaded.get(row.plantId) ?? { jobs: 0, rows: 0 };
            loaded.set(row.plantId, { jobs: plant.jobs + ('requestedAt' in row ? 1 : 0), rows: plant.rows + 1 });
          }
          for (const plant of loaded.values()) {
            seen.mostJobs = Math.max(seen.mostJobs, plant.jobs);
            seen.mostRows = Math.max(seen.mostRows, plant.rows);
          }
        }
        if (dispatching) seen.statements++;
        return rows;
      };
      return work({ query } satisfies Tx);
    });
  return seen;
};

const drained = async (world: World, watched: Watched, jobs: number, plants: number, stuck = 0) => {
  const { database, runtime } = world;
  await fill(world, jobs, plants, stuck);
  Object.assign(watched, { statements: 0, turns: 0, mostJobs: 0, mostRows: 0 });
  const [statements, messages] = [database.statements, runtime.host.counts.messages];
  const began = performance.now();
  let looks = 0;
  await ring(world, plants);
  const over = async (): Promise<boolean> => {
    looks++;
    const [left] = await database.query(
      `select from delivery_jobs where status in ('queued', 'scheduled', 'in_progress') and special is null union all select from loads where closed_at is null limit 1`,
    );
    return left === undefined;
  };
  let seconds = 0;
  while (!(await over())) {
    seconds = (performance.now() - began) / 1_000;
    if (seconds > 300) throw new Error('the queue is not drained after five minutes');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  seconds = (performance.now() - began) / 1_000;
  const [{ loads, trucks } = { loads: '0', trucks: '0' }] = await database.query<{ loads: string; trucks: string }>(
    `select count(*) as loads, count(distinct truck_id) as trucks from loads where status = 'delivered'`,
  );
  if (Number(loads) !== jobs - stuck) throw new Error(`${jobs} jobs were drained by ${loads} loads`);
  if (watched.mostJobs > (stuck > 0 ? WIDE : HEAD) + MESSAGES) throw new Error(`a turn loaded ${watched.mostJobs} jobs`);
  return {
    seconds: round(seconds, 2),
    loadsPerSecond: round(jobs / seconds),
    trucksUsed: Number(trucks),
    statements: database.statements - statements - looks,
    statementsPerLoad: round((database.statements - statements - looks) / jobs, 3),
    messagesPerLoad: round((runtime.host.counts.messages - messages) / jobs, 2),
    dispatchTurns: watched.turns,
    dispatchStatementsPerLoad: round(watched.statements / jobs, 4),
    mostJobsInATurn: watched.mostJobs,
    mostRowsInATurn: watched.mostRows,
  };
};

const sentAtOnce = async (world: World, jobs: number, trucks: number) => {
  await fill(world, jobs, 1);
  const began = performance.now();
  await ring(world, 1);
  let [sent, before] = [0, -1];
  // Nothing moves any more when a second has changed nothing.
  while (sent !== before || sent === 0) {
    if (performance.now() - began > 60_000) break;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    before = sent;
    const [row] = await world.database.query<{ sent: string }>('select count(*) as sent from loads where closed_at is null');
    sent = Number(row?.sent);
  }
  return { sent, freeTrucks: trucks - sent };
};

/** Confirmed orders that wait for a truck, and nothing else. */
const fill = async ({ database, runtime }: World, jobs: number, plants: number, stuck = 0): Promise<void> => {
  await runtime.host.pause();
  for (const sql of [
    'truncate orders, delivery_jobs, loads',
    `with made as (
       insert into orders (correlation_id, order_number, customer_id, kind, status, payment_method, currency, subtotal_cents, total_cents, plant_id,
         distance_miles, quantity, priority, stock, awaiting, version)
       select gen_random_uuid(), 'ORD-' || n, 'customer-' || n % 1000, 'goods', 'confirmed', 'account', 'USD', 300, 300, 'plant-' || n % ${plants},
         5, 3, 50, '[]', '[]', 5 from generate_series(1, ${jobs}) n returning id, correlation_id, plant_id
     ), sagas as (
       insert into order_sagas (correlation_id, order_id, state) select correlation_id, id, 'Paid' from made
     )
     insert into delivery_jobs (id, order_key, order_id, plant_id, status, reason, priority, quantity, distance_miles, requested_at, traceparent, special)
     select gen_random_uuid(), correlation_id, id, plant_id, 'queued', 'no_truck', case when row_number() over (order by id) <= ${stuck} then 100 else 40 + id % 20 end, 3, 5, now() - id % 3600 * interval '1 second',
       '00-' || replace(correlation_id::text, '-', '') || '-0000000000000001-01',
       case when row_number() over (order by id) <= ${stuck} then '{"skills":["crane"]}'::json end from made`,
    'vacuum analyze',
  ])
    await database.query(sql);
};

const ring = async ({ database, runtime }: World, plants: number): Promise<void> => {
  await database.query(
    `insert into mailbox (actor, key, name, payload, headers) select 'dispatch', 'plant-' || n, 'dispatch.sweep', '{}', $2 from generate_series(0, $1::int - 1) n`,
    [plants, packed(newHeaders('bench'))],
  );
  runtime.host.resume();
  runtime.host.ring(
    'dispatch',
    Array.from({ length: plants }, (_, n) => `plant-${n}`),
  );
};
