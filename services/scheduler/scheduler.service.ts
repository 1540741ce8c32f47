/** The clocks: what is to happen again and again, each tick on one node of however many run this. */
import type { ServiceSchema } from 'moleculer';
import type { Config } from '../../config.ts';
import { type ClockSchedule, cron } from '../../mixins/cron.mixin.ts';
import { health } from '../../mixins/health.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { keepPartitions } from '../../runtime/events.ts';
import { forget, vacuumHotTables } from '../../runtime/housekeeping.ts';
import { queuesToSweep } from './scheduler.store.ts';

const schedules = (config: Config): ClockSchedule[] => [
  {
    name: 'reassign_sweep',
    cronTime: '*/30 * * * * *',
    catchUp: 'skip',
    run: async (runtime) => {
      const plants = await queuesToSweep(runtime.database);
      await Promise.all(plants.map((plant) => runtime.tell('dispatch', plant, 'dispatch.sweep', {})));
    },
  },
  { name: 'vacuum', cronTime: '15 * * * * *', catchUp: 'skip', run: ({ database }) => vacuumHotTables(database) },
  { name: 'forget', cronTime: '0 7 * * * *', catchUp: 'once', run: ({ database }) => forget(database) },
  {
    name: 'partitions',
    cronTime: '0 20 3 * * *',
    catchUp: 'once',
    run: ({ database }) => keepPartitions(database, database.now(), config.eventRetentionMonths),
  },
];

export default (config: Config): ServiceSchema =>
  ({
    name: 'scheduler',
    mixins: [...(config.workerMode === 'event' ? [] : [cron(schedules(config))]), health(), tracing()] as ServiceSchema[],
  }) as ServiceSchema;
