/**
 * Hosts actor types on this node: gathers rings into batches, runs their turns, and afterwards rings, announces and re-tries.
 * While a batch is in flight, what is rung meanwhile gathers: no waiting when idle, large batches under load.
 */
import type { AnyActor } from './actor.ts';
import type { Database } from './database.ts';
import type { LoggedEvent } from './events.ts';
import { failPoint } from './fail-points.ts';
import { backoffMs, kindOf, pause, retryTransient } from './failure.ts';
import { vacuumMailbox } from './housekeeping.ts';
import type { Logger } from './logger.ts';
import { type Limits, sweep } from './mailbox.ts';
import type { Vocabulary } from './outgoing.ts';
import { type Answer, type Asked, runAsk, runBatch, type TurnParts, type TurnResult } from './turn.ts';

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
}

export const defaultHostSettings: HostSettings = {
  batchKeys: 1_000,
  limits: { messages: 1_000, messagesPerKey: 500, bytes: 8_000_000 },
  concurrency: 2,
  atOnce: 2,
  sweepMs: 1_000,
};

/** A key that is busy waits for its batch to end. */
const hasWork = ({ pending, busy }: Lane): boolean => {
  if (pending.size > busy.size) return true;
  for (const key of pending) if (!busy.has(key)) return true;
  return false;
};

const LATE_MS = 1_000;
const SWEEP_KEYS = 5_000;
/** Messages handled here between two vacuums of the mailbox. */
const VACUUM_EVERY = 20_000;
const ALARM_BUCKET_MS = 20;
/** Timers further off are left to the sweep of their time. */
const ALARM_HORIZON_MS = 60_000;

interface Lane {
  actor: AnyActor;
  pending: Set<string>;
  busy: Set<string>;
  running: number;
  /** When its oldest pending key came, on the host's own count. */
  waitingSince: number;
  /** The last sweep did not see the end of this type's backlog. */
  backlog: boolean;
}

export class Host {
  readonly counts = { turns: 0, messages: 0, retries: 0, deadLetters: 0, batchRetries: 0 };
  readonly #parts: TurnParts;
  readonly #database: Database;
  readonly #settings: HostSettings;
  readonly #log: Logger;
  readonly #lanes = new Map<string, Lane>();
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #alarms = new Map<number, NodeJS.Timeout>();
  readonly #published = new Map<string, (data: Record<string, unknown>) => void>();
  #mesh: Mesh = noMesh;
  #onJobs: (types: Iterable<string>) => void = () => undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  #pumping = false;
  #running = 0;
  #paused = false;
  #clock = 0;
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
    this.#lanes.set(actor.type, { actor, pending: new Set(), busy: new Set(), running: 0, waitingSince: 0, backlog: false });
  }

  /** Calls back after the commit, on this node, for each event of the type that a turn here published. */
  onPublished(event: string, call: (data: Record<string, unknown>) => void): void {
    this.#published.set(event, call);
  }

  hosts(type: string): boolean {
    return this.#lanes.has(type);
  }

  get hosted(): AnyActor[] {
    return [...this.#lanes.values()].map(({ actor }) => actor);
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
    for (const alarm of this.#alarms.values()) clearTimeout(alarm);
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
    if (lane.pending.size === 0) lane.waitingSince = ++this.#clock;
    for (const key of keys) lane.pending.add(key);
    this.#pumpSoon();
  }

  /** Runs a turn for one actor right here, behind what waits for it, and gives the decision's answer. */
  async ask(type: string, asked: Asked): Promise<Answer> {
    const lane = this.#lanes.get(type);
    if (!lane) throw new Error(`this node does not host ${type}`);
    for (let attempt = 1; ; attempt++) {
      const { answer, turn } = await retryTransient(() => runAsk(this.#parts, lane.actor, asked, this.#settings.limits));
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

  /** Starts batches while there is room. The type that has waited longest goes first; what waits meanwhile makes its batch larger. */
  #pump(): void {
    while (this.#state === 'running' && !this.#paused && this.#running < this.#settings.atOnce) {
      const lane = this.#longestWaiting();
      if (!lane) break;
      this.#begin(lane, this.#take(lane));
    }
    for (const lane of this.#lanes.values()) {
      if (!lane.backlog || lane.pending.size >= this.#settings.batchKeys) continue;
      lane.backlog = false;
      this.#sweepLater(0);
    }
  }

  #longestWaiting(): Lane | undefined {
    let longest: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.running >= this.#settings.concurrency || !hasWork(lane)) continue;
      if (!longest || lane.waitingSince < longest.waitingSince) longest = lane;
    }
    return longest;
  }

  #begin(lane: Lane, keys: string[]): void {
    lane.running++;
    this.#running++;
    const work = this.#runKeys(lane, keys, this.#settings.limits).finally(() => {
      lane.running--;
      this.#running--;
      for (const key of keys) lane.busy.delete(key);
      this.#inFlight.delete(work);
      this.#pumpSoon();
    });
    this.#inFlight.add(work);
  }

  #take(lane: Lane): string[] {
    const keys: string[] = [];
    for (const key of lane.pending) {
      if (keys.length >= this.#settings.batchKeys) break;
      if (lane.busy.has(key)) continue;
      keys.push(key);
    }
    for (const key of keys) {
      lane.pending.delete(key);
      lane.busy.add(key);
    }
    lane.waitingSince = ++this.#clock;
    return keys;
  }

  /** A batch that fails for its data is halved until the culprit stands alone, and that one is treated as a message that threw. */
  async #runKeys(lane: Lane, keys: string[], limits: Limits, attempt = 1): Promise<void> {
    try {
      this.#after(lane, await runBatch(this.#parts, lane.actor, keys, limits));
    } catch (thrown) {
      const error = thrown as Error;
      this.counts.batchRetries++;
      if (kindOf(error) === 'transient') {
        if (attempt > 1) this.#log.warn(`a batch of ${lane.actor.type} is tried again`, { attempt, error: error.message });
        this.#ringAfter(lane.actor.type, keys, backoffMs(attempt, 25, 1_000));
      } else if (keys.length > 1) {
        const half = Math.ceil(keys.length / 2);
        await this.#runKeys(lane, keys.slice(0, half), limits, attempt);
        await this.#runKeys(lane, keys.slice(half), limits, attempt);
      } else if (limits.messages > 1) {
        await this.#runKeys(lane, keys, { ...limits, messages: 1 }, attempt);
      } else {
        await this.#blame(lane, keys, error);
      }
    }
  }

  async #blame(lane: Lane, keys: string[], error: Error): Promise<void> {
    try {
      this.#after(lane, await runBatch(this.#parts, lane.actor, keys, { ...this.#settings.limits, messages: 1 }, error));
    } catch (again) {
      this.#log.error(`a message for ${lane.actor.type}/${keys[0]} fails and its failure cannot be stored`, { error: (again as Error).message });
      this.#ringAfter(lane.actor.type, keys, 1_000);
    }
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
    for (const timer of outgoing.timers) this.#alarm(timer.dueAt);
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
    if (this.#published.size > 0) for (const { type, data } of events) this.#published.get(type)?.(data);
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

  /** Wakes when a timer that was set here comes due; nodes that die leave it to the others' sweep. */
  #alarm(dueAt: Date): void {
    const delay = dueAt.getTime() - this.#database.now().getTime();
    if (delay > ALARM_HORIZON_MS) return;
    const bucket = Math.ceil(dueAt.getTime() / ALARM_BUCKET_MS);
    if (this.#alarms.has(bucket)) return;
    const alarm = setTimeout(() => {
      this.#alarms.delete(bucket);
      this.#sweepLater(0);
    }, Math.max(1, delay + ALARM_BUCKET_MS));
    alarm.unref();
    this.#alarms.set(bucket, alarm);
  }

  #sweepLater(delayMs: number): void {
    if (this.#state !== 'running' || this.#lanes.size === 0) return;
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
    const { now, work } = await sweep(this.#database, [...this.#lanes.keys()], LATE_MS, SWEEP_KEYS);
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
