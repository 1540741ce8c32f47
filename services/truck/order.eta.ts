/** When the trucks of one order are at its site. Pure. */
import { queueCards, type Yards } from './board.ts';
import type { QueueRow } from './dispatch.views.store.ts';
import * as eta from './eta.ts';
import type { LoadRow } from './loads.store.ts';
import { liveStatus } from './loads.ts';

const OFF = ['cancelled', 'rejected', 'refused'];

/**
 * @param job the order's; undefined when it never asked for a truck
 * @param queue of its plant, in the dispatcher's order
 * @returns `arrivesAt`: when its next truck is there; null when nobody can say, or when none is to come
 */
export const orderEta = (
  orderId: string,
  job: QueueRow | undefined,
  queue: readonly QueueRow[],
  loads: readonly LoadRow[],
  yards: Yards,
) => {
  const cards = loads.map((load) => loadEta(load, yards)).filter(({ status }) => !OFF.includes(status));
  const waiting = job && queueCards(queue, yards).find(({ jobId }) => jobId === job.jobId);
  const coming = [...cards.flatMap(({ arrivesAt }) => arrivesAt ?? []), ...(waiting?.eta ? [waiting.eta] : [])].sort();
  const [arrivesAt = null] = coming;
  const arrivedAt = cards.flatMap((card) => card.arrivedAt ?? []).sort()[0] ?? null;
  const first = arrivedAt ?? arrivesAt;
  const requestedWindow = job?.requestedWindow ?? null;
  return {
    ...{ orderId, plantId: job?.plantId ?? null, status: job?.status ?? null, reason: job?.reason ?? null },
    ...{ quantity: job?.quantity ?? null, left: job?.left ?? null, requestedWindow, arrivedAt, arrivesAt },
    lateRisk: first ? eta.lateRisk(new Date(first), requestedWindow) : (waiting?.lateRisk ?? null),
    loads: cards,
    /** How many loads its plant's means are of; 0: the simulator's. */
    basis: job ? yards.meansOf(job.plantId).loads : 0,
  };
};

const loadEta = (load: LoadRow, { trucks, meansOf, now }: Yards) => {
  const { id: loadId, truckId, plantId, distanceMiles, phases } = load;
  const status = liveStatus(load);
  const truck = trucks.find((one) => one.loadId === loadId);
  const means = meansOf(plantId);
  // The truck has not heard of it yet.
  const about = truck ?? (status === 'assigned' ? { id: truckId, status, since: load.assignedAt, distanceMiles } : undefined);
  return {
    ...{ loadId, truckId, status, quantity: load.quantity },
    arrivedAt: phases?.at_job_site ?? null,
    arrivesAt: (about && eta.arrivesAt(about, means, now)?.toISOString()) ?? null,
    pouredAt:
      phases?.returning && load.poured !== null ? phases.returning : ((about && eta.pouredAt(about, means, now)?.toISOString()) ?? null),
  };
};
