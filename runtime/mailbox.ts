/**
 * The mailbox: one table of waiting messages, `id` their order. Narrow and short-lived: a row is deleted in the turn that
 * handles it. What waits for a retry, or is parked, stands in `paused` by key, so the mailbox has one index and no state.
 */
import type { Store } from './actor.ts';
import type { Binds } from './columns.ts';
import type { Tx } from './database.ts';
import type { Message } from './decider.ts';
import { Raced } from './failure.ts';
import { unpacked } from './trace.ts';

/** What one batch may take. The first message is taken whatever its size. */
export interface Limits {
  messages: number;
  messagesPerKey: number;
  bytes: number;
}

export interface Activation {
  messages: Message[];
  /** Keys another node has open just now. */
  held: string[];
  /** Keys that may have more waiting than the limits allowed. */
  unfinished: string[];
}

interface TakenRow {
  id: string | null;
  key: string | null;
  name: string;
  payload: string;
  headers: string;
  /** Of the one row without a key: how many messages were chosen. */
  attempts: number;
}

const activations = new Map<string, string>();

/**
 * Locks the state rows of the keys that are free and takes their messages, oldest first: one statement.
 * A key without a row yet is claimed by a transaction-scoped advisory lock instead, so that two nodes do not make it twice;
 * should they still race past each other, the second insert fails as `Raced`.
 * Uses the primary key (actor, key, id) of mailbox once per key, and the primary key of the actor's table.
 * @throws Raced when what is taken would overtake a message that another node has just put back
 */
export const activate = async (
  tx: Tx,
  actor: string,
  store: Pick<Store<unknown>, 'table' | 'key' | 'keyType'>,
  keys: readonly string[],
  limits: Limits,
): Promise<Activation> => {
  let sql = activations.get(actor);
  if (!sql) {
    sql = activationSql(store);
    activations.set(actor, sql);
  }
  const binds = [actor, keys.join('\x1e'), limits.messagesPerKey, limits.messages, limits.bytes];
  const rows = await tx.query<TakenRow>(sql, binds);
  const messages: Message[] = [];
  const held: string[] = [];
  const counts = new Map<string, number>();
  let bytes = 0;
  let chosen = 0;
  for (const row of rows) {
    if (row.id === null) {
      if (row.key === null) chosen = row.attempts;
      else held.push(row.key);
      continue;
    }
    const key = row.key as string;
    messages.push({
      id: row.id,
      key,
      name: row.name,
      payload: JSON.parse(row.payload),
      headers: unpacked(row.headers),
      attempts: row.attempts,
    });
    bytes += Buffer.byteLength(row.payload);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (messages.length < chosen && (await isOvertaking(tx, actor, messages))) throw new Raced(actor);
  const cut = messages.length >= limits.messages || bytes >= limits.bytes;
  const full = [...counts].flatMap(([key, count]) => (count >= limits.messagesPerKey ? [key] : []));
  return { messages, held, unfinished: cut ? [...keys] : full };
};

const activationSql = ({ table, key, keyType }: Pick<Store<unknown>, 'table' | 'key' | 'keyType'>): string => `
with wanted as materialized (
  select w.key from unnest(string_to_array($2::text, E'\\x1e')) as w(key)
  where not exists (select from paused p where p.actor = $1 and p.key = w.key and (p.until is null or p.until > now()))
), locked as materialized (
  select ${key}::text as key from ${table}
  where ${key} = any((select array_agg(key) from wanted)::${keyType}[])
  order by ${key} for update skip locked
), unborn as materialized (
  select w.key from wanted w
  where w.key not in (select key from locked) and (select count(*) from (select from ${table} s where s.${key} = w.key::${keyType} limit 1) seen) = 0
), newborn as materialized (
  select key from unborn where pg_try_advisory_xact_lock(hashtextextended($1 || '/' || key, 0))
), mine as materialized (
  select key from locked union all select key from newborn
), chosen as materialized (
  select ctid from (
    select waiting.ctid, waiting.bytes, sum(waiting.bytes) over (rows unbounded preceding) as total
    from mine cross join lateral (
      select m.ctid, octet_length(m.payload) as bytes
      from mailbox m where m.actor = $1 and m.key = mine.key order by m.id limit $3
    ) waiting limit $4
  ) measured where total - bytes < $5
), taken as (
  delete from mailbox where ctid = any(array(select ctid from chosen))
  returning id, key, name, payload, headers, attempts
)
select id, key, name, payload, headers, attempts from taken
union all
select null, w.key, null, null, null, null from wanted w where w.key not in (select key from mine)
union all
select null, null, null, null, null, count(*)::int from chosen
order by id`;

/**
 * The messages are looked at before their actor is locked. Where another node's turn ended in between, some are gone; should it have put
 * one back for a retry, what came after that one must not be handled before it.
 */
const isOvertaking = async (tx: Tx, actor: string, messages: readonly Message[]): Promise<boolean> => {
  const last = new Map(messages.map(({ key, id }) => [key, id]));
  const older = await tx.query(
    `select from unnest(string_to_array($2::text, E'\\x1e'), string_to_array($3::text, E'\\x1e')::bigint[]) as taken(key, last)
     where exists (select from mailbox m where m.actor = $1 and m.key = taken.key and m.id < taken.last) limit 1`,
    [actor, [...last.keys()].join('\x1e'), [...last.values()].join('\x1e')],
  );
  return older.length > 0;
};

export interface OutgoingMessage {
  actor: string;
  key: string;
  name: string;
  payload: string;
  headers: string;
}

const MESSAGE_COLUMNS = { actor: 'text', key: 'text', name: 'text', payload: 'text', headers: 'text' };

/** Statement part: appends messages, in their order. */
export const insertMessages = (binds: Binds, messages: readonly OutgoingMessage[]): string =>
  `insert into mailbox (actor, key, name, payload, headers) select * from ${binds.rows('sent', MESSAGE_COLUMNS, messages)}`;

export interface ReturnedMessage extends OutgoingMessage {
  id: string;
  attempts: number;
}

/** Statement part: puts messages back at their old place. */
export const returnMessages = (binds: Binds, messages: readonly ReturnedMessage[]): string =>
  `insert into mailbox (id, actor, key, name, payload, headers, attempts) overriding system value select * from ${binds.rows(
    'returned',
    { id: 'bigint', ...MESSAGE_COLUMNS, attempts: 'smallint' },
    messages,
  )}`;

export interface Pause {
  actor: string;
  key: string;
  /** null: parked, until an operator acts. */
  until: Date | null;
  reason: string;
}

/** Statement part: holds a key's messages back. */
export const pauseKeys = (binds: Binds, pauses: readonly Pause[]): string =>
  `insert into paused (actor, key, until, reason) select * from ${binds.rows(
    'held',
    { actor: 'text', key: 'text', until: 'timestamptz', reason: 'text' },
    pauses,
  )} on conflict (actor, key) do update set until = excluded.until, reason = excluded.reason`;

/** Statement part: a retry that went well frees its key. */
export const resumeKeys = (binds: Binds, actor: string, keys: readonly string[]): string =>
  `delete from paused where actor = ${binds.add(actor)} and key = any(string_to_array(${binds.add(keys.join('\x1e'))}::text, E'\\x1e'))`;

/**
 * What has waited for over `lateMs`, and the due timers brought into the mailbox: what a lost ring, a dead node or a busy one
 * left behind. One statement for all actor types a node hosts.
 */
export const sweep = async (
  tx: Tx,
  actors: readonly string[],
  lateMs: number,
  keysPerActor: number,
): Promise<{ now: Date; work: { actor: string; key: string }[] }> => {
  const rows = await tx.query<{ actor: string | null; key: string; now: Date }>(SWEEP, [actors.join('\x1e'), lateMs, keysPerActor]);
  const [clock, ...work] = rows;
  return { now: clock?.now ?? new Date(), work: work as { actor: string; key: string }[] };
};

const SWEEP = `
with hosted as materialized (select h.actor from unnest(string_to_array($1::text, E'\\x1e')) as h(actor)
), due as (
  delete from timers where ctid = any(array(
    select t.ctid from timers t where t.due_at <= now() and t.actor in (select actor from hosted)
    order by t.due_at limit 1000 for update skip locked))
  returning actor, key, name, payload, headers, due_at
), rung as (
  insert into mailbox (actor, key, name, payload, headers)
  select actor, key, name, payload, headers from due order by due_at returning actor, key
), late as (
  select h.actor, m.key from hosted h cross join lateral (
    select distinct m.key from mailbox m
    where m.actor = h.actor and m.sent_at < now() - make_interval(secs => $2::float / 1000)
      and not exists (select from paused p where p.actor = m.actor and p.key = m.key and (p.until is null or p.until > now()))
    order by m.key limit $3
  ) m
)
select null as actor, null as key, clock_timestamp() as now
union all select distinct actor, key, null::timestamptz from rung
union all select actor, key, null::timestamptz from late`;
