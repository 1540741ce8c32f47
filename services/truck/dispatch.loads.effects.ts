/** What becomes of a load: its truck has poured it, is back, refuses it, or is sent away with it. */
import { done, type Effect, ignore, publish } from '../../runtime/decider.ts';
import { release } from './dispatch.materials.effects.ts';
import { jobOf, loadOf, offTruck } from './dispatch.news.effects.ts';
import {
  type Decided,
  type Deciding,
  type DeliveryJob,
  isOpen,
  isUnderWay,
  type Load,
  onItsWay,
  type Payload,
  type Plant,
  save,
  saveLoad,
  withoutLoad,
} from './dispatch.state.ts';

/** One of several trucks has poured: its load counts, and the order hears of it. It adds them up itself, from whichever plants they come. */
export const poured = (plant: Plant, said: Payload<'truck.pouring.completed'>, context: Deciding): Decided => {
  const load = loadOf(context, said.loadId);
  if (load?.status === 'cancelled') return done(plant, saveLoad({ ...load, poured: said.poured }), broughtPart(load, said.poured, said.at));
  if (!load || !isUnderWay(load)) return ignore('the load is not on its way');
  return done(plant, delivered({ ...load, poured: said.poured, awaiting: null }, context, said.at));
};

/** Of an order that was called off meanwhile, too: what is there, is there, and somebody must know. */
const broughtPart = ({ orderKey, orderId, truckId, id: loadId, quantity }: Load, some: number | null, deliveredAt: string): Effect =>
  publish('order.load.delivered', { orderKey, orderId, truckId, loadId, quantity, poured: some, deliveredAt });

/** What a truck brought counts whole: what it did not pour was not wanted, and is on the ticket. */
const delivered = (load: Load, context: Deciding, at: string): Effect[] => {
  const job = jobOf(context, load);
  const effects: Effect[] = [saveLoad({ ...load, status: 'delivered' })];
  if (job && isOpen(job)) {
    const counted = { ...job, poured: job.poured + load.quantity };
    effects.push(save(counted.poured >= job.quantity ? onItsWay(counted) : counted));
  }
  if (load.part) effects.push(broughtPart(load, load.poured, at));
  return effects;
};

/** Back in the yard, or out of service on its way. */
export const truckFree = (
  plant: Plant,
  { truckId, loadId, to, poured: some }: Payload<'truck.status.changed'>,
  context: Deciding,
): Decided => {
  const load = loadId ? loadOf(context, loadId) : undefined;
  if (!load || load.closedAt || load.truckId !== truckId) return done(plant);
  if (to !== 'available' && to !== 'out_of_service') return done(plant);
  const now = context.now.toISOString();
  const closed: Load = { ...load, closedAt: now };
  if (!isUnderWay(load)) return done(plant, saveLoad({ ...closed, poured: some ?? load.poured }));
  // Trucks of version 0.2.0 say nothing of what they poured: back from an uncalled trip they had.
  const served = some === undefined ? to === 'available' && load.status === 'assigned' : some !== null;
  if (served) return done(plant, delivered({ ...closed, poured: some ?? load.quantity }, context, now));
  const why = to === 'out_of_service' ? 'the truck went out of service' : (load.reason ?? 'the truck came back with nothing done');
  return done(plant, comesToNothing(closed, why, context));
};

/** The load is closed and made anew: its job is back at its place in the queue, and the order hears that this truck is off it. */
const comesToNothing = (load: Load, reason: string, context: Deciding): Effect[] => [
  saveLoad({ ...load, status: load.status === 'refused' ? 'refused' : 'cancelled', awaiting: null, reason }),
  ...(load.awaiting ? release(load, reason) : []),
  ...requeued(load, context),
  ...offTruck(load, reason, context),
];

const requeued = (load: Load, context: Deciding): Effect[] => {
  const job = jobOf(context, load);
  return job && isOpen(job) ? [save(withoutLoad(job, load, context.now))] : [];
};

/** The truck left service, or was sent elsewhere by hand, while it was being assigned: the job goes back to its place. */
export const truckRefused = (plant: Plant, { loadId, reason }: Payload<'dispatch.truck-refused'>, context: Deciding): Decided => {
  const load = loadOf(context, loadId);
  if (!load || load.closedAt) return ignore('the load is closed');
  const closed: Load = { ...load, closedAt: context.now.toISOString() };
  if (isUnderWay(load)) return done(plant, comesToNothing({ ...closed, status: 'refused' }, reason, context));
  return done(plant, saveLoad(load.status === 'cancelled' ? { ...closed, status: 'refused' } : closed));
};

/** It was to stay in the yard, but has left: it goes on, and its job is not held for what a person says instead. */
export const recallRefused = (plant: Plant, { loadId, reason }: Payload<'dispatch.recall-refused'>, context: Deciding): Decided => {
  const load = loadOf(context, loadId);
  if (load?.status !== 'recalled') return ignore('it was not taken back');
  const { orderKey, orderId, truckId } = load;
  const job = jobOf(context, load);
  return done(
    plant,
    saveLoad({ ...load, status: 'assigned', reason: null }),
    job?.status === 'in_progress' ? save({ ...job, reason: null, dueAt: null }) : [],
    ...unlocked(truckId, context),
    publish('dispatch.recall.refused', { orderKey, orderId, truckId, loadId, reason }),
  );
};

/** Whoever was to get the truck in a swap does not wait for it. */
const unlocked = (truckId: string, { rows }: Deciding): Effect[] =>
  rows
    .all<DeliveryJob>('job')
    .flatMap((job) => (isOpen(job) && job.lockedTruckId === truckId ? save({ ...job, lockedTruckId: null }) : []));

/** The site sent it away: another load is made for the order, while the truck comes back with this one. */
export const loadRejected = (plant: Plant, { loadId, reason }: Payload<'load.rejected'>, context: Deciding): Decided => {
  const load = loadOf(context, loadId);
  if (!load || !isUnderWay(load)) return ignore('the load is not on its way');
  return done(plant, saveLoad({ ...load, status: 'rejected', reason }), requeued(load, context));
};
