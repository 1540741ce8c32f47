/**
 * Gives a service clocks. `moleculer-cron` only ticks; each tick is claimed in Postgres by its schedule and time, so it fires on one
 * node, and a failure is logged instead of ending the process. Needs the schedules.
 */
import { createRequire } from 'node:module';
import type { ServiceBroker, ServiceSchema } from 'moleculer';
import { type CatchUp, claimTick, missedTicks } from '../runtime/cron.ts';
import { runtimeOf } from '../runtime/holder.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { newHeaders, withHeaders } from '../runtime/trace.ts';

const require = createRequire(import.meta.url);
const moleculerCron = require('moleculer-cron') as Partial<ServiceSchema>;
// The clock's arithmetic comes from the library that moleculer-cron ticks with, so both agree on every tick.
const { CronTime } = createRequire(require.resolve('moleculer-cron'))('cron') as {
  CronTime: new (source: string, zone?: string) => { _getNextDateFrom(from: Date, zone?: string): { toJSDate(): Date } };
};

export interface ClockSchedule {
  name: string;
  /** Five or six fields; the first of six is seconds. */
  cronTime: string;
  timeZone?: string;
  /** What becomes of ticks that passed while no node ran. */
  catchUp: CatchUp;
  run(runtime: Runtime, scheduledAt: Date): Promise<unknown>;
}

/** A tick may come this long after its time and still be known as that tick. */
const TICK_SLACK_MS = 5_000;

export const cron = (schedules: readonly ClockSchedule[]): Partial<ServiceSchema> & { crons: unknown[] } => ({
  mixins: [moleculerCron as ServiceSchema],
  crons: schedules.map((schedule) => ({
    name: schedule.name,
    cronTime: schedule.cronTime,
    timeZone: schedule.timeZone ?? 'UTC',
    onTick(this: ServiceBroker) {
      const runtime = runtimeOf(this);
      const at = ticksBetween(schedule, new Date(runtime.database.now().getTime() - TICK_SLACK_MS), soon(runtime)).at(-1);
      if (at) void fire(runtime, schedule, at);
    },
  })),
  async started() {
    const runtime = runtimeOf(this.broker);
    this.logger.info('Starting cron jobs...');
    for (const schedule of schedules) {
      this.logger.info(`Registered job: ${schedule.name} (${schedule.cronTime})`);
      const missed = await missedTicks(runtime.database, schedule, runtime.database.now(), (from, to) => ticksBetween(schedule, from, to));
      for (const at of missed) await fire(runtime, schedule, at);
    }
  },
});

const fire = async (runtime: Runtime, schedule: ClockSchedule, scheduledAt: Date): Promise<void> => {
  try {
    if (!(await claimTick(runtime.database, schedule.name, scheduledAt, runtime.name))) return;
    await withHeaders(newHeaders(`cron/${schedule.name}`), () => schedule.run(runtime, scheduledAt));
  } catch (error) {
    runtime.log.error(`the schedule ${schedule.name} failed at ${scheduledAt.toISOString()}`, {
      error: (error as Error).message,
    });
  }
};

const soon = (runtime: Runtime): Date => new Date(runtime.database.now().getTime() + 500);

/** The schedule's times in (from, to], at most a thousand. */
export const ticksBetween = (
  { cronTime, timeZone = 'UTC' }: Pick<ClockSchedule, 'cronTime' | 'timeZone'>,
  from: Date,
  to: Date,
): Date[] => {
  const time = new CronTime(cronTime, timeZone);
  const ticks: Date[] = [];
  for (
    let at = time._getNextDateFrom(from, timeZone).toJSDate();
    at <= to && ticks.length < 1_000;
    at = time._getNextDateFrom(at, timeZone).toJSDate()
  ) {
    ticks.push(at);
  }
  return ticks;
};
