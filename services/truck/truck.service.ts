/** The face of trucks. */
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
import { truckForm } from '../../models/catalogue.ts';
import { Refused } from '../../models/errors.ts';
import { truckModel } from '../../models/truck.model.ts';
import { reasonForm, truckMessages } from '../../models/truck.ts';
import { id } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { currentHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { insertTruck, truckById } from './fleet.store.ts';
import { truckDecider } from './truck.decider.ts';
import type { Truck, TruckSettings } from './truck.state.ts';
import { truckStore } from './truck.store.ts';

const oneTruck = z.strictObject({ id });
const atVersion = oneTruck.extend({ version: z.int().optional() });

const MINUTE_MS = 60_000;
const truckSettings = (config: Config): TruckSettings => ({
  timeScale: config.truckTimeScale,
  completeOn: config.deliveryCompleteOn,
  washUnloaded: config.truckWashUnloaded,
  stuckMs: Object.fromEntries(Object.entries(config.truckStuckMinutes).map(([phase, minutes]) => [phase, minutes * MINUTE_MS])),
  limitMinutes: config.dischargeLimitMinutes,
});

export default (config: Config): ServiceSchema => {
  const definition: Actor<Truck> = {
    type: 'truck',
    messages: truckMessages,
    decide: truckDecider(truckSettings(config)),
    store: truckStore,
    onPoison: 'park',
  };

  /** Asks the truck and shows what became of it. */
  const ask = async (runtime: Runtime, truckId: string, message: string, payload: object) => {
    answered(await runtime.ask('truck', truckId, message, { ...payload, by: currentHeaders()?.by }));
    return truckById(runtime.database, truckId);
  };

  return {
    name: 'truck',
    mixins: [
      actor(definition),
      crud({ model: truckModel, cursor: 'id', notFound: 'truck.not-found' }),
      health(),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      get: checked(oneTruck, async (asked, ctx) => {
        const truck = await truckById(runtimeOf(ctx.broker).database, asked.id);
        if (!truck) throw new Refused('truck.not-found', asked);
        return truck;
      }),
      add: checked(truckForm, async ({ id: given, ...form }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const truckId = given ?? form.code;
        const added = await insertTruck(runtime.database, { id: truckId, ...form });
        if (added === 'exists') throw new Refused('resource.exists', { id: truckId });
        if (added === 'no plant')
          throw new Refused('request.invalid', { errors: [{ pointer: '/plantId', detail: 'there is no such plant' }] });
        await runtime.tell('dispatch', form.plantId, 'dispatch.sweep', {});
        return truckById(runtime.database, truckId);
      }),
      outOfService: checked(atVersion.extend(reasonForm.shape), ({ id: truckId, ...asked }, ctx) =>
        ask(runtimeOf(ctx.broker), truckId, 'truck.out-of-service', asked),
      ),
      backInService: checked(atVersion.extend({ reason: reasonForm.shape.reason.optional() }), ({ id: truckId, ...asked }, ctx) =>
        ask(runtimeOf(ctx.broker), truckId, 'truck.back-in-service', asked),
      ),
    },
  } as ServiceSchema;
};
