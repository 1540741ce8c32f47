/** One try of one job: its payload checked, its time limited, its end named. Never throws. */
import type { ClaimedJob, JobEnd } from './claims.ts';
import { json } from './columns.ts';
import { backoffMs } from './failure.ts';
import type { JobType } from './jobs.ts';
import { childOf, type Headers, withHeaders } from './trace.ts';

export interface JobContext {
  jobId: string;
  attempt: number;
  lastAttempt: boolean;
  signal: AbortSignal;
  headers: Headers;
}

export interface JobHandler {
  type: string;
  run(payload: Record<string, unknown>, context: JobContext): Promise<unknown>;
}

/** Thrown by a handler for which trying again is no use: the job is dead at once, and its reply says why. */
export class Hopeless extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Hopeless';
  }
}

/** @param abort fires at the job's time-out, and whenever its worker loses it */
export const perform = async (job: ClaimedJob, type: JobType, handler: JobHandler, abort: AbortController): Promise<JobEnd> => {
  const headers = { ...job.headers, traceparent: childOf(job.headers.traceparent), sender: `job/${job.id}` };
  let timer: NodeJS.Timeout | undefined;
  const cutOff = new Promise<never>((_, reject) => {
    timer = setTimeout(() => abort.abort(new Error(`it took longer than ${job.timeoutMs} ms`)), job.timeoutMs);
    abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true });
  });
  try {
    const payload = type.payload.parse(job.payload) as Record<string, unknown>;
    const lastAttempt = job.attempt >= job.maxAttempts;
    const context = { jobId: job.id, attempt: job.attempt, lastAttempt, signal: abort.signal, headers };
    const result = await Promise.race([withHeaders(headers, () => handler.run(payload, context)), cutOff]);
    // Here, where it costs only its own job: one that cannot be written would keep the whole batch from being stored.
    return { outcome: 'completed', result: json(result) };
  } catch (thrown) {
    return failed(job, thrown instanceof Error ? thrown : new Error(String(thrown)));
  } finally {
    clearTimeout(timer);
  }
};

const failed = (job: ClaimedJob, error: Error): JobEnd => {
  const hopeless = error instanceof Hopeless || error.name === 'ZodError';
  if (hopeless || job.attempt >= job.maxAttempts) return { outcome: 'dead', error: error.message };
  return { outcome: 'retryable', error: error.message, delayMs: backoffMs(job.attempt, job.backoffMs, job.backoffMs * 16) };
};
