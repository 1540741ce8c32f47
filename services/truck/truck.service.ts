/** The face of trucks. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { decodeText, encodeCursor, pageParams } from '../../mixins/cursor.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { truckForm } from '../../models/catalogue.ts';
import { invalid, Refused } from '../../models/errors.ts';
import { truckModel } from '../../models/truck.model.ts';
import { changeTruckForm, reasonForm, reportForm, type TruckStatus, truckLife, truckMessages } from '../../models/truck.ts';
import { id } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { each } from './each.ts';
import { insertTruck, knownPlaces, orderOfTruck, truckById, trucksPage } from './fleet.store.ts';
import { truckDecider } from './truck.decider.ts';
import type { Truck, TruckSettings } from './truck.state.ts';
import { truckStore } from './truck.store.ts';

const oneTruck = z.strictObject({ id });
const atVersion = oneTruck.extend({ version: z.int().optional() });

const oneReport = atVersion.extend(reportForm.shape);
const filter = z.strictObject({
  status: z.enum(Object.keys(truckLife) as [TruckStatus, ...TruckStatus[]]).optional(),
  plantId: id.optional(),
});

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

  /** Asks the truck and shows what became of it. What is done to one that is under way belongs to the history of its order. */
  const ask = async (runtime: Runtime, truckId: string, message: string, payload: object) => {
    const found = await orderOfTruck(runtime.database, truckId);
    if (!found) throw new Refused('truck.not-found', { id: truckId });
    const given = currentHeaders();
    const headers = newHeaders(`door/${message}`, { ...given, ...(found.orderKey ? { correlationId: found.orderKey } : {}) });
    answered(await runtime.ask('truck', truckId, message, { ...payload, by: given?.by }, headers));
    return truckById(runtime.database, truckId);
  };

  const report = async (runtime: Runtime, { id: truckId, ...said }: z.output<typeof oneReport>) => {
    bothOrNone(said);
    return ask(runtime, truckId, 'truck.report', said);
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
      /** GET /api/trucks?status=&plantId= */
      page: checked(z.strictObject({ ...pageParams, query: filter.default({}) }), async ({ limit, cursor, query }, ctx) => {
        const after = cursor === undefined ? undefined : decodeText(cursor);
        const rows = await trucksPage(runtimeOf(ctx.broker).database, query, after, limit + 1);
        const items = rows.slice(0, limit);
        return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)?.id) : null };
      }),
      add: checked(truckForm, async ({ id: given, ...form }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        bothOrNone(form);
        const truckId = given ?? form.code;
        const added = await insertTruck(runtime.database, { id: truckId, ...form });
        if (added === 'exists') throw new Refused('resource.exists', { id: truckId });
        if (added === 'no plant') throw invalid([{ pointer: '/plantId', detail: 'there is no such plant' }]);
        if (added === 'no driver') throw invalid([{ pointer: '/driverId', detail: 'there is no such driver' }]);
        await runtime.tell('dispatch', form.plantId, 'dispatch.sweep', {});
        return truckById(runtime.database, truckId);
      }),
      /** PATCH /api/trucks/:id: what it is, not where. A driver is known by name, too. */
      change: checked(atVersion.extend(changeTruckForm.shape), async ({ id: truckId, ...asked }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        bothOrNone(asked);
        const { plantId, driverId } = asked;
        if (plantId === undefined && !driverId) return ask(runtime, truckId, 'truck.change', asked);
        const known = await knownPlaces(runtime.database, plantId, driverId);
        if (plantId !== undefined && !known.plant) throw invalid([{ pointer: '/plantId', detail: 'there is no such plant' }]);
        if (driverId && known.driver === null) throw invalid([{ pointer: '/driverId', detail: 'there is no such driver' }]);
        return ask(runtime, truckId, 'truck.change', { ...(known.driver === null ? {} : { driver: known.driver }), ...asked });
      }),
      /** POST /api/trucks/:id/status: a driver's report. */
      report: checked(oneReport, (said, ctx) => report(runtimeOf(ctx.broker), said)),
      /** What several drivers said, or one who was out of reach, in its order (A59): each answered for itself. */
      reports: checked(z.strictObject({ reports: z.array(oneReport).min(1).max(200) }), async ({ reports }, ctx) => ({
        items: await each(reports, (said) => report(runtimeOf(ctx.broker), said)),
      })),
      outOfService: checked(atVersion.extend({ ...reasonForm.shape, force: z.boolean().optional() }), ({ id: truckId, ...asked }, ctx) =>
        ask(runtimeOf(ctx.broker), truckId, 'truck.out-of-service', asked),
      ),
      backInService: checked(atVersion.extend({ reason: reasonForm.shape.reason.optional() }), ({ id: truckId, ...asked }, ctx) =>
        ask(runtimeOf(ctx.broker), truckId, 'truck.back-in-service', asked),
      ),
    },
  } as ServiceSchema;
};

/** @throws Refused for half of a place */
const bothOrNone = ({ latitude, longitude }: { latitude?: number | undefined; longitude?: number | undefined }): void => {
  if ((latitude === undefined) === (longitude === undefined)) return;
  throw invalid([{ pointer: latitude === undefined ? '/latitude' : '/longitude', detail: 'must come together with the other' }]);
};
