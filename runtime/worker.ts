/**
 * Workers do: claims jobs for the types this node has handlers for, runs them with a time-out and an AbortSignal, keeps their
 * leases alive, and ends them in batches. A result that comes after its lease was lost changes nothing and is counted.
 */
import { randomUUID } from 'node:crypto';
import { type ClaimedJob, claimJobs, type FinishedJob, finishJobs, renewLeases, takeOverFrom, tendJobs } from './claims.ts';
import type { Database } from './database.ts';
import { failPoint } from './fail-points.ts';
import { retryTransient } from './failure.ts';
import { type JobType, UnknownJobType } from './jobs.ts';
import type { Logger } from './logger.ts';
import { type JobHandler, perform } from './perform.ts';

export interface WorkerSettings {
  /** Jobs at once on this node. */
  slots: number;
  /** Weight by queue: the shares of the slots under saturation. */
  queues: Record<string, number>;
  leaseMs: number;
  pollMs: number;
  /** How long a stop waits for jobs in flight; then their signal fires and their leases run out. */
  drainMs: number;
  /** A job that takes longer is logged. */
  slowMs: number;
}

export const defaultWorkerSettings: WorkerSettings = {
  slots: 100,
  queues: { critical: 6, pattern: 2, compliance: 1, default: 1 },
  leaseMs: 10_000,
  pollMs: 1_000,
  drainMs: 20_000,
  slowMs: 2_000,
};

interface Running {
  job: ClaimedJob;
  abort: AbortController;
}

export class Worker {
  readonly counts = { claimed: 0, completed: 0, retried: 0, dead: 0, stale: 0, takenOver: 0 };
  readonly #database: Database;
  readonly #settings: WorkerSettings;
  readonly #types: ReadonlyMap<string, JobType>;
  readonly #name: string;
  readonly #log: Logger;
  readonly #ring: (actor: string, keys: Iterable<string>) => void;
  readonly #handlers = new Map<string, JobHandler>();
  readonly #running = new Map<string, Running>();
  #finished: FinishedJob[] = [];
  #ending: Promise<void> | undefined;
  #claiming: Promise<void> | undefined;
  #again = false;
  #timers: NodeJS.Timeout[] = [];
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(parts: {
    database: Database;
    settings: WorkerSettings;
    types: ReadonlyMap<string, JobType>;
    name: string;
    log: Logger;
    ring(actor: string, keys: Iterable<string>): void;
  }) {
    this.#database = parts.database;
    this.#settings = parts.settings;
    this.#types = parts.types;
    this.#name = parts.name;
    this.#log = parts.log;
    this.#ring = parts.ring;
  }

  /** @throws UnknownJobType; Error when the type's queue has no weight: such a job would never run */
  register(handler: JobHandler): void {
    const definition = this.#types.get(handler.type);
    if (!definition) throw new UnknownJobType(handler.type, this.#types.keys());
    if (!this.#settings.queues[definition.queue]) {
      throw new Error(
        `job type ${handler.type} uses the queue ${definition.queue}, which has no weight: add it to QUEUES (now ${Object.keys(this.#settings.queues).join(', ')})`,
      );
    }
    this.#handlers.set(handler.type, handler);
  }

  works(type: string): boolean {
    return this.#handlers.has(type);
  }

  get inFlight(): number {
    return this.#running.size;
  }

  start(): void {
    if (this.#state === 'running' || this.#handlers.size === 0) return;
    this.#state = 'running';
    const total = Object.values(this.#settings.queues).reduce((sum, weight) => sum + weight, 0);
    const shares = Object.entries(this.#settings.queues).map(([queue, weight]) => `${queue} ${Math.round((100 * weight) / total)} %`);
    this.#log.info(`worker ${this.#name}: ${[...this.#handlers.keys()].join(', ')}; shares ${shares.join(', ')}`);
    this.#every(this.#settings.pollMs, () => this.#tend());
    this.#every(Math.min(3_000, this.#settings.leaseMs / 3), () => this.#beat());
    this.ring();
  }

  /** Claims no more, waits for what runs (until `drainMs`, then aborts it), and stores what it came to. */
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    await this.#claiming;
    const deadline = Date.now() + this.#settings.drainMs;
    while (this.#running.size > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const { abort } of this.#running.values()) abort.abort(new Error('this node is stopping'));
    while (this.#running.size > 0) await new Promise((resolve) => setImmediate(resolve));
    await this.#ending;
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** There may be work. Called after a commit that enqueued, and by the mesh. */
  ring(): void {
    this.#again = true;
    this.#claiming ??= this.#claimAll();
  }

  /** The mesh reports a node gone. The fence makes it safe to be wrong. */
  async takeOver(worker: string): Promise<void> {
    if (this.#state !== 'running') return;
    const lost = await takeOverFrom(this.#database, worker);
    this.counts.takenOver += lost.length;
    if (lost.length > 0) {
      this.#log.warn(`took over ${lost.length} jobs of ${worker}`);
      this.ring();
    }
  }

  #every(ms: number, work: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(async () => {
      if (busy) return;
      busy = true;
      await work().catch((error: Error) => this.#log.warn('the worker goes on after a failure', { error: error.message }));
      busy = false;
    }, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  async #claimAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#again && this.#state === 'running') {
      this.#again = false;
      const slots = this.#settings.slots - this.#running.size;
      if (slots <= 0) break;
      const jobs = await this.#claim(slots);
      for (const job of jobs) this.#run(job);
      if (jobs.length >= slots) this.#again = true;
    }
    this.#claiming = undefined;
  }

  async #claim(slots: number): Promise<ClaimedJob[]> {
    try {
      const { queues, leaseMs } = this.#settings;
      const types = [...this.#handlers.keys()];
      const jobs = await claimJobs(this.#database, {
        queues,
        types,
        slots,
        worker: this.#name,
        leaseMs,
        token: randomUUID(),
      });
      if (jobs.length > 0) failPoint('jobs.claimed');
      this.counts.claimed += jobs.length;
      return jobs;
    } catch (error) {
      this.#log.warn('claiming jobs failed; the poll tries again', { error: (error as Error).message });
      return [];
    }
  }

  #run(job: ClaimedJob): void {
    const abort = new AbortController();
    this.#running.set(job.id, { job, abort });
    const definition = this.#types.get(job.type) as JobType;
    const began = performance.now();
    void perform(job, definition, this.#handlers.get(job.type) as JobHandler, abort).then((end) => {
      const ms = Math.round(performance.now() - began);
      if (ms >= this.#settings.slowMs) this.#log.warn(`job ${job.type} ${job.id} took ${ms} ms`, { ms, ...job.headers });
      if (end.outcome !== 'completed') this.#report(job, end.error);
      this.#running.delete(job.id);
      this.#finished.push({ job, end });
      this.#ending ??= this.#endAll();
      this.ring();
    });
  }

  #report(job: ClaimedJob, error: string): void {
    this.#log.warn(`job ${job.type} ${job.id} failed on attempt ${job.attempt} of ${job.maxAttempts}: ${error}`, { ...job.headers });
  }

  /** Whatever ends while one statement is in flight goes with the next. */
  async #endAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#finished.length > 0) {
      const batch = this.#finished.splice(0, 500);
      try {
        failPoint('jobs.done');
        const { ended, replies } = await retryTransient(() => finishJobs(this.#database, batch), 8);
        failPoint('jobs.ended');
        this.#tally(batch, ended);
        for (const [actor, keys] of byActor(replies)) this.#ring(actor, keys);
      } catch (error) {
        this.#log.error(`${batch.length} jobs ended and that cannot be stored: their leases will run out`, {
          error: (error as Error).message,
        });
      }
    }
    this.#ending = undefined;
  }

  #tally(batch: readonly FinishedJob[], ended: Set<string>): void {
    for (const { job, end } of batch) {
      if (!ended.has(job.id)) this.counts.stale++;
      else if (end.outcome === 'completed') this.counts.completed++;
      else if (end.outcome === 'retryable') this.counts.retried++;
      else this.counts.dead++;
    }
  }

  async #tend(): Promise<void> {
    const { waiting, takenOver, replies } = await tendJobs(this.#database, [...this.#handlers.keys()]);
    this.counts.takenOver += takenOver.length;
    for (const [actor, keys] of byActor(replies)) this.#ring(actor, keys);
    if (waiting || takenOver.length > 0) this.ring();
  }

  async #beat(): Promise<void> {
    if (this.#running.size === 0) return;
    const running = [...this.#running.values()];
    const renewed = await renewLeases(
      this.#database,
      running.map(({ job }) => ({ id: job.id, token: job.token })),
      this.#settings.leaseMs,
    );
    for (const { job, abort } of running) {
      if (!renewed.has(job.id) && this.#running.has(job.id)) abort.abort(new Error('its lease was lost to another worker'));
    }
  }
}

const byActor = (addresses: readonly { actor: string; key: string }[]): Map<string, Set<string>> => {
  const keys = new Map<string, Set<string>>();
  for (const { actor, key } of addresses) keys.set(actor, (keys.get(actor) ?? new Set()).add(key));
  return keys;
};
