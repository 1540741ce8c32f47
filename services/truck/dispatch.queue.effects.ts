/** Who enters a plant's queue and who leaves it. */
import { roadMiles } from '../../models/places.ts';
import { done, type Effect, ignore, type Message, publish, tell } from '../../runtime/decider.ts';
import { release } from './dispatch.materials.effects.ts';
import { recall } from './dispatch.plant.effects.ts';
import {
  type Decided,
  type Deciding,
  type DeliveryJob,
  isOpen,
  isUnderWay,
  jobsOf,
  leftOf,
  onItsWay,
  openJobOf,
  openLoadsOf,
  type Payload,
  type Plant,
  save,
  saveLoad,
} from './dispatch.state.ts';
import { leadMs } from './truck.times.rules.ts';

export const request = (plant: Plant, form: Payload<'dispatch.request'>, { headers }: Message, context: Deciding): Decided => {
  const open = openJobOf(context, form.orderKey);
  if (open && form.moved) return done(plant, save(enlarged(open, form.quantity)));
  if (open) return ignore('it is in the queue already');
  if (!form.moved && jobsOf(context, form.orderKey).some(({ status }) => status === 'done'))
    return ignore('trucks have brought it already');
  const [to] = form.moved ? [] : onward(plant, form, context);
  if (to) return done(plant, tell('dispatch', to, 'dispatch.request', { ...form, via: [...(form.via ?? []), plant.id] }));
  const job: DeliveryJob = {
    id: context.newId(),
    ...{ orderKey: form.orderKey, orderId: form.orderId, priority: form.priority },
    ...{ quantity: form.quantity, taken: 0, poured: 0, distanceMiles: milesFor(plant, form) },
    status: 'queued',
    reason: null,
    requestedStart: form.requestedStart ?? null,
    requestedAt: form.moved?.requestedAt ?? context.now.toISOString(),
    dueAt: null,
    lockedTruckId: null,
    movedTo: null,
    special: specialOf(form),
    items: form.items ?? null,
    traceparent: headers.traceparent,
  };
  return done(plant, save(scheduled(job, context)));
};

/** More of an order comes here from a plant that has broken down. */
const enlarged = (job: DeliveryJob, quantity: number): DeliveryJob => ({
  ...{ ...job, quantity: job.quantity + quantity, special: { ...job.special, part: true } },
  status: job.status === 'in_progress' ? 'queued' : job.status,
});

/** From another plant the way is another. */
const milesFor = ({ place }: Plant, { moved, site, distanceMiles }: Payload<'dispatch.request'>): number =>
  moved && site && place ? roadMiles(place, site) : distanceMiles;

const specialOf = ({ pour, requestedEnd, moved, site }: Payload<'dispatch.request'>): DeliveryJob['special'] =>
  pour || requestedEnd || moved?.part || site
    ? { ...pour, ...(requestedEnd && { requestedEnd }), ...(moved?.part && { part: true }), ...(site && { site }) }
    : null;

/** A truck that came long before the site is ready would stand there with what must be poured in time. */
const scheduled = (job: DeliveryJob, { now, settings }: Deciding): DeliveryJob => {
  if (!job.requestedStart) return job;
  const leaves = Date.parse(job.requestedStart) - leadMs(job.distanceMiles, settings.timeScale) - settings.aheadMs;
  return leaves > now.getTime() ? aged(job, new Date(leaves).toISOString()) : job;
};

/** It ages from when it could go: ordered long before, it does not go before those who are in need now. */
const aged = (job: DeliveryJob, dueAt: string): DeliveryJob => ({
  ...job,
  status: 'scheduled',
  reason: 'not_due',
  dueAt,
  requestedAt: dueAt,
});

/** Told by an order that is off: what waits is dropped, what drives is called back. What another plant has by now is called off there. */
export const cancel = (plant: Plant, asked: Payload<'dispatch.cancel'>, context: Deciding): Decided => {
  const { orderKey, reason, queuedOnly } = asked;
  const effects: Effect[] = onward(plant, asked, context).map((to) =>
    tell('dispatch', to, 'dispatch.cancel', { ...asked, via: [...(asked.via ?? []), plant.id] }),
  );
  for (const job of jobsOf(context, orderKey))
    if (isOpen(job) && (!queuedOnly || job.taken === 0)) effects.push(save({ ...job, status: 'cancelled', reason: null, dueAt: null }));
  for (const load of queuedOnly ? [] : openLoadsOf(context, orderKey)) {
    if (!isUnderWay(load)) continue;
    // It stays open until the truck is back: the truck is not free before.
    effects.push(
      saveLoad({ ...load, status: 'cancelled', awaiting: null, reason }),
      ...(load.awaiting ? release(load, reason) : []),
      tell('truck', load.truckId, 'truck.return-to-plant', { loadId: load.id, reason }),
      publish(`truck.${load.truckId}.returntoplant`, {
        truckId: load.truckId,
        loadId: load.id,
        orderKey,
        orderId: load.orderId,
        reason,
      }),
    );
  }
  return effects.length > 0 ? done(plant, effects) : ignore('no truck and no place in the queue');
};

/**
 * A part of the order is off: what no truck has is not sent, here or where the rest of it went; and trucks that have not left are taken back where
 * they are not needed.
 */
export const reduce = (plant: Plant, asked: Payload<'dispatch.reduce'>, context: Deciding): Decided => {
  const job = openJobOf(context, asked.orderKey);
  const [to] = onward(plant, asked, context);
  const here = to ? Math.min(asked.quantity, job ? Math.max(0, leftOf(job)) : 0) : asked.quantity;
  const there = { ...asked, quantity: asked.quantity - here, via: [...(asked.via ?? []), plant.id] };
  const effects: Effect[] = to && there.quantity > 0 ? [tell('dispatch', to, 'dispatch.reduce', there)] : [];
  if (job && here > 0) effects.push(...smaller(job, job.quantity - here, context));
  return effects.length > 0 ? done(plant, effects) : ignore('it waits for no truck');
};

const smaller = (job: DeliveryJob, wanted: number, context: Deciding): Effect[] => {
  const less = { ...job, quantity: Math.max(0, wanted) };
  return [save(leftOf(less) > 0 ? less : onItsWay(less)), ...tooMany(job, less.quantity, context)];
};

/** The plants that what was here went on to, and that have not heard of this: an order may come back to where it was. */
const onward = ({ id }: Plant, { orderKey, via = [] }: { orderKey: string; via?: string[] | undefined }, context: Deciding): string[] => [
  ...new Set(jobsOf(context, orderKey).flatMap(({ movedTo }) => (movedTo && movedTo !== id && !via.includes(movedTo) ? movedTo : []))),
];

/** When they are back, only what is still wanted is sent again. */
const tooMany = (job: DeliveryJob, wanted: number, context: Deciding): Effect[] => {
  let surplus = job.taken - wanted;
  const effects: Effect[] = [];
  for (const load of openLoadsOf(context, job.orderKey).sort((a, b) => b.seq - a.seq)) {
    if (load.status !== 'assigned' || load.quantity > surplus) continue;
    surplus -= load.quantity;
    effects.push(...recall(load, 'less is wanted'));
  }
  return effects;
};
