/** The face of plants and their dispatchers. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { plantForm } from '../../models/catalogue.ts';
import { dispatchMessages } from '../../models/dispatch.ts';
import { Refused } from '../../models/errors.ts';
import { plantModel } from '../../models/truck.model.ts';
import { id } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { dispatcher } from './dispatch.decider.ts';
import { byUrgency, type DeliveryJob, type DispatchFacts, type Plant, urgency } from './dispatch.state.ts';
import { dispatchStore } from './dispatch.store.ts';
import { insertPlant, type QueueEntry, waitingJobs } from './fleet.store.ts';

const definitionFor = (config: Config): Actor<Plant, DispatchFacts> => ({
  type: 'dispatch',
  messages: dispatchMessages,
  ...dispatcher({
    strategy: config.dispatchStrategy,
    timeScale: config.truckTimeScale,
    aheadMs: config.dispatchAheadMs,
    holdMs: config.dispatchHoldMs,
  }),
  store: dispatchStore,
  // One order's poison is not to stop a plant.
  onPoison: 'skip',
});

/** The queue is shown in the order in which the dispatcher serves it. */
const asJob = (entry: QueueEntry) => ({ ...entry, id: entry.jobId, requestedAt: entry.waitingSince }) as unknown as DeliveryJob;

export default (config: Config): ServiceSchema =>
  ({
    name: 'dispatch',
    mixins: [
      actor(definitionFor(config)),
      crud({ model: plantModel, cursor: 'id', notFound: 'plant.not-found' }),
      health(),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      addPlant: checked(plantForm, async (plant, ctx) => {
        if (!(await insertPlant(runtimeOf(ctx.broker).database, plant))) throw new Refused('resource.exists', { id: plant.id });
        return plant;
      }),
      queue: checked(
        z.strictObject({ plantId: id.optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }),
        async ({ plantId, limit }, ctx) => {
          const { database } = runtimeOf(ctx.broker);
          const now = database.now();
          const waiting = await waitingJobs(database, plantId, 1_000);
          waiting.sort((a, b) => byUrgency(now)(asJob(a), asJob(b)));
          const items = waiting.slice(0, limit).map((entry) => ({
            ...entry,
            urgency: urgency(asJob(entry), now),
            waitingSeconds: Math.round((now.getTime() - Date.parse(entry.waitingSince)) / 1_000),
          }));
          return { items, nextCursor: null };
        },
      ),
    },
  }) as ServiceSchema;
