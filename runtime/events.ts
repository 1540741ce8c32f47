/**
 * The append-only log of what happened: an order's timeline, the feed for outside systems, and, through the table of
 * subscriptions, what wakes other actors. CloudEvents-shaped. Partitioned by month; old partitions are dropped, never deleted from.
 */
import type { Binds } from './columns.ts';
import type { Tx } from './database.ts';
import type { Headers } from './trace.ts';

export interface LoggedEvent {
  type: string;
  /** When its turn was. */
  at: Date;
  /** The actor that published it. */
  actor: string;
  key: string;
  data: Record<string, unknown>;
  headers: Headers;
}

/** Which event becomes a message, under its own name, to which actor. */
export interface Subscription {
  event: string;
  actor: string;
  /** The receiving actor's key; none means this event is not for it. */
  key(data: Record<string, unknown>): string | undefined;
}

/** An entry of the log: all that one decision said, since each row and its index cost more than what stands in it. */
export interface Entry {
  actor: string;
  key: string;
  /** JSON: [{ type, data }, …]. The view event_log shows each event by itself. */
  said: string;
  correlationId: string;
  causationId: string | undefined;
  traceparent: string;
  by: string | undefined;
}

const ENTRY_COLUMNS = {
  actor: 'text',
  key: 'text',
  said: 'text',
  correlationId: 'uuid',
  causationId: 'bigint',
  traceparent: 'text',
  by: 'text',
};

/** Statement part. */
export const appendEntries = (binds: Binds, entries: readonly Entry[]): string =>
  `insert into events (actor, key, said, correlation_id, causation_id, traceparent, by) select * from ${binds.rows('happened', ENTRY_COLUMNS, entries)}`;

export interface StoredEvent {
  /** `<entry>.<place in it>` */
  id: string;
  at: Date;
  type: string;
  actor: string;
  key: string;
  data: Record<string, unknown>;
  correlationId: string;
  causationId: string | null;
  traceparent: string;
  by: string | null;
}

/** All events of one correlation, in the order they were written. Uses events_correlation. */
export const eventsOf = (tx: Tx, correlationId: string): Promise<StoredEvent[]> =>
  tx.query<StoredEvent>(
    `select id, at, type, actor, key, data, correlation_id as "correlationId", causation_id as "causationId", traceparent, by
     from event_log where correlation_id = $1 order by entry, place`,
    [correlationId],
  );

/** A truck's whole trip in one entry has 2 KB: to compress it cost the server more than to write it as it is. */
const WHOLE = 'toast_tuple_target = 8000';

/**
 * Makes the partitions of this month and the next two, and drops those that ended before the retention.
 * Called at start and by the scheduler every day.
 */
export const keepPartitions = async (tx: Tx, now: Date, retentionMonths: number): Promise<string[]> => {
  for (const ahead of [0, 1, 2]) {
    const month = firstOfMonth(now, ahead);
    await tx.query(
      `create table if not exists ${partitionName(month)} partition of events
       for values from ('${month.toISOString()}') to ('${firstOfMonth(now, ahead + 1).toISOString()}') with (${WHOLE})`,
    );
  }
  const oldest = partitionName(firstOfMonth(now, -retentionMonths));
  const old = await tx.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = to_regclass('events') and c.relname ~ '^events_[0-9]{6}$' and c.relname < $1`,
    [oldest],
  );
  for (const { name } of old) await tx.query(`drop table ${name}`);
  return old.map(({ name }) => name);
};

const firstOfMonth = (now: Date, ahead: number): Date => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
const partitionName = (month: Date): string => `events_${month.getUTCFullYear()}${String(month.getUTCMonth() + 1).padStart(2, '0')}`;
