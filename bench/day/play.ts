/** One day, played: the real rules of trucks and dispatchers in the simulator, with a plan of what comes. */
import type { StrategyName } from '../../models/dispatch.ts';
import { subscriptions } from '../../models/subscriptions.ts';
import { type Faults, Simulator } from '../../runtime/simulator.ts';
import type { Plant } from '../../services/truck/dispatch.state.ts';
import type { Truck } from '../../services/truck/truck.state.ts';
import { actorsOf, type TruckRow } from './actors.ts';
import { Book } from './book.ts';
import { Fleet } from './fleet.ts';
import { leftOvers, watchLaws } from './laws.ts';
import { later, OPENS, type Plan, type PlannedPlant, type PlannedTruck, planDay, WORK_BEGINS, WORK_ENDS } from './plan.ts';

export interface Day {
  seed: number;
  strategy: StrategyName;
  delivered: number;
  cancelled: number;
  /** Of those delivered: their first truck came more than 15 minutes after the requested start. */
  late: number;
  lateShare: number;
  /** Within 15 minutes of it, either way. */
  onTimeShare: number;
  emptyMiles: number;
  emptyMilesPerYard: number;
  waitMinutes: number;
  utilisation: number;
  loads: number;
  ends: string;
  events: number;
  hash: string;
  wrong: string[];
}

/** What is still to do in the night is done; a clock that never rests would not end by itself. */
const NIGHT = later(OPENS, 24 * 60);

export const playDay = (seed: number, strategy: StrategyName, faults: Faults = { delayMs: 20, turnMs: 5 }): Day => {
  const plan = planDay(seed);
  const world = new Simulator({ actors: actorsOf(plan.plants, strategy), subscriptions, seed, start: OPENS, faults });
  for (const plant of plan.plants) world.shelves.put('dispatch', plant.id, plantOf(plant));
  for (const truck of plan.trucks) world.shelves.put('truck', truck.id, truckOf(truck));
  const wrong = watchLaws(world);
  const [fleet, book] = [new Fleet(world, plan), new Book(world, plan)];
  breakPlant(world, plan);
  world.run({ until: NIGHT });
  const { delivered, cancelled, late, onTime, yards, waitMinutes, lastDelivered } = book.figures();
  const workMs = plan.trucks.length * (WORK_ENDS.getTime() - WORK_BEGINS.getTime());
  return {
    ...{ seed, strategy, delivered, cancelled, late },
    ...{ lateShare: rounded(late / delivered, 4), onTimeShare: rounded(onTime / delivered, 4) },
    ...{ emptyMiles: rounded(fleet.emptyMiles, 1), emptyMilesPerYard: rounded(fleet.emptyMiles / yards, 3) },
    ...{ waitMinutes: rounded(waitMinutes, 1), utilisation: rounded(fleet.onTripMs / workMs, 3) },
    loads: world.log.filter(({ type }) => type === 'order.truck.assigned').length,
    ends: new Date(lastDelivered).toISOString().slice(11, 16),
    ...{ events: world.log.length, hash: world.hash },
    wrong: [...wrong, ...book.wrong, ...leftOvers(world.shelves)],
  };
};

const rounded = (value: number, places: number): number => Math.round(value * 10 ** places) / 10 ** places;

const breakPlant = (world: Simulator, { plantBreaks: { plantId, at, minutes } }: Plan): void => {
  world.at(at, () => world.tell('dispatch', plantId, 'dispatch.break-down', { reason: 'the mixer stands still' }));
  world.at(later(at, minutes), () => world.tell('dispatch', plantId, 'dispatch.repaired', {}));
};

const plantOf = ({ id, loadSlots, place }: PlannedPlant): Plant => ({
  ...{ id, loadSlots, place, strategy: null, hours: null, brokenSince: null, brokenReason: null, version: 0 },
});

const truckOf = ({ id, plantId, homePlantId, capacity, skills, reports, stands }: PlannedTruck): TruckRow => {
  const truck: Truck = {
    ...{ id, plantId, status: 'available', reporting: reports ? 'reported' : 'simulated', loadId: null, lastLoadId: null, jobId: null },
    ...{ orderKey: null, orderId: null, distanceMiles: 0, quantity: 0, poured: null, loaded: false, trips: 0, phases: {} },
    ...{ phaseSince: OPENS.toISOString(), trip: null, reason: null, version: 0 },
  };
  return { ...truck, homePlantId, capacity, skills, latitude: stands.latitude, longitude: stands.longitude };
};
