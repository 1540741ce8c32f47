/** The dispatcher's figures, and what of it needs a person: a bounded number of statements, each over an index. */
import type { WaitingReason } from '../../models/dispatch.ts';
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

/** Over the loads assigned since a time; minutes and shares of one. Null where there was none to take it from. */
export interface LoadFigures {
  /** Null: of all plants. */
  plantId: string | null;
  loads: number;
  /** By people. */
  byHand: number;
  poured: number;
  rejected: number;
  cancelled: number;
  /** From when it could have gone until its first truck was assigned. */
  meanWaitMinutes: number | null;
  p90WaitMinutes: number | null;
  loadingMinutes: number | null;
  thereMinutes: number | null;
  atSiteMinutes: number | null;
  pouringMinutes: number | null;
  backMinutes: number | null;
  washingMinutes: number | null;
  cycleMinutes: number | null;
  /** Orders with a window whose first truck has been there, and how many of those were in time, give or take 15 minutes. */
  windows: number;
  onTime: number;
  /** Of all trucks together, under way. */
  tripHours: number;
}

const at = (phase: string): string => `(l.phases->>'${phase}')::timestamptz`;
const minutes = (from: string, to: string): string => `extract(epoch from (${to} - ${from})) / 60`;
const mean = (from: string, to: string): string => `(avg(${minutes(at(from), at(to))}) filter (where l.status = 'delivered'))::float`;
/** A trip may have begun so long before the time that is looked at. */
const LONGEST_TRIP = "interval '6 hours'";

/** The newest so many speak for a time in which there were more: the clock asks every minute, and each costs 45 µs. */
const MOST_LOADS = 5_000;

/** All plants together, and each. An order waits from when it came, or when its window let it go. Uses loads_time. */
export const loadFigures = (tx: Tx, since: Date, plantId: string | undefined, aheadMs: number): Promise<LoadFigures[]> =>
  tx.query<LoadFigures>(
    `with shown as (
       select l.*, l.assigned_at >= $1::timestamptz as inside, j.requested_start,
         coalesce((j.special->>'requestedEnd')::timestamptz, j.requested_start) as requested_end,
         row_number() over (partition by l.job_id order by l.assigned_at, l.number) = 1 and l.seq = 1 as first_sent,
         row_number() over (partition by l.job_id order by ${at('at_job_site')} nulls last) = 1 and l.status = 'delivered' as first_there,
         greatest(0, ${minutes('greatest(j.requested_at, j.requested_start - make_interval(secs => $3::float / 1000))', 'l.assigned_at')}) as wait
       from (
         select * from loads
         where assigned_at >= $1::timestamptz - ${LONGEST_TRIP} and ($2::text is null or plant_id = $2) and coalesce(closed_at, now()) > $1::timestamptz
         order by assigned_at desc limit ${MOST_LOADS}) l
       join delivery_jobs j on j.id = l.job_id)
     select plant_id as "plantId", count(*) filter (where inside)::int as loads, count(*) filter (where inside and by is not null)::int as "byHand",
       coalesce(sum(l.poured) filter (where inside), 0)::float as poured, count(*) filter (where inside and status = 'rejected')::int as rejected,
       count(*) filter (where inside and status = 'cancelled')::int as cancelled,
       (avg(wait) filter (where inside and first_sent))::float as "meanWaitMinutes",
       (percentile_cont(0.9) within group (order by wait) filter (where inside and first_sent))::float as "p90WaitMinutes",
       ${mean('loading', 'en_route')} as "loadingMinutes", ${mean('en_route', 'at_job_site')} as "thereMinutes",
       ${mean('at_job_site', 'delivering')} as "atSiteMinutes", ${mean('delivering', 'returning')} as "pouringMinutes",
       ${mean('returning', 'washing')} as "backMinutes", ${mean('washing', 'available')} as "washingMinutes",
       ${mean('assigned', 'available')} as "cycleMinutes",
       count(*) filter (where first_there and requested_start is not null and ${at('at_job_site')} is not null)::int as windows,
       count(*) filter (where first_there and ${at('at_job_site')} between requested_start - interval '15 minutes' and requested_end + interval '15 minutes')::int as "onTime",
       coalesce(sum(extract(epoch from (coalesce(l.closed_at, now()) - greatest(l.assigned_at, $1::timestamptz)))) / 3600, 0)::float as "tripHours"
     from shown l group by grouping sets ((), (plant_id)) order by plant_id nulls first`,
    [since.toISOString(), plantId ?? null, aheadMs],
  );

export interface Standing {
  plantId: string;
  trucks: Record<string, number> | null;
  waiting: Partial<Record<WaitingReason, number>> | null;
}

/** Now: trucks by status, and who waits by reason. Uses trucks_plant, delivery_jobs_rank and delivery_jobs_due. */
export const standing = (tx: Tx, plantId: string | undefined): Promise<Standing[]> =>
  tx.query<Standing>(
    `select p.id as "plantId",
       (select json_object_agg(status, n) from (select status, count(*) as n from trucks t where t.plant_id = p.id group by status) as t) as trucks,
       (select json_object_agg(reason, n) from (
          select reason, count(*) as n from (
            select coalesce(reason, 'no_truck') as reason from delivery_jobs q where q.plant_id = p.id and q.status = 'queued'
            union all select coalesce(reason, 'not_due') from delivery_jobs s where s.plant_id = p.id and s.status = 'scheduled') as j
          group by reason) as r) as waiting
     from plants p where $1::text is null or p.id = $1 order by p.id`,
    [plantId ?? null],
  );

export interface AttentionItem {
  kind: string;
  actor: string;
  key: string;
  since: string;
  reason: string;
  orderId: string | null;
  plantId: string;
}

/**
 * Trucks that stand too long and loads that get old, as their trucks have said; jobs that wait too long, or for a truck that is out of
 * service; plants that stand still. Oldest first, at most 500 of each kind. A job with a window waits from when it could have gone.
 */
export const dispatchAttention = (tx: Tx, limitMinutes: number, attentionMs: number, aheadMs: number): Promise<AttentionItem[]> =>
  tx.query<AttentionItem>(
    `with waiting as (
       select j.*, greatest(j.requested_at, j.requested_start - make_interval(secs => $3::float / 1000)) as since
       from delivery_jobs j where j.status = 'queued')
     (select 'truck.stuck' as kind, 'truck' as actor, t.id as key, ${iso('t.phase_since')} as since,
        format('truck %s is %s for long', t.code, replace(t.status, '_', ' ')) as reason, t.order_id::text as "orderId", t.plant_id as "plantId"
      from trucks t where t.load_id is not null and t.trip->>'stuck' = t.status order by t.phase_since limit 500)
     union all
     (select 'load.overdue', 'truck', t.id, ${iso(
       `((t.phases->>'loading')::timestamptz + make_interval(mins => coalesce((t.trip->>'limitMinutes')::int, $1::int)))`,
     )}, format('the load on truck %s should be poured by now', t.code), t.order_id::text, t.plant_id
      from trucks t where t.load_id is not null and t.loaded and t.poured is null and t.trip->>'overdue' = 'true' order by t.phase_since limit 500)
     union all
     (select 'dispatch.waiting', 'order', w.order_key::text, ${iso('w.since')},
        format('order %s waits for a truck: %s', w.order_id, coalesce(w.reason, 'no_truck')), w.order_id::text, w.plant_id
      from waiting w where w.since < now() - make_interval(secs => $2::float / 1000) order by w.since limit 500)
     union all
     (select 'dispatch.locked', 'order', w.order_key::text, ${iso('w.since')},
        format('order %s waits for truck %s, which is %s', w.order_id, w.locked_truck_id, coalesce(replace(t.status, '_', ' '), 'not there')),
        w.order_id::text, w.plant_id
      from waiting w left join trucks t on t.id = w.locked_truck_id
      where w.locked_truck_id is not null and (t.id is null or t.status in ('out_of_service', 'on_break') or t.plant_id <> w.plant_id)
      order by w.since limit 500)
     union all
     (select 'plant.broken-down', 'dispatch', p.id, ${iso('p.broken_since')}, coalesce(p.broken_reason, 'it stands still'), null, p.id
      from plants p where p.broken_since is not null order by p.broken_since limit 500)
     order by since`,
    [limitMinutes, attentionMs, aheadMs],
  );
