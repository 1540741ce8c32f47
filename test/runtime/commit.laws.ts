import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { enqueue, ignore, publish, setTimer, tell } from '../../runtime/decider.ts';
import { defaultHostSettings } from '../../runtime/host.ts';
import { runBatch } from '../../runtime/turn.ts';
import { type Hands, type Ledger, ledgerActor, type NodeOptions, oneTo, tellAll } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const jobTypes = [{ type: 'write.letter', queue: 'default', payload: z.any() }];
const soon = new Date('2099-01-01T00:00:00Z');
const everything = [
  tell('elsewhere', 'a', 'ledger.add', { number: 1 }),
  enqueue('write.letter', { to: 'Ada' }),
  publish('ledger.changed', { by: 1 }),
  setTimer('ledger.reminder', soon, { number: 2 }),
];
const TABLES = ['ledgers', 'ledger_lines', 'mailbox', 'jobs', 'events', 'timers', 'paused', 'dead_letters'];

export const commitLaws: Laws = (given) => {
  const standing = async (): Promise<Record<string, number>> =>
    Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, await given().count(table)])));
  /** One turn by hand, with nobody to try it again. */
  const turn = async (key: string, hands: Partial<Hands> = {}, patience: NodeOptions = {}) => {
    const node = given().node({ start: false, jobTypes });
    const parts = { database: node.database, vocabulary: node.vocabulary, newId: node.newId, random: Math.random };
    return runBatch(parts, ledgerActor(given().hands('by hand', hands), patience), [key], defaultHostSettings.limits);
  };
  const told = async (key: string, effects: object[]): Promise<void> => {
    await tellAll(given().node({ start: false, idle: true }), key, [{ number: 7, effects: effects as typeof everything }]);
  };

  test('state, messages, events, timers and jobs leave together [A61, A65, C4, C18, C19]', async () => {
    await told('together', everything);
    const before = await standing();
    await turn('together');
    const after = await standing();
    const gained = Object.fromEntries(TABLES.map((table) => [table, Number(after[table]) - Number(before[table])]));
    // In the mailbox one was consumed and one was sent.
    expect(gained).toEqual({ ledgers: 1, ledger_lines: 1, mailbox: 0, jobs: 1, events: 1, timers: 1, paused: 0, dead_letters: 0 });
    expect(await given().count('mailbox', `actor = 'elsewhere'`)).toBe(1);
  });

  test('when the state cannot be saved, nothing of the turn has happened [C4, C30, C39]', async () => {
    await told('unsaved', everything);
    const before = await standing();
    const failing = () => {
      throw new Error('the disk is full');
    };
    await expect(turn('unsaved', { saving: failing })).rejects.toThrow('the disk is full');
    expect(await standing()).toEqual(before);
  });

  test('when what it sends cannot be stored, the state is not saved either', async () => {
    await told('unsent', [tell('elsewhere', 'a\u001eb', 'ledger.add', {})]);
    const before = await standing();
    await expect(turn('unsent')).rejects.toThrow();
    expect(await standing()).toEqual(before);
  });

  test('a decision that cannot be carried out goes out whole or not at all', async () => {
    await told('half', [...everything, enqueue('nobody.knows', {})]);
    await turn('half', {}, { maxAttempts: 1 });
    const { jobs, events, timers, dead_letters } = await standing();
    expect({ jobs, events, timers, dead_letters }).toEqual({ jobs: 0, events: 0, timers: 0, dead_letters: 1 });
    expect(await given().count('mailbox')).toBe(0);
    expect(await given().numbers('half')).toEqual([]);
  });

  test('nor does half of one whose words cannot be written', async () => {
    const circle: Record<string, unknown> = {};
    circle.round = circle;
    await told('circle', []);
    await turn('circle', { adding: [...everything, publish('ledger.turned', circle)] }, { maxAttempts: 1 });
    const { jobs, events, timers, mailbox, dead_letters } = await standing();
    expect({ jobs, events, timers, mailbox, dead_letters }).toEqual({ jobs: 0, events: 0, timers: 0, mailbox: 0, dead_letters: 1 });
  });

  test('a turn whose settling throws fails like a message that throws', async () => {
    const settle = ({ total }: Ledger) => {
      if (total > 10) throw new Error('it does not settle');
      return ignore('it is settled');
    };
    const node = given().node({ settle });
    await tellAll(node, 'unsettled', [1]);
    await until(async () => (await given().numbers('unsettled')).length === 1);
    await tellAll(node, 'unsettled', [10, 2]);
    await tellAll(node, 'settled', [1]);
    await until(async () => (await given().count('dead_letters')) === 1);
    await until(async () => (await given().numbers('settled')).length === 1);
    expect(await given().numbers('unsettled')).toEqual([1]);
  });

  test('what an actor sends itself is handled in the same turn, behind what waits', async () => {
    const node = given().node({ start: false });
    const toItself = [
      tell('ledger', 'itself', 'ledger.add', { number: 3, effects: [tell('ledger', 'itself', 'ledger.add', { number: 4 })] }),
    ];
    await tellAll(node, 'itself', [{ number: 1, effects: toItself }, 2]);
    node.start();
    await untilQuiet(given().database);
    expect(await given().numbers('itself')).toEqual([1, 2, 3, 4]);
    expect(node.host.counts.turns).toBe(1);
  });

  test('one that never ends talking to itself lets others have their turn', async () => {
    const node = given().node({ onPoison: 'skip' });
    const endless = (steps: number): object =>
      steps === 0 ? { number: 0 } : { number: steps, effects: [tell('ledger', 'endless', 'ledger.add', endless(steps - 1))] };
    await node.tell('ledger', 'endless', 'ledger.add', endless(50));
    await untilQuiet(given().database);
    expect(await given().numbers('endless')).toEqual(oneTo(50).reverse().concat(0));
    expect(node.host.counts.turns).toBeGreaterThan(1);
  });

  test('a message to itself that throws costs only itself: what sent it stands', async () => {
    const node = given().node();
    const toItself = [tell('ledger', 'own-poison', 'ledger.add', { number: 2, throws: 'broken' })];
    await tellAll(node, 'own-poison', [{ number: 1, effects: toItself }]);
    await until(async () => (await given().count('dead_letters')) === 1);
    expect(await given().numbers('own-poison')).toEqual([1]);
    const [letter] = await given().database.query<{ payload: { number: number }; attempts: number }>(
      'select payload, attempts from dead_letters',
    );
    expect(letter).toMatchObject({ payload: { number: 2 }, attempts: 3 });
  });
};
