import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { enqueue, publish, tell } from '../../runtime/decider.ts';
import { runBatch } from '../../runtime/turn.ts';
import { ledgerActor, oneTo, type Saying, tellAll } from '../support/actors.ts';
import { until } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const limits = { messages: 1_000, messagesPerKey: 1_000, bytes: 8_000_000 };
const jobTypes = [{ type: 'write.letter', queue: 'default', payload: z.any() }];
const everything = [tell('elsewhere', 'a', 'ledger.add', {}), enqueue('write.letter', { to: 'Ada' }), publish('ledger.changed', { by: 1 })];

export const batchLaws: Laws = (given) => {
  /** Statements of one batch over these keys, each with so many messages waiting. */
  const statementsOf = async (title: string, keys: number, each: number, saying: Omit<Saying, 'number'> = {}): Promise<number> => {
    const node = given().node({ start: false, jobTypes });
    const names = oneTo(keys).map((key) => `${title}-${keys}-${each}-${key}`);
    await Promise.all(
      names.map((key) =>
        tellAll(
          node,
          key,
          oneTo(each).map((number) => ({ number, ...saying })),
        ),
      ),
    );
    const parts = { database: node.database, vocabulary: node.vocabulary, newId: node.newId, random: Math.random };
    const before = given().database.statements;
    const result = await runBatch(parts, ledgerActor(given().hands('by hand'), { maxAttempts: 5 }), names, limits);
    // Of those that fail, what stands behind waits.
    expect(result.handled + result.failures.length).toBe(saying.throws ? keys : keys * each);
    return given().database.statements - before;
  };

  test('a batch costs the same statements for 1 and for 500 messages, for 1 key and for 200 [C31, E51]', async () => {
    const sayings: [string, Omit<Saying, 'number'>][] = [
      ['new', {}],
      ['sending', { effects: everything }],
      ['setting timers', { remind: { name: 'ledger.reminder', inMs: 60_000, number: 1 } }],
      ['failing', { throws: 'poison' }],
    ];
    for (const [title, saying] of sayings) {
      const one = await statementsOf(title, 1, 1, saying);
      expect([title, await statementsOf(title, 1, 500, saying)]).toEqual([title, one]);
      expect([title, await statementsOf(title, 200, 1, saying)]).toEqual([title, one]);
      expect([title, await statementsOf(title, 200, 2, saying)]).toEqual([title, one]);
    }
  });

  test('begin, activate, load, save and commit: what sends nothing sends no statement', async () => {
    // The ledger saves new rows by one statement and changes by another.
    expect(await statementsOf('plain', 20, 2)).toBe(6);
    expect(await statementsOf('plain-sending', 20, 2, { effects: everything })).toBe(7);
  });

  test('a thousand messages through a node cost a few dozen statements', async () => {
    const node = given().node({ start: false });
    await Promise.all(oneTo(100).map((key) => tellAll(node, `thousand-${key}`, oneTo(10))));
    const before = given().database.statements;
    node.start();
    // Seldom, since each look is a statement too.
    await until(async () => (await given().count('mailbox')) === 0, { everyMs: 100 });
    expect(given().database.statements - before).toBeLessThan(60);
    expect(node.host.counts.messages).toBe(1_000);
  });
};
