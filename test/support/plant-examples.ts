/** The plant north, who waits there, and what its dispatcher knows. */
import type { Candidate, DeliveryJob, DispatchFacts, Load, Plant, PlantFacts } from '../../services/truck/dispatch.state.ts';
import { NOW } from './given.ts';

/** Each order has a trace of its own. */
export const traceOf = (orderKey: string): string => `00-${orderKey.replaceAll('-', '')}-00000000000000aa-01`;

export const north: Plant = {
  id: 'north',
  place: null,
  strategy: null,
  hours: null,
  loadSlots: null,
  brokenSince: null,
  brokenReason: null,
  version: 1,
};
export const waitingJob = (id: string, orderKey: string, change: Partial<DeliveryJob> = {}): DeliveryJob => ({
  id,
  orderKey,
  orderId: String(Number(orderKey.slice(-12))),
  status: 'queued',
  reason: null,
  priority: 50,
  quantity: 8,
  taken: 0,
  poured: 0,
  distanceMiles: 3,
  requestedStart: null,
  requestedAt: NOW.toISOString(),
  dueAt: null,
  lockedTruckId: null,
  movedTo: null,
  special: null,
  items: null,
  traceparent: traceOf(orderKey),
  ...change,
});
export const openLoad = (id: string, { id: jobId, orderKey, orderId }: DeliveryJob, truckId: string, change: Partial<Load> = {}): Load => ({
  id,
  jobId,
  orderKey,
  orderId,
  truckId,
  seq: 1,
  quantity: 8,
  status: 'assigned',
  assignedAt: NOW.toISOString(),
  closedAt: null,
  poured: null,
  part: false,
  reason: null,
  by: null,
  awaiting: null,
  materials: null,
  ...change,
});
/** A job whose only truck is on its way. */
export const sentJob = (id: string, orderKey: string, change: Partial<DeliveryJob> = {}): DeliveryJob =>
  waitingJob(id, orderKey, { status: 'in_progress', taken: 8, ...change });

/** One that says it is free. */
export const freeTruck = (id: string, change: Partial<Candidate> = {}): Candidate => ({
  id,
  capacity: 10,
  skills: [],
  homePlantId: null,
  trips: 0,
  milesAway: null,
  driver: null,
  openLoadId: null,
  lockedBy: null,
  ...change,
});
type Facts = Partial<PlantFacts> & Partial<Omit<DispatchFacts, 'plants'>>;
/** What a dispatcher knows of others: that these trucks of north are free, longest free first, and what is said here beside. */
export const knows = (trucks: Candidate[], { mixes, materials, elsewhere, truckStatus, ...plant }: Facts = {}): DispatchFacts => ({
  plants: new Map([
    [
      'north',
      {
        trucks,
        more: { trucks: false, waiting: false, wide: false },
        largest: Math.max(10, ...trucks.map(({ capacity }) => capacity)),
        skilled: trucks,
        loadingNow: 0,
        nextDue: null,
        ...plant,
      },
    ],
  ]),
  mixes: mixes ?? new Map(),
  materials: materials ?? new Map(),
  elsewhere: elsewhere ?? [],
  truckStatus: truckStatus ?? new Map(),
});
/** Trucks of north that say they are free, longest free first. */
export const freeAtNorth = (...trucks: string[]): DispatchFacts => knows(trucks.map((id) => freeTruck(id)));
