/**
 * Cron claims: every node's clock ticks, and one statement decides whose tick fires. A firing is keyed by (schedule, time), so
 * it happens once across any number of nodes.
 */
import type { Database } from './database.ts';

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
