import { expect, test } from '@jest/globals';
import { cancelTimer, type Effect } from '../../runtime/decider.ts';
import { oneTo, tellAll } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const remind = (inMs: number, number: number, name = 'ledger.reminder') => ({ remind: { name, inMs, number } });

export const timerLaws: Laws = (given) => {
  const timers = () => given().database.query<{ name: string; payload: string }>('select name, payload from timers order by name');

  const timeOf = async (column: string, table = '(select) one'): Promise<number> => {
    const [row] = await given().database.query<{ at: Date }>(`select ${column} as at from ${table}`);
    return Number(row?.at);
  };

  test('a timer becomes a message when it comes due, and not before', async () => {
    const node = given().node();
    await tellAll(node, 'due', [{ number: 1, ...remind(300, 2) }]);
    await until(async () => (await given().numbers('due')).length === 1);
    expect(await timers()).toHaveLength(1);
    const dueAt = await timeOf('due_at', 'timers');
    await untilQuiet(given().database);
    expect(await timeOf('clock_timestamp()')).toBeGreaterThanOrEqual(dueAt);
    expect(await given().lines('due')).toMatchObject([{ number: 1 }, { number: 2, name: 'ledger.reminder' }]);
  });

  test('set again it is replaced: it comes once, with the later words', async () => {
    const node = given().node();
    await tellAll(node, 'replaced', [
      { number: 1, ...remind(60_000, 2) },
      { number: 3, ...remind(60_000, 4) },
    ]);
    await until(async () => (await given().numbers('replaced')).length === 2);
    expect((await timers()).map(({ payload }) => JSON.parse(payload))).toEqual([{ number: 4 }]);
    await tellAll(node, 'replaced', [{ number: 5, ...remind(30, 6) }]);
    await untilQuiet(given().database);
    expect(await given().numbers('replaced')).toEqual([1, 3, 5, 6]);
  });

  test('timers of other names and other keys are left alone', async () => {
    const node = given().node();
    const cancelling: Effect[] = [cancelTimer('ledger.one')];
    for (const key of ['mine', 'yours'])
      await tellAll(node, key, [
        { number: 1, ...remind(60_000, 2, 'ledger.one') },
        { number: 1, ...remind(60_000, 3, 'ledger.two') },
      ]);
    await until(async () => (await timers()).length === 4);
    await tellAll(node, 'mine', [{ number: 4, effects: cancelling }]);
    await until(async () => (await timers()).length === 3);
    expect((await timers()).map(({ name }) => name)).toEqual(['ledger.one', 'ledger.two', 'ledger.two']);
  });

  test('cancelled it does not come: in a later turn, or in the same', async () => {
    const node = given().node({ start: false });
    const cancelling: Effect[] = [cancelTimer('ledger.reminder')];
    await tellAll(node, 'cancelled', [
      { number: 1, ...remind(60_000, 2) },
      { number: 3, effects: cancelling },
    ]);
    node.start();
    await untilQuiet(given().database);
    expect(await timers()).toEqual([]);
    await tellAll(node, 'cancelled', [{ number: 4, ...remind(60_000, 5) }]);
    await until(async () => (await timers()).length === 1);
    await tellAll(node, 'cancelled', [{ number: 6, effects: cancelling }]);
    await untilQuiet(given().database);
    expect(await given().numbers('cancelled')).toEqual([1, 3, 4, 6]);
  });

  test('one that is due already goes straight to the mailbox, and replaces the one that was set', async () => {
    const node = given().node();
    await tellAll(node, 'straight', [{ number: 1, ...remind(60_000, 2) }]);
    await until(async () => (await timers()).length === 1);
    await tellAll(node, 'straight', [{ number: 3, ...remind(0, 4) }]);
    await untilQuiet(given().database);
    expect(await timers()).toEqual([]);
    expect(await given().numbers('straight')).toEqual([1, 3, 4]);
  });

  test('its place in the order is the moment it comes due: behind what was sent before, before what is sent after', async () => {
    const setting = given().node({ name: 'setting' });
    await tellAll(setting, 'place', [{ number: 1, ...remind(500, 3) }]);
    await until(async () => (await given().numbers('place')).length === 1);
    await setting.stop();
    await tellAll(given().node({ start: false }), 'place', [2]);
    await until(async () => (await given().count('timers', 'due_at <= now()')) === 1);
    given().node({ host: { sweepMs: 20 } });
    await until(async () => (await given().count('timers')) === 0);
    await tellAll(given().node({ start: false }), 'place', [4]);
    await untilQuiet(given().database);
    expect(await given().numbers('place')).toEqual([1, 2, 3, 4]);
  });

  test('however many nodes sweep, each comes once; those of a dead node come too', async () => {
    const dead = given().node({ name: 'dead' });
    const keys = oneTo(60).map((number) => `swept-${number}`);
    await Promise.all(keys.map((key) => tellAll(dead, key, [{ number: 1, ...remind(250, 2) }])));
    await until(async () => (await timers()).length === keys.length);
    await dead.stop();
    for (const _ of oneTo(3)) given().node({ host: { sweepMs: 10 } });
    await untilQuiet(given().database);
    for (const key of keys) expect(await given().numbers(key)).toEqual([1, 2]);
    expect(given().overlaps).toEqual([]);
  });

  test('many that come due at the same moment all come', async () => {
    await given().database.query(
      `insert into timers (actor, key, name, due_at, payload, headers)
       select 'ledger', 'many-' || n % 50, 'reminder-' || n, now(), '{"number":1}', '{"correlationId":"c","traceparent":"","sender":"test"}'
       from generate_series(1, 2500) n`,
    );
    given().node({ host: { sweepMs: 200 } });
    await untilQuiet(given().database, { timeoutMs: 10_000 });
    expect(await given().count('ledger_lines', `key like 'many-%'`)).toBe(2_500);
  });
};
