/** The real rules of trucks and dispatchers, with what their stores would have loaded and saved (dispatch.store.ts, dispatch.facts.store.ts). */
import { dispatchMessages, type StrategyName } from '../../models/dispatch.ts';
import { roadMiles } from '../../models/places.ts';
import { truckMessages } from '../../models/truck.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import type { Shelves } from '../../runtime/simulator.shelves.ts';
import type { SimulatedActor } from '../../runtime/simulator.ts';
import { dispatcher } from '../../services/truck/dispatch.decider.ts';
import type {
  Candidate,
  DeliveryJob,
  DispatchFacts,
  DispatchSettings,
  Load,
  Plant,
  PlantFacts,
} from '../../services/truck/dispatch.state.ts';
import { truckDecider } from '../../services/truck/truck.decider.ts';
import type { Truck, TruckSettings } from '../../services/truck/truck.state.ts';
import { MINUTE, type PlannedPlant } from './plan.ts';

/** The simulator's second is a minute of the day. */
export const TIME_SCALE = 60;
export const AHEAD_MS = 5 * MINUTE;
const truckSettings: TruckSettings = {
  ...{ timeScale: TIME_SCALE, completeOn: 'pour_completed', washUnloaded: false, stuckMs: {}, limitMinutes: 90 },
};
const dispatchSettings = (strategy: StrategyName): DispatchSettings => ({
  ...{ strategy, timeScale: TIME_SCALE, aheadMs: AHEAD_MS, holdMs: MINUTE },
});

/** A truck's row: the columns that seldom change stand beside its state. */
export interface TruckRow extends Truck {
  capacity: number;
  skills: string[];
  homePlantId: string;
  latitude: number;
  longitude: number;
}

export const actorsOf = (plants: readonly PlannedPlant[], strategy: StrategyName) => [truckActor, dispatchActor(plants, strategy)];

const truckActor: SimulatedActor<TruckRow, undefined> = {
  type: 'truck',
  messages: truckMessages,
  decide: (truck, message, context) =>
    truckDecider(truckSettings)(truck, message, context) as ReturnType<SimulatedActor<TruckRow>['decide']>,
  keep: ({ changed, ...truck }) => ({ ...truck, ...(changed as Partial<TruckRow>) }),
};

const dispatchActor = (plants: readonly PlannedPlant[], strategy: StrategyName): SimulatedActor<Plant, DispatchFacts> => ({
  type: 'dispatch',
  messages: dispatchMessages,
  ...dispatcher(dispatchSettings(strategy)),
  rows: rowsFor,
  facts: (key, messages, _rows, shelves, now) => factsFor(key, messages, shelves, now, plants),
});

const jobsAt = (shelves: Shelves, key: string) => shelves.rows<DeliveryJob>('dispatch', key, 'job');
const loadsAt = (shelves: Shelves, key: string) => shelves.rows<Load>('dispatch', key, 'load');
const named = (messages: readonly Message[], field: string) =>
  new Set(messages.map(({ payload }) => (payload as Record<string, unknown>)[field]));

const rowsFor = (key: string, messages: readonly Message[], shelves: Shelves, now: Date): Rows => {
  const rows = new Rows();
  const [orders, loads] = [named(messages, 'orderKey'), named(messages, 'loadId')];
  const breaksDown = messages.some(({ name }) => name === 'dispatch.break-down');
  const ofLoads = new Set([...loads].map((id) => loadsAt(shelves, key).get(id as string)?.orderKey));
  for (const [id, load] of loadsAt(shelves, key))
    if (loads.has(id) || (!load.closedAt && (breaksDown || orders.has(load.orderKey) || ofLoads.has(load.orderKey))))
      rows.loaded('load', id, load);
  const jobs = new Set(rows.all<Load>('load').map(({ jobId }) => jobId));
  for (const [id, job] of jobsAt(shelves, key)) {
    const waits = job.status === 'queued' || (job.status === 'scheduled' && job.dueAt !== null && new Date(job.dueAt) <= now);
    if (waits || orders.has(job.orderKey) || jobs.has(id)) rows.loaded('job', id, job);
  }
  return rows;
};

const factsFor = (
  key: string,
  messages: readonly Message[],
  shelves: Shelves,
  now: Date,
  plants: readonly PlannedPlant[],
): DispatchFacts => ({
  plants: new Map([[key, plantFacts(key, shelves, now, plants)]]),
  ...{ mixes: new Map(), materials: new Map(), truckStatus: new Map() },
  elsewhere:
    shelves.state<Plant>('dispatch', key)?.brokenSince || messages.some(({ name }) => name === 'dispatch.break-down')
      ? elsewhere(shelves)
      : [],
});

const plantFacts = (key: string, shelves: Shelves, now: Date, plants: readonly PlannedPlant[]): PlantFacts => {
  const trucks = trucksAt(shelves, key);
  const open = new Map(
    plants.flatMap(({ id }) => [...loadsAt(shelves, id).values()].flatMap((load) => (load.closedAt ? [] : [[load.truckId, load]]))),
  );
  const stood = (plants.find(({ id }) => id === key) as PlannedPlant).place;
  const free = trucks.filter(({ status }) => status === 'available');
  free.sort((a, b) => a.phaseSince.localeCompare(b.phaseSince) || a.id.localeCompare(b.id));
  const isLoading = ({ id, status, lastLoadId }: TruckRow) => {
    const load = open.get(id);
    return status === 'assigned' || status === 'loading' || (status === 'available' && load !== undefined && load.id !== lastLoadId);
  };
  const due = [...jobsAt(shelves, key).values()].flatMap(({ status, dueAt }) =>
    status === 'scheduled' && dueAt && new Date(dueAt) > now ? [dueAt] : [],
  );
  return {
    trucks: free.map(
      (truck): Candidate => ({
        ...{ id: truck.id, capacity: truck.capacity, skills: truck.skills, homePlantId: truck.homePlantId, trips: truck.trips },
        ...{ milesAway: roadMiles(truck, stood), driver: null, openLoadId: open.get(truck.id)?.id ?? null, lockedBy: null },
      }),
    ),
    more: { trucks: false, waiting: false, wide: false },
    largest: Math.max(0, ...trucks.filter(({ status }) => status !== 'out_of_service').map(({ capacity }) => capacity)) || null,
    skilled: trucks.filter(({ status, skills }) => status !== 'out_of_service' && skills.length > 0),
    loadingNow: trucks.filter(isLoading).length,
    nextDue: due.sort()[0] ?? null,
  };
};

export const trucksAt = (shelves: Shelves, plantId: string): TruckRow[] =>
  [...shelves.states<TruckRow>('truck').values()].filter((truck) => truck.plantId === plantId);

/** Plants that work: the fewest waiting for each truck first. */
const elsewhere = (shelves: Shelves): string[] =>
  [...shelves.states<Plant>('dispatch').values()]
    .filter(({ brokenSince }) => !brokenSince)
    .map(({ id }) => {
      const waiting = [...jobsAt(shelves, id).values()].filter(({ status }) => status === 'queued').length;
      return { id, share: waiting / trucksAt(shelves, id).filter(({ status }) => status !== 'out_of_service').length };
    })
    .sort((a, b) => a.share - b.share || a.id.localeCompare(b.id))
    .map(({ id }) => id);
