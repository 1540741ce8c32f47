/**
 * A plant's queue, loads and free trucks, in sets: four statements to load, and one each for what few turns need (materials, skills, other plants,
 * trucks in question); one or two to save (dispatch.rows.store.ts).
 */
import type { StrategyName } from '../../models/dispatch.ts';
import type { Loaded, Store } from '../../runtime/actor.ts';
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import { loadElsewhere, loadMaterials, loadSkilled, loadTruckStatus, loadTrucks, NO_MATERIALS, named } from './dispatch.facts.store.ts';
import { save } from './dispatch.rows.store.ts';
import type { DeliveryJob, DispatchFacts, Load, Payload, Plant, PlantFacts } from './dispatch.state.ts';

type DispatchRequest = Payload<'dispatch.request'>;

/** How much of the queue one turn looks at, beyond what it hears of; and how much when that was not enough. */
const HEAD = 200;
const WIDE = 2_000;

type PlantRow = Plant & Pick<PlantFacts, 'largest' | 'loadingNow' | 'nextDue'>;

const PLANTS = `select p.id, case when p.latitude is null or p.longitude is null then null
    else json_build_object('latitude', p.latitude, 'longitude', p.longitude) end as place, p.strategy, p.hours, p.load_slots as "loadSlots", ${iso('p.broken_since')} as "brokenSince",
  p.broken_reason as "brokenReason", p.version,
  (select t.capacity from trucks t where t.plant_id = p.id collate "default" and t.status <> 'out_of_service' order by t.capacity desc limit 1) as largest,
  case when p.load_slots is null then 0 else (
    select count(*) from trucks t left join loads l on l.truck_id = t.id and l.closed_at is null
    where t.plant_id = p.id collate "default" and (t.status in ('assigned', 'loading') or (t.status = 'available' and l.id is not null and l.id is distinct from t.last_load_id)))::int
  end as "loadingNow",
  (select ${iso('min(j.due_at)')} from delivery_jobs j where j.plant_id = p.id and j.status = 'scheduled' and j.due_at > now()) as "nextDue"
from plants p where p.id = any(string_to_array((select $1::text), E'\\x1e'))`;

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
select ${JOB} from unnest(string_to_array($3::text, E'\\x1e')::uuid[]) as n(id) join loads l on l.id = n.id join delivery_jobs j on j.id = l.job_id
union all
select ${JOB} from delivery_jobs j
where j.locked_truck_id = any(string_to_array($5::text, E'\\x1e')) and j.status in ('queued', 'scheduled')`;

/** A load, and of one of several the other open ones of its order; those of orders that are named; all of a plant that breaks down. */
const LOADS = `
with named as materialized (
  select l.* from unnest(string_to_array($1::text, E'\\x1e')::uuid[]) as n(id) join loads l on l.id = n.id)
select ${LOAD} from named l
union all
select ${LOAD} from named a join loads l on a.part and l.order_key = a.order_key and l.closed_at is null and l.id <> a.id
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

const load = async (
  tx: Tx,
  keys: readonly string[],
  messages: readonly Message[],
  strategy: StrategyName,
): Promise<Loaded<Plant, DispatchFacts>> => {
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
  const jobs = await tx.query<OfPlant<DeliveryJob>>(JOBS, [
    plants,
    orders.join('\x1e'),
    loads,
    head,
    named(messages, 'truckId', 'dispatch.recall-refused').join('\x1e'),
  ]);
  for (const { plantId, ...job } of jobs) rows.get(plantId)?.loaded('job', job.id, job);
  const ofOrders = named(messages, 'orderKey', 'dispatch.cancel', 'dispatch.reduce', ...BY_HAND);
  const breaking = messages.filter(({ name }) => name === 'dispatch.break-down').map(({ key }) => key);
  const open = await tx.query<OfPlant<Load>>(LOADS, [
    loads,
    [...ofOrders, ...named(messages, 'withOrderKey', 'dispatch.swap')].join('\x1e'),
    breaking.join('\x1e'),
  ]);
  for (const { plantId, ...row } of open) rows.get(plantId)?.loaded('load', row.id, row);
  return { states, rows, facts: await loadFacts(tx, found, rows, messages, { head, closing: loads, strategy }) };
};

const loadFacts = async (
  tx: Tx,
  found: readonly PlantRow[],
  rows: ReadonlyMap<string, Rows>,
  messages: readonly Message[],
  { head, closing, strategy }: Look,
): Promise<DispatchFacts> => {
  const waiting = new Map(
    found.map(({ id }) => [
      id,
      (rows.get(id)?.all<DeliveryJob>('job') ?? []).filter(({ status }) => status === 'queued' || status === 'scheduled'),
    ]),
  );
  // For whoever waits and whoever asks now. Whoever is free longest is sent by `first`, with some to spare; the others choose among many.
  const spare = (plant: PlantRow): number => ((plant.strategy ?? strategy) === 'first' ? SPARE : HEAD);
  const wanted = new Map(found.map((plant) => [plant.id, head === WIDE ? WIDE : (waiting.get(plant.id)?.length ?? 0) + spare(plant)]));
  for (const { key, name } of messages) if (name === 'dispatch.request') wanted.set(key, (wanted.get(key) ?? 0) + 1);
  const calm = messages.every(isServed) && [...waiting.values()].every((jobs) => jobs.length === 0);
  const trucks = calm ? new Map() : await loadTrucks(tx, wanted, named(messages, 'truckId', 'dispatch.assign'), closing);
  const asksSkills = [...waiting.values()].some((jobs) => jobs.some(({ special }) => special?.skills)) || messages.some(asksForSkills);
  const skilled = asksSkills ? await loadSkilled(tx, [...wanted.keys()]) : new Map();
  const plants = new Map<string, PlantFacts>();
  for (const { id, largest, loadingNow, nextDue } of found) {
    const free = trucks.get(id) ?? [];
    const more = { trucks: free.length >= (wanted.get(id) ?? 0), waiting: (waiting.get(id)?.length ?? 0) >= head, wide: head === WIDE };
    plants.set(id, { trucks: free, more, largest, skilled: skilled.get(id) ?? [], loadingNow, nextDue });
  }
  const asked = messages.flatMap(({ name, payload }) => (name === 'dispatch.request' ? [payload as DispatchRequest] : []));
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

/** A truck is back from a site where it poured: nobody waits on its account. */
const isServed = ({ name, payload }: Message): boolean =>
  name === 'truck.status.changed' && typeof (payload as { poured?: number | null }).poured === 'number';

const asksForSkills = ({ name, payload }: Message): boolean =>
  name === 'dispatch.request' && Boolean((payload as DispatchRequest).pour?.skills);

const SPARE = 4;

/** What a turn looks at, beyond what it hears of. */
interface Look {
  head: number;
  /** Loads that it may close, joined. */
  closing: string;
  /** Of plants that have none of their own. */
  strategy: StrategyName;
}

const openTrucks = (rows: ReadonlyMap<string, Rows>): string[] =>
  [...rows.values()].flatMap((one) => one.all<Load>('load').flatMap(({ truckId, closedAt }) => (closedAt ? [] : [truckId])));

/** @param strategy of plants that have none of their own */
export const dispatchStore = (strategy: StrategyName): Store<Plant, DispatchFacts> => ({
  table: 'plants',
  key: 'id',
  keyType: 'text',
  load: (tx, keys, messages) => load(tx, keys, messages, strategy),
  save,
});
