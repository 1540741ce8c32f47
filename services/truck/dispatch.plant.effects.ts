/** The plant itself: how it works, that it has broken down, and where its jobs go then. */
import { done, type Effect, inTrace, publish, refuse, tell } from '../../runtime/decider.ts';
import { waits } from './dispatch.news.effects.ts';
import type { Decided, Deciding, DeliveryJob, Load, Payload, Plant } from './dispatch.state.ts';
import { leftOf, onItsWay, save, saveLoad, traceOf } from './dispatch.state.ts';

const outdated = ({ version }: Plant, asked: number | undefined): Decided | undefined =>
  asked !== undefined && asked !== version ? refuse('resource.changed', { version }) : undefined;

export const changePlant = (plant: Plant, { by, version, ...asked }: Payload<'dispatch.change-plant'>): Decided => {
  const change = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const no = outdated(plant, version);
  return no ?? done({ ...plant, ...change, version: plant.version + 1 }, publish('plant.changed', { plantId: plant.id, ...change, by }));
};

/** Who waits goes elsewhere (moveOn, once this turn settles); trucks that have not left are taken back for them. */
export const breakDown = (plant: Plant, { reason, by, version }: Payload<'dispatch.break-down'>, context: Deciding): Decided => {
  const no = outdated(plant, version);
  if (no) return no;
  if (plant.brokenSince) return refuse('plant.broken-down', { since: plant.brokenSince });
  const broken = { ...plant, brokenSince: context.now.toISOString(), brokenReason: reason, version: plant.version + 1 };
  const back = context.rows.all<Load>('load').filter((load) => load.status === 'assigned' && !load.closedAt);
  return done(
    broken,
    publish('plant.broken-down', { plantId: plant.id, reason, by }),
    back.flatMap((load) => recall(load, reason)),
  );
};

/** Its truck is to stay in the yard; it answers by coming free, or that it has left. */
export const recall = (load: Load, reason: string): Effect[] => [
  saveLoad({ ...load, status: 'recalled', reason }),
  tell('truck', load.truckId, 'truck.return-to-plant', { loadId: load.id, reason, yardOnly: true }),
];

export const repaired = (plant: Plant, { by, version, reason }: Payload<'dispatch.repaired'>): Decided => {
  const no = outdated(plant, version);
  if (no) return no;
  if (!plant.brokenSince) return refuse('plant.in-order');
  const works = { ...plant, brokenSince: null, brokenReason: null, version: plant.version + 1 };
  return done(works, publish('plant.repaired', { plantId: plant.id, reason, by }));
};

/** The jobs of a plant that stands still are another's, with their age; where there is none they wait. Spread over those that can take them. */
export const moveOn = (plant: Plant, waiting: readonly DeliveryJob[], context: Deciding): Effect[] => {
  const { plants } = context.facts;
  // Read before this turn: it may not know yet that the plant is broken.
  const elsewhere = context.facts.elsewhere.filter((id) => id !== plant.id);
  const effects = waiting.flatMap((job, index) => {
    const to = elsewhere[index % elsewhere.length];
    if (to) return [save(without(job, to)), ...inTrace(traceOf(job), ...moved(job, plant, to))];
    const said: Effect[] = [];
    const next = waits(job, 'plant_closed', plant.id, said);
    return next === job ? [] : [save(next), ...said];
  });
  const more = elsewhere.length > 0 && plants.get(plant.id)?.more.waiting === true;
  return more ? [...effects, tell('dispatch', plant.id, 'dispatch.sweep', {})] : effects;
};

/** What its trucks have stays the business of this plant. */
const without = (job: DeliveryJob, movedTo: string): DeliveryJob => {
  if (job.taken === 0) return { ...job, status: 'moved', reason: null, dueAt: null, movedTo };
  return { ...onItsWay({ ...job, quantity: job.taken }), special: { ...job.special, part: true }, movedTo };
};

const moved = (job: DeliveryJob, { id: from }: Plant, to: string): Effect[] => {
  const { orderKey, orderId, distanceMiles, priority, requestedStart, special, items, requestedAt } = job;
  const { requestedEnd, parts: _, part, site, ...pour } = special ?? {};
  const asked = {
    ...{ orderKey, orderId, quantity: leftOf(job), distanceMiles, priority },
    ...(requestedStart ? { requestedStart } : {}),
    ...(requestedEnd ? { requestedEnd } : {}),
    ...(items ? { items } : {}),
    ...(site ? { site } : {}),
    ...(Object.keys(pour).length > 0 ? { pour } : {}),
    moved: { from, requestedAt, ...(job.taken > 0 || part ? { part: true } : {}) },
  };
  const news = publish('order.plant.changed', { orderKey, orderId, from, to, quantity: leftOf(job) });
  return [tell('dispatch', to, 'dispatch.request', asked), news];
};
