/**
 * The rules of a plant's dispatcher: it alone owns the plant's waiting queue and which of its trucks goes where, so no two
 * assignments race. It hears requests, cancellations and free trucks, and matches once per turn, over all of them together.
 */
import type { DeliveryJobStatus, dispatchMessages, LoadStatus, TruckStatus, WaitingReason } from '../../models/truck.ts';
import {
  type Context,
  type Decision,
  done,
  type Effect,
  ignore,
  inTrace,
  type Message,
  type MessageOf,
  publish,
  refuse,
  type Trace,
  tell,
  write,
} from '../../runtime/decider.ts';

export interface Plant {
  id: string;
  version: number;
}

export interface DeliveryJob {
  id: string;
  orderKey: string;
  orderId: string;
  status: DeliveryJobStatus;
  reason: WaitingReason | null;
  priority: number;
  quantity: number;
  distanceMiles: number;
  requestedStart: string | null;
  requestedAt: string;
  /** The trace of the order's request: what is done for it later, in another's turn, still belongs there. */
  traceparent: string;
}

export interface Load {
  id: string;
  jobId: string;
  orderKey: string;
  orderId: string;
  truckId: string;
  status: LoadStatus;
  assignedAt: string;
  closedAt: string | null;
}

/** The plant's trucks that say they are available, with the open load the dispatcher still has them on, if any. */
export interface DispatchFacts {
  trucks: Map<string, { id: string; status: TruckStatus; openLoadId: string | null }[]>;
}

type Heard = MessageOf<typeof dispatchMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
type Deciding = Context<DispatchFacts>;

export const decide = (plant: Plant | undefined, message: Message, context: Deciding): Decision<Plant> => {
  const heard = message as unknown as Heard;
  if (!plant) return refuse('plant.not-found');
  switch (heard.name) {
    case 'dispatch.request':
      return request(plant, heard.payload, message, context);
    case 'dispatch.cancel':
      return cancel(plant, heard.payload, context);
    case 'truck.status.changed':
      return truckFree(plant, heard.payload, context);
    case 'dispatch.truck-refused':
      return truckRefused(plant, heard.payload, context);
    case 'dispatch.sweep':
      return done(plant);
  }
};

const request = (plant: Plant, form: Payload<'dispatch.request'>, { headers }: Message, context: Deciding): Decision<Plant> => {
  const open = jobsOf(context, form.orderKey).some(({ status }) => status === 'queued' || status === 'in_progress');
  if (open) return ignore('it is in the queue already');
  const job: DeliveryJob = {
    id: context.newId(),
    ...form,
    status: 'queued',
    reason: null,
    requestedStart: form.requestedStart ?? null,
    requestedAt: context.now.toISOString(),
    traceparent: headers.traceparent,
  };
  return done(plant, save(job));
};

/** Told by an order that is off: what waits is dropped, what drives is called back. */
const cancel = (plant: Plant, { orderKey, reason, queuedOnly }: Payload<'dispatch.cancel'>, context: Deciding): Decision<Plant> => {
  const effects: Effect[] = [];
  for (const job of jobsOf(context, orderKey)) {
    if (job.status === 'queued' || (job.status === 'in_progress' && !queuedOnly))
      effects.push(save({ ...job, status: 'cancelled', reason: null }));
  }
  for (const load of context.rows.all<Load>('load')) {
    if (queuedOnly || load.orderKey !== orderKey || load.status !== 'assigned' || load.closedAt) continue;
    // It stays open until the truck is back: the truck is not free before.
    effects.push(
      write('load', load.id, { ...load, status: 'cancelled' }),
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

const truckFree = (plant: Plant, { truckId, loadId }: Payload<'truck.status.changed'>, context: Deciding): Decision<Plant> => {
  const load = loadId ? context.rows.get<Load>('load', loadId) : undefined;
  if (!load || load.closedAt || load.truckId !== truckId) return done(plant);
  const delivered = load.status === 'assigned';
  const closed: Load = { ...load, status: delivered ? 'delivered' : load.status, closedAt: context.now.toISOString() };
  const job = context.rows.get<DeliveryJob>('job', load.jobId);
  return done(plant, write('load', load.id, closed), delivered && job ? save({ ...job, status: 'done' }) : []);
};

/** The truck left service, or was sent elsewhere by hand, while it was being assigned: the job goes back to its place. */
const truckRefused = (plant: Plant, { loadId, truckId, reason }: Payload<'dispatch.truck-refused'>, context: Deciding): Decision<Plant> => {
  const load = context.rows.get<Load>('load', loadId);
  if (!load || load.closedAt) return ignore('the load is closed');
  const job = context.rows.get<DeliveryJob>('job', load.jobId);
  return done(
    plant,
    write('load', loadId, { ...load, status: 'refused', closedAt: context.now.toISOString() }),
    job?.status === 'in_progress' ? save({ ...job, status: 'queued' }) : [],
    publish('order.truck.unassigned', { orderKey: load.orderKey, orderId: load.orderId, truckId, loadId, reason }),
  );
};

/** Once per turn: the first in the queue gets the truck that has been free longest; who gets none learns why. */
export const settle = (plant: Plant, context: Deciding): Decision<Plant> => {
  const waiting = context.rows.all<DeliveryJob>('job').filter(({ status }) => status === 'queued');
  if (waiting.length === 0) return ignore('nobody waits');
  waiting.sort(byUrgency(context.now));
  const free = freeTrucks(plant, context);
  const effects: Effect[] = [];
  for (const job of waiting) {
    const truckId = free.shift();
    if (truckId) effects.push(...assign(plant, job, truckId, context));
    else if (job.reason !== 'no_truck') effects.push(...waits(plant, job));
  }
  return done(plant, effects);
};

const assign = (plant: Plant, job: DeliveryJob, truckId: string, context: Deciding): Effect[] => {
  const { orderKey, orderId, distanceMiles } = job;
  const load: Load = {
    id: context.newId(),
    jobId: job.id,
    orderKey,
    orderId,
    truckId,
    status: 'assigned',
    assignedAt: context.now.toISOString(),
    closedAt: null,
  };
  return [
    save({ ...job, status: 'in_progress', reason: null }),
    write('load', load.id, load),
    ...inTrace(
      traceOf(job),
      tell('truck', truckId, 'truck.assign', {
        loadId: load.id,
        jobId: job.id,
        orderKey,
        orderId,
        plantId: plant.id,
        distanceMiles,
      }),
    ),
  ];
};

const waits = (plant: Plant, job: DeliveryJob): Effect[] => [
  save({ ...job, reason: 'no_truck' }),
  ...inTrace(
    traceOf(job),
    publish('dispatch.no_truck', {
      orderKey: job.orderKey,
      orderId: job.orderId,
      plantId: plant.id,
      jobId: job.id,
      priority: job.priority,
    }),
  ),
];

/** An order's correlation id is its key. */
const traceOf = ({ orderKey, traceparent }: DeliveryJob): Trace => ({ correlationId: orderKey, traceparent });

const AGEING_MS = 10 * 60_000;
const MOST_AGEING = 50;

/** Priority, plus one for each ten minutes of waiting, up to fifty; among equals the requested start, then who came first. */
export const byUrgency =
  (now: Date) =>
  (a: DeliveryJob, b: DeliveryJob): number =>
    urgency(b, now) - urgency(a, now) || startOf(a) - startOf(b) || a.requestedAt.localeCompare(b.requestedAt) || a.id.localeCompare(b.id);

/** As a time, since the text may stand in any offset; whoever names none is served as soon as possible. */
const startOf = ({ requestedStart }: DeliveryJob): number => (requestedStart ? Date.parse(requestedStart) : 0);

export const urgency = ({ priority, requestedAt }: Pick<DeliveryJob, 'priority' | 'requestedAt'>, now: Date): number =>
  priority + Math.min(MOST_AGEING, Math.floor((now.getTime() - Date.parse(requestedAt)) / AGEING_MS));

/** A truck is free when it says so and the dispatcher's own books have it on no open load. */
const freeTrucks = (plant: Plant, { facts, rows }: Deciding): string[] => {
  const taken = new Set(rows.all<Load>('load').flatMap(({ truckId, closedAt }) => (closedAt ? [] : [truckId])));
  return (facts.trucks.get(plant.id) ?? [])
    .filter(({ id, openLoadId }) => !taken.has(id) && (!openLoadId || rows.get<Load>('load', openLoadId)?.closedAt))
    .map(({ id }) => id);
};

const jobsOf = ({ rows }: Deciding, orderKey: string): DeliveryJob[] =>
  rows.all<DeliveryJob>('job').filter((job) => job.orderKey === orderKey);

const save = (job: DeliveryJob): Effect => write('job', job.id, job);
