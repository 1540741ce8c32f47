/**
 * ONE TURN: all that waits in the mailboxes of a batch of keys, in order, through the pure decider, in one transaction.
 * Statements per batch, whatever its size: begin, activate, load (the store's), save (the store's), send, commit.
 */
import type { Actor, AnyActor, Changes, Loaded } from './actor.ts';
import type { Database, Tx } from './database.ts';
import { type Decision, type Message, Rows } from './decider.ts';
import { failPoint } from './fail-points.ts';
import { backoffMs } from './failure.ts';
import { activate, type Limits } from './mailbox.ts';
import { Outgoing, type Vocabulary } from './outgoing.ts';
import { causedBy, type Headers } from './trace.ts';

export interface TurnParts {
  database: Database;
  vocabulary: Vocabulary;
  newId(): string;
  random(): number;
}

export interface TurnResult {
  outgoing: Outgoing;
  handled: number;
  /** Keys another node has open just now. */
  held: string[];
  /** Keys that may have more waiting than the limits took. */
  unfinished: string[];
  failures: { message: Message; error: Error }[];
}

/** A message that was asked, not sent: it is handled behind what waits, and its decision is the answer. */
export interface Asked {
  /** By which a second try knows that the first one was committed, though nobody heard. */
  id: string;
  key: string;
  name: string;
  payload: unknown;
  headers: Headers;
}

export type Answer =
  | { kind: 'done'; state: unknown }
  | { kind: 'refused'; code: string; data?: Record<string, unknown> }
  | { kind: 'ignored'; reason: string }
  | { kind: 'unavailable'; reason: string };

/** One batch, one transaction. @throws what the database or the store threw: nothing is changed then */
export const runBatch = (parts: TurnParts, actor: AnyActor, keys: readonly string[], limits: Limits, poison?: Error): Promise<TurnResult> =>
  parts.database.transaction(async (tx) => {
    const { messages, held, unfinished } = await activate(tx, actor.type, actor.store, keys, limits);
    const turn = new Turn(parts, actor, poison);
    const failures = await turn.handle(tx, messages);
    return { outgoing: turn.outgoing, handled: turn.handled, held, unfinished, failures };
  });

/**
 * Handles what waits for one actor and then `asked`, in one transaction.
 * @param again whether this is tried a second time: the first may have been committed
 */
export const runAsk = (
  parts: TurnParts,
  actor: AnyActor,
  asked: Asked,
  limits: Limits,
  again: boolean,
): Promise<{ answer: Answer; turn: TurnResult }> =>
  parts.database.transaction(async (tx) => {
    const { table, key, keyType } = actor.store;
    await tx.query(`select from ${table} where ${key} = $1::${keyType} for update`, [asked.key]);
    const turn = new Turn(parts, actor);
    if (again && (await wasAsked(tx, asked.id))) {
      const { states } = await actor.store.load(tx, [asked.key], []);
      const nothing = { outgoing: turn.outgoing, handled: 0, held: [], unfinished: [], failures: [] };
      return { answer: { kind: 'done', state: states.get(asked.key) }, turn: nothing };
    }
    const { messages, held, unfinished } = await activate(tx, actor.type, actor.store, [asked.key], limits);
    const question: Message = { ...asked, id: '', attempts: 0 };
    const blocked =
      (held.length > 0 && 'it is held by another node') ||
      (unfinished.length > 0 && 'it has a backlog') ||
      (await pausedReason(tx, actor.type, asked.key));
    const failures = await turn.handle(tx, blocked ? messages : [...messages, question]);
    const answer: Answer = blocked ? { kind: 'unavailable', reason: blocked } : turn.answerTo(question, failures);
    if (answer.kind === 'done') await tx.query(`insert into inbox (consumer, message_id) values ('ask', $1)`, [asked.id]);
    return { answer, turn: { outgoing: turn.outgoing, handled: turn.handled, held, unfinished, failures } };
  });

const wasAsked = async (tx: Tx, id: string): Promise<boolean> =>
  (await tx.query(`select from inbox where consumer = 'ask' and message_id = $1`, [id])).length > 0;

const pausedReason = async (tx: Tx, actor: string, key: string): Promise<string | undefined> => {
  const [row] = await tx.query<{ reason: string }>(
    'select reason from paused where actor = $1 and key = $2 and (until is null or until > now())',
    [actor, key],
  );
  return row && `it waits behind a message that failed: ${row.reason}`;
};

interface Failure {
  message: Message;
  error: Error;
}

/** A message of this turn; `own` counts the steps by which the actor sent it to itself, within the turn. */
type Queued = Message & { own?: number };

/** Steps an actor may take by itself in one turn: one that never ends talking to itself lets others have theirs. */
const MOST_STEPS = 20;

class Turn {
  handled = 0;
  readonly outgoing: Outgoing;
  readonly #parts: TurnParts;
  readonly #actor: AnyActor;
  readonly #poison: Error | undefined;
  readonly #now: Date;
  readonly #answers = new Map<Message, Answer>();
  readonly #created: { key: string; state: unknown }[] = [];
  readonly #updated: { key: string; state: unknown }[] = [];
  readonly #rows = new Map<string, Rows>();

  constructor(parts: TurnParts, actor: AnyActor, poison?: Error) {
    this.#parts = parts;
    this.#actor = actor;
    this.#poison = poison;
    this.#now = parts.database.now();
    this.outgoing = new Outgoing(parts.vocabulary, actor.type, this.#now);
  }

  async handle(tx: Tx, messages: readonly Message[]): Promise<Failure[]> {
    if (messages.length === 0) return [];
    failPoint('turn.taken', this.#actor.type);
    const byKey = groupByKey(messages);
    const loaded = await this.#actor.store.load(tx, [...byKey.keys()], messages);
    const failures: Failure[] = [];
    for (const [key, waiting] of byKey) failures.push(...this.#foldKey(key, waiting, loaded));
    failPoint('turn.decided', this.#actor.type);
    if (this.#created.length + this.#updated.length + this.#rows.size > 0) await this.#actor.store.save(tx, this.#changes());
    failPoint('turn.saved', this.#actor.type);
    await this.outgoing.write(tx);
    failPoint('turn.sent', this.#actor.type);
    return failures;
  }

  answerTo(question: Message, failures: readonly Failure[]): Answer {
    const failure = failures.find(({ message }) => message === question);
    if (failure) throw failure.error;
    return this.#answers.get(question) ?? { kind: 'unavailable', reason: 'it waits behind a message that failed' };
  }

  /** Folds the decider over one key's messages. What throws stops its own key only: what came before it stands. */
  #foldKey(key: string, messages: readonly Message[], loaded: Loaded<unknown, unknown>): Failure[] {
    const before = loaded.states.get(key);
    const rows = loaded.rows?.get(key) ?? new Rows();
    const context = {
      key,
      now: this.#now,
      newId: this.#parts.newId,
      random: this.#parts.random,
      rows,
      facts: loaded.facts,
    };
    const sender = `${this.#actor.type}/${key}`;
    const failures: Failure[] = [];
    const queue: Queued[] = [...messages];
    let state = before;
    let handled = 0;
    for (let index = 0; index < queue.length; index++) {
      const message = queue[index] as Queued;
      try {
        if (this.#poison) throw this.#poison;
        const decision: Decision<unknown> = this.#actor.decide(state, message, context);
        const headers = message.own ? message.headers : causedBy(message, sender);
        queue.push(...this.#apply(decision, rows, message, headers));
        if (decision.kind === 'done') state = decision.state;
        handled++;
        this.outgoing.resume(message);
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        failures.push({ message, error });
        if (!message.own && this.#fail(message, error)) continue;
        this.#leave(message.own ? queue.slice(index) : queue.slice(index + 1));
        break;
      }
    }
    this.handled += handled;
    if (this.#actor.settle && state !== undefined && handled > 0) {
      const last = messages[messages.length - 1] as Message;
      const decision: Decision<unknown> = this.#actor.settle(state, context);
      this.#leave(this.#apply(decision, rows, last, causedBy(last, sender)));
      if (decision.kind === 'done') state = decision.state;
    }
    if (state !== before) (before === undefined ? this.#created : this.#updated).push({ key, state });
    if (rows.written.size > 0) this.#rows.set(key, rows);
    return failures;
  }

  /** @returns what the actor sends itself: handled in this turn, behind what waits */
  #apply(decision: Decision<unknown>, rows: Rows, message: Queued, headers: Headers): Queued[] {
    const { effects } = decision;
    const own = effects.length > 0 ? this.outgoing.add(message.key, effects, headers) : [];
    for (const effect of effects) if (effect.kind === 'write') rows.write(effect.table, effect.id, effect.row);
    // Settling comes after the answer, and is none.
    if (message.id === '' && !message.own && !this.#answers.has(message)) this.#answers.set(message, answerOf(decision));
    if (own.length === 0) return [];
    const steps = (message.own ?? 0) + 1;
    const queued = own.map((sent) => ({ ...sent, id: message.id, key: message.key, headers, attempts: 0, own: steps }));
    if (steps <= MOST_STEPS) return queued;
    this.#leave(queued);
    return [];
  }

  /** Messages that this turn does not come to: back to their place, or for the first time into the mailbox. */
  #leave(messages: readonly Queued[]): void {
    for (const message of messages) {
      if (message.own) this.outgoing.sendOwn(message.key, message, message.headers);
      else if (message.id) this.outgoing.putBack(message);
    }
  }

  /** @returns true when the key goes on without the message */
  #fail(message: Message, error: Error): boolean {
    if (!message.id) return false;
    const { maxAttempts = 5, retryBaseMs = 200, onPoison } = this.#actor as Actor;
    if (message.attempts + 1 < maxAttempts) {
      const delay = backoffMs(message.attempts + 1, retryBaseMs, 30_000, this.#parts.random);
      this.outgoing.retryLater(message, new Date(this.#now.getTime() + delay), error.message);
      return false;
    }
    this.outgoing.bury(message, error, onPoison === 'park');
    return onPoison === 'skip';
  }

  #changes(): Changes<unknown> {
    return {
      created: this.#created,
      updated: this.#updated,
      rows: <Row>(table: string) =>
        [...this.#rows].flatMap(([key, rows]) =>
          [...(rows.written.get(table) ?? [])].map(([id, { row, isNew }]) => ({ key, id, row: row as Row, isNew })),
        ),
    };
  }
}

const answerOf = (decision: Decision<unknown>): Answer => {
  if (decision.kind === 'done') return { kind: 'done', state: decision.state };
  if (decision.kind === 'ignored') return { kind: 'ignored', reason: decision.reason };
  return { kind: 'refused', code: decision.refusal.code, data: decision.refusal.data };
};

const groupByKey = (messages: readonly Message[]): Map<string, Message[]> => {
  const byKey = new Map<string, Message[]>();
  for (const message of messages) {
    const waiting = byKey.get(message.key);
    if (waiting) waiting.push(message);
    else byKey.set(message.key, [message]);
  }
  return byKey;
};
