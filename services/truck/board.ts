/** The queue and the board as dispatchers see them: rows in their order, with what is to be expected of each. Pure. */
import type { TruckStatus } from '../../models/truck.ts';
import { truckLife } from '../../models/truck.ts';
import { byUrgency, type DeliveryJob, urgency } from './dispatch.state.ts';
import type { BoardRow, QueueRow } from './dispatch.views.store.ts';
import * as eta from './eta.ts';

export type MeansOf = (plantId: string) => eta.PhaseMeans;

export interface Yards {
  trucks: readonly BoardRow[];
  meansOf: MeansOf;
  now: Date;
  timeScale: number;
}

/** The dispatcher's own order: who waits now by urgency, then who comes due, soonest first. */
export const inOrder = (jobs: readonly QueueRow[], now: Date): QueueRow[] => {
  const asJob = (row: QueueRow) =>
    ({
      ...row,
      id: row.jobId,
      requestedAt: row.waitingSince,
      requestedStart: row.requestedWindow?.start ?? null,
    }) as unknown as DeliveryJob;
  const later = ({ status, dueAt }: QueueRow): boolean => status === 'scheduled' && dueAt !== null && new Date(dueAt) > now;
  const order = byUrgency(now);
  return [...jobs].sort((a, b) => {
    if (later(a) !== later(b)) return later(a) ? 1 : -1;
    return later(a) ? String(a.dueAt).localeCompare(String(b.dueAt)) || order(asJob(a), asJob(b)) : order(asJob(a), asJob(b));
  });
};

/** @param jobs in the dispatcher's order. Times in RFC 3339, quantities in the orders' unit */
export const queueCards = (jobs: readonly QueueRow[], yards: Yards) => {
  const ahead = new Map<string, number>();
  const trucksOf = Map.groupBy(yards.trucks, ({ plantId }) => plantId);
  return jobs.map((job) => {
    const { plantId } = job;
    const card = queueCard(job, ahead.get(plantId) ?? 0, trucksOf.get(plantId) ?? [], yards);
    if (job.status === 'queued') ahead.set(plantId, (ahead.get(plantId) ?? 0) + Math.max(1, card.loadsPlanned ?? 1));
    return card;
  });
};

const queueCard = (
  { orderKey: _, movedTo: __, ratePerHour, ...job }: QueueRow,
  ahead: number,
  trucks: readonly BoardRow[],
  { meansOf, now, timeScale }: Yards,
) => {
  const means = meansOf(job.plantId);
  const largest = Math.max(0, ...trucks.flatMap(({ status, capacity }) => (status === 'out_of_service' ? [] : capacity)));
  const loads = largest > 0 ? Math.ceil(job.left / largest) : null;
  const trip = eta.roundTrip(job.distanceMiles, means);
  const unload = eta.unloadMs(Math.min(largest, job.left), ratePerHour ?? undefined, means, timeScale);
  const stands = trucks.some(({ brokenDown }) => brokenDown);
  const arrives = stands ? undefined : eta.firstArrival(job, ahead, trucks, means, now);
  const earliest = new Date(now.getTime() + eta.wayThere(job.distanceMiles, means));
  return {
    ...job,
    urgency: urgency({ priority: job.priority, requestedAt: job.waitingSince }, now),
    waitingSeconds: Math.max(0, Math.round((now.getTime() - Date.parse(job.waitingSince)) / 1_000)),
    loadsPlanned: loads,
    trucksNeeded: loads === null ? null : eta.trucksNeeded(loads, trip, unload),
    eta: arrives?.toISOString() ?? null,
    lateRisk: eta.lateRisk(arrives ?? earliest, job.requestedWindow),
  };
};

const MINUTE_MS = 60_000;

/** @param limitMinutes from batching to pouring, for orders that say nothing of it */
const boardCard = (truck: BoardRow, { meansOf, now }: Yards, limitMinutes: number) => {
  const { id, code, plantId, driver, status, since, orderId, loadId, stuck, loaded, poured, batchStartedAt, requestedWindow } = truck;
  const means = meansOf(plantId);
  const arrives = loadId ? eta.arrivesAt(truck, means, now) : undefined;
  const expected = arrives ?? (loadId ? eta.backAt(truck, means, now) : undefined);
  const deadline =
    loaded && poured === null && batchStartedAt
      ? new Date(Date.parse(batchStartedAt) + (truck.limitMinutes ?? limitMinutes) * MINUTE_MS)
      : undefined;
  return {
    ...{ id, code, plantId, driver, status, since, orderId, loadId, stuck, reason: truck.reason },
    /** To the site; of one that is there already, back to the yard. */
    eta: expected?.toISOString() ?? null,
    etaTo: arrives ? 'site' : expected ? 'plant' : null,
    lateRisk: arrives ? eta.lateRisk(arrives, requestedWindow) : null,
    dischargeDeadline: deadline?.toISOString() ?? null,
    overdue: deadline ? now > deadline : false,
  };
};

/** Every phase is there, if empty, in the order of a trip. */
export const boardOf = (yards: Yards, limitMinutes: number) => {
  const phases = Object.fromEntries(Object.keys(truckLife).map((status) => [status, [] as ReturnType<typeof boardCard>[]])) as Record<
    TruckStatus,
    ReturnType<typeof boardCard>[]
  >;
  for (const truck of yards.trucks) phases[truck.status].push(boardCard(truck, yards, limitMinutes));
  const counts = Object.fromEntries(Object.entries(phases).map(([status, trucks]) => [status, trucks.length]));
  return { at: yards.now.toISOString(), counts, phases };
};
