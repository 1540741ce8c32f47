/**
 * Keeps the short-lived tables short: vacuum is a feature of a queue. The embedded Postgres has no autovacuum at all; a real
 * one looks once a minute, in which a busy mailbox gathers a million dead rows.
 */
import type { Database, Tx } from './database.ts';

/**
 * Called by a host after every so many messages: the mailbox then stays a few megabytes, its pages are used again while they are in memory,
 * and its index stays flat. Never truncates, which would lock it.
 */
export const vacuumMailbox = async (tx: Tx): Promise<void> => {
  await tx.query('vacuum (skip_locked, truncate off, index_cleanup on, parallel 0) mailbox');
};

const HOT_TABLES = ['mailbox', 'timers', 'jobs', 'paused'];

/** Called by the scheduler every minute. A vacuum cannot run inside a transaction, so these stand alone. */
export const vacuumHotTables = async (database: Database): Promise<void> => {
  for (const table of HOT_TABLES) await database.query(`vacuum (analyze, skip_locked) ${table}`);
};

/** Deletes what was kept long enough, in bounded steps. @returns rows deleted by table */
export const forget = async (database: Database): Promise<Record<string, number>> => {
  const steps: Record<string, string> = {
    inbox: `delete from inbox where ctid = any(array(select ctid from inbox where at < now() - interval '7 days' limit 10000))`,
    jobs: `delete from jobs where id = any(array(select id from jobs where finished_at < now() - interval '24 hours' and state in ('completed', 'cancelled') limit 10000))`,
    idempotency_keys: `delete from idempotency_keys where ctid = any(array(select ctid from idempotency_keys where expires_at < now() limit 10000))`,
    schedule_firings: `delete from schedule_firings where ctid = any(array(select ctid from schedule_firings where fired_at < now() - interval '30 days' limit 10000))`,
  };
  const forgotten: Record<string, number> = {};
  for (const [table, sql] of Object.entries(steps)) {
    forgotten[table] = (await database.query(`with gone as (${sql} returning 1) select from gone`)).length;
  }
  return forgotten;
};
