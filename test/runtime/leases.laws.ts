import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { claimJobs, finishJobs } from '../../runtime/claims.ts';
import { enqueueJobs, type JobType, newJob } from '../../runtime/jobs.ts';
import type { JobHandler } from '../../runtime/perform.ts';
import { newHeaders } from '../../runtime/trace.ts';
import { type NodeOptions, oneTo } from '../support/actors.ts';
import { connectionLost, withMishaps } from '../support/mishaps.ts';
import { until } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const weights = { critical: 6, pattern: 2, compliance: 1, default: 1 };
const typesOf = (queues: string[]): JobType[] =>
  queues.map((queue) => ({ type: `work.${queue}`, queue, payload: z.any(), maxAttempts: 2 }));
const jobTypes = typesOf(Object.keys(weights));
const types = jobTypes.map(({ type }) => type);

interface JobRow {
  state: string;
  attempt: number;
  result: unknown;
  last_error: string | null;
  worker: string;
}

export const leaseLaws: Laws = (given) => {
  const jobs = () => given().database.query<JobRow>('select state, attempt, result, last_error, worker from jobs order by id');
  const enqueue = async (queue: string, count = 1, options = {}): Promise<void> => {
    const known = new Map(jobTypes.map((type) => [type.type, type]));
    const from = { actor: 'asker', key: 'a', headers: newHeaders('test') };
    const rows = oneTo(count).map(() => newJob(known, { type: `work.${queue}`, payload: {}, options }, from, given().database.now()));
    await enqueueJobs(given().database, rows);
  };
  const claim = (slots: number, more: { worker?: string; leaseMs?: number; types?: string[] } = {}) =>
    claimJobs(given().database, { queues: weights, types, slots, worker: 'by hand', leaseMs: 60_000, token: crypto.randomUUID(), ...more });
  const shares = (claimed: { type: string }[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { type } of claimed) counts[type.slice(5)] = (counts[type.slice(5)] ?? 0) + 1;
    return counts;
  };
  const worker = (name: string, run: JobHandler['run'], options: NodeOptions = {}) =>
    given().node({
      idle: true,
      name,
      jobTypes,
      handlers: types.map((type) => ({ type, run })),
      ...options,
      worker: { pollMs: 30, ...options.worker },
    });

  test('under saturation each queue has the share of its weight, exactly', async () => {
    for (const queue of Object.keys(weights)) await enqueue(queue, 80);
    expect(shares(await claim(10))).toEqual({ critical: 6, pattern: 2, compliance: 1, default: 1 });
    expect(shares(await claim(100))).toEqual({ critical: 60, pattern: 20, compliance: 10, default: 10 });
  });

  test('what one queue leaves idle flows to the others', async () => {
    await enqueue('critical', 2);
    await enqueue('default', 50);
    expect(shares(await claim(10))).toEqual({ critical: 2, default: 8 });
    await enqueue('pattern', 50);
    expect(shares(await claim(30))).toEqual({ pattern: 20, default: 10 });
  });

  test('a worker claims only what it has handlers for', async () => {
    for (const queue of Object.keys(weights)) await enqueue(queue, 3);
    expect(shares(await claim(10, { types: ['work.pattern'] }))).toEqual({ pattern: 3 });
  });

  test('a lost worker’s job is taken over when its lease has run out, and the loss counts as an attempt', async () => {
    await enqueue('default');
    await claim(1, { worker: 'lost', leaseMs: 50 });
    const heir = worker('heir', async (_, { attempt, lastAttempt }) => ({ attempt, lastAttempt }));
    await until(async () => (await given().count('jobs', `state = 'completed'`)) === 1);
    expect(await jobs()).toMatchObject([{ attempt: 2, worker: 'heir', result: { attempt: 2, lastAttempt: true } }]);
    expect(heir.worker.counts.takenOver).toBe(1);
  });

  test('one that was lost at its last attempt is dead, and its asker is told', async () => {
    await enqueue('default', 1, { reply: 'work.done' });
    await given().database.query('update jobs set max_attempts = 1');
    await claim(1, { worker: 'lost', leaseMs: 1 });
    worker('heir', async () => undefined);
    await until(async () => (await given().count('jobs', `state = 'dead'`)) === 1);
    expect(await jobs()).toMatchObject([{ last_error: 'the worker lost was lost while running it' }]);
    expect(await given().count('mailbox', `actor = 'asker' and payload like '%dead%'`)).toBe(1);
  });

  test('when the mesh reports a node gone, its jobs are taken over at once, and no others', async () => {
    await enqueue('default', 2);
    await claim(1, { worker: 'gone' });
    await claim(1, { worker: 'alive' });
    const heir = worker('heir', async () => undefined, { worker: { pollMs: 60_000 } });
    await heir.worker.takeOver('gone');
    await until(async () => (await given().count('jobs', `state = 'completed'`)) === 1);
    expect(await jobs()).toMatchObject([
      { worker: 'heir', attempt: 2 },
      { worker: 'alive', attempt: 1, state: 'running' },
    ]);
  });

  test('a result that comes after the lease was lost changes nothing, and is counted', async () => {
    let go: (result: string) => void = () => undefined;
    const held = new Promise<string>((resolve) => {
      go = resolve;
    });
    // It cannot renew its lease, as if it were frozen.
    const frozen = withMishaps(given().database, {
      statement: (sql) => {
        if (sql.includes('leased_until = now()') && !sql.includes('with weighed')) throw connectionLost();
      },
    });
    await enqueue('default');
    const slow = worker('slow', () => held, { database: frozen, worker: { leaseMs: 60, pollMs: 60_000 } });
    await until(() => slow.worker.inFlight === 1);
    worker('heir', async () => 'by the heir');
    await until(async () => (await given().count('jobs', `state = 'completed'`)) === 1);
    go('too late');
    await until(() => slow.worker.counts.stale === 1);
    expect(await jobs()).toMatchObject([{ state: 'completed', result: 'by the heir', worker: 'heir' }]);
    expect(slow.worker.counts.completed).toBe(0);
  });

  test('the token fences: the same job, claimed anew, is not ended by the claim before', async () => {
    await enqueue('default');
    const [before] = await claim(1, { worker: 'before', leaseMs: 1 });
    await given().database.query(`update jobs set state = 'available', token = null`);
    const [after] = await claim(1, { worker: 'after' });
    const end = { outcome: 'completed' as const, result: '"late"' };
    const late = await finishJobs(given().database, [{ job: before as NonNullable<typeof before>, end }]);
    expect([...late.ended]).toEqual([]);
    expect(await jobs()).toMatchObject([{ state: 'running', worker: 'after' }]);
    const right = await finishJobs(given().database, [{ job: after as NonNullable<typeof after>, end }]);
    expect([...right.ended]).toEqual([after?.id]);
  });

  test('a long job keeps its lease by its heartbeat', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    await enqueue('default');
    const long = worker('long', () => held, { worker: { leaseMs: 3_000, pollMs: 20 } });
    await until(async () => (await given().count('jobs', `state = 'running'`)) === 1);
    const other = worker('other', async () => 'stolen');
    await until(async () => (await given().count('jobs', `leased_until > started_at + interval '4 seconds'`)) === 1);
    go();
    await until(async () => (await given().count('jobs', `state = 'completed'`)) === 1);
    expect(await jobs()).toMatchObject([{ attempt: 1, worker: 'long', result: null }]);
    expect([long.worker.counts.completed, other.worker.counts.takenOver]).toEqual([1, 0]);
  });

  test('who loses its lease is told by its signal', async () => {
    let reason = '';
    await enqueue('default');
    worker(
      'told',
      (_, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason.message;
            reject(signal.reason);
          }),
        ),
      { worker: { leaseMs: 300, pollMs: 60_000 } },
    );
    await until(async () => (await given().count('jobs', `state = 'running'`)) === 1);
    await given().database.query(`update jobs set token = gen_random_uuid(), worker = 'thief', leased_until = now() + interval '1 hour'`);
    await until(() => reason !== '');
    expect(reason).toBe('its lease was lost to another worker');
    expect(await jobs()).toMatchObject([{ state: 'running', worker: 'thief' }]);
  });
};
