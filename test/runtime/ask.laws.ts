import { expect, test } from '@jest/globals';
import { oneTo, tellAll } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

export const askLaws: Laws = (given) => {
  test('is answered from its own transaction, behind what waits', async () => {
    const node = given().node({ start: false });
    await tellAll(node, 'asked', [1, 2, 3]);
    const answer = await node.ask('ledger', 'asked', 'ledger.add', { number: 4 });
    expect(answer).toMatchObject({ kind: 'done', state: { version: 4, total: 10 } });
    expect(await given().numbers('asked')).toEqual([1, 2, 3, 4]);
    expect(await given().count('mailbox')).toBe(0);
  });

  test('is answered by an actor that is not there yet', async () => {
    const node = given().node();
    expect(await node.ask('ledger', 'new', 'ledger.add', { number: 4 })).toMatchObject({ kind: 'done', state: { total: 4 } });
  });

  test('a refusal is an answer with its code, and changes nothing', async () => {
    const node = given().node();
    const answer = await node.ask('ledger', 'refusing', 'ledger.add', { number: 4, refuses: 'ledger.closed' });
    expect(answer).toEqual({ kind: 'refused', code: 'ledger.closed', data: { number: 4 } });
    expect(await given().count('ledgers', `key = 'refusing'`)).toBe(0);
  });

  test('so is having nothing to do', async () => {
    const answer = await given().node().ask('ledger', 'idle', 'ledger.add', { number: 4, ignores: 'it is done already' });
    expect(answer).toEqual({ kind: 'ignored', reason: 'it is done already' });
  });

  test('a question that throws is thrown back, and what waited before it is not lost', async () => {
    const node = given().node({ start: false });
    await tellAll(node, 'thrown-back', [1, 2]);
    await expect(node.ask('ledger', 'thrown-back', 'ledger.add', { number: 3, throws: 'a bug' })).rejects.toThrow('a bug');
    node.start();
    await untilQuiet(given().database);
    expect(await given().numbers('thrown-back')).toEqual([1, 2]);
    expect(await given().count('dead_letters')).toBe(0);
  });

  test('behind a message that fails it is unavailable, and nothing of it happens later', async () => {
    const node = given().node({ retryBaseMs: 60_000 });
    await tellAll(node, 'failing', [{ number: 1, throws: 'poison' }]);
    expect(await node.ask('ledger', 'failing', 'ledger.add', { number: 2 })).toMatchObject({ kind: 'unavailable' });
    given().cured.add(1);
    await given().database.query('delete from paused');
    node.host.ring('ledger', ['failing']);
    await untilQuiet(given().database);
    expect(await given().numbers('failing')).toEqual([1]);
  });

  test('behind a parked key it is unavailable, and says why', async () => {
    const node = given().node();
    await tellAll(node, 'parked', [{ number: 1, throws: 'poison' }]);
    await until(async () => (await given().count('dead_letters')) === 1);
    const answer = await node.ask('ledger', 'parked', 'ledger.add', { number: 2 });
    expect(answer).toEqual({ kind: 'unavailable', reason: expect.stringContaining('poison') });
  });

  test('what it sends goes out with its answer', async () => {
    const node = given().node();
    const effects = [{ kind: 'tell', actor: 'ledger', key: 'sent', name: 'ledger.add', payload: { number: 9 } }];
    await node.ask('ledger', 'sending', 'ledger.add', { number: 1, effects });
    await untilQuiet(given().database);
    expect(await given().numbers('sent')).toEqual([9]);
  });

  test('asks of one key on several nodes at once are answered one after the other', async () => {
    const nodes = oneTo(3).map(() => given().node());
    await nodes[0]?.ask('ledger', 'crowded', 'ledger.add', { number: 1 });
    const answers = await Promise.all(oneTo(12).map((number) => nodes[number % 3]?.ask('ledger', 'crowded', 'ledger.add', { number: 1 })));
    const totals = answers.map((answer) => (answer?.kind === 'done' ? (answer.state as { total: number }).total : answer));
    expect(totals.sort((a, b) => Number(a) - Number(b))).toEqual(oneTo(13).slice(1));
    expect(given().overlaps).toEqual([]);
  });

  test('a node that does not host the actor says so', async () => {
    await expect(given().node({ idle: true }).ask('ledger', 'a', 'ledger.add', {})).rejects.toThrow('does not host ledger');
  });
};
