/**
 * Jobs: what touches the outside. Rows are enqueued in the caller's transaction, claimed by weighted queues, and ended by a
 * statement that is fenced with the lease's token and carries the reply message.
 *
 * scheduled | retryable → available → running → completed | retryable | dead; cancelled from any but running.
 */
import type { z } from 'zod';
import { Binds, json } from './columns.ts';
import type { Tx } from './database.ts';
import type { Enqueue, EnqueueOptions } from './decider.ts';
import { type Headers, packed } from './trace.ts';

export interface JobType {
  type: string;
  queue: string;
  payload: z.ZodType;
  /** Tries in all, the first included. Default 5. */
  maxAttempts?: number;
  /** Default 30 s; the handler's AbortSignal fires then. */
  timeoutMs?: number;
  /** Exponential from this, with jitter; capped at 16 times. Default 1 s. */
  backoffBaseMs?: number;
}

export interface NewJob {
  type: string;
  queue: string;
  priority: number;
  payload: string;
  state: 'available' | 'scheduled';
  runAt: Date;
  maxAttempts: number;
  timeoutMs: number;
  backoffMs: number;
  uniqueKey: string | undefined;
  uniqueWhile: string | undefined;
  uniqueMode: string | undefined;
  replyActor: string | undefined;
  replyKey: string | undefined;
  replyName: string | undefined;
  headers: string;
}

export class UnknownJobType extends Error {
  constructor(type: string, known: Iterable<string>) {
    super(`job type ${type} is not registered in models/jobs.ts (known: ${[...known].join(', ')})`);
    this.name = 'UnknownJobType';
  }
}

/** @throws UnknownJobType */
export const newJob = (
  types: ReadonlyMap<string, JobType>,
  { type, payload, options }: Pick<Enqueue, 'type' | 'payload' | 'options'>,
  from: { actor?: string; key?: string; headers: Headers },
  now: Date,
): NewJob => {
  const definition = types.get(type);
  if (!definition) throw new UnknownJobType(type, types.keys());
  const runAt = options.runAt ?? new Date(now.getTime() + (options.delayMs ?? 0));
  return {
    type,
    queue: definition.queue,
    priority: options.priority ?? 0,
    payload: json(payload),
    state: runAt > now ? 'scheduled' : 'available',
    runAt,
    maxAttempts: definition.maxAttempts ?? 5,
    timeoutMs: definition.timeoutMs ?? 30_000,
    backoffMs: definition.backoffBaseMs ?? 1_000,
    ...uniqueness(options, now),
    replyActor: options.reply ? from.actor : undefined,
    replyKey: options.reply ? from.key : undefined,
    replyName: options.reply,
    headers: packed(from.headers),
  };
};

/** A throttle's key carries the number of its window, and is never given back. */
const uniqueness = ({ unique }: EnqueueOptions, now: Date) => ({
  uniqueKey: unique?.while === 'window' ? `${unique.key}#${Math.floor(now.getTime() / (unique.windowMs ?? 60_000))}` : unique?.key,
  uniqueWhile: unique?.while,
  uniqueMode: unique ? (unique.mode ?? 'keep') : undefined,
});

const JOB_COLUMNS = {
  type: 'text',
  queue: 'text',
  priority: 'smallint',
  payload: 'json',
  state: 'text',
  runAt: 'timestamptz',
  maxAttempts: 'smallint',
  timeoutMs: 'integer',
  backoffMs: 'integer',
  uniqueKey: 'text',
  uniqueWhile: 'text',
  uniqueMode: 'text',
  replyActor: 'text',
  replyKey: 'text',
  replyName: 'text',
  headers: 'text',
};

/** Statement part. Uniqueness is the partial unique index jobs_unique; a second one bends the first as its mode says. */
export const insertJobs = (binds: Binds, jobs: readonly NewJob[], returning = ''): string =>
  `insert into jobs (type, queue, priority, payload, state, run_at, max_attempts, timeout_ms, backoff_ms,
     unique_key, unique_while, unique_mode, reply_actor, reply_key, reply_name, headers)
   select * from ${binds.rows('asked', JOB_COLUMNS, distinct(jobs))}
   ${jobs.some(({ uniqueKey }) => uniqueKey !== undefined) ? BEND_THE_FIRST : ''} ${returning}`;

const BEND_THE_FIRST = `on conflict (type, unique_key) where unique_key is not null do update
   set payload = excluded.payload, run_at = excluded.run_at, state = excluded.state, headers = excluded.headers
   where excluded.unique_mode <> 'keep' and jobs.state in ('scheduled', 'available', 'retryable')`;

/** One statement may meet a unique key once only: the first stands, or the last where it replaces. */
const distinct = (jobs: readonly NewJob[]): NewJob[] => {
  const held = new Map<string, NewJob>();
  const plain: NewJob[] = [];
  for (const job of jobs) {
    const slot = `${job.type}\x1e${job.uniqueKey}`;
    if (job.uniqueKey === undefined) plain.push(job);
    else if (!held.has(slot) || job.uniqueMode !== 'keep') held.set(slot, job);
  }
  return [...plain, ...held.values()];
};

/** @returns the ids of the jobs that were added or replaced */
export const enqueueJobs = async (tx: Tx, jobs: readonly NewJob[]): Promise<string[]> => {
  if (jobs.length === 0) return [];
  const binds = new Binds();
  const rows = await tx.query<{ id: string }>(insertJobs(binds, jobs, 'returning id'), binds.values);
  return rows.map(({ id }) => id);
};
