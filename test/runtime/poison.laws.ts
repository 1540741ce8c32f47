import { expect, test } from '@jest/globals';
import { listAttention } from '../../runtime/attention.ts';
import { packed } from '../../runtime/trace.ts';
import { oneTo, readableLog, tellAll } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

interface Letter {
  id: string;
  key: string;
  name: string;
  payload: { number: number };
  headers: string;
  error: string;
  stack: string;
  attempts: number;
  state: string;
  reason: string | null;
  by: string | null;
}

export const poisonLaws: Laws = (given) => {
  const letters = () => given().database.query<Letter>('select * from dead_letters order by id');
  const letter = async (): Promise<Letter> => {
    await until(async () => (await given().count('dead_letters', `state = 'open'`)) > 0);
    return (await letters())[0] as Letter;
  };

  test('one poisoned message among 500 costs only its own key', async () => {
    const node = given().node({ start: false, retryBaseMs: 60_000 });
    const keys = oneTo(500).map((number) => `five-hundred-${number}`);
    await Promise.all(keys.map((key, index) => tellAll(node, key, [index === 250 ? { number: 1, throws: 'poison' } : 1])));
    node.start();
    await until(async () => (await given().count('mailbox')) === 1);
    expect(node.host.counts).toMatchObject({ turns: 1, retries: 1, batchRetries: 0 });
    expect(await given().count('ledgers', `key like 'five-hundred-%'`)).toBe(499);
  });

  test('what stood before the poisoned message of its key is kept, and what stands behind it waits', async () => {
    const node = given().node({ start: false, retryBaseMs: 60_000 });
    await tellAll(node, 'kept', [1, 2, { number: 3, throws: 'poison' }, 4, 5]);
    node.start();
    await until(async () => (await given().count('paused')) === 1);
    expect(await given().numbers('kept')).toEqual([1, 2]);
    const waiting = await given().database.query<{ payload: string; attempts: number }>(
      'select payload, attempts from mailbox order by id',
    );
    expect(waiting.map(({ payload, attempts }) => [JSON.parse(payload).number, attempts])).toEqual([
      [3, 1],
      [4, 0],
      [5, 0],
    ]);
  });

  test('a retry holds back the later messages of its key only', async () => {
    const node = given().node({ retryBaseMs: 60_000 });
    await tellAll(node, 'held-back', [{ number: 1, fails: 1 }]);
    await until(async () => (await given().count('paused')) === 1);
    await tellAll(node, 'held-back', [2]);
    await tellAll(node, 'goes-on', [1]);
    await until(async () => (await given().numbers('goes-on')).length === 1);
    node.host.ring('ledger', ['held-back']);
    await tellAll(node, 'goes-on', [2]);
    await until(async () => (await given().numbers('goes-on')).length === 2);
    expect(await given().numbers('held-back')).toEqual([]);
    await given().database.query('update paused set until = now()');
    node.host.ring('ledger', ['held-back']);
    await untilQuiet(given().database);
    expect(await given().numbers('held-back')).toEqual([1, 2]);
    expect(await given().count('paused')).toBe(0);
  });

  test('each retry waits longer than the one before [A68, C30]', async () => {
    const waits: number[] = [];
    const node = given().node({ retryBaseMs: 60, maxAttempts: 5 });
    await tellAll(node, 'longer', [{ number: 1, throws: 'again' }]);
    const seen = new Set<number>();
    await until(
      async () => {
        const rows = await given().database.query<{ wait: string; attempts: number }>(
          'select extract(epoch from p.until - m.sent_at) * 1000 as wait, m.attempts from paused p join mailbox m using (actor, key) where p.until is not null',
        );
        for (const { wait, attempts } of rows) {
          if (!seen.has(attempts)) waits.push(Number(wait));
          seen.add(attempts);
        }
        return (await given().count('dead_letters')) === 1;
      },
      { everyMs: 5 },
    );
    // Half of the full delay is fixed and half is chance: 30–60, 60–120, 120–240, 240–480.
    expect(waits).toHaveLength(4);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThan(60 * 2 ** index * 0.5 - 20);
      expect(wait).toBeLessThan(60 * 2 ** index + 20);
    }
  });

  test('after its attempts a message is a dead letter with its error, stack, payload and headers [C23]', async () => {
    const node = given().node();
    const headers = {
      correlationId: 'c0ffee00-0000-4000-8000-000000000000',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      sender: 'door',
      by: 'ada',
    };
    await node.tell('ledger', 'dead', 'ledger.add', { number: 7, throws: 'it is\u0001 broken' }, { headers });
    expect(await letter()).toMatchObject({
      key: 'dead',
      name: 'ledger.add',
      payload: { number: 7 },
      headers: packed(headers),
      error: 'it is  broken',
      stack: expect.stringContaining('actors.ts'),
      attempts: 3,
    });
  });

  test('each try that fails is logged with what it concerns: the message, the try, its correlation, trace and stack [A67, A68, A70]', async () => {
    const log = readableLog();
    const node = given().node({ log });
    const headers = {
      correlationId: 'c0ffee00-0000-4000-8000-000000000001',
      traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`,
      sender: 'door',
      by: 'ada',
    };
    await node.tell('ledger', 'logged', 'ledger.add', { number: 7, throws: 'it is broken' }, { headers });
    await letter();
    await until(() => log.lines.length >= 3);
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual(
      oneTo(3).map(() => ['error', 'ledger/logged failed on ledger.add: it is broken']),
    );
    expect(log.lines.map(({ fields }) => fields.attempt)).toEqual([1, 2, 3]);
    for (const { fields } of log.lines)
      expect(fields).toMatchObject({ ...headers, message: expect.any(String), stack: expect.stringContaining('actors.ts') });
  });

  test('a parked key holds what follows, and stands under attention [C23, C34]', async () => {
    const node = given().node();
    await tellAll(node, 'parked', [{ number: 1, throws: 'broken' }, 2]);
    const { id } = await letter();
    await tellAll(node, 'parked', [3]);
    await tellAll(node, 'not-parked', [1]);
    await untilQuiet(given().database);
    expect(await given().numbers('parked')).toEqual([]);
    const attention = (await listAttention(given().database)).map(({ since, ...item }) => item);
    expect(attention).toHaveLength(2);
    expect(attention).toContainEqual({ kind: 'dead-letter', id, actor: 'ledger', key: 'parked', reason: 'broken' });
    expect(attention).toContainEqual({ kind: 'parked-actor', id: null, actor: 'ledger', key: 'parked', reason: 'broken' });
  });

  test('a skipped message lets the others go on', async () => {
    const node = given().node({ onPoison: 'skip' });
    await tellAll(node, 'skipped', [1, { number: 2, throws: 'broken' }, 3, { number: 4, throws: 'broken' }, 5]);
    await until(async () => (await given().count('dead_letters')) === 2);
    await untilQuiet(given().database);
    expect(await given().numbers('skipped')).toEqual([1, 3, 5]);
    expect((await listAttention(given().database)).map(({ kind }) => kind)).toEqual(['dead-letter', 'dead-letter']);
    expect(await given().count('paused')).toBe(0);
  });

  test('replayed, it comes before all that waits, and frees its key', async () => {
    const node = given().node();
    await tellAll(node, 'replayed', [1, { number: 2, throws: 'broken' }, 3]);
    const { id } = await letter();
    await tellAll(node, 'replayed', [4]);
    given().cured.add(2);
    expect(await node.replay(id, 'ada')).toBe(true);
    await untilQuiet(given().database);
    expect(await given().numbers('replayed')).toEqual([1, 2, 3, 4]);
    expect(await given().count('paused')).toBe(0);
    expect(await letters()).toMatchObject([{ state: 'replayed', by: 'ada' }]);
  });

  test('replayed twice, it comes once', async () => {
    const node = given().node();
    await tellAll(node, 'twice', [{ number: 1, throws: 'broken' }]);
    const { id } = await letter();
    given().cured.add(1);
    const answers = await Promise.all([node.replay(id, 'ada'), node.replay(id, 'bo')]);
    expect(answers.sort()).toEqual([false, true]);
    expect(await node.replay(id, 'ada')).toBe(false);
    await untilQuiet(given().database);
    expect(await given().numbers('twice')).toEqual([1]);
  });

  test('a message that dies again after a replay is an open letter again', async () => {
    const node = given().node();
    await tellAll(node, 'again', [{ number: 1, throws: 'broken' }, 2]);
    const { id } = await letter();
    await node.replay(id, 'ada');
    await until(async () => (await given().count('paused', 'until is null')) === 1 && (await letters())[0]?.state === 'open');
    expect(await letters()).toHaveLength(1);
    expect(await given().numbers('again')).toEqual([]);
  });

  test('discarded, it keeps its reason, and its key goes on without it', async () => {
    const node = given().node();
    await tellAll(node, 'discarded', [{ number: 1, throws: 'broken' }, 2]);
    const { id } = await letter();
    expect(await node.discard(id, 'ada', 'it was a test')).toBe(true);
    expect(await node.discard(id, 'ada', 'again')).toBe(false);
    expect(await node.replay(id, 'ada')).toBe(false);
    await untilQuiet(given().database);
    expect(await given().numbers('discarded')).toEqual([2]);
    expect(await letters()).toMatchObject([{ state: 'discarded', by: 'ada', reason: 'it was a test' }]);
    expect(await listAttention(given().database)).toEqual([]);
  });

  test('a batch that its data breaks is halved until the culprit stands alone; the others are handled', async () => {
    const node = given().node({ start: false });
    const keys = oneTo(60).map((number) => `halved-${number}`);
    await Promise.all(keys.map((key) => tellAll(node, key, key === 'halved-40' ? [1, 2, { number: -100 }, 4] : [1, 2])));
    node.start();
    const { key, payload, error } = await letter();
    expect({ key, number: payload.number }).toEqual({ key: 'halved-40', number: -100 });
    expect(error).toMatch(/check constraint|Validation/);
    await untilQuiet(given().database);
    for (const other of keys) expect(await given().numbers(other)).toEqual([1, 2]);
    expect(node.host.counts.deadLetters).toBe(1);
  });
};
