/** What dispatchers do by hand: each is in the order's history with who did it and why. */
import { done, type Effect, ignore, inTrace, publish, refuse } from '../../runtime/decider.ts';
import { draw, materialsFor } from './dispatch.materials.effects.ts';
import { recall } from './dispatch.plant.effects.ts';
import { after, dispatched, loadFor } from './dispatch.settling.effects.ts';
import {
  type Decided,
  type Deciding,
  type DeliveryJob,
  isOpen,
  type Load,
  leftOf,
  openJobOf,
  openLoadsOf,
  type Payload,
  type Plant,
  save,
  saveLoad,
  traceOf,
} from './dispatch.state.ts';
import { freeTrucks, suitability } from './dispatch.yard.rules.ts';

/** This truck takes the order's next load, now. What does not suit it is only overruled with a reason. */
export const assignByHand = (plant: Plant, asked: Payload<'dispatch.assign'>, context: Deciding): Decided => {
  const { orderKey, truckId, by, force, reason } = asked;
  const job = openJobOf(context, orderKey);
  if (!job) return refuse('dispatch.not-waiting');
  if (leftOf(job) <= 0) return refuse('dispatch.all-assigned');
  const facts = context.facts.plants.get(plant.id);
  const truck = facts && freeTrucks(facts, context).find(({ id }) => id === truckId);
  if (!truck) return refuse('truck.busy', { truckId });
  const unsuited = suitability(truck, job, facts, context);
  if (unsuited && !(force && reason)) return refuse('dispatch.unsuited', { reason: unsuited });
  const quantity = Math.min(leftOf(job), truck.capacity);
  const materials = materialsFor(job, quantity, plant.id, context);
  for (const [stockKey, amount] of materials)
    if ((context.facts.materials.get(stockKey) ?? 0) < amount) return refuse('dispatch.unsuited', { reason: 'no_stock', stockKey });
  const load: Load = {
    ...loadFor(job, truckId, quantity, context),
    by: by ?? 'by hand',
    explanation: { strategy: 'by-hand', candidates: 1, ...(reason ? { reason } : {}) },
    ...(materials.size > 0 ? { materials: Object.fromEntries(materials), awaiting: [...materials.keys()] } : {}),
  };
  const news = publish('dispatch.assigned-by-hand', { ...named(job), truckId, loadId: load.id, reason, overruled: unsuited, by });
  const rest = { ...after(job, quantity, context), lockedTruckId: job.lockedTruckId === truckId ? null : job.lockedTruckId };
  return done(plant, saveLoad(load), save(rest), inTrace(traceOf(job), news, dispatched(plant, load, job), ...draw(load, context)));
};

const named = ({ orderKey, orderId, id: jobId }: DeliveryJob) => ({ orderKey, orderId, jobId });

/** Trucks that have not left are taken off the order, which keeps its place and waits a moment for what the dispatcher says instead. */
export const unassign = (plant: Plant, { orderKey, reason, by }: Payload<'dispatch.unassign'>, context: Deciding): Decided => {
  const job = openJobOf(context, orderKey);
  const loads = yardLoads(orderKey, context);
  if (!job || loads.length === 0) return nothingToTake(orderKey, context);
  const dueAt = new Date(context.now.getTime() + context.settings.holdMs).toISOString();
  const held: DeliveryJob = { ...job, reason: 'on_hold', dueAt, status: leftOf(job) > 0 ? 'scheduled' : job.status };
  const news = publish('dispatch.unassigned-by-hand', { ...named(job), loads: loads.map(({ id }) => id), reason, by });
  return done(
    plant,
    save(held),
    news,
    loads.flatMap((load) => recall(load, reason)),
  );
};

/** Of the trucks in the yard: those out there cannot be taken back, only called off with their order. */
const yardLoads = (orderKey: string, context: Deciding): Load[] =>
  openLoadsOf(context, orderKey).filter(
    ({ status, truckId }) => status === 'assigned' && !AWAY.includes(context.facts.truckStatus.get(truckId) ?? 'assigned'),
  );
const AWAY = ['en_route', 'at_job_site', 'delivering', 'returning', 'washing'];

const nothingToTake = (orderKey: string, context: Deciding): Decided =>
  openLoadsOf(context, orderKey).length > 0 ? refuse('truck.under-way') : refuse('dispatch.not-assigned');

/** Each gets the other's truck; one that waits gives nothing for it. */
export const swap = (plant: Plant, { orderKey, withOrderKey, reason, by }: Payload<'dispatch.swap'>, context: Deciding): Decided => {
  const [one, other] = [openJobOf(context, orderKey), openJobOf(context, withOrderKey)];
  if (!one || !other) return refuse('dispatch.not-waiting');
  const [from] = yardLoads(orderKey, context);
  if (!from) return nothingToTake(orderKey, context);
  const [back] = yardLoads(withOrderKey, context);
  if (!back && leftOf(other) <= 0) return nothingToTake(withOrderKey, context);
  const news = { reason, by, with: other.orderId, truckId: from.truckId };
  return done(
    plant,
    save({ ...other, lockedTruckId: from.truckId }),
    save({ ...one, lockedTruckId: back?.truckId ?? one.lockedTruckId }),
    ...[from, ...(back ? [back] : [])].map((load) => recall(load, reason)),
    publish('dispatch.swapped-by-hand', { ...named(one), ...news }),
    ...inTrace(traceOf(other), publish('dispatch.swapped-by-hand', { ...named(other), ...news, with: one.orderId })),
  );
};

/** The truck is kept for the order, and the order waits for it. */
export const lock = (plant: Plant, { orderKey, truckId, reason, by }: Payload<'dispatch.lock'>, context: Deciding): Decided => {
  const job = openJobOf(context, orderKey);
  if (!job) return refuse('dispatch.not-waiting');
  if (truckId && leftOf(job) <= 0) return refuse('dispatch.all-assigned');
  if (job.lockedTruckId === truckId) return ignore('it is so already');
  return done(plant, save({ ...job, lockedTruckId: truckId }), publish('dispatch.locked', { ...named(job), truckId, reason, by }));
};

export const prioritise = (
  plant: Plant,
  { orderKey, priority, reason, by }: Payload<'dispatch.prioritise'>,
  context: Deciding,
): Decided => {
  const job = openJobOf(context, orderKey);
  if (!job || !isOpen(job)) return refuse('dispatch.not-waiting');
  const news: Effect = publish('dispatch.prioritised', { ...named(job), from: job.priority, to: priority, reason, by });
  return done(plant, save({ ...job, priority }), news);
};
