/** A plant's queue, loads and free trucks, in sets: four statements to load, two to save. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import type { DeliveryJob, DispatchFacts, Load, Plant } from './dispatch.decider.ts';

/** How much of the queue one turn looks at, beyond what it hears of. */
const HEAD = 200;

const PLANTS = `select id, version from plants where id = any(string_to_array($1::text, E'\\x1e'))`;

const JOB = `j.plant_id as "plantId", j.id, j.order_key as "orderKey", j.order_id as "orderId", j.status, j.reason, j.priority, j.quantity,
  j.distance_miles as "distanceMiles", ${iso('j.requested_start')} as "requestedStart",
  ${iso('j.requested_at')} as "requestedAt", j.traceparent`;
const LOAD = `l.plant_id as "plantId", l.id, l.job_id as "jobId", l.order_key as "orderKey", l.order_id as "orderId", l.truck_id as "truckId",
  l.status, ${iso('l.assigned_at')} as "assignedAt", ${iso('l.closed_at')} as "closedAt"`;

/**
 * The head of each queue, by delivery_jobs_waiting; and the jobs of the orders and loads the messages name, by delivery_jobs_order and the
 * primary keys. A job may come twice: rows are kept by id.
 */
const JOBS = `
select ${JOB} from unnest(string_to_array($1::text, E'\\x1e')) as p(id) cross join lateral (
  select * from delivery_jobs w where w.plant_id = p.id and w.status = 'queued' order by w.priority desc, w.requested_at limit ${HEAD}) j
union all
select ${JOB} from unnest(string_to_array($2::text, E'\\x1e')::uuid[]) as o(key) join delivery_jobs j on j.order_key = o.key
union all
select ${JOB} from unnest(string_to_array($3::text, E'\\x1e')::uuid[]) as n(id) join loads l on l.id = n.id join delivery_jobs j on j.id = l.job_id`;

const LOADS = `
select ${LOAD} from unnest(string_to_array($1::text, E'\\x1e')::uuid[]) as n(id) join loads l on l.id = n.id
union all
select ${LOAD} from unnest(string_to_array($2::text, E'\\x1e')::uuid[]) as o(key) join loads l on l.order_key = o.key and l.closed_at is null`;

/** As many of a plant's trucks as it could send, longest free first. Another actor's rows, so perhaps stale: the truck has the last word. */
const TRUCKS = `
select t.plant_id as "plantId", t.id, t.status, l.id as "openLoadId"
from unnest(string_to_array($1::text, E'\\x1e'), string_to_array($2::text, E'\\x1e')::int[]) as p(id, wanted) cross join lateral (
  select * from trucks f where f.plant_id = p.id and f.status = 'available' order by f.phase_since, f.id limit p.wanted) t
left join loads l on l.truck_id = t.id and l.closed_at is null`;

type OfPlant<Row> = Row & { plantId: string };

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Plant, DispatchFacts>> => {
  const plants = keys.join('\x1e');
  const loads = named(messages, 'loadId', 'truck.status.changed', 'dispatch.truck-refused');
  const states = new Map((await tx.query<Plant>(PLANTS, [plants])).map((plant) => [plant.id, plant]));
  const rows = new Map(keys.map((key) => [key, new Rows()]));
  const jobs = await tx.query<OfPlant<DeliveryJob>>(JOBS, [
    plants,
    named(messages, 'orderKey', 'dispatch.request', 'dispatch.cancel'),
    loads,
  ]);
  for (const { plantId, ...job } of jobs) rows.get(plantId)?.loaded('job', job.id, job);
  const open = await tx.query<OfPlant<Load>>(LOADS, [loads, named(messages, 'orderKey', 'dispatch.cancel')]);
  for (const { plantId, ...row } of open) rows.get(plantId)?.loaded('load', row.id, row);
  return { states, rows, facts: { trucks: await loadTrucks(tx, keys, messages, rows) } };
};

const loadTrucks = async (
  tx: Tx,
  keys: readonly string[],
  messages: readonly Message[],
  rows: ReadonlyMap<string, Rows>,
): Promise<DispatchFacts['trucks']> => {
  const trucks: DispatchFacts['trucks'] = new Map(keys.map((key) => [key, []]));
  // Whoever waits, whoever asks now, and those whose open load this turn has yet to close.
  const wanted = new Map(
    keys.map((key) => [
      key,
      rows
        .get(key)
        ?.all<DeliveryJob>('job')
        .filter(({ status }) => status === 'queued').length ?? 0,
    ]),
  );
  for (const { key } of messages) wanted.set(key, (wanted.get(key) ?? 0) + 1);
  const binds = [keys.join('\x1e'), keys.map((key) => wanted.get(key)).join('\x1e')];
  for (const { plantId, ...truck } of await tx.query<OfPlant<{ id: string; status: 'available'; openLoadId: string | null }>>(
    TRUCKS,
    binds,
  )) {
    trucks.get(plantId)?.push(truck);
  }
  return trucks;
};

/** A field of the messages of these names, as one bound set. */
const named = (messages: readonly Message[], field: string, ...names: string[]): string =>
  messages
    .flatMap(({ name, payload }) => (names.includes(name) ? ((payload as Record<string, string | null>)[field] ?? []) : []))
    .join('\x1e');

const JOB_COLUMNS = {
  id: 'uuid',
  orderKey: 'uuid',
  orderId: 'bigint',
  plantId: 'text',
  status: 'text',
  reason: 'text',
  priority: 'smallint',
  quantity: 'float',
  distanceMiles: 'float',
  requestedStart: 'timestamptz',
  requestedAt: 'timestamptz',
  traceparent: 'text',
};
const LOAD_COLUMNS = {
  id: 'uuid',
  jobId: 'uuid',
  orderKey: 'uuid',
  orderId: 'bigint',
  plantId: 'text',
  truckId: 'text',
  status: 'text',
  assignedAt: 'timestamptz',
  closedAt: 'timestamptz',
};

const save = async (tx: Tx, changes: Changes<Plant>): Promise<void> => {
  const binds = new Binds();
  const parts: string[] = [];
  const part = <Row>(rows: readonly Row[], statement: () => string): void => {
    if (rows.length > 0) parts.push(statement());
  };
  const jobs = changes.rows<DeliveryJob>('job').map(({ key, row, isNew }) => ({ ...row, plantId: key, isNew }));
  const loads = changes.rows<Load>('load').map(({ key, row, isNew }) => ({ ...row, plantId: key, isNew }));
  const [newJobs, oldJobs] = [jobs.filter(({ isNew }) => isNew), jobs.filter(({ isNew }) => !isNew)];
  const [newLoads, oldLoads] = [loads.filter(({ isNew }) => isNew), loads.filter(({ isNew }) => !isNew)];
  part(
    newJobs,
    () => `insert into delivery_jobs (id, order_key, order_id, plant_id, status, reason, priority, quantity, distance_miles, requested_start,
      requested_at, traceparent) select * from ${binds.rows('j', JOB_COLUMNS, newJobs)}`,
  );
  part(
    oldJobs,
    () => `update delivery_jobs j set status = o.status, reason = o.reason, updated_at = now()
      from ${binds.rows('o', { id: 'uuid', status: 'text', reason: 'text' }, oldJobs)} where j.id = o.id`,
  );
  // Before the new ones: a truck's last load is closed by the time its next is opened.
  if (oldLoads.length > 0) {
    const closing = new Binds();
    await tx.query(
      `update loads l set status = o.status, closed_at = o.closedAt
       from ${closing.rows('o', { id: 'uuid', status: 'text', closedAt: 'timestamptz' }, oldLoads)} where l.id = o.id`,
      closing.values,
    );
  }
  part(
    newLoads,
    () => `insert into loads (id, job_id, order_key, order_id, plant_id, truck_id, status, assigned_at, closed_at)
      select * from ${binds.rows('l', LOAD_COLUMNS, newLoads)}`,
  );
  if (parts.length > 0) await tx.query(`with ${parts.map((sql, index) => `part${index} as (${sql})`).join(', ')} select 1`, binds.values);
};

export const dispatchStore: Store<Plant, DispatchFacts> = { table: 'plants', key: 'id', keyType: 'text', load, save };
