/**
 * Tells from outside a turn: gathered while the insert before them is in flight, and inserted together, so that a thousand
 * callers at once cost a few statements. One flush at a time keeps each sender's order. A tell resolves when it is durable.
 */
import { Binds, json } from './columns.ts';
import type { Database } from './database.ts';
import { failPoint } from './fail-points.ts';
import { kindOf, retryTransient } from './failure.ts';
import { type Headers, packed } from './trace.ts';

export interface OutsideTell {
  actor: string;
  key: string;
  name: string;
  payload: unknown;
  headers: Headers;
  /** Says under which name and id the message is known outside: the second one with it is not told. */
  once?: { consumer: string; messageId: string };
}

export class Overloaded extends Error {
  constructor(waiting: number) {
    super(`${waiting} messages wait to be stored: try again later`);
    this.name = 'Overloaded';
  }
}

interface Waiting {
  tell: OutsideTell;
  resolve(stored: boolean): void;
  reject(error: unknown): void;
}

const MAX_WAITING = 20_000;
const MAX_FLUSH = 2_000;

export class Teller {
  readonly #database: Database;
  readonly #ring: (actor: string, keys: Iterable<string>) => void;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;

  constructor(database: Database, ring: (actor: string, keys: Iterable<string>) => void) {
    this.#database = database;
    this.#ring = ring;
  }

  /** @returns false when `once` had been told before. @throws Overloaded; what the database threw after its retries */
  tell(tell: OutsideTell): Promise<boolean> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new Overloaded(this.#waiting.length));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tell, resolve, reject });
      this.#flushing ??= this.#flushAll();
    });
  }

  /** Resolves when nothing waits. */
  async drain(): Promise<void> {
    while (this.#flushing) await this.#flushing;
  }

  /** Ends in the same breath in which it sees that nothing waits: what is told a moment later begins another. */
  async #flushAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#flush(this.#waiting.splice(0, MAX_FLUSH));
    this.#flushing = undefined;
  }

  async #flush(batch: Waiting[]): Promise<void> {
    try {
      const told = await retryTransient(() =>
        insertTells(
          this.#database,
          batch.map(({ tell }) => tell),
        ),
      );
      failPoint('tells.stored');
      const rings = new Map<string, Set<string>>();
      for (const [index, { tell, resolve }] of batch.entries()) {
        const stored = told.has(index);
        if (stored) rings.set(tell.actor, (rings.get(tell.actor) ?? new Set()).add(tell.key));
        resolve(stored);
      }
      for (const [actor, keys] of rings) this.#ring(actor, keys);
    } catch (error) {
      if (batch.length > 1 && kindOf(error) !== 'transient') {
        // One caller's bad value is not to cost the others their message.
        const half = Math.ceil(batch.length / 2);
        await this.#flush(batch.slice(0, half));
        await this.#flush(batch.slice(half));
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}

/** @returns the positions of those that were stored: all but those the inbox had seen */
const insertTells = async (database: Database, tells: readonly OutsideTell[]): Promise<Set<number>> => {
  const binds = new Binds();
  const rows = tells.map((tell, place) => ({
    place,
    actor: tell.actor,
    key: tell.key,
    name: tell.name,
    payload: json(tell.payload),
    headers: packed(tell.headers),
    consumer: tell.once?.consumer,
    messageId: tell.once?.messageId,
  }));
  const told = binds.rows(
    'told',
    {
      place: 'integer',
      actor: 'text',
      key: 'text',
      name: 'text',
      payload: 'text',
      headers: 'text',
      consumer: 'text',
      messageId: 'text',
    },
    rows,
  );
  if (tells.every(({ once }) => !once)) {
    await database.query(
      `insert into mailbox (actor, key, name, payload, headers) select actor, key, name, payload, headers from ${told} order by place`,
      binds.values,
    );
    return new Set(rows.map(({ place }) => place));
  }
  const stored = await database.query<{ place: number }>(
    `with told as materialized (select * from ${told}),
     first as (select distinct on (consumer, messageId) place, consumer, messageId from told where consumer is not null order by consumer, messageId, place),
     seen as (insert into inbox (consumer, message_id) select consumer, messageId from first on conflict do nothing returning consumer, message_id),
     fresh as materialized (
       select t.* from told t where t.consumer is null
         or exists (select from first f join seen s on s.consumer = f.consumer and s.message_id = f.messageId where f.place = t.place)),
     sent as (insert into mailbox (actor, key, name, payload, headers) select actor, key, name, payload, headers from fresh order by place)
     select place from fresh`,
    binds.values,
  );
  return new Set(stored.map(({ place }) => place));
};
