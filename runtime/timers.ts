/**
 * Timers are messages due later. They stand in a table of their own until they come due: the mailbox stays short, and a
 * timer's place in the order is the moment it came due. Setting one again replaces it.
 */
import type { Binds } from './columns.ts';

export interface Timer {
  actor: string;
  key: string;
  name: string;
  dueAt: Date;
  payload: string;
  headers: string;
}

const NAMED = { actor: 'text', key: 'text', name: 'text' };

/** Statement part. One timer per (actor, key, name) in `timers`. */
export const setTimers = (binds: Binds, timers: readonly Timer[]): string =>
  `insert into timers (actor, key, name, due_at, payload, headers) select * from ${binds.rows(
    'set',
    { ...NAMED, dueAt: 'timestamptz', payload: 'text', headers: 'text' },
    timers,
  )} on conflict (actor, key, name) do update
  set due_at = excluded.due_at, payload = excluded.payload, headers = excluded.headers`;

/** Statement part. */
export const cancelTimers = (binds: Binds, timers: readonly Pick<Timer, 'actor' | 'key' | 'name'>[]): string =>
  `delete from timers t using ${binds.rows('gone', NAMED, timers)}
  where t.actor = gone.actor and t.key = gone.key and t.name = gone.name`;
