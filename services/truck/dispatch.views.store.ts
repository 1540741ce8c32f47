/** How the dispatcher's queue, its board and its orders are shown: one statement each. */
import type { WaitingReason } from '../../models/dispatch.ts';
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { OnTheWay, PhaseMeans, Window } from './eta.ts';

/** How many jobs of a plant are shown at the most, of those that wait now and of those whose time is still to come. */
const HEAD = 500;

export interface QueueRow {
  orderId: string;
  orderKey: string;
  jobId: string;
  plantId: string;
  status: 'queued' | 'scheduled' | 'in_progress' | 'done' | 'cancelled' | 'moved';
  priority: number;
  waitingSince: string;
  reason: WaitingReason;
  quantity: number;
  left: number;
  dueAt: string | null;
  lockedTruckId: string | null;
  distanceMiles: number;
  requestedWindow: Window | null;
  ratePerHour: number | null;
  movedTo: string | null;
}

/** A queued job that its dispatcher has not looked at yet has no reason of its own: it waits for a truck. */
const JOB = `j.order_id::text as "orderId", j.order_key as "orderKey", j.id as "jobId", j.plant_id as "plantId", j.status, j.priority,
  ${iso('j.requested_at')} as "waitingSince", case when j.status in ('queued', 'scheduled') then coalesce(j.reason, 'no_truck') end as reason,
  j.quantity, j.quantity - j.taken as "left", ${iso('j.due_at')} as "dueAt", j.locked_truck_id as "lockedTruckId",
  j.distance_miles as "distanceMiles", (j.special->>'ratePerHour')::float as "ratePerHour", j.moved_to as "movedTo",
  case when j.requested_start is not null then
    json_build_object('start', ${iso('j.requested_start')}, 'end', j.special->>'requestedEnd') end as "requestedWindow"`;

/** The head of each queue, and what comes due next. Uses delivery_jobs_rank and delivery_jobs_due. */
export const waitingJobs = (tx: Tx, plantId: string | undefined): Promise<QueueRow[]> =>
  tx.query<QueueRow>(
    `select ${JOB} from plants p cross join lateral (
       (select * from delivery_jobs w where w.plant_id = p.id and w.status = 'queued'
        order by (w.requested_at at time zone 'utc') - w.priority * interval '10 minutes' limit ${HEAD})
       union all
       (select * from delivery_jobs w where w.plant_id = p.id and w.status = 'scheduled' order by w.due_at limit ${HEAD})) j
     where $1::text is null or p.id = $1`,
    [plantId ?? null],
  );

/** All jobs of these orders, at whichever plants. Uses delivery_jobs_order. */
export const jobsOfOrders = (tx: Tx, orderKeys: readonly string[]): Promise<QueueRow[]> =>
  tx.query<QueueRow>(
    `select ${JOB} from delivery_jobs j where j.order_key = any(string_to_array($1::text, E'\\x1e')::uuid[]) order by j.requested_at, j.updated_at`,
    [orderKeys.join('\x1e')],
  );

export interface WhoHasIt {
  orderId: string;
  orderKey: string;
  /** The plant that has what is open of the order; null when none has. */
  plantId: string | null;
  /** The yard the truck that was named stands in; null when there is no such truck. */
  truckPlant: string | null;
}

/**
 * Whose dispatcher is to be asked about these orders. Of an order that two plants share, the one whose trucks are still to leave when
 * `onTrucks`, else the one that has what waits; of a job that is on its way to another plant, that plant.
 */
export const whoHas = (tx: Tx, orderIds: readonly string[], onTrucks: boolean, truckId?: string | null): Promise<WhoHasIt[]> =>
  tx.query<WhoHasIt>(
    `select o.id::text as "orderId", o.correlation_id as "orderKey", j.plant as "plantId", (select plant_id from trucks where id = $3) as "truckPlant"
     from unnest(string_to_array($1::text, E'\\x1e')::bigint[]) as a(id) join orders o on o.id = a.id
     left join lateral (
       select case when j.status = 'moved' then j.moved_to else j.plant_id end as plant from delivery_jobs j
       where j.order_key = o.correlation_id and j.status in ('queued', 'scheduled', 'in_progress', 'moved')
       order by j.status <> 'moved' desc,
         case when $2::boolean then exists (select from loads l where l.order_key = j.order_key and l.plant_id = j.plant_id
           and l.closed_at is null and l.status = 'assigned') else j.status <> 'in_progress' end desc, j.updated_at desc limit 1) j on true`,
    [orderIds.join('\x1e'), onTrucks, truckId ?? null],
  );

export interface BoardRow extends OnTheWay {
  code: string;
  plantId: string;
  driver: string | null;
  capacity: number;
  orderId: string | null;
  loadId: string | null;
  stuck: boolean;
  loaded: boolean;
  poured: number | null;
  batchStartedAt: string | null;
  limitMinutes: number | null;
  reason: string | null;
  requestedWindow: Window | null;
  brokenDown: boolean;
}

/** The trucks of a plant, or all: where each is, with what its order asked for. Uses trucks_plant. */
export const boardRows = (tx: Tx, plantId: string | undefined): Promise<BoardRow[]> =>
  tx.query<BoardRow>(
    `select t.id, t.code, t.plant_id as "plantId", coalesce(d.name, t.driver) as driver, t.capacity, t.status, ${iso('t.phase_since')} as since,
       t.order_id::text as "orderId", t.load_id as "loadId", coalesce(t.distance_miles, 0) as "distanceMiles", t.loaded, t.poured, t.reason,
       t.load_id is not null and coalesce(t.trip->>'stuck' = t.status, false) as stuck, t.phases->>'loading' as "batchStartedAt",
       (t.trip->>'limitMinutes')::int as "limitMinutes", p.broken_since is not null as "brokenDown",
       case when t.load_id is not null and j.requested_start is not null then
         json_build_object('start', ${iso('j.requested_start')}, 'end', j.special->>'requestedEnd') end as "requestedWindow"
     from trucks t left join plants p on p.id = t.plant_id left join drivers d on d.id = t.driver_id left join delivery_jobs j on j.id = t.job_id
     where $1::text is null or t.plant_id = $1 order by t.id limit 5000`,
    [plantId ?? null],
  );

const ms = (from: string, to: string): string =>
  `(extract(epoch from ((l.phases->>'${to}')::timestamptz - (l.phases->>'${from}')::timestamptz)) * 1000)`;

/** By plant, over loads that were assigned in the last hours and are delivered. Uses loads_time. */
export const phaseMeans = (tx: Tx, since: Date): Promise<(PhaseMeans & { plantId: string })[]> =>
  tx.query(
    `select l.plant_id as "plantId", count(*)::int as loads, avg(${ms('loading', 'en_route')})::float as loading,
       coalesce(sum(${ms('en_route', 'at_job_site')}) / nullif(sum(j.distance_miles), 0), 0)::float as "travelPerMile",
       avg(${ms('at_job_site', 'delivering')})::float as at_job_site, avg(${ms('delivering', 'returning')})::float as delivering,
       coalesce(sum(${ms('returning', 'washing')}) / nullif(sum(j.distance_miles), 0), 0)::float as "returnPerMile",
       avg(${ms('washing', 'available')})::float as washing
     from loads l join delivery_jobs j on j.id = l.job_id
     where l.assigned_at >= $1::timestamptz and l.status = 'delivered' and l.closed_at is not null and l.phases->>'available' is not null
       and l.phases->>'washing' is not null and l.phases->>'at_job_site' is not null
     group by l.plant_id`,
    [since.toISOString()],
  );

/** Plants where somebody waits. Uses delivery_jobs_rank and delivery_jobs_due. */
export const plantsThatWait = async (tx: Tx): Promise<string[]> =>
  (
    await tx.query<{ id: string }>(
      `select p.id from plants p where exists (select from delivery_jobs j where j.plant_id = p.id and j.status = 'queued')
         or exists (select from delivery_jobs j where j.plant_id = p.id and j.status = 'scheduled')`,
    )
  ).map(({ id }) => id);
