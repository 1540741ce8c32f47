/**
 * The machine of one process, put together: the database, the actors it hosts, its worker, and the doors for what comes from
 * outside. Knows no order, no truck and no Moleculer.
 */
import type { Actor, AnyActor } from './actor.ts';
import type { Database } from './database.ts';
import { discardDeadLetter, replayDeadLetter } from './dead-letters.ts';
import type { EnqueueOptions } from './decider.ts';
import type { Subscription } from './events.ts';
import { defaultHostSettings, Host, type HostSettings, type Mesh, noMesh } from './host.ts';
import { newId } from './ids.ts';
import { enqueueJobs, type JobType, newJob } from './jobs.ts';
import { type Logger, silent } from './logger.ts';
import type { Vocabulary } from './outgoing.ts';
import type { JobHandler } from './perform.ts';
import { Teller } from './tell.ts';
import { currentHeaders, type Headers, newHeaders } from './trace.ts';
import type { Answer } from './turn.ts';
import { defaultWorkerSettings, Worker, type WorkerSettings } from './worker.ts';

export interface RuntimeOptions {
  database: Database;
  subscriptions: readonly Subscription[];
  jobTypes: readonly JobType[];
  /** Commands that are announced to the mesh as events are. */
  announced?: readonly string[];
  /** Under which this node claims jobs: its node id in the mesh. */
  name: string;
  log?: Logger;
  host?: Partial<HostSettings>;
  worker?: Partial<WorkerSettings>;
  random?: () => number;
  newId?: () => string;
}

export interface TellOptions {
  headers?: Headers;
  once?: { consumer: string; messageId: string };
}

export class Runtime {
  readonly database: Database;
  readonly host: Host;
  readonly worker: Worker;
  readonly vocabulary: Vocabulary;
  readonly log: Logger;
  readonly name: string;
  readonly newId: () => string;
  readonly #teller: Teller;
  #mesh: Mesh = noMesh;
  #stopping: Promise<void> | undefined;

  constructor(options: RuntimeOptions) {
    this.database = options.database;
    this.name = options.name;
    this.log = options.log ?? silent;
    this.newId = options.newId ?? newId;
    this.vocabulary = {
      subscriptions: byEvent(options.subscriptions),
      jobTypes: byType(options.jobTypes),
      announced: new Set(options.announced),
    };
    this.host = new Host(this.database, this.vocabulary, { ...defaultHostSettings, ...options.host }, this.log, {
      newId: this.newId,
      random: options.random ?? Math.random,
    });
    this.worker = new Worker({
      database: this.database,
      settings: { ...defaultWorkerSettings, ...options.worker },
      types: this.vocabulary.jobTypes,
      name: options.name,
      log: this.log,
      ring: (actor, keys) => this.host.ring(actor, keys),
    });
    this.#teller = new Teller(this.database, (actor, keys) => this.host.ring(actor, keys));
    this.connect(noMesh);
  }

  /** Called once by the mixins, when the mesh is there. */
  connect(mesh: Mesh): void {
    this.#mesh = mesh;
    this.host.connect(mesh, (types) => this.#ringJobs(types));
  }

  register(actor: Actor | AnyActor): void {
    this.host.host(actor);
  }

  handle(handler: JobHandler): void {
    this.worker.register(handler);
  }

  start(): void {
    this.host.start();
    this.worker.start();
  }

  /** Takes no new work, finishes what is in flight, and leaves. The database stays open. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      await this.#teller.drain();
      await this.worker.stop();
      await this.host.stop();
      await this.#teller.drain();
    })();
    return this.#stopping;
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /**
   * Durable and asynchronous: resolves when the message is stored.
   * @returns false when `once` had been told before
   * @throws Overloaded when too much waits to be stored
   */
  tell(actor: string, key: string, name: string, payload: unknown, options: TellOptions = {}): Promise<boolean> {
    const headers = options.headers ?? currentHeaders() ?? newHeaders('outside');
    return this.#teller.tell({ actor, key, name, payload, headers, once: options.once });
  }

  /** Runs a turn right here and answers from its transaction. The actor type must be hosted on this node. */
  ask(actor: string, key: string, name: string, payload: unknown, headers?: Headers): Promise<Answer> {
    return this.host.ask(actor, { key, name, payload, headers: headers ?? currentHeaders() ?? newHeaders('outside') });
  }

  /** @returns the ids of the jobs added (a kept unique one is not). @throws UnknownJobType */
  async enqueue(jobs: readonly { type: string; payload: Record<string, unknown>; options?: EnqueueOptions }[]): Promise<string[]> {
    const headers = currentHeaders() ?? newHeaders('outside');
    const now = this.database.now();
    const rows = jobs.map(({ type, payload, options = {} }) => {
      const definition = this.vocabulary.jobTypes.get(type);
      return newJob(
        this.vocabulary.jobTypes,
        { type, payload: (definition?.payload.parse(payload) ?? payload) as typeof payload, options },
        { headers },
        now,
      );
    });
    const ids = await enqueueJobs(this.database, rows);
    this.#ringJobs(new Set(jobs.map(({ type }) => type)));
    return ids;
  }

  async replay(id: string, by: string): Promise<boolean> {
    return this.#freed(await replayDeadLetter(this.database, id, by));
  }

  async discard(id: string, by: string, reason: string): Promise<boolean> {
    return this.#freed(await discardDeadLetter(this.database, id, by, reason));
  }

  #freed(address: { actor: string; key: string } | undefined): boolean {
    if (address) this.host.ring(address.actor, [address.key]);
    return address !== undefined;
  }

  #ringJobs(types: Iterable<string>): void {
    for (const type of types) {
      if (this.worker.works(type)) this.worker.ring();
      else this.#mesh.ringJobs(type);
    }
  }
}

const byEvent = (subscriptions: readonly Subscription[]): Map<string, Subscription[]> => {
  const map = new Map<string, Subscription[]>();
  for (const subscription of subscriptions) {
    const list = map.get(subscription.event);
    if (list) list.push(subscription);
    else map.set(subscription.event, [subscription]);
  }
  return map;
};

const byType = (types: readonly JobType[]): Map<string, JobType> => new Map(types.map((type) => [type.type, type]));
