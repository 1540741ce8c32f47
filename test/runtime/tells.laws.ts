import { expect, test } from '@jest/globals';
import { oneTo, tellAll } from '../support/actors.ts';
import { untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

export const tellLaws: Laws = (given) => {
  test('a thousand tells at once cost few statements, and keep the order of each sender', async () => {
    const node = given().node({ start: false });
    const before = given().database.statements;
    const keys = oneTo(10).map((key) => `thousand-${key}`);
    await Promise.all(oneTo(100).flatMap((number) => keys.map((key) => node.tell('ledger', key, 'ledger.add', { number }))));
    expect(given().database.statements - before).toBeLessThanOrEqual(3);
    node.start();
    await untilQuiet(given().database);
    for (const key of keys) expect(await given().numbers(key)).toEqual(oneTo(100));
  });

  test('a tell resolves when it is stored, though no node runs', async () => {
    const node = given().node({ start: false });
    expect(await node.tell('ledger', 'stored', 'ledger.add', { number: 1 })).toBe(true);
    expect(await given().count('mailbox', `key = 'stored'`)).toBe(1);
  });

  test('tells one after the other, each begun the moment the one before has resolved, all resolve', async () => {
    const node = given().node({ start: false });
    for (const round of oneTo(30))
      await Promise.all(oneTo(20).map((key) => node.tell('ledger', `round-${key}`, 'ledger.add', { number: round })));
    expect(await given().count('mailbox')).toBe(600);
  });

  test.each<[string, string, unknown]>([
    ['whose key breaks the set', 'a\u001eb', { number: 1 }],
    ['whose payload is no JSON', 'number', { number: 1n }],
  ])('a bad tell in a gather fails alone: %s', async (_, key, payload) => {
    const node = given().node({ start: false });
    const told = await Promise.allSettled(
      oneTo(40).map((number) => node.tell('ledger', number === 17 ? key : 'among', 'ledger.add', number === 17 ? payload : { number })),
    );
    expect(told.flatMap(({ status }, index) => (status === 'rejected' ? [index + 1] : []))).toEqual([17]);
    expect(await given().count('mailbox')).toBe(39);
    const numbers = await given().database.query<{ payload: string }>('select payload from mailbox order by id');
    expect(numbers.map((row) => JSON.parse(row.payload).number)).toEqual(oneTo(40).filter((number) => number !== 17));
  });

  test('what is told once is told once: in one gather, later, and on another node [C3, C15]', async () => {
    const [here, there] = [given().node({ start: false }), given().node({ host: { sweepMs: 50 } })];
    const told = (node: typeof here, messageId: string, number: number, consumer = 'webhook') =>
      node.tell('ledger', 'once', 'ledger.add', { number }, { once: { consumer, messageId } });
    expect(await Promise.all([told(here, 'a', 1), told(here, 'a', 2), told(here, 'b', 3)])).toEqual([true, false, true]);
    expect(await told(here, 'a', 4)).toBe(false);
    expect(await told(there, 'a', 5)).toBe(false);
    expect(await told(there, 'a', 6, 'another')).toBe(true);
    const both = await Promise.all([told(here, 'c', 7), told(there, 'c', 7)]);
    expect(both.sort()).toEqual([false, true]);
    await untilQuiet(given().database);
    expect(await given().numbers('once')).toEqual([1, 3, 6, 7]);
  });

  test('tells with and without an id keep their order in one gather', async () => {
    const node = given().node();
    await Promise.all(
      oneTo(30).map((number) => {
        const once = number % 3 === 0 ? { once: { consumer: 'mixed', messageId: String(number % 2) } } : {};
        return node.tell('ledger', 'mixed', 'ledger.add', { number }, once);
      }),
    );
    await untilQuiet(given().database);
    expect(await given().numbers('mixed')).toEqual(oneTo(30).filter((number) => number % 3 !== 0 || number === 3 || number === 6));
  });

  test('a node that stops first stores what it was told', async () => {
    const node = given().node({ start: false });
    const told = tellAll(node, 'before-stop', oneTo(50));
    await node.stop();
    await told;
    expect(await given().count('mailbox', `key = 'before-stop'`)).toBe(50);
  });
};
