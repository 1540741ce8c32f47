/** What makes an actor type: its words, its rules, where its rows stand, and how patient it is with a poisoned message. */
import type { Tx } from './database.ts';
import type { Context, Decision, Message, Rows, Schemas } from './decider.ts';

export interface Actor<State = unknown, Facts = unknown> {
  /** The first word of its commands, and of the mesh event that rings it (`<type>.mailbox`). */
  type: string;
  messages: Schemas;
  decide(state: State | undefined, message: Message, context: Context<Facts>): Decision<State>;
  /** Called once per turn and key after its messages: what is best decided over all of them together. */
  settle?(state: State, context: Context<Facts>): Decision<State>;
  store: Store<State, Facts>;
  /** When a message has failed for good: hold back what follows it, or go on without it. */
  onPoison: 'park' | 'skip';
  /** Tries before a message becomes a dead letter. Default 5. */
  maxAttempts?: number;
  /** First delay of the exponential backoff. Default 200 ms. */
  retryBaseMs?: number;
}

/** An actor type as the runtime holds it, whatever its state's shape. */
// biome-ignore lint/suspicious/noExplicitAny: one list holds actors of different states; each is used with its own store only
export type AnyActor = Actor<any, any>;

/** SQL in sets: each verb sends a constant number of statements, whatever the size of the batch. */
export interface Store<State, Facts = unknown> {
  /** The table with one row per actor; locking that row is the activation. */
  table: string;
  key: string;
  keyType: 'text' | 'uuid';
  /** Reads the states of `keys` (already locked), their child rows, and what the decisions need to know. */
  load(tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<State, Facts>>;
  /** @throws Raced when a new actor's row is there already */
  save(tx: Tx, changes: Changes<State>): Promise<void>;
}

export interface Loaded<State, Facts> {
  states: Map<string, State>;
  /** Child rows by actor key; absent means none. */
  rows?: Map<string, Rows>;
  facts: Facts;
}

export interface Changes<State> {
  created: { key: string; state: State }[];
  updated: { key: string; state: State }[];
  /** Written child rows of one table, over all keys of the batch. */
  rows<Row>(table: string): ChangedRow<Row>[];
}

export interface ChangedRow<Row> {
  key: string;
  id: string;
  row: Row;
  isNew: boolean;
}
