/** What must hold after every turn of a dispatcher, and when the day is over. */
import type { Shelves } from '../../runtime/simulator.shelves.ts';
import type { Committed, Simulator } from '../../runtime/simulator.ts';
import { byUrgency, type DeliveryJob, type Load, leftOf, type Plant } from '../../services/truck/dispatch.state.ts';
import { type TruckRow, trucksAt } from './actors.ts';

/** @returns what was found broken, added to as the day goes on */
export const watchLaws = (world: Simulator): string[] => {
  const wrong: string[] = [];
  const openTrucks = new Map<string, string>();
  world.afterTurn((turn) => {
    if (turn.actor !== 'dispatch') return;
    const loads = writtenIn<Load>(turn, 'load');
    for (const { id, truckId, closedAt } of loads) if (closedAt && openTrucks.get(truckId) === id) openTrucks.delete(truckId);
    for (const { id, truckId, closedAt } of loads) {
      const open = openTrucks.get(truckId);
      if (!closedAt && open && open !== id) wrong.push(`${truckId} has two open loads, ${open} and ${id}`);
      if (!closedAt) openTrucks.set(truckId, id);
    }
    wrong.push(...queueWrongs(turn, world.shelves, loads).map((what) => `${turn.at.toISOString().slice(11, 16)} ${turn.key}: ${what}`));
  });
  return wrong;
};

const writtenIn = <Row>({ rows }: Committed, table: string): Row[] =>
  [...(rows.written.get(table)?.values() ?? [])].map(({ row }) => row as Row);

const queueWrongs = (turn: Committed, shelves: Shelves, written: readonly Load[]): string[] => {
  const jobs = shelves.rows<DeliveryJob>('dispatch', turn.key, 'job');
  const waiting = [...jobs.values()].filter(({ status }) => status === 'queued');
  const wrong = waiting.filter(({ reason }) => !reason).map(({ orderId }) => `order ${orderId} waits without a reason`);
  for (const { orderId, status, dueAt } of jobs.values()) if (status === 'scheduled' && !dueAt) wrong.push(`order ${orderId} is never due`);
  const isNew = ({ assignedAt, closedAt }: Load) => !closedAt && assignedAt === turn.at.toISOString();
  for (const load of written.filter(isNew)) {
    const served = jobs.get(load.jobId) as DeliveryJob;
    const truck = shelves.state<TruckRow>('truck', load.truckId) as TruckRow;
    for (const job of waiting)
      if (isBefore(job, served, turn) && suits(truck, job, shelves))
        wrong.push(`order ${served.orderId} got ${truck.id}, for which order ${job.orderId} waited before it`);
  }
  const plant = shelves.state<Plant>('dispatch', turn.key);
  const free = trucksAt(shelves, turn.key).some((truck) => isFree(truck, turn) && !isTaken(truck.id, turn.key, shelves));
  if (free && !plant?.brokenSince)
    for (const { orderId, reason } of waiting) if (reason === 'no_truck') wrong.push(`order ${orderId} waits for a truck, and one is free`);
  return wrong;
};

const isBefore = (job: DeliveryJob, served: DeliveryJob, { at }: Committed): boolean =>
  job.id !== served.id && byUrgency(at)(job, served) < 0;

const suits = ({ skills, capacity, plantId }: TruckRow, job: DeliveryJob, shelves: Shelves): boolean => {
  const inService = trucksAt(shelves, plantId).filter(({ status }) => status !== 'out_of_service');
  const largest = Math.max(0, ...inService.map((truck) => truck.capacity));
  return (job.special?.skills ?? []).every((skill) => skills.includes(skill)) && (leftOf(job) > largest || capacity >= leftOf(job));
};

/** For long enough that the turn has read of it. */
const isFree = ({ status, phaseSince }: TruckRow, { at }: Committed): boolean =>
  status === 'available' && at.getTime() - Date.parse(phaseSince) > 1_000;

const isTaken = (truckId: string, plantId: string, shelves: Shelves): boolean =>
  [...shelves.rows<Load>('dispatch', plantId, 'load').values()].some((load) => load.truckId === truckId && !load.closedAt);

/** When nothing is under way any more. */
export const leftOvers = (shelves: Shelves): string[] =>
  [...shelves.states('dispatch').keys()].flatMap((plant) => [
    ...[...shelves.rows<Load>('dispatch', plant, 'load').values()]
      .filter(({ closedAt }) => !closedAt)
      .map(({ id, truckId }) => `${plant}: the load ${id} on ${truckId} never ends`),
    ...[...shelves.rows<DeliveryJob>('dispatch', plant, 'job').values()]
      .filter(({ status }) => status === 'queued' || status === 'scheduled' || status === 'in_progress')
      .map(({ orderId, status, reason }) => `${plant}: order ${orderId} stays ${status} (${reason})`),
  ]);
