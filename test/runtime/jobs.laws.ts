import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { enqueueJobs, type JobType, newJob } from '../../runtime/jobs.ts';
import { Hopeless, type JobHandler } from '../../runtime/perform.ts';
import { newHeaders } from '../../runtime/trace.ts';
import { type NodeOptions, oneTo, tellAll } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const letter: JobType = {
  type: 'write.letter',
  queue: 'default',
  payload: z.object({ number: z.number() }),
  backoffBaseMs: 10,
  maxAttempts: 3,
};
const eager = { pollMs: 30 };

interface JobRow {
  id: string;
  state: string;
  attempt: number;
  result: unknown;
  last_error: string | null;
}

export const jobLaws: Laws = (given) => {
  const jobs = () => given().database.query<JobRow>('select id, state, attempt, result, last_error from jobs order by id');
  const worker = (run: JobHandler['run'], { kind, ...options }: NodeOptions & { kind?: Partial<JobType> } = {}) =>
    given().node({
      idle: true,
      jobTypes: [{ ...letter, ...kind }],
      handlers: [{ type: letter.type, run }],
      ...options,
      worker: { ...eager, ...options.worker },
    });
  const one = (number = 1, options = {}) => ({ type: letter.type, payload: { number }, options });
  /** What came back to an actor that nobody hosts. */
  const replies = async () => {
    const rows = await given().database.query<{ payload: string }>(`select payload from mailbox where actor = 'asker' order by id`);
    return rows.map(({ payload }) => JSON.parse(payload));
  };
  const askFor = async (options = {}): Promise<string> => {
    const from = { actor: 'asker', key: 'a', headers: newHeaders('test') };
    const types = new Map([[letter.type, letter]]);
    const job = newJob(types, { ...one(), options: { reply: 'letter.written', ...options } }, from, given().database.now());
    return (await enqueueJobs(given().database, [job]))[0] as string;
  };
  const ended = (count = 1) => until(async () => (await given().count('jobs', `state in ('completed', 'dead')`)) === count);

  test('a job is part of its caller’s transaction: rolled back with it', async () => {
    const job = newJob(new Map([[letter.type, letter]]), one(), { headers: newHeaders('test') }, given().database.now());
    const lost = given().database.transaction(async (tx) => {
      await enqueueJobs(tx, [job]);
      throw new Error('no');
    });
    await expect(lost).rejects.toThrow('no');
    expect(await jobs()).toEqual([]);
  });

  test('each job is run once, however many nodes claim', async () => {
    const ran: number[] = [];
    const run: JobHandler['run'] = async ({ number }) => void ran.push(number as number);
    const nodes = oneTo(3).map(() => worker(run, { worker: { slots: 7, pollMs: 10 } }));
    await Promise.all(oneTo(10).map((round) => nodes[round % 3]?.enqueue(oneTo(30).map((number) => one(round * 100 + number)))));
    await untilQuiet(given().database);
    expect(ran).toHaveLength(300);
    expect(new Set(ran).size).toBe(300);
    expect((await jobs()).every(({ state, attempt }) => state === 'completed' && attempt === 1)).toBe(true);
    expect(nodes.map(({ worker: { counts } }) => counts.completed).reduce((sum, count) => sum + count)).toBe(300);
  });

  test('the more urgent goes first, then the earlier, then the one that was enqueued first', async () => {
    const ran: unknown[] = [];
    const node = worker(async ({ number }) => void ran.push(number), { start: false, worker: { slots: 1 } });
    const past = (ms: number) => ({ runAt: new Date(given().database.now().getTime() - ms) });
    await node.enqueue([
      one(1, past(10)),
      one(2, past(30)),
      one(3, past(30)),
      one(4, { priority: 5, ...past(1) }),
      one(5, { priority: -1, ...past(90) }),
    ]);
    node.start();
    await untilQuiet(given().database);
    expect(ran).toEqual([4, 2, 3, 1, 5]);
  });

  test('a delayed job waits for its time', async () => {
    const node = worker(async () => undefined);
    await node.enqueue([one(1, { delayMs: 60_000 }), one(2, { delayMs: 100 })]);
    expect((await jobs()).map(({ state }) => state)).toEqual(['scheduled', 'scheduled']);
    await ended();
    expect((await jobs()).map(({ state }) => state)).toEqual(['scheduled', 'completed']);
    const [row] = await given().database.query<{ early: boolean }>(
      `select started_at < run_at as early from jobs where state = 'completed'`,
    );
    expect(row?.early).toBe(false);
  });

  test('what it comes to goes back to the actor that asked, with its result', async () => {
    const id = await askFor();
    worker(async ({ number }) => ({ written: number }));
    await ended();
    expect(await replies()).toEqual([{ jobId: id, outcome: 'completed', result: { written: 1 }, error: null }]);
  });

  test('a job ends and its reply is sent in one commit: without the reply it has not ended', async () => {
    await askFor();
    await given().database.query('update jobs set reply_name = null');
    let ran = 0;
    const node = worker(async () => void ran++);
    await until(() => ran === 1);
    await node.stop();
    expect(await jobs()).toMatchObject([{ state: 'running' }]);
    expect(await replies()).toEqual([]);
  });

  test('one that fails is tried again later, until it is dead; its reply says why', async () => {
    const attempts: [number, boolean][] = [];
    const id = await askFor();
    worker(async (_, { attempt, lastAttempt }) => {
      attempts.push([attempt, lastAttempt]);
      throw new Error('no ink');
    });
    await ended();
    expect(attempts).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(await jobs()).toMatchObject([{ state: 'dead', attempt: 3, last_error: 'no ink' }]);
    expect(await replies()).toEqual([{ jobId: id, outcome: 'dead', result: null, error: 'no ink' }]);
  });

  test('one that is hopeless is dead at once, and so is one whose payload is not its type’s', async () => {
    const node = worker(async () => {
      throw new Hopeless('no such address');
    });
    await askFor();
    await given().database.query(`insert into jobs (type, queue, payload, state, max_attempts, timeout_ms, backoff_ms, headers)
      select type, queue, '{"number":"one"}', 'available', max_attempts, timeout_ms, backoff_ms, headers from jobs`);
    node.worker.ring();
    await ended(2);
    expect(await jobs()).toMatchObject([
      { state: 'dead', attempt: 1, last_error: 'no such address' },
      { state: 'dead', attempt: 1 },
    ]);
    expect(await replies()).toMatchObject([{ outcome: 'dead', error: 'no such address' }]);
  });

  test('one that takes too long is told by its signal, and tried again', async () => {
    const reasons: string[] = [];
    const untilAborted = (signal: AbortSignal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason.message);
          reject(signal.reason);
        }),
      );
    const run: JobHandler['run'] = async (_, { signal, attempt }) => (attempt === 1 ? untilAborted(signal) : 'done');
    await worker(run, { kind: { timeoutMs: 60 } }).enqueue([one()]);
    await ended();
    expect(reasons).toEqual(['it took longer than 60 ms']);
    expect(await jobs()).toMatchObject([{ state: 'completed', attempt: 2, result: 'done' }]);
  });

  test('one whose result cannot be written fails alone', async () => {
    const node = worker(async ({ number }) => (number === 2 ? 2n : number), { kind: { maxAttempts: 1 } });
    await node.enqueue([one(1), one(2), one(3)]);
    await ended(3);
    expect((await jobs()).map(({ state }) => state)).toEqual(['completed', 'dead', 'completed']);
  });

  test('a stop lets what runs end, stores it, and claims no more', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    let running = 0;
    const node = worker(
      async () => {
        running++;
        await held;
      },
      { worker: { slots: 2 } },
    );
    await node.enqueue(oneTo(5).map((number) => one(number)));
    await until(() => running === 2);
    const stopped = node.stop();
    go();
    await stopped;
    expect((await jobs()).map(({ state }) => state).sort()).toEqual(['available', 'available', 'available', 'completed', 'completed']);
    expect(running).toBe(2);
  });

  test('what does not end within the drain is aborted, and given back for another node to try', async () => {
    let aborted = '';
    const never = new Promise(() => undefined);
    const node = worker(
      (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason.message;
        });
        return never;
      },
      { worker: { drainMs: 50 } },
    );
    await node.enqueue([one()]);
    await until(() => node.worker.inFlight === 1);
    await node.stop();
    expect(aborted).toBe('this node is stopping');
    expect(await jobs()).toMatchObject([{ state: 'retryable' }]);
  });

  test('a type that nobody registered is refused, at enqueue and at the worker', async () => {
    const node = given().node({ jobTypes: [letter], start: false });
    await expect(node.enqueue([{ type: 'paint.picture', payload: {} }])).rejects.toThrow('paint.picture is not registered');
    expect(() => node.handle({ type: 'paint.picture', run: async () => undefined })).toThrow('paint.picture is not registered');
  });

  test('a payload that is not its type’s is refused at enqueue, by its field', async () => {
    const node = given().node({ jobTypes: [letter], start: false });
    await expect(node.enqueue([{ type: letter.type, payload: { number: 'one' } }])).rejects.toThrow('number');
    expect(await jobs()).toEqual([]);
  });

  test('a type whose queue has no weight is refused with the setting to change', () => {
    const node = given().node({ jobTypes: [{ ...letter, queue: 'slow' }], start: false });
    expect(() => node.handle({ type: letter.type, run: async () => undefined })).toThrow(
      /queue slow, which has no weight: add it to QUEUES/,
    );
  });

  test('an actor’s job and its answer: from the turn, in its commit, and back', async () => {
    const node = given().node({ jobTypes: [letter], handlers: [{ type: letter.type, run: async () => 'written' }], worker: eager });
    const effects = [{ kind: 'enqueue' as const, type: letter.type, payload: { number: 1 }, options: { reply: 'ledger.written' } }];
    await tellAll(node, 'asking', [{ number: 1, effects }]);
    await untilQuiet(given().database);
    expect((await given().lines('asking')).map(({ name }) => name)).toEqual(['ledger.add', 'ledger.written']);
  });
};
