/** The clocks, each tick on one node of however many run this; what they did; and who hears which event. */
import { createRequire } from 'node:module';
import type { ServiceBroker, ServiceSchema } from 'moleculer';
import type { Config } from '../../config.ts';
import { checked, nothing } from '../../mixins/checked.ts';
import { cron, ticksBetween } from '../../mixins/cron.mixin.ts';
import { health } from '../../mixins/health.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { lastCounts, lastFirings } from '../../runtime/cron.ts';
import type { Database } from '../../runtime/database.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { clocks } from './clocks.ts';
import { collectFigures, type Figures } from './figures.ts';
import { noRedis, redisLink } from './redis-link.ts';
import { dropOldFigures } from './scheduler.store.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const YEAR_MS = 366 * 86_400_000;
/** Twice the default of its clock. */
const STALE_MS = 120_000;

/** The next time of a schedule, looked for ever further ahead: few of a second's schedule, one of a year's. */
const nextTick = (cronTime: string, now: Date): string | null => {
  for (let aheadMs = 1_000; aheadMs <= YEAR_MS; aheadMs *= 60) {
    const [next] = ticksBetween({ cronTime }, now, new Date(now.getTime() + aheadMs));
    if (next) return next.toISOString();
  }
  return null;
};

export default (config: Config): ServiceSchema => {
  let redis = noRedis;
  let last: Figures | undefined;

  const collect = async (broker: ServiceBroker): Promise<Figures> => {
    const { database } = runtimeOf(broker);
    // Another node may have collected since this one did.
    last = await collectFigures(broker, redis, await keptFigures(database));
    await dropOldFigures(database);
    return last;
  };
  const schedules = clocks(config, collect);

  return {
    name: 'scheduler',
    mixins: [
      ...(config.workerMode === 'event' ? [] : [cron(schedules)]),
      health({
        'metrics:collected': ({ database }) => {
          if (!last) return { status: 'pass', output: 'nothing is collected on this node yet' };
          const ageMs = database.now().getTime() - new Date(last.at).getTime();
          return { status: ageMs > STALE_MS && config.workerMode !== 'event' ? 'warn' : 'pass', observed: last.at };
        },
      }),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      /** GET /api/schedules. */
      schedules: checked(nothing, async (_, ctx) => {
        const { database } = runtimeOf(ctx.broker);
        const fired = new Map((await lastFirings(database)).map((firing) => [firing.name, firing]));
        const items = schedules.map(({ name, cronTime, catchUp }) => {
          const { at, node, durationMs, counts, error, lastHour = 0, paused = false } = fired.get(name) ?? {};
          const lastFiring = at ? { at, node, durationMs, counts, error } : null;
          return {
            name,
            schedule: cronTime,
            catchUp,
            paused,
            lastFiring,
            firedLastHour: lastHour,
            next: nextTick(cronTime, database.now()),
          };
        });
        return { items, nextCursor: null };
      }),
      /** GET /api/admin/subscriptions: which event reaches which actor by the log, and which services take which event of the mesh. */
      subscriptions: checked(nothing, (_, ctx) => {
        const { vocabulary } = runtimeOf(ctx.broker);
        const log = [...vocabulary.subscriptions.values()].flat().map(({ event, actor }) => ({
          pubsub: 'events',
          topic: event,
          route: `${actor}.mailbox`,
        }));
        const taken = ctx.broker.registry.getEventList({ skipInternal: true }) as { name: string; group?: string; event?: MeshEvent }[];
        const mesh = taken
          .filter(({ event }) => event?.actors)
          .map(({ name, group, event }) => ({ pubsub: 'mesh', topic: name, route: `${group ?? event?.group ?? name}.mailbox` }));
        return { items: distinct([...log, ...mesh]), nextCursor: null };
      }),
      /** The figures of all rooms as they were last collected, on whichever node that was. */
      figures: checked(nothing, async (_, ctx) => (await keptFigures(runtimeOf(ctx.broker).database)) ?? null),
    },
    started() {
      this.logger.info(`worker ${this.broker.nodeID}, yardmaster v${version}, mode ${config.workerMode}`);
      if (config.redisUrl) redis = redisLink(config.redisUrl);
    },
    stopped() {
      redis.close();
    },
  } as ServiceSchema;
};

/** An event as the registry lists it: those that become messages say so (mixins/actor.mixin.ts). */
interface MeshEvent {
  actors?: boolean;
  group?: string;
}

const keptFigures = (database: Database): Promise<Figures | undefined> => lastCounts<Figures>(database, 'metrics_collection');

/** Several nodes offer the same. */
const distinct = <Row extends object>(rows: Row[]): Row[] => [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
