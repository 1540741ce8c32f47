import { expect, test } from '@jest/globals';
import { z } from 'zod';
import type { UniqueKey } from '../../runtime/decider.ts';
import type { JobType } from '../../runtime/jobs.ts';
import { oneTo } from '../support/actors.ts';
import { until } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const jobTypes: JobType[] = [
  { type: 'write.letter', queue: 'default', payload: z.any(), backoffBaseMs: 60_000 },
  { type: 'write.card', queue: 'default', payload: z.any() },
];

interface JobRow {
  payload: { number: number };
  state: string;
  run_at: Date;
}

export const uniqueJobLaws: Laws = (given) => {
  const jobs = () => given().database.query<JobRow>('select payload, state, run_at from jobs order by id');
  const numbers = async (): Promise<number[]> => (await jobs()).map(({ payload }) => payload.number);
  const idle = () => given().node({ idle: true, jobTypes, start: false });
  const letter = (number: number, unique: Partial<UniqueKey> & Pick<UniqueKey, 'while'>, more = {}) => ({
    type: 'write.letter',
    payload: { number },
    options: { unique: { key: 'ada', ...unique }, ...more },
  });
  const worker = (run: () => Promise<unknown>) =>
    given().node({ idle: true, jobTypes, handlers: [{ type: 'write.letter', run }], worker: { pollMs: 30 } });

  test.each(['pending', 'unfinished', 'window'] as const)(
    'while %s, a second one of the same key is not added; of another key or type it is',
    async (held) => {
      const node = idle();
      expect(await node.enqueue([letter(1, { while: held })])).toHaveLength(1);
      expect(await node.enqueue([letter(2, { while: held })])).toEqual([]);
      expect(
        await node.enqueue([letter(3, { while: held, key: 'bo' }), { ...letter(4, { while: held }), type: 'write.card' }]),
      ).toHaveLength(2);
      expect(await numbers()).toEqual([1, 3, 4]);
    },
  );

  test('within one enqueue too: the first stands, or the last where it replaces', async () => {
    const node = idle();
    await node.enqueue(oneTo(3).map((number) => letter(number, { while: 'pending' })));
    await node.enqueue(oneTo(3).map((number) => letter(number, { while: 'pending', key: 'bo', mode: 'replace' })));
    expect(await numbers()).toEqual([1, 3]);
  });

  test('however many nodes enqueue it at once, it stands once', async () => {
    const nodes = oneTo(3).map(idle);
    await Promise.all(oneTo(12).map((number) => nodes[number % 3]?.enqueue([letter(number, { while: 'unfinished' })])));
    expect(await numbers()).toHaveLength(1);
  });

  test('replace gives the waiting one new words and a new time', async () => {
    const node = idle();
    await node.enqueue([letter(1, { while: 'pending' }, { delayMs: 60_000 })]);
    expect(await node.enqueue([letter(2, { while: 'pending', mode: 'replace' })])).toHaveLength(1);
    expect(await jobs()).toMatchObject([{ payload: { number: 2 }, state: 'available' }]);
  });

  test('debounce begins its delay anew', async () => {
    const node = idle();
    await node.enqueue([letter(1, { while: 'pending', mode: 'debounce' }, { delayMs: 10_000 })]);
    const [first] = await jobs();
    await node.enqueue([letter(2, { while: 'pending', mode: 'debounce' }, { delayMs: 20_000 })]);
    const [second, ...more] = await jobs();
    expect(more).toEqual([]);
    expect(second).toMatchObject({ payload: { number: 2 }, state: 'scheduled' });
    expect(Number(second?.run_at) - Number(first?.run_at)).toBeGreaterThanOrEqual(10_000);
  });

  test('pending is over when it is claimed; unfinished when it has ended; a window when it has passed', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const node = worker(() => held);
    const added = async (held: UniqueKey['while'], number: number, windowMs?: number) =>
      (await node.enqueue([letter(number, { while: held, key: held, windowMs })])).length;
    await Promise.all([added('pending', 1), added('unfinished', 2), added('window', 3)]);
    await until(() => node.worker.inFlight === 3);
    expect(await Promise.all([added('pending', 4), added('unfinished', 5), added('window', 6)])).toEqual([1, 0, 0]);
    go();
    await until(async () => (await given().count('jobs', `state = 'completed'`)) === 4);
    expect(await Promise.all([added('pending', 7), added('unfinished', 8), added('window', 9)])).toEqual([1, 1, 0]);
    // A window of another length is another window, as the next one is.
    expect(await added('window', 10, 1)).toBe(1);
  });

  test('a running one is not replaced', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const node = worker(() => held);
    await node.enqueue([letter(1, { while: 'unfinished', mode: 'replace' })]);
    await until(() => node.worker.inFlight === 1);
    expect(await node.enqueue([letter(2, { while: 'unfinished', mode: 'replace' })])).toEqual([]);
    expect(await numbers()).toEqual([1]);
    go();
  });

  test('one that waits for its next try holds its key', async () => {
    const node = worker(async () => {
      throw new Error('no ink');
    });
    await node.enqueue([letter(1, { while: 'unfinished' })]);
    await until(async () => (await given().count('jobs', `state = 'retryable'`)) === 1);
    expect(await node.enqueue([letter(2, { while: 'unfinished' })])).toEqual([]);
  });

  test('one that is dead gives its key back', async () => {
    const node = worker(async () => {
      throw new Error('no ink');
    });
    await node.enqueue([letter(1, { while: 'unfinished' })]);
    await given().database.query('update jobs set max_attempts = 1');
    await until(async () => (await given().count('jobs', `state in ('dead', 'retryable')`)) === 1);
    await given().database.query(`update jobs set state = 'available', run_at = now() where state = 'retryable'`);
    node.worker.ring();
    await until(async () => (await given().count('jobs', `state = 'dead'`)) === 1);
    expect(await node.enqueue([letter(2, { while: 'unfinished' })])).toHaveLength(1);
  });
};
