/**
 * Gives a service clocks. `moleculer-cron` only ticks; each tick is claimed in Postgres by its schedule and time, so it fires on one
 * node, and a failure is logged instead of ending the process. What a run did is kept with its firing. Needs the schedules.
 */
import { createRequire } from 'node:module';
import type { ServiceBroker, ServiceSchema } from 'moleculer';
import { type CatchUp, claimTick, missedTicks, recordFiring } from '../runtime/cron.ts';
import { runtimeOf } from '../runtime/holder.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { StartError } from '../runtime/start-error.ts';
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
  /** @returns counts of what was done, by what was counted */
  run(runtime: Runtime, scheduledAt: Date, broker: ServiceBroker): Promise<unknown>;
}

/** A tick may come this long after its time and still be known as that tick. */
const TICK_SLACK_MS = 5_000;

export const cron = (schedules: readonly ClockSchedule[]): Partial<ServiceSchema> & { crons: unknown[] } => ({
  mixins: [moleculerCron as ServiceSchema],
  crons: schedules.map(readable).map((schedule) => ({
    name: schedule.name,
    cronTime: schedule.cronTime,
    timeZone: schedule.timeZone ?? 'UTC',
    onTick(this: ServiceBroker) {
      const runtime = runtimeOf(this);
      const at = ticksBetween(schedule, new Date(runtime.database.now().getTime() - TICK_SLACK_MS), soon(runtime)).at(-1);
      if (at) void fire(this, schedule, at);
    },
  })),
  async started() {
    const runtime = runtimeOf(this.broker);
    this.logger.info('Starting cron jobs...');
    for (const schedule of schedules) {
      this.logger.info(`Registered job: ${schedule.name} (${schedule.cronTime})`);
      const missed = await missedTicks(runtime.database, schedule, runtime.database.now(), (from, to) => ticksBetween(schedule, from, to));
      for (const at of missed) await fire(this.broker, schedule, at);
    }
  },
});

const fire = async (broker: ServiceBroker, schedule: ClockSchedule, scheduledAt: Date): Promise<void> => {
  const runtime = runtimeOf(broker);
  try {
    if (!(await claimTick(runtime.database, schedule.name, scheduledAt, runtime.name))) return;
    const began = performance.now();
    const outcome = await outcomeOf(() =>
      withHeaders(newHeaders(`cron/${schedule.name}`), () => schedule.run(runtime, scheduledAt, broker)),
    );
    const durationMs = Math.round(performance.now() - began);
    tell(runtime, schedule, scheduledAt, durationMs, outcome);
    await recordFiring(runtime.database, schedule.name, scheduledAt, { durationMs, ...outcome });
  } catch (error) {
    failed(runtime, schedule, scheduledAt, (error as Error).message);
  }
};

const outcomeOf = async (run: () => Promise<unknown>): Promise<{ counts?: unknown; error?: string }> => {
  try {
    const counts = await run();
    return typeof counts === 'object' && counts !== null ? { counts } : {};
  } catch (error) {
    return { error: (error as Error).message };
  }
};

/** A run that found something to do is news; one that found nothing is not, once a second or once an hour. */
const tell = (
  runtime: Runtime,
  schedule: ClockSchedule,
  scheduledAt: Date,
  durationMs: number,
  { counts, error }: { counts?: unknown; error?: string },
): void => {
  if (error !== undefined) failed(runtime, schedule, scheduledAt, error);
  else if (Object.values(counts ?? {}).some((count) => typeof count === 'number' && count > 0))
    runtime.log.info(`the schedule ${schedule.name} ran`, { durationMs, counts });
  else runtime.log.debug(`the schedule ${schedule.name} found nothing to do`, { durationMs });
};

const failed = (runtime: Runtime, { name }: ClockSchedule, scheduledAt: Date, error: string): void =>
  runtime.log.error(`the schedule ${name} failed at ${scheduledAt.toISOString()}`, { error });

/** @throws StartError when its times cannot be read */
const readable = (schedule: ClockSchedule): ClockSchedule => {
  try {
    new CronTime(schedule.cronTime, schedule.timeZone ?? 'UTC');
    return schedule;
  } catch (error) {
    throw new StartError(`CRON_${schedule.name.toUpperCase()}=${schedule.cronTime} is not a schedule: ${(error as Error).message}.`);
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
