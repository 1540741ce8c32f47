/**
 * The contract between an actor's rules and the machine that runs them.
 *
 * A decider is a pure function: state, message and context in, a decision out. It never awaits, reads a clock, draws a
 * number or touches a store; time, ids and chance come in with the context, and everything it wants done goes out as an
 * effect. The turn (`turn.ts`) carries the effects out in the one transaction that also saves the state.
 */
import type { z } from 'zod';
import type { Headers } from './trace.ts';

export type Schemas = Record<string, z.ZodType>;

/** The union of messages that a table of schemas describes, discriminated by name. */
export type MessageOf<S extends Schemas> = { [N in keyof S & string]: { name: N; payload: z.output<S[N]> } }[keyof S & string];

/** A message as it lies in a mailbox. `id` is its place in the order of handling; empty for one that is asked. */
export interface Message<N extends string = string, P = unknown> {
  id: string;
  key: string;
  name: N;
  payload: P;
  headers: Headers;
  attempts: number;
}

export interface Context<Facts = unknown> {
  key: string;
  /** The database's time, the same for the whole turn. */
  now: Date;
  newId(): string;
  /** A number in [0, 1). */
  random(): number;
  /** The actor's child rows, as this turn has left them. */
  rows: Rows;
  /** What the store read of other actors' rows: may be stale. */
  facts: Facts;
}

export interface Refusal {
  code: string;
  detail?: string;
  data?: Record<string, unknown>;
}

/** Whose work an effect belongs to, where it is not the message's that caused it. */
export interface Trace {
  correlationId: string;
  traceparent: string;
}
interface Traced {
  trace?: Trace;
}

export interface Tell extends Traced {
  kind: 'tell';
  actor: string;
  key: string;
  name: string;
  payload: unknown;
}
export interface Publish extends Traced {
  kind: 'publish';
  type: string;
  data: Record<string, unknown>;
}
export interface Enqueue extends Traced {
  kind: 'enqueue';
  type: string;
  payload: Record<string, unknown>;
  options: EnqueueOptions;
}
export interface SetTimer extends Traced {
  kind: 'setTimer';
  name: string;
  dueAt: Date;
  payload: unknown;
}
export interface CancelTimer {
  kind: 'cancelTimer';
  name: string;
}
export interface Write {
  kind: 'write';
  table: string;
  id: string;
  row: unknown;
}
export type Effect = Tell | Publish | Enqueue | SetTimer | CancelTimer | Write;

export interface EnqueueOptions {
  /** The message that brings the job's outcome back to the actor, in the commit that ends the job. */
  reply?: string;
  delayMs?: number;
  runAt?: Date;
  priority?: number;
  unique?: UniqueKey;
}

/**
 * While a job holds its key, a second one of the same type and key is not added.
 * `while`: `pending` until it is claimed, `unfinished` until it has ended, `window` (a throttle) until `windowMs` is over.
 * `mode`: what the second one does to the first while that has not been claimed: `keep` it, `replace` its payload and time, or
 * `debounce` (replace, so that its delay starts anew).
 */
export interface UniqueKey {
  key: string;
  while: 'pending' | 'unfinished' | 'window';
  mode?: 'keep' | 'replace' | 'debounce';
  windowMs?: number;
}

export type Decision<State> =
  | { kind: 'done'; state: State; effects: readonly Effect[] }
  | { kind: 'refused'; refusal: Refusal; effects: readonly Effect[] }
  | { kind: 'ignored'; reason: string; effects: readonly Effect[] };

/** The message is handled: this is the new state, and this is to be done. */
export const done = <State>(state: State, ...effects: (Effect | Effect[] | undefined)[]): Decision<State> => {
  const all: Effect[] = [];
  for (const effect of effects) {
    if (Array.isArray(effect)) all.push(...effect);
    else if (effect !== undefined) all.push(effect);
  }
  return { kind: 'done', state, effects: all };
};

/** The rules say no. The message is handled; who asked gets the code. Effects may record the refusal. */
export const refuse = (code: string, data?: Record<string, unknown>, ...effects: Effect[]): Decision<never> => ({
  kind: 'refused',
  refusal: { code, data },
  effects,
});

/** Nothing is to be done: a repeat, a late timer, news of something past. */
export const ignore = (reason: string, ...effects: Effect[]): Decision<never> => ({ kind: 'ignored', reason, effects });

export const tell = (actor: string, key: string, name: string, payload: unknown): Tell => ({
  kind: 'tell',
  actor,
  key,
  name,
  payload,
});
export const publish = (type: string, data: Record<string, unknown>): Publish => ({ kind: 'publish', type, data });
export const enqueue = (type: string, payload: Record<string, unknown>, options: EnqueueOptions = {}): Enqueue => ({
  kind: 'enqueue',
  type,
  payload,
  options,
});
export const setTimer = (name: string, dueAt: Date, payload: unknown): SetTimer => ({
  kind: 'setTimer',
  name,
  dueAt,
  payload,
});
export const cancelTimer = (name: string): CancelTimer => ({ kind: 'cancelTimer', name });
/** Makes effects part of another trace: for what one decision does on behalf of several. */
export const inTrace = (trace: Trace, ...effects: Effect[]): Effect[] => effects.map((effect) => ({ ...effect, trace }));
/** Saves a child row of the actor (a reservation, a load); `context.rows` shows it to the messages that follow. */
export const write = (table: string, id: string, row: unknown): Write => ({ kind: 'write', table, id, row });

/** One actor's child rows during a turn: what the store loaded, overlaid with what was written since. */
export class Rows {
  readonly #tables = new Map<string, Map<string, unknown>>();
  readonly #written = new Map<string, Map<string, WrittenRow>>();

  /** Called by stores while they load. */
  loaded(table: string, id: string, row: unknown): void {
    into(this.#tables, table).set(id, row);
  }

  get<Row>(table: string, id: string): Row | undefined {
    return this.#tables.get(table)?.get(id) as Row | undefined;
  }

  all<Row>(table: string): Row[] {
    return [...(this.#tables.get(table)?.values() ?? [])] as Row[];
  }

  /** Called by the turn for each write of a decision that stands. */
  write(table: string, id: string, row: unknown): void {
    const rows = into(this.#tables, table);
    const written = into(this.#written, table);
    written.set(id, { row, isNew: written.get(id)?.isNew ?? !rows.has(id) });
    rows.set(id, row);
  }

  get written(): ReadonlyMap<string, ReadonlyMap<string, WrittenRow>> {
    return this.#written;
  }
}

/** A row as the store saves it: inserted when it was not there at the turn's beginning, else updated. */
export interface WrittenRow {
  row: unknown;
  isNew: boolean;
}

const into = <Row>(tables: Map<string, Map<string, Row>>, table: string): Map<string, Row> => {
  let rows = tables.get(table);
  if (!rows) {
    rows = new Map();
    tables.set(table, rows);
  }
  return rows;
};
