/** What a simulated world is made of, and what can be seen of it. */
import type { Effect, Enqueue, Message, Rows, Schemas } from './decider.ts';
import type { Subscription } from './events.ts';
import type { Shelves } from './simulator.shelves.ts';
import type { FoldedTurn, Rules } from './simulator.turn.ts';

/** An actor's definition as it is given to the runtime will do; `rows`, `facts` and `keep` stand for its store. */
export interface SimulatedActor<State = unknown, Facts = unknown> extends Rules<State, Facts> {
  type: string;
  /** Its words: what does not fit them ends the run with an error. */
  messages?: Schemas;
  /** The child rows that its store would load for these messages; without it, all. */
  rows?(key: string, messages: readonly Message[], shelves: Shelves, now: Date): Rows;
  /** What its store would read of others. Copies: what it reads must not change while the turn is open. */
  facts?(key: string, messages: readonly Message[], rows: Rows, shelves: Shelves, now: Date): Facts;
  /** What its store keeps of a state; without it, all. */
  keep?(state: State, before: State | undefined): State;
}

/** What the laws allow to go wrong, and no more. */
export interface Faults {
  /** Share of turns that crash before they commit, and are repeated. */
  crash?: number;
  /** Mail waits up to so long before its actor's turn. */
  delayMs?: number;
  /** A turn is open up to so long: what others commit meanwhile, it has not read. */
  turnMs?: number;
  /** Share of what is told from outside that comes twice. Between actors nothing does. */
  duplicate?: number;
}

export interface SimulatedEvent {
  at: Date;
  /** Who published it. */
  actor: string;
  key: string;
  type: string;
  data: Record<string, unknown>;
}

/** A turn that was committed: what it decided, and the child rows it wrote. */
export interface Committed extends Pick<FoldedTurn, 'rows' | 'decisions'> {
  at: Date;
  actor: string;
  key: string;
}

export interface SimulatorParts {
  // biome-ignore lint/suspicious/noExplicitAny: one list holds actors of different states; each is used with its own shelf only
  actors: readonly SimulatedActor<any, any>[];
  subscriptions: readonly Subscription[];
  seed: number;
  start: Date;
  faults?: Faults;
  /** A job's work. `answer` brings its outcome back, as the worker's reply would. Without it jobs are only listed in `jobs`. */
  onJob?(job: Enqueue, answer: (payload: unknown) => void): void;
}

export type Sent<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;
