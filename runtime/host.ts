/**
 * Hosts actor types on this node: gathers rings into batches, runs their turns, and afterwards rings, announces and re-tries.
 * While a batch is in flight, what is rung meanwhile gathers: no waiting when idle, large batches under load.
 */
import type { AnyActor } from './actor.ts';
import { Alarms } from './alarms.ts';
import { runHalving } from './batch.ts';
import type { Database } from './database.ts';
import type { LoggedEvent } from './events.ts';
import { failPoint } from './fail-points.ts';
import { backoffMs, pause, retryTransient } from './failure.ts';
import { vacuumMailbox } from './housekeeping.ts';
import { type Lane, Lanes } from './lanes.ts';
import type { Logger } from './logger.ts';
import { type Limits, sweep } from './mailbox.ts';
import type { Vocabulary } from './outgoing.ts';
import { type Answer, type Asked, runAsk, type TurnParts, type TurnResult } from './turn.ts';

/** How the runtime reaches other nodes. What it says may be lost; the sweep makes up for it. */
export interface Mesh {
  /** One of the nodes that host this actor type is to look at these mailboxes. */
  ring(actor: string, keys: string[]): void;
  /** One of the nodes that work this type of job is to claim. */
  ringJobs(type: string): void;
  /** After the commit: these things happened. */
  announce(events: readonly LoggedEvent[]): void;
}

export const noMesh: Mesh = { ring() {}, ringJobs() {}, announce() {} };

export interface HostSettings {
  /** Keys in one batch. */
  batchKeys: number;
  limits: Limits;
  /** Batches in flight per actor type. */
  concurrency: number;
  /** Batches in flight in all. */
  atOnce: number;
  sweepMs: number;
  /** A batch that takes longer is logged. */
  slowMs: number;
  /** Events that are logged as they happen; all are where the log is wordy. */
  milestones: ReadonlySet<string>;
}

export const defaultHostSettings: HostSettings = {
  batchKeys: 1_000,
  limits: { messages: 1_000, messagesPerKey: 500, bytes: 8_000_000 },
  concurrency: 2,
  atOnce: 3,
  sweepMs: 1_000,
  slowMs: 2_000,
  milestones: new Set(),
};

const LATE_MS = 1_000;
const SWEEP_KEYS = 5_000;
/** Messages handled here between two vacuums of the mailbox. */
const VACUUM_EVERY = 10_000;

export class Host {
  readonly counts = { turns: 0, messages: 0, retries: 0, deadLetters: 0, batchRetries: 0 };
  readonly #parts: TurnParts;
  readonly #database: Database;
  readonly #settings: HostSettings;
  readonly #log: Logger;
  readonly #lanes = new Lanes();
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #alarms = new Alarms(() => this.#sweepLater(0));
  readonly #published = new Map<string, (data: Record<string, unknown>) => void>();
  #mesh: Mesh = noMesh;
  #onJobs: (types: Iterable<string>) => void = () => undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  #pumping = false;
  #running = 0;
  #paused = false;
  #untidy = 0;
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(database: Database, vocabulary: Vocabulary, settings: HostSettings, log: Logger, ids: Pick<TurnParts, 'newId' | 'random'>) {
    this.#database = database;
    this.#parts = { database, vocabulary, ...ids };
    this.#settings = settings;
    this.#log = log;
  }

  connect(mesh: Mesh, onJobs: (types: Iterable<string>) => void): void {
    this.#mesh = mesh;
    this.#onJobs = onJobs;
  }

  host(actor: AnyActor): void {
    this.#lanes.add(actor);
  }

  /** Calls back after the commit, on this node, for each event of the type that a turn here published. */
  onPublished(event: string, call: (data: Record<string, unknown>) => void): void {
    this.#published.set(event, call);
  }

  hosts(type: string): boolean {
    return this.#lanes.get(type) !== undefined;
  }

  start(): void {
    if (this.#state === 'running') return;
    this.#state = 'running';
    this.#sweepLater(0);
    this.#pumpSoon();
  }

  /** Takes no more turns, and lets those in flight end. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#sweepTimer);
    this.#alarms.clear();
    await this.#sweeping;
    while (this.#inFlight.size > 0) await Promise.allSettled([...this.#inFlight]);
  }

  /** Begins no more turns until `resume`; those in flight end. For operators and benchmarks. */
  async pause(): Promise<void> {
    this.#paused = true;
    while (this.#inFlight.size > 0) await Promise.allSettled([...this.#inFlight]);
  }

  resume(): void {
    this.#paused = false;
    this.#sweepLater(0);
    this.#pumpSoon();
  }

  /** There is something in these mailboxes: here if this node hosts the type, else by the mesh. */
  ring(type: string, keys: Iterable<string>): void {
    const lane = this.#lanes.get(type);
    if (!lane) {
      this.#mesh.ring(type, [...keys]);
      return;
    }
    this.#lanes.ring(lane, keys);
    this.#pumpSoon();
  }

  /** Runs a turn for one actor right here, behind what waits for it, and gives the decision's answer. */
  async ask(type: string, asked: Omit<Asked, 'id'>): Promise<Answer> {
    const lane = this.#lanes.get(type);
    if (!lane) throw new Error(`this node does not host ${type}`);
    const question = { ...asked, id: this.#parts.newId() };
    let tries = 0;
    for (let attempt = 1; ; attempt++) {
      const { answer, turn } = await retryTransient(() => runAsk(this.#parts, lane.actor, question, this.#settings.limits, tries++ > 0));
      this.#after(lane, turn);
      if (answer.kind !== 'unavailable' || attempt >= 5) return answer;
      await pause(backoffMs(attempt, 20, 200));
    }
  }

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** Starts batches while there is room. What waits meanwhile makes the next one larger. */
  #pump(): void {
    while (this.#state === 'running' && !this.#paused && this.#running < this.#settings.atOnce) {
      const lane = this.#lanes.longestWaiting(this.#settings.concurrency);
      if (!lane) break;
      this.#begin(lane);
    }
    if (this.#lanes.wantsMore(this.#settings.batchKeys)) this.#sweepLater(0);
  }

  #begin(lane: Lane): void {
    const keys = this.#lanes.begin(lane, this.#settings.batchKeys);
    this.#running++;
    const work = this.#run(lane, keys).finally(() => {
      this.#running--;
      this.#lanes.end(lane, keys);
      this.#inFlight.delete(work);
      this.#pumpSoon();
    });
    this.#inFlight.add(work);
  }

  async #run(lane: Lane, keys: string[]): Promise<void> {
    const began = performance.now();
    try {
      await runHalving(this.#parts, lane.actor, keys, this.#settings.limits, (result) => this.#after(lane, result));
      lane.failures = 0;
    } catch (error) {
      this.counts.batchRetries++;
      lane.failures++;
      if (lane.failures > 1) {
        this.#log.warn(`a batch of ${lane.actor.type} is tried again`, { failures: lane.failures, error: (error as Error).message });
      }
      this.#ringAfter(lane.actor.type, keys, backoffMs(lane.failures, 25, 2_000));
    }
    const ms = Math.round(performance.now() - began);
    if (ms >= this.#settings.slowMs) this.#log.warn(`a batch of ${lane.actor.type} took ${ms} ms`, { actors: keys.length, ms });
  }

  #after(lane: Lane, { outgoing, handled, held, unfinished, failures }: TurnResult): void {
    const { type } = lane.actor;
    if (handled > 0) failPoint('turn.committed', type);
    this.counts.turns++;
    this.counts.messages += handled;
    this.#tidy(handled);
    for (const [actor, keys] of outgoing.rings) this.ring(actor, keys);
    const jobTypes = outgoing.jobTypes;
    if (jobTypes.size > 0) this.#onJobs(jobTypes);
    if (outgoing.events.length > 0) this.#announce(outgoing.events);
    for (const timer of outgoing.timers) this.#alarms.set(timer.dueAt, this.#database.now());
    for (const { key, until } of outgoing.retries) this.#ringAfter(type, [key], until.getTime() - this.#database.now().getTime() + 5);
    if (held.length > 0) this.#ringAfter(type, held, 20 + Math.random() * 40);
    if (unfinished.length > 0) this.ring(type, unfinished);
    this.counts.retries += outgoing.retries.length;
    this.counts.deadLetters += outgoing.deadLetters.length;
    for (const { message, error } of failures) this.#report(type, message, error);
  }

  #tidy(handled: number): void {
    this.#untidy += handled;
    if (this.#untidy < VACUUM_EVERY || this.#state !== 'running') return;
    this.#untidy = 0;
    const work = vacuumMailbox(this.#database)
      .catch((error: Error) => this.#log.warn('the mailbox was not vacuumed', { error: error.message }))
      .finally(() => this.#inFlight.delete(work));
    this.#inFlight.add(work);
  }

  #announce(events: readonly LoggedEvent[]): void {
    const { wordy, quiet } = this.#log;
    for (const { type, actor, key, data, headers } of events) {
      if (this.#published.size > 0) this.#published.get(type)?.(data);
      if (quiet) continue;
      const milestone = this.#settings.milestones.has(type);
      if (wordy || milestone) this.#log[milestone ? 'info' : 'debug'](`${actor}/${key}: ${type}`, { ...data, ...headers });
    }
    this.#mesh.announce(events);
  }

  #report(type: string, message: { id: string; key: string; name: string; attempts: number; headers: object }, error: Error): void {
    this.#log.error(`${type}/${message.key} failed on ${message.name}: ${error.message}`, {
      message: message.id,
      attempt: message.attempts + 1,
      ...message.headers,
      stack: error.stack,
    });
  }

  #ringAfter(type: string, keys: string[], delayMs: number): void {
    const timer = setTimeout(() => this.ring(type, keys), Math.max(1, delayMs));
    timer.unref();
  }

  #sweepLater(delayMs: number): void {
    if (this.#state !== 'running' || this.#lanes.types.length === 0) return;
    clearTimeout(this.#sweepTimer);
    this.#sweepTimer = setTimeout(() => this.#sweep(), delayMs);
    this.#sweepTimer.unref();
  }

  #sweep(): void {
    if (this.#sweeping) return;
    this.#sweeping = this.#sweepOnce()
      .catch((error: Error) => this.#log.warn('the sweep failed and goes on', { error: error.message }))
      .finally(() => {
        this.#sweeping = undefined;
        this.#sweepLater(this.#settings.sweepMs * (0.8 + Math.random() * 0.4));
      });
  }

  async #sweepOnce(): Promise<void> {
    const { now, work } = await sweep(this.#database, this.#lanes.types, LATE_MS, SWEEP_KEYS);
    this.#database.hear(now);
    const found = new Map<string, string[]>();
    for (const { actor, key } of work) {
      const keys = found.get(actor);
      if (keys) keys.push(key);
      else found.set(actor, [key]);
    }
    for (const [actor, keys] of found) {
      const lane = this.#lanes.get(actor);
      if (lane) lane.backlog = keys.length >= SWEEP_KEYS;
      this.ring(actor, keys);
    }
  }
}
