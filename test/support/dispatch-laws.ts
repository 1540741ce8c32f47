/**
 * What must be true of trucks, loads and queues: at any moment (`falseNow`, one statement, so one snapshot), and of the whole story when it is
 * quiet (`brokenStory`). Each breach is said in plain words.
 */
import { defaultMix } from '../../models/catalogue.ts';
import { type TruckStatus, truckLife } from '../../models/truck.ts';
import type { Tx } from '../../runtime/database.ts';

/** Nodes hear the database's clock at their sweeps: on a busy machine what two of them call now may lie so far apart. */
const CLOCKS_MS = 300;

/** A message that a killed node had taken, or nobody rang for, is found by a sweep. */
const HEARS_MS = 3_000;

export interface Moment {
  /** Waiting jobs by reason, of plants whose dispatcher has heard everything. */
  judged: Record<string, number>;
  openLoads: number;
  breaches: string[];
}

const HEARD = `not exists (select from mailbox m where m.actor = 'dispatch' and m.key = p.id)`;
/** Its trucks, too, have heard what they were told. */
const SILENT = `${HEARD} and not exists (select from mailbox m join trucks t on t.id = m.key where m.actor = 'truck' and t.plant_id = p.id)`;

/**
 * A dispatcher that has heard all there is has judged its queue by it: what moves a truck or a job lies in its mailbox until the commit that
 * changes the queue. Who waits longer than its head (200) is not judged here; there are fewer.
 */
const NOW = `
with p as materialized (select p.id, p.load_slots, ${HEARD} as heard, ${SILENT} as silent from plants p),
t as materialized (
  select t.id, t.plant_id, t.status, t.capacity, t.skills::jsonb as skills, t.load_id, t.last_load_id, l.id as open_load,
    t.status = 'available' and l.id is null as free
  from trucks t left join loads l on l.truck_id = t.id and l.closed_at is null),
w as materialized (
  select j.*, j.quantity - j.taken as rest, coalesce(j.special::jsonb->'skills', '[]') as wanted,
    (select max(t.capacity) from t where t.plant_id = j.plant_id and t.status <> 'out_of_service') as largest
  from delivery_jobs j where j.status = 'queued'),
short as materialized (
  select w.id from w cross join json_array_elements(w.items::json) i cross join (values ${defaultMix.map(({ material, perUnit }) => `('${material}', ${perUnit})`).join()}) as mix(material, per_unit)
    join products c on c.sku = i->>'sku' and c.kind = 'concrete' join stock_levels s on s.key = mix.material || '@' || w.plant_id
  where s.available < ceil((i->>'quantity')::float * mix.per_unit * w.rest / w.quantity)
    or exists (select from mailbox m where m.actor = 'inventory' and m.key = s.key))
select format('job %s of order %s waits without a reason', w.id, w.order_id) as breach, null as reason, 0 as jobs from w where w.reason is null
union all
select format('job %s of order %s waits at %s for %s', w.id, w.order_id, w.plant_id, w.reason), null, 0 from w
  where w.reason not in ('no_truck', 'capacity', 'skill', 'no_stock', 'loading_slot')
union all
select format('job %s waits with no_truck, and %s is free at %s', w.id, t.id, p.id), null, 0
  from w join p on p.id = w.plant_id join t on t.plant_id = p.id where p.heard and w.reason = 'no_truck' and t.free
union all
select format('job %s waits with %s, and %s at %s suits it', w.id, w.reason, t.id, p.id), null, 0
  from w join p on p.id = w.plant_id join t on t.plant_id = p.id
  where p.heard and w.reason in ('capacity', 'skill') and t.free and t.skills @> w.wanted and (t.capacity >= w.rest or w.rest > w.largest)
union all
select format('job %s of %s waits with capacity at %s, where the largest truck in service that may take it carries %s', w.id, w.rest, p.id, big.capacity), null, 0
  from w join p on p.id = w.plant_id cross join lateral (
    select max(t.capacity) as capacity from t where t.plant_id = p.id and t.status <> 'out_of_service' and t.skills @> w.wanted) big
  where p.silent and w.reason = 'capacity' and coalesce(big.capacity, 0) < w.rest
union all
select format('job %s waits at %s for its skill, which %s that is free has', w.id, p.id, t.id), null, 0
  from w join p on p.id = w.plant_id join t on t.plant_id = p.id where p.heard and w.reason = 'skill' and t.free and t.skills @> w.wanted
union all
select format('job %s waits at %s with loading_slot: %s stand at the plant, which has %s', w.id, p.id, at.loading, p.load_slots), null, 0
  from w join p on p.id = w.plant_id cross join lateral (select count(*) as loading from t where t.plant_id = p.id
    and (t.status in ('assigned', 'loading') or (t.status = 'available' and t.open_load is distinct from t.last_load_id and t.open_load is not null))) at
  where p.silent and w.reason = 'loading_slot' and at.loading < coalesce(p.load_slots, 1000)
union all
select format('job %s waits at %s with no_stock, and there is enough for it', w.id, p.id), null, 0
  from w join p on p.id = w.plant_id where p.silent and w.reason = 'no_stock' and w.id not in (select id from short)
union all
select format('truck %s has %s open loads', truck_id, count(*)), null, 0 from loads where closed_at is null group by truck_id having count(*) > 1
union all
select format('load %s is open, and its truck %s is free and heard of nothing', t.open_load, t.id), null, 0
  from t join loads l on l.id = t.open_load join p on p.id = l.plant_id
  where p.heard and t.status in ('available', 'out_of_service') and not exists (select from mailbox m where m.actor = 'truck' and m.key = t.id)
union all
select format('truck %s is %s with load %s, which is closed', t.id, t.status, l.id), null, 0
  from t join loads l on l.id = t.load_id join p on p.id = l.plant_id where p.heard and l.closed_at is not null
union all
select null, w.reason, count(*)::int from w join p on p.id = w.plant_id where p.heard group by w.reason
union all
select null, 'open loads', count(*)::int from loads where closed_at is null`;

/** One look at everything. */
export const look = async (tx: Tx): Promise<Moment> => {
  const rows = await tx.query<{ breach: string | null; reason: string | null; jobs: number }>(NOW);
  const counts = rows.flatMap(({ reason, jobs }) => (reason ? [[reason, jobs] as const] : []));
  const { 'open loads': openLoads = 0, ...judged } = Object.fromEntries(counts);
  return { judged, openLoads, breaches: rows.flatMap(({ breach }) => breach ?? []) };
};

/** @returns what is wrong with the story, in words. Ask when it is quiet */
export const brokenStory = async (tx: Tx, accepted: readonly string[]): Promise<string[]> => {
  const broken: string[] = [];
  for (const sql of STORY) {
    for (const { breach } of await tx.query<{ breach: string }>(`select breach from (${sql}) as found limit 20`)) broken.push(breach);
  }
  const lost = await tx.query<{ key: string }>(
    `select a.key from unnest(string_to_array($1::text, ',')::uuid[]) as a(key)
     where 1 <> (select count(*) from orders o where o.correlation_id = a.key)`,
    [accepted.join()],
  );
  for (const { key } of lost) broken.push(`the accepted order ${key} is not there once`);
  return [...broken, ...(await wrongTrips(tx)), ...(await overtaken(tx))];
};

const STORY = [
  `select format('dead letter: %s for %s/%s: %s', name, actor, key, error) as breach from dead_letters`,
  `select format('order %s is %s', id, status) as breach from orders where status not in ('delivered', 'cancelled')`,
  `select format('order %s is cancelled without a reason', id) as breach from orders where status = 'cancelled' and coalesce(reason, '') = ''`,
  `select format('load %s of truck %s has no end: %s', id, truck_id, status) as breach from loads
   where closed_at is null or status not in ('delivered', 'cancelled', 'refused')`,
  `select format('load %s is delivered with %s of %s poured', id, coalesce(poured::text, 'nothing'), quantity) as breach from loads
   where status = 'delivered' and poured is distinct from quantity`,
  `select format('job %s of %s (%s poured, %s taken) at %s is %s: %s', id, quantity, poured, taken, plant_id, status, reason) as breach
   from delivery_jobs where status not in ('done', 'cancelled')`,
  `select format('order %s of %s is delivered: its job says %s and %s poured of %s, its loads %s', o.id, o.quantity, coalesce(j.status, 'nothing'), j.poured, j.taken, l.poured) as breach
   from orders o left join delivery_jobs j on j.order_key = o.correlation_id
   left join lateral (select sum(poured) as poured from loads where order_key = o.correlation_id and status = 'delivered') l on true
   where o.status = 'delivered' and (j.status is distinct from 'done' or j.poured <> o.quantity or j.taken <> o.quantity or l.poured is distinct from o.quantity)`,
  `select format('order %s has %s jobs', order_id, count(*)) as breach from delivery_jobs group by order_id having count(*) > 1`,
  `select format('order %s is %s and its job is %s', o.id, o.status, j.status) as breach
   from orders o join delivery_jobs j on j.order_key = o.correlation_id where o.status = 'cancelled' and j.status <> 'cancelled'
     and not exists (select from event_log e where e.correlation_id = o.correlation_id and e.type = 'order.exception')`,
  `select format('truck %s is %s with load %s', id, status, load_id) as breach from trucks where status not in ('available', 'out_of_service') or load_id is not null`,
  // A truck that is told to come back may pour before it hears of it. Nobody sends one after.
  `select format('load %s was sent for order %s, which had been cancelled', l.id, l.order_id) as breach
   from loads l join delivery_jobs j on j.id = l.job_id where j.status = 'cancelled' and l.assigned_at > j.updated_at + interval '${CLOCKS_MS} ms'`,
  `select format('truck %s had load %s before load %s was closed', truck_id, id, before) as breach
   from (select id, truck_id, assigned_at, lag(id) over each as before, lag(closed_at) over each as closed from loads window each as (partition by truck_id order by number)) l
   where closed is null and before is not null or assigned_at < closed - interval '${CLOCKS_MS} ms'`,
  `select format('order %s went from %s to %s', correlation_id, data->>'oldStatus', data->>'newStatus') as breach
   from event_log where type = 'orders.order.status_changed' and data->>'oldStatus' in ('cancelled', 'delivered')`,
  `select format('order %s was said to be delivered %s times', data->>'orderId', count(*)) as breach
   from event_log where type = 'order.delivered' group by data->>'orderId' having count(*) > 1`,
  `select format('order %s is %s and was said to be delivered %s times', o.id, o.status, e.said) as breach
   from orders o cross join lateral (select count(*) as said from event_log e where e.correlation_id = o.correlation_id and e.type = 'order.delivered') e
   where o.status = 'delivered' and said <> 1
      or o.status = 'cancelled' and said > 0 and not exists (select from event_log x where x.correlation_id = o.correlation_id and x.type = 'order.exception')`,
  // Before it hears of that, a truck may pour for an order that is off. It hears soon.
  `select format('truck %s poured load %s %s after it was called back', p.key, p.data->>'loadId', p.at - b.at) as breach
   from event_log b join event_log p on p.data->>'loadId' = b.data->>'loadId' and p.type = 'truck.pouring.completed'
   where b.actor = 'dispatch' and b.type like 'truck.%.returntoplant' and p.at > b.at + interval '${HEARS_MS} ms'`,
  `select format('load %s is %s and its %s is %s', l.id, l.status, r.stock_key, r.status) as breach
   from loads l join reservations r on r.order_key = l.id
   where r.status not in ('consumed', 'released') or (l.status = 'delivered' and r.status <> 'consumed')`,
  `select format('load %s is delivered and drew %s of %s materials', l.id, count(r.*), m.wanted) as breach
   from loads l cross join lateral (select count(*) as wanted from json_object_keys(l.materials::json)) m
   left join reservations r on r.order_key = l.id and r.status = 'consumed' where l.status = 'delivered' and l.materials is not null
   group by l.id, m.wanted having count(r.*) <> m.wanted`,
  `select format('job %s: its parts of several trucks were said %s times, it had %s', l.job_id, e.said, l.parts) as breach
   from (select job_id, order_key, count(*) as parts from loads where part and status = 'delivered' group by 1, 2) l
   cross join lateral (select count(*) as said from event_log e where e.correlation_id = l.order_key and e.type = 'order.load.delivered') e where e.said <> l.parts`,
];

type Step = [type: string, from: TruckStatus, to: TruckStatus, loadId: string | null];

/**
 * A truck's own word, in its own order: legal steps, each from where the last one led; one load from its yard back to it; and of an order that was
 * called off it pours nothing once it has heard of that: nothing is poured but on the way there.
 */
const wrongTrips = async (tx: Tx): Promise<string[]> => {
  const rows = await tx.query<{ key: string; steps: Step[] }>(
    `select key, json_agg(json_build_array(type, data->>'from', data->>'to', data->>'loadId') order by entry, place) as steps
     from event_log where actor = 'truck' and type in ('truck.status.changed', 'truck.pouring.completed') group by key`,
  );
  return rows.flatMap(({ key, steps }) => {
    const broken: string[] = [];
    let [status, load] = ['available' as TruckStatus, null as string | null];
    for (const [type, from, to, loadId] of steps) {
      const named = loadId ?? load;
      if (type === 'truck.pouring.completed') {
        if (status !== 'delivering' || named !== load) broken.push(`truck ${key} is ${status} with load ${load} and poured load ${named}`);
        continue;
      }
      const legal = (truckLife[from] as readonly string[]).includes(to) && from === status;
      if (!legal || (to === 'assigned' ? load !== null : named !== load))
        broken.push(`truck ${key} is ${status} with load ${load} and went from ${from} to ${to} with ${named}`);
      status = to;
      load = to === 'available' || to === 'out_of_service' ? null : named;
    }
    return broken;
  });
};

interface Waited {
  jobId: string;
  orderId: string;
  plantId: string;
  requestedAt: number;
  rest: number;
  skills: string[];
  from: number;
  /** The number of the load that ended it, or when the job was called off. */
  to: { number: number } | { at: number };
}

interface Sent {
  number: number;
  jobId: string;
  orderId: string;
  plantId: string;
  truckId: string;
  capacity: number;
  skills: string[];
  requestedAt: number;
  assignedAt: number;
}

/**
 * Of equal priority, and none of them ten minutes old: who came first goes first. Where a truck was sent for somebody who came later while an
 * earlier one waited, the truck did not suit the earlier one: too small for what one truck could carry, or without what was asked. Whoever lost a
 * truck waits at the old place. Who waits for materials, or for the site's room, is passed by.
 */
const overtaken = async (tx: Tx): Promise<string[]> => {
  const waits: Waited[] = [];
  const jobs = await tx.query<Row>(
    `select j.id, j.order_id as "orderId", j.plant_id as "plantId", j.status, j.quantity, coalesce(j.special::jsonb->'skills', '[]') as skills,
       (extract(epoch from j.requested_at) * 1000)::float as "requestedAt", (extract(epoch from j.updated_at) * 1000)::float as "updatedAt",
       (select max(capacity) from trucks t where t.plant_id = j.plant_id)::float as largest,
       (select json_agg(json_build_array(l.number, extract(epoch from l.closed_at) * 1000, l.status) order by l.number) from loads l where l.job_id = j.id) as loads,
       exists (select from event_log e where e.correlation_id = j.order_key and (e.type = 'dispatch.no_stock' or e.data->>'reason' = 'no_stock')) as short
     from delivery_jobs j`,
  );
  for (const { id, loads, status, quantity, largest, short, requestedAt, updatedAt, ...job } of jobs) {
    // Of what needs several loads only the first is looked for: what it then waits for is the site's room.
    if (short) continue;
    const whole = { ...job, jobId: id, requestedAt, rest: quantity > largest ? 0 : quantity };
    const [first] = loads ?? [];
    const end = { at: updatedAt };
    if (first || status === 'cancelled') waits.push({ ...whole, from: requestedAt, to: first ? { number: first[0] } : end });
    if (quantity > largest) continue;
    for (const [index, [, closedAt, ended]] of (loads ?? []).entries()) {
      const next = loads?.[index + 1];
      if (ended !== 'delivered' && (next || status === 'cancelled'))
        waits.push({ ...whole, from: closedAt, to: next ? { number: next[0] } : end });
    }
  }
  const sent = await tx.query<Sent>(
    `select l.number::int, l.job_id as "jobId", l.order_id as "orderId", l.plant_id as "plantId", t.id as "truckId", t.capacity, t.skills,
       (extract(epoch from j.requested_at) * 1000)::float as "requestedAt", (extract(epoch from l.assigned_at) * 1000)::float as "assignedAt"
     from loads l join trucks t on t.id = l.truck_id join delivery_jobs j on j.id = l.job_id`,
  );
  return waits.flatMap((waited) => sent.filter((load) => passedBy(load, waited)).map((load) => saidOf(load, waited)));
};

interface Row extends Pick<Waited, 'orderId' | 'plantId' | 'requestedAt' | 'skills'> {
  id: string;
  status: string;
  quantity: number;
  updatedAt: number;
  largest: number;
  loads: [number: number, closedAt: number, status: string][] | null;
  short: boolean;
}

const passedBy = (load: Sent, { to, ...waited }: Waited): boolean =>
  load.plantId === waited.plantId &&
  load.jobId !== waited.jobId &&
  load.requestedAt > waited.requestedAt + CLOCKS_MS &&
  load.assignedAt > waited.from + CLOCKS_MS &&
  ('number' in to ? load.number < to.number : load.assignedAt < to.at - CLOCKS_MS) &&
  load.capacity >= waited.rest &&
  waited.skills.every((skill) => load.skills.includes(skill));

const saidOf = ({ truckId, orderId, requestedAt, number, plantId }: Sent, waited: Waited): string =>
  `order ${waited.orderId} of ${waited.rest} waited at ${plantId}, and ${truckId} went for order ${orderId}, which came ${Math.round(requestedAt - waited.requestedAt)} ms later, with load ${number}`;
