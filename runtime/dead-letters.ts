/**
 * Dead letters keep their place: a replay puts the message back under its old id, before all that came after it, and frees the
 * key. Nothing is deleted: a letter is open, replayed or discarded (with a reason), and stays for the audit.
 */
import type { Binds } from './columns.ts';
import { json } from './columns.ts';
import type { Database, Tx } from './database.ts';
import type { Message } from './decider.ts';
import { packed } from './trace.ts';

export interface DeadLetter {
  actor: string;
  message: Message;
  error: Error;
}

/** Statement part. A letter that died again after a replay is open again. */
export const insertDeadLetters = (binds: Binds, letters: readonly DeadLetter[]): string =>
  `insert into dead_letters (id, actor, key, name, payload, headers, error, stack, attempts) select * from ${binds.rows(
    'buried',
    {
      id: 'bigint',
      actor: 'text',
      key: 'text',
      name: 'text',
      payload: 'json',
      headers: 'text',
      error: 'text',
      stack: 'text',
      attempts: 'smallint',
    },
    letters.map(({ actor, message, error }) => ({
      id: message.id,
      actor,
      key: message.key,
      name: message.name,
      payload: json(message.payload),
      headers: packed(message.headers),
      error: clean(error.message),
      stack: clean(error.stack ?? ''),
      attempts: message.attempts + 1,
    })),
  )} on conflict (id) do update
  set error = excluded.error, stack = excluded.stack, attempts = excluded.attempts, at = now(), state = 'open'`;

/** Error texts are not ours: no control characters reach the statement. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it removes
const clean = (value: string): string => value.replace(/[\x00-\x08\x0e-\x1f]/g, ' ').slice(0, 8_000);

/** The last resort for a message that no turn can take: straight from the mailbox to the dead letters, its key parked. */
export const buryHead = (tx: Tx, actor: string, key: string, error: Error): Promise<unknown> =>
  tx.query(
    `with head as (
       delete from mailbox where ctid = (select ctid from mailbox where actor = $1 and key = $2 order by id limit 1)
       returning id, actor, key, name, payload, headers, attempts
     ), buried as (
       insert into dead_letters (id, actor, key, name, payload, headers, error, stack, attempts)
       select id, actor, key, name, payload::json, headers, $3, $4, attempts + 1 from head
       on conflict (id) do update set error = excluded.error, stack = excluded.stack, attempts = excluded.attempts, at = now(), state = 'open'
     )
     insert into paused (actor, key, until, reason) select actor, key, null, $3 from head on conflict (actor, key) do update set until = null`,
    [actor, key, clean(error.message), clean(error.stack ?? '')],
  );

export interface DeadLetterRow {
  id: string;
  actor: string;
  key: string;
  name: string;
  payload: unknown;
  error: string;
  stack: string;
  attempts: number;
  at: Date;
  state: 'open' | 'replayed' | 'discarded';
  reason: string | null;
  by: string | null;
}

/** Open letters, oldest first, after a cursor. */
export const listDeadLetters = (database: Database, after: string, limit: number): Promise<DeadLetterRow[]> =>
  database.query<DeadLetterRow>(
    `select id, actor, key, name, payload, error, stack, attempts, at, state, reason, by
     from dead_letters where state = 'open' and id > $1 order by id limit $2`,
    [after, limit],
  );

/** @returns the address to ring; undefined when there is no such open letter */
export const replayDeadLetter = async (database: Database, id: string, by: string): Promise<{ actor: string; key: string } | undefined> => {
  const [address] = await database.query<{ actor: string; key: string }>(
    `with letter as (
       update dead_letters set state = 'replayed', by = $2, resolved_at = now() where id = $1 and state = 'open' returning *
     ), back as (
       insert into mailbox (id, actor, key, name, payload, headers, attempts) overriding system value
       select id, actor, key, name, payload::text, headers, 0 from letter
     ), freed as (
       delete from paused p using letter l where p.actor = l.actor and p.key = l.key and p.until is null
     )
     select actor, key from letter`,
    [id, by],
  );
  return address;
};

/** Gives a letter up, frees its key, and keeps the reason. */
export const discardDeadLetter = async (
  database: Database,
  id: string,
  by: string,
  reason: string,
): Promise<{ actor: string; key: string } | undefined> => {
  const [address] = await database.query<{ actor: string; key: string }>(
    `with letter as (
       update dead_letters set state = 'discarded', by = $2, reason = $3, resolved_at = now()
       where id = $1 and state = 'open' returning *
     ), freed as (
       delete from paused p using letter l where p.actor = l.actor and p.key = l.key and p.until is null
     )
     select actor, key from letter`,
    [id, by, reason],
  );
  return address;
};
