/**
 * Cron claims: every node's clock ticks, and one statement decides whose tick fires. A firing is keyed by (schedule, time), so
 * it happens once across any number of nodes; what it did is kept with it.
 */
import { iso, json } from './columns.ts';
import type { Database, Tx } from './database.ts';

/** What to do with the ticks that passed while no node ran: none of them, one for all, or each (up to 100). */
export type CatchUp = 'skip' | 'once' | 'all';

export interface Schedule {
  name: string;
  catchUp: CatchUp;
}

/** @returns true when this node is to fire the schedule's tick at `scheduledAt`; the second asker gets false */
export const claimTick = async (database: Database, schedule: string, scheduledAt: Date, node: string): Promise<boolean> => {
  const rows = await database.query(
    `with claimed as (
       insert into schedules as s (name, last_tick) values ($1, $2::timestamptz)
       on conflict (name) do update set last_tick = excluded.last_tick where s.last_tick < excluded.last_tick and not s.paused
       returning name, last_tick
     )
     insert into schedule_firings (schedule, scheduled_at, node) select name, last_tick, $3 from claimed
     on conflict do nothing returning schedule`,
    [schedule, scheduledAt.toISOString(), node],
  );
  return rows.length > 0;
};

export interface Outcome {
  durationMs: number;
  /** What the run answered: counts, by what was counted. */
  counts?: unknown;
  error?: string;
}

/** Called by the node that fired it, when the run is over. */
export const recordFiring = async (tx: Tx, schedule: string, scheduledAt: Date, { durationMs, counts, error }: Outcome): Promise<void> => {
  await tx.query(
    `update schedule_firings set duration_ms = $3::int, counts = $4::json, error = $5 where schedule = $1 and scheduled_at = $2::timestamptz`,
    [schedule, scheduledAt.toISOString(), Math.round(durationMs), counts === undefined ? null : json(counts), error ?? null],
  );
};

export interface Firing {
  name: string;
  paused: boolean;
  at: string;
  node: string;
  durationMs: number | null;
  counts: Record<string, unknown> | null;
  error: string | null;
  /** Firings within the last hour. */
  lastHour: number;
}

/** The last firing of each schedule that has ever fired. */
export const lastFirings = (tx: Tx): Promise<Firing[]> =>
  tx.query<Firing>(
    `select s.name, s.paused, ${iso('f.scheduled_at')} as at, f.node, f.duration_ms as "durationMs", f.counts, f.error,
       (select count(*)::int from schedule_firings h where h.schedule = s.name and h.scheduled_at > now() - interval '1 hour') as "lastHour"
     from schedules s join lateral (
       select * from schedule_firings where schedule = s.name order by scheduled_at desc limit 1) f on true
     order by s.name`,
  );

/** What the last run of a schedule that came to its end answered. */
export const lastCounts = async <Counts>(tx: Tx, schedule: string): Promise<Counts | undefined> => {
  const [row] = await tx.query<{ counts: Counts }>(
    'select counts from schedule_firings where schedule = $1 and counts is not null order by scheduled_at desc limit 1',
    [schedule],
  );
  return row?.counts;
};

/**
 * The ticks to fire now that were missed since the last claimed one. Called at start, before the clock runs.
 * @param ticksSince the schedule's times in (from, to], oldest first
 */
export const missedTicks = async (
  database: Database,
  schedule: Schedule,
  now: Date,
  ticksSince: (from: Date, to: Date) => Date[],
): Promise<Date[]> => {
  if (schedule.catchUp === 'skip') return [];
  const [row] = await database.query<{ last_tick: Date }>('select last_tick from schedules where name = $1', [schedule.name]);
  if (!row) return [];
  const missed = ticksSince(new Date(row.last_tick), now);
  return schedule.catchUp === 'once' ? missed.slice(-1) : missed.slice(-100);
};
