/** Once per turn, over all that was heard: who waits gets a truck, in the order of urgency; who gets none learns why. */

import { done, type Effect, ignore, inTrace, setTimer, tell } from '../../runtime/decider.ts';
import { draw } from './dispatch.materials.effects.ts';
import { waits } from './dispatch.news.effects.ts';
import { moveOn } from './dispatch.plant.effects.ts';
import {
  byUrgency,
  type Decided,
  type Deciding,
  type DeliveryJob,
  type Load,
  leftOf,
  type Plant,
  save,
  saveLoad,
  traceOf,
} from './dispatch.state.ts';
import { type Match, Yard } from './dispatch.yard.rules.ts';
import { spacingMs } from './truck.times.rules.ts';

/** In one turn a job may take so many trucks; the rest of a larger one follow in the next. */
const MOST_LOADS = 50;

export const settle = (plant: Plant, context: Deciding): Decided => {
  const jobs = context.rows.all<DeliveryJob>('job');
  const waiting = jobs.filter((job) => isWaiting(job, context.now));
  const effects: Effect[] = [];
  if (plant.brokenSince) return broken(plant, jobs, waiting, context);
  waiting.sort(byUrgency(context.now));
  const yard = new Yard(plant, context);
  let unserved = false;
  let sent = 0;
  let more = false;
  let due = context.facts.plants.get(plant.id)?.nextDue ?? null;
  for (const job of waiting) {
    const [next, loads] = serve(plant, job, yard, context);
    effects.push(...loads);
    if (next.taken > job.taken) sent++;
    if (next.status === 'queued') unserved = true;
    if (next.status === 'queued' && next.reason === null) more = true;
    if (next !== job) effects.push(save(next));
    due = earlier(due, next);
  }
  effects.push(...wake(due, jobs, waiting));
  const wide = unserved && yard.hasFree && !yard.seesAll;
  // The head of a long queue has its trucks: who comes next?
  if (sent > 0 && yard.hasFree && yard.moreWait) more = true;
  if (wide || more) effects.push(tell('dispatch', plant.id, 'dispatch.sweep', wide ? { wide } : {}));
  return effects.length > 0 ? done(plant, effects) : ignore('nobody waits');
};

/** Who waits is given away; who is not due yet stays, until he is. */
const broken = (plant: Plant, jobs: readonly DeliveryJob[], waiting: readonly DeliveryJob[], context: Deciding): Decided => {
  const due = context.facts.plants.get(plant.id)?.nextDue ?? null;
  const effects = [...moveOn(plant, waiting, context), ...wake(due, jobs, waiting)];
  return effects.length > 0 ? done(plant, effects) : ignore('nobody waits');
};

/** When the next of those that are not due yet is. */
const wake = (first: string | null, jobs: readonly DeliveryJob[], waiting: readonly DeliveryJob[]): Effect[] => {
  const served = new Set(waiting);
  const due = jobs.reduce((soonest, job) => (served.has(job) ? soonest : earlier(soonest, job)), first);
  return due ? [setTimer('dispatch.due', new Date(due), {})] : [];
};

const isWaiting = ({ status, dueAt }: DeliveryJob, now: Date): boolean =>
  status === 'queued' || (status === 'scheduled' && dueAt !== null && new Date(dueAt) <= now);

const earlier = (due: string | null, { status, dueAt }: DeliveryJob): string | null =>
  status === 'scheduled' && dueAt && (!due || dueAt < due) ? dueAt : due;

/** As many trucks as it may have now: all, or one when its loads are to come one after the other. */
const serve = (plant: Plant, waiting: DeliveryJob, yard: Yard, context: Deciding): [DeliveryJob, Effect[]] => {
  let job = waiting;
  const effects: Effect[] = [];
  for (let loads = 0; loads < MOST_LOADS; loads++) {
    const match = yard.match(job);
    if ('reason' in match) return [waits(job, match.reason, plant.id, effects), effects];
    yard.take(match);
    const [next, sent] = send(plant, job, match, context);
    effects.push(...sent);
    job = next;
    if (job.status !== 'queued') break;
  }
  return [job, effects];
};

const send = (plant: Plant, job: DeliveryJob, match: Extract<Match, { quantity: number }>, context: Deciding): [DeliveryJob, Effect[]] => {
  const { choice, quantity, materials } = match;
  const load = loadFor(job, choice.truck.id, quantity, context);
  load.explanation = choice.explanation;
  if (materials.size > 0) [load.materials, load.awaiting] = [Object.fromEntries(materials), [...materials.keys()]];
  return [after(job, quantity, context), [saveLoad(load), ...inTrace(traceOf(job), dispatched(plant, load, job), ...draw(load, context))]];
};

export const loadFor = (job: DeliveryJob, truckId: string, quantity: number, { newId, now }: Deciding): Load => ({
  id: newId(),
  ...{ jobId: job.id, orderKey: job.orderKey, orderId: job.orderId, truckId, quantity },
  seq: (job.special?.parts ?? 0) + 1,
  status: 'assigned',
  assignedAt: now.toISOString(),
  closedAt: null,
  poured: null,
  part: quantity < job.quantity || job.special?.part === true,
  reason: null,
  by: null,
  awaiting: null,
  materials: null,
});

export const dispatched = ({ id: plantId, loadSlots }: Plant, load: Load, { distanceMiles, special }: DeliveryJob): Effect =>
  tell('truck', load.truckId, 'truck.assign', {
    ...{ loadId: load.id, jobId: load.jobId, orderKey: load.orderKey, orderId: load.orderId },
    ...{ plantId, distanceMiles, quantity: load.quantity },
    ...(load.part && { part: true }),
    ...(loadSlots !== null && { slotted: true }),
    ...(load.awaiting && { waits: true }),
    ...(special?.limitMinutes && { limitMinutes: special.limitMinutes }),
  });

/** With this load on its way: what is left waits on, until the site has room for the next. */
export const after = (job: DeliveryJob, quantity: number, { now, settings }: Deciding): DeliveryJob => {
  const part = quantity < job.quantity;
  const special = part ? { ...job.special, parts: (job.special?.parts ?? 0) + 1 } : job.special;
  const sent: DeliveryJob = { ...job, taken: job.taken + quantity, special, lockedTruckId: null, reason: null, dueAt: null };
  if (leftOf(sent) <= 0) return { ...sent, status: 'in_progress' };
  const space = spacingMs(quantity, job.special?.ratePerHour, settings.timeScale);
  if (space === 0) return { ...sent, status: 'queued' };
  return { ...sent, status: 'scheduled', reason: 'not_due', dueAt: new Date(now.getTime() + space).toISOString() };
};
