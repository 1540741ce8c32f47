import { expect, test } from '@jest/globals';
import { type ClockSchedule, cron, ticksBetween } from '../../mixins/cron.mixin.ts';
import { claimTick, missedTicks } from '../../runtime/cron.ts';
import { holdRuntime } from '../../runtime/holder.ts';
import { silent } from '../../runtime/logger.ts';
import { oneTo } from '../support/actors.ts';
import type { Laws } from './both.ts';

const at = (time: string): Date => new Date(`2026-05-01T${time}Z`);
const everyMinute = (from: Date, to: Date) => ticksBetween({ cronTime: '* * * * *' }, from, to);

export const cronLaws: Laws = (given) => {
  const claim = (name: string, time: Date, node = 'node') => claimTick(given().database, name, time, node);
  const fired = async (name: string): Promise<Date[]> => {
    const rows = await given().database.query<{ at: Date }>(
      'select scheduled_at as at from schedule_firings where schedule = $1 order by scheduled_at',
      [name],
    );
    return rows.map((row) => row.at);
  };

  test('a tick fires on one node, however many clocks tick', async () => {
    const claims = await Promise.all(oneTo(8).map((node) => claim('once', at('10:00'), `node-${node}`)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await claim('once', at('10:00'))).toBe(false);
    expect(await claim('once', at('10:01'))).toBe(true);
    expect(await fired('once')).toEqual([at('10:00'), at('10:01')]);
  });

  test('a clock that is behind does not fire what has passed', async () => {
    await claim('behind', at('10:05'));
    expect(await claim('behind', at('10:04'))).toBe(false);
  });

  test('a paused schedule does not fire, and others do', async () => {
    await claim('paused', at('10:00'));
    await given().database.query(`update schedules set paused = true where name = 'paused'`);
    expect(await claim('paused', at('10:01'))).toBe(false);
    expect(await claim('not-paused', at('10:01'))).toBe(true);
  });

  test.each([
    ['skip', []],
    ['once', [at('10:04')]],
    ['all', [at('10:01'), at('10:02'), at('10:03'), at('10:04')]],
  ] as const)('after downtime, catch-up %s', async (catchUp, expected) => {
    const name = `down-${catchUp}`;
    await claim(name, at('10:00'));
    expect(await missedTicks(given().database, { name, catchUp }, at('10:04:30'), everyMinute)).toEqual(expected);
  });

  test('a schedule that has never fired has missed nothing; one that was down for long catches up on a hundred', async () => {
    expect(await missedTicks(given().database, { name: 'never', catchUp: 'all' }, at('10:00'), everyMinute)).toEqual([]);
    await claim('long', at('00:00'));
    expect(await missedTicks(given().database, { name: 'long', catchUp: 'all' }, at('10:00'), everyMinute)).toHaveLength(100);
  });

  test('nodes that start together catch up on each missed tick once', async () => {
    const ran: Date[] = [];
    const schedule: ClockSchedule = {
      name: 'together',
      cronTime: '0 * * * *',
      catchUp: 'all',
      run: async (_, tick) => void ran.push(tick),
    };
    const now = given().database.now().getTime();
    await claim('together', new Date(now - 5 * 3_600_000));
    const start = async (): Promise<void> => {
      const broker = {};
      holdRuntime(broker, given().node({ idle: true }));
      await (cron([schedule]).started as () => Promise<void>).call({ broker, logger: silent } as never);
    };
    await Promise.all([start(), start(), start()]);
    expect(ran.length).toBeGreaterThanOrEqual(5);
    expect(new Set(ran.map(Number)).size).toBe(ran.length);
  });

  test('a run that fails does not end the node, and its tick is not run again', async () => {
    let ran = 0;
    const run = async (): Promise<void> => {
      ran++;
      throw new Error('no ink');
    };
    await claim('failing', new Date(given().database.now().getTime() - 90 * 60_000));
    const broker = {};
    holdRuntime(broker, given().node({ idle: true }));
    const start = () =>
      (cron([{ name: 'failing', cronTime: '0 * * * *', catchUp: 'once', run }]).started as () => Promise<void>).call({
        broker,
        logger: silent,
      } as never);
    await start();
    await start();
    expect(ran).toBe(1);
  });
};
