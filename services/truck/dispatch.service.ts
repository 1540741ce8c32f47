/** The face of plants and their dispatchers. */
import type { ActionSchema, ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { mixForm } from '../../models/catalogue.ts';
import { dispatchMessages } from '../../models/dispatch.ts';
import { Refused } from '../../models/errors.ts';
import { plantModel } from '../../models/truck.model.ts';
import { id } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { dispatchCommands } from './dispatch.commands.ts';
import { dispatcher } from './dispatch.decider.ts';
import type { DispatchFacts, Plant } from './dispatch.state.ts';
import { dispatchStore } from './dispatch.store.ts';
import { plantsThatWait } from './dispatch.views.store.ts';
import { dispatchViews } from './dispatch.views.ts';
import { mixOf, replaceMix } from './mixes.store.ts';
import { plantCommands } from './plant.commands.ts';

const definitionFor = (config: Config): Actor<Plant, DispatchFacts> => ({
  type: 'dispatch',
  messages: dispatchMessages,
  ...dispatcher({
    strategy: config.dispatchStrategy,
    timeScale: config.truckTimeScale,
    aheadMs: config.dispatchAheadMs,
    holdMs: config.dispatchHoldMs,
  }),
  store: dispatchStore(config.dispatchStrategy),
  // One order's poison is not to stop a plant.
  onPoison: 'skip',
});

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
    actions: { ...plantCommands(), ...dispatchCommands(config), ...dispatchViews(config), ...mixes },
    /** Who waited when all nodes were down is looked at once, whatever became of the news meanwhile. */
    async started() {
      if (config.workerMode === 'cron') return;
      const runtime = runtimeOf(this.broker);
      const plants = await plantsThatWait(runtime.database);
      await Promise.all(plants.map((plant) => runtime.tell('dispatch', plant, 'dispatch.sweep', {})));
    },
  }) as ServiceSchema;

const product = z.strictObject({ sku: id });

/** What concrete is made of: plain rows, read with each turn that sends a truck. */
const mixes: Record<string, ActionSchema> = {
  /** GET /api/products/:sku/mix */
  mix: checked(product, async ({ sku }, ctx) => {
    const mix = await mixOf(runtimeOf(ctx.broker).database, sku);
    if (!mix) throw new Refused('resource.not-found', { sku });
    return mix;
  }),
  /** PUT /api/products/:sku/mix; none at all: as all concrete is made. */
  setMix: checked(product.extend(mixForm.shape), async ({ sku, components }, ctx) => {
    const { database } = runtimeOf(ctx.broker);
    if (!(await replaceMix(database, sku, components))) throw new Refused('resource.not-found', { sku });
    return mixOf(database, sku);
  }),
};
