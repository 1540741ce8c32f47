/** A plant's queue, loads and free trucks, in sets: five statements to load, at most four to save. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import { loadElsewhere, loadMaterials, loadTruckStatus, loadTrucks, NO_MATERIALS, named } from './dispatch.facts.store.ts';
import type { DeliveryJob, DispatchFacts, Load, Plant, PlantFacts } from './dispatch.state.ts';

/** How much of the queue one turn looks at, beyond what it hears of; and how much when that was not enough. */
const HEAD = 200;
const WIDE = 5_000;

type PlantRow = Plant & Pick<PlantFacts, 'largest' | 'loadingNow' | 'nextDue'>;

const PLANTS = `select p.id, p.strategy, p.hours, p.load_slots as "loadSlots", ${iso('p.broken_since')} as "brokenSince",
  p.broken_reason as "brokenReason", p.version,
  (select t.capacity from trucks t where t.plant_id = p.id and t.status <> 'out_of_service' order by t.capacity desc limit 1) as largest,
  case when p.load_slots is null then 0 else (
    select count(*) from trucks t left join loads l on l.truck_id = t.id and l.closed_at is null
    where t.plant_id = p.id and (t.status in ('assigned', 'loading') or (t.status = 'available' and l.id is not null and l.id is distinct from t.last_load_id)))::int
  end as "loadingNow",
  (select ${iso('min(j.due_at)')} from delivery_jobs j where j.plant_id = p.id and j.status = 'scheduled' and j.due_at > now()) as "nextDue"
from plants p where p.id = any(string_to_array($1::text, E'\\x1e'))`;

const JOB = `j.plant_id as "plantId", j.id, j.order_key as "orderKey", j.order_id as "orderId", j.status, j.reason, j.priority, j.quantity,
  j.taken, j.poured, j.distance_miles as "distanceMiles", ${iso('j.requested_start')} as "requestedStart",
  ${iso('j.requested_at')} as "requestedAt", ${iso('j.due_at')} as "dueAt", j.locked_truck_id as "lockedTruckId", j.moved_to as "movedTo",
  j.special, j.items, j.traceparent`;
const LOAD = `l.plant_id as "plantId", l.id, l.job_id as "jobId", l.order_key as "orderKey", l.order_id as "orderId", l.truck_id as "truckId",
  l.seq, l.quantity, l.status, ${iso('l.assigned_at')} as "assignedAt", ${iso('l.closed_at')} as "closedAt", l.poured, l.part,
  l.reason, l.by, l.awaiting, l.materials`;

/**
 * The head of each queue, by delivery_jobs_rank: priority and age as one figure, so that the first are the most urgent whenever one looks; what
 * has come due, by delivery_jobs_due; and the jobs of the orders and loads the messages name. A job may come twice: rows are kept by id.
 */
const JOBS = `
select ${JOB} from unnest(string_to_array($1::text, E'\\x1e')) as p(id) cross join lateral (
  select * from delivery_jobs w where w.plant_id = p.id and w.status = 'queued'
  order by (w.requested_at at time zone 'utc') - w.priority * interval '10 minutes' limit $4::int) j
union all
select ${JOB} from unnest(string_to_array($1::text, E'\\x1e')) as p(id) cross join lateral (
  select * from delivery_jobs w where w.plant_id = p.id and w.status = 'scheduled' and w.due_at <= now() order by w.due_at limit ${HEAD}) j
union all
select ${JOB} from unnest(string_to_array($2::text, E'\\x1e')::uuid[]) as o(key) join delivery_jobs j on j.order_key = o.key
union all
select ${JOB} from unnest(string_to_array($3::text, E'\\x1e')::uuid[]) as n(id) join loads l on l.id = n.id join delivery_jobs j on j.id = l.job_id`;

/** A load, and the open ones of the same order; those of orders that are named; all of a plant that breaks down. */
const LOADS = `
select ${LOAD} from unnest(string_to_array($1::text, E'\\x1e')::uuid[]) as n(id) join loads a on a.id = n.id
  join loads l on l.order_key = a.order_key and (l.id = a.id or l.closed_at is null)
union all
select ${LOAD} from unnest(string_to_array($2::text, E'\\x1e')::uuid[]) as o(key) join loads l on l.order_key = o.key and l.closed_at is null
union all
select ${LOAD} from trucks t join loads l on l.truck_id = t.id and l.closed_at is null where t.plant_id = any(string_to_array($3::text, E'\\x1e'))`;

type OfPlant<Row> = Row & { plantId: string };

const BY_HAND = ['dispatch.unassign', 'dispatch.swap'];
const OF_ORDERS = [
  'dispatch.request',
  'dispatch.cancel',
  'dispatch.reduce',
  'dispatch.assign',
  'dispatch.lock',
  'dispatch.prioritise',
  ...BY_HAND,
];

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Plant, DispatchFacts>> => {
  const plants = keys.join('\x1e');
  const found = await tx.query<PlantRow>(PLANTS, [plants]);
  const states = new Map(found.map(({ largest: _, loadingNow: __, nextDue: ___, ...plant }) => [plant.id, plant as Plant]));
  const rows = new Map(keys.map((key) => [key, new Rows()]));
  const orders = [...named(messages, 'orderKey', ...OF_ORDERS), ...named(messages, 'withOrderKey', 'dispatch.swap')];
  const loads = [
    ...named(
      messages,
      'loadId',
      'truck.status.changed',
      'truck.pouring.completed',
      'truck.materials.loaded',
      'load.rejected',
      'dispatch.truck-refused',
      'dispatch.recall-refused',
    ),
    ...named(messages, 'orderKey', 'inventory.reserved', 'inventory.rejected'),
  ].join('\x1e');
  const wide = messages.some(({ name, payload }) => name === 'dispatch.sweep' && (payload as { wide?: true }).wide);
  const head = wide ? WIDE : HEAD;
  const jobs = await tx.query<OfPlant<DeliveryJob>>(JOBS, [plants, orders.join('\x1e'), loads, head]);
  for (const { plantId, ...job } of jobs) rows.get(plantId)?.loaded('job', job.id, job);
  const ofOrders = named(messages, 'orderKey', 'dispatch.cancel', 'dispatch.reduce', ...BY_HAND);
  const breaking = messages.filter(({ name }) => name === 'dispatch.break-down').map(({ key }) => key);
  const open = await tx.query<OfPlant<Load>>(LOADS, [
    loads,
    [...ofOrders, ...named(messages, 'withOrderKey', 'dispatch.swap')].join('\x1e'),
    breaking.join('\x1e'),
  ]);
  for (const { plantId, ...row } of open) rows.get(plantId)?.loaded('load', row.id, row);
  return { states, rows, facts: await loadFacts(tx, found, rows, messages, head) };
};

const loadFacts = async (
  tx: Tx,
  found: readonly PlantRow[],
  rows: ReadonlyMap<string, Rows>,
  messages: readonly Message[],
  head: number,
): Promise<DispatchFacts> => {
  const waiting = new Map(
    found.map(({ id }) => [id, (rows.get(id)?.all<DeliveryJob>('job') ?? []).filter(({ status }) => status !== 'done')]),
  );
  // Whoever waits, whoever asks now, and those whose open load this turn has yet to close. Some more, since not all suit everybody.
  const wanted = new Map(found.map(({ id }) => [id, head === WIDE ? WIDE : (waiting.get(id)?.length ?? 0) + SPARE]));
  for (const { key } of messages) wanted.set(key, (wanted.get(key) ?? 0) + 1);
  const trucks = await loadTrucks(tx, wanted, named(messages, 'truckId', 'dispatch.assign'));
  const plants = new Map<string, PlantFacts>();
  for (const { id, largest, loadingNow, nextDue } of found) {
    const free = trucks.get(id) ?? [];
    const more = head !== WIDE && (free.length >= (wanted.get(id) ?? 0) || (waiting.get(id)?.length ?? 0) >= HEAD);
    plants.set(id, { trucks: free, more, largest, loadingNow, nextDue });
  }
  const asked = messages.flatMap(({ name, payload }) => (name === 'dispatch.request' ? [payload as DeliveryJob] : []));
  const canSend = [...plants.values()].some((plant) => plant.trucks.length > 0);
  const ids = found.map(({ id }) => id);
  return {
    plants,
    ...(canSend ? await loadMaterials(tx, ids, [...[...waiting.values()].flat(), ...asked]) : NO_MATERIALS),
    elsewhere:
      found.some(({ brokenSince }) => brokenSince) || messages.some(({ name }) => name === 'dispatch.break-down')
        ? await loadElsewhere(tx)
        : [],
    truckStatus: messages.some(({ name }) => BY_HAND.includes(name)) ? await loadTruckStatus(tx, openTrucks(rows)) : new Map(),
  };
};

const SPARE = 20;

const openTrucks = (rows: ReadonlyMap<string, Rows>): string[] =>
  [...rows.values()].flatMap((one) => one.all<Load>('load').flatMap(({ truckId, closedAt }) => (closedAt ? [] : [truckId])));

const JOB_CHANGES = {
  id: 'uuid',
  status: 'text',
  reason: 'text',
  priority: 'smallint',
  quantity: 'float',
  taken: 'float',
  poured: 'float',
  dueAt: 'timestamptz',
  lockedTruckId: 'text',
  movedTo: 'text',
  special: 'json',
};
const JOB_COLUMNS = {
  ...JOB_CHANGES,
  orderKey: 'uuid',
  orderId: 'bigint',
  plantId: 'text',
  distanceMiles: 'float',
  requestedStart: 'timestamptz',
  requestedAt: 'timestamptz',
  items: 'json',
  traceparent: 'text',
};
const LOAD_CHANGES = {
  id: 'uuid',
  status: 'text',
  closedAt: 'timestamptz',
  poured: 'float',
  reason: 'text',
  awaiting: 'json',
};
const LOAD_COLUMNS = {
  ...LOAD_CHANGES,
  jobId: 'uuid',
  orderKey: 'uuid',
  orderId: 'bigint',
  plantId: 'text',
  truckId: 'text',
  assignedAt: 'timestamptz',
  seq: 'smallint',
  quantity: 'float',
  part: 'boolean',
  by: 'text',
  materials: 'json',
  explanation: 'json',
};
const PLANT_CHANGES = {
  id: 'text',
  strategy: 'text',
  hours: 'json',
  loadSlots: 'smallint',
  brokenSince: 'timestamptz',
  brokenReason: 'text',
  version: 'integer',
};
const asText = (value: unknown): string | null => (value === null || value === undefined ? null : json(value));

const save = async (tx: Tx, changes: Changes<Plant>): Promise<void> => {
  const binds = new Binds();
  const parts: string[] = [];
  const part = <Row>(rows: readonly Row[], statement: () => string): void => {
    if (rows.length > 0) parts.push(statement());
  };
  const jobs = changes
    .rows<DeliveryJob>('job')
    .map(({ key, row, isNew }) => ({ ...row, special: asText(row.special), items: asText(row.items), plantId: key, isNew }));
  const loads = changes.rows<Load>('load').map(({ key, row, isNew }) => ({
    ...{ ...row, plantId: key, isNew },
    ...{ awaiting: asText(row.awaiting), materials: asText(row.materials), explanation: asText(row.explanation) },
  }));
  const [newJobs, oldJobs] = [jobs.filter(({ isNew }) => isNew), jobs.filter(({ isNew }) => !isNew)];
  const [newLoads, oldLoads] = [loads.filter(({ isNew }) => isNew), loads.filter(({ isNew }) => !isNew)];
  part(
    newJobs,
    () => `insert into delivery_jobs (id, status, reason, priority, quantity, taken, poured, due_at, locked_truck_id, moved_to, special,
      order_key, order_id, plant_id, distance_miles, requested_start, requested_at, items, traceparent)
      select * from ${binds.rows('j', JOB_COLUMNS, newJobs)}`,
  );
  part(
    oldJobs,
    () => `update delivery_jobs j set status = o.status, reason = o.reason, priority = o.priority, quantity = o.quantity, taken = o.taken,
      poured = o.poured, due_at = o.dueAt, locked_truck_id = o.lockedTruckId, moved_to = o.movedTo, special = o.special, updated_at = now()
      from ${binds.rows('o', JOB_CHANGES, oldJobs)} where j.id = o.id`,
  );
  // Before the new ones: a truck's last load is closed by the time its next is opened.
  if (oldLoads.length > 0) await saveLoads(tx, oldLoads);
  part(
    newLoads,
    () => `insert into loads (id, status, closed_at, poured, reason, awaiting, job_id, order_key, order_id, plant_id, truck_id,
      assigned_at, seq, quantity, part, by, materials, explanation) select * from ${binds.rows('l', LOAD_COLUMNS, newLoads)}`,
  );
  const plants = changes.updated.map(({ state }) => ({ ...state, hours: asText(state.hours) }));
  part(
    plants,
    () => `update plants p set strategy = c.strategy, hours = c.hours, load_slots = c.loadSlots, broken_since = c.brokenSince,
      broken_reason = c.brokenReason, version = c.version, updated_at = now() from ${binds.rows('c', PLANT_CHANGES, plants)} where p.id = c.id`,
  );
  if (parts.length > 0) await tx.query(`with ${parts.map((sql, index) => `part${index} as (${sql})`).join(', ')} select 1`, binds.values);
};

/** A truck's phases are of its last load until it gets another, and that it gets from here: a load that is closed takes them along. */
const saveLoads = async (tx: Tx, loads: readonly object[]): Promise<void> => {
  const binds = new Binds();
  await tx.query(
    `update loads l set status = o.status, closed_at = o.closedAt, poured = o.poured, reason = o.reason, awaiting = o.awaiting,
       phases = case when o.closedAt is not null and t.last_load_id = l.id then t.phases else l.phases end
     from ${binds.rows('o', LOAD_CHANGES, loads)} join loads k on k.id = o.id left join trucks t on t.id = k.truck_id where l.id = o.id`,
    binds.values,
  );
};

export const dispatchStore: Store<Plant, DispatchFacts> = { table: 'plants', key: 'id', keyType: 'text', load, save };
