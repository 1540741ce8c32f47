/** A plant's yard during one turn: its free trucks and loading places, and who of them may take a load. */
import type { WaitingReason } from '../../models/dispatch.ts';
import { materialsFor } from './dispatch.materials.effects.ts';
import {
  type Candidate,
  type Deciding,
  type DeliveryJob,
  isOpen,
  type Load,
  leftOf,
  type Plant,
  type PlantFacts,
} from './dispatch.state.ts';
import { isOnShift, isOpenAt } from './hours.rules.ts';
import { type Choice, type Strategy, strategies, type Wanted } from './strategies.rules.ts';
import { leadMs, meanPhaseMs } from './truck.times.rules.ts';

const SEES_ALL = { trucks: false, waiting: false, wide: false };
const NOTHING: PlantFacts = { trucks: [], more: SEES_ALL, largest: null, skilled: [], loadingNow: 0, nextDue: null };

export type Match = { choice: Choice; quantity: number; materials: Map<string, number> } | { reason: WaitingReason };

export class Yard {
  readonly #plant: Plant;
  readonly #context: Deciding;
  readonly #facts: PlantFacts;
  readonly #strategy: Strategy;
  readonly #free: Candidate[];
  readonly #materials: Map<string, number>;
  /** Trucks that are kept, and for which job. */
  readonly #locks: ReadonlyMap<string, string>;
  #loading: number;

  constructor(plant: Plant, context: Deciding) {
    this.#plant = plant;
    this.#context = context;
    this.#facts = context.facts.plants.get(plant.id) ?? NOTHING;
    this.#strategy = strategies[plant.strategy ?? context.settings.strategy];
    this.#free = freeTrucks(this.#facts, context);
    this.#locks = locksIn(context, this.#facts);
    this.#materials = new Map(context.facts.materials);
    this.#loading = this.#facts.loadingNow;
  }

  get isOpen(): boolean {
    return this.#plant.hours === null || isOpenAt(this.#plant.hours, this.#context.now);
  }

  /** There are trucks, or waiting jobs, that this turn does not see: what it finds to be missing may be there. */
  get seesAll(): boolean {
    const { trucks, waiting, wide } = this.#facts.more;
    return wide || !(trucks || waiting);
  }

  /** Behind those who were read others wait. */
  get moreWait(): boolean {
    return this.#facts.more.waiting;
  }

  get hasFree(): boolean {
    return this.#free.length > 0;
  }

  /** The truck for a job's next load, or why there is none. */
  match(job: DeliveryJob): Match {
    if (!this.isOpen) return { reason: 'plant_closed' };
    if (this.#plant.loadSlots !== null && this.#loading >= this.#plant.loadSlots) return { reason: 'loading_slot' };
    if (this.#free.length === 0) return { reason: 'no_truck' };
    const candidates = this.#candidatesFor(job);
    if (!Array.isArray(candidates)) return { reason: candidates };
    const wanted = this.#wantedBy(job);
    const choice = this.#strategy(candidates, wanted);
    const quantity = Math.min(leftOf(job), choice.truck.capacity);
    const materials = materialsFor(job, quantity, this.#plant.id, this.#context);
    for (const [stockKey, amount] of materials) if ((this.#materials.get(stockKey) ?? 0) < amount) return { reason: 'no_stock' };
    return { choice, quantity, materials };
  }

  /** The truck goes: nobody else gets it, its place at the chute, or its materials, in this turn. */
  take({ choice, materials }: Extract<Match, { choice: Choice }>): void {
    this.#free.splice(this.#free.indexOf(choice.truck), 1);
    this.#loading++;
    for (const [stockKey, amount] of materials) this.#materials.set(stockKey, (this.#materials.get(stockKey) ?? 0) - amount);
  }

  #candidatesFor(job: DeliveryJob): Candidate[] | WaitingReason {
    const mine = this.#free.filter(({ id }) => (job.lockedTruckId ? id === job.lockedTruckId : !this.#locks.has(id)));
    if (mine.length === 0) return 'locked';
    const skilled = job.special?.skills ? mine.filter(({ skills }) => job.special?.skills?.every((skill) => skills.includes(skill))) : mine;
    if (skilled.length === 0) return 'skill';
    const driven = skilled.filter((truck) => hasDriver(truck, this.#context.now));
    if (driven.length === 0) return 'no_driver';
    // A truck that is kept for it takes what it can carry.
    const large = this.#isOneLoad(job) && !job.lockedTruckId ? driven.filter(({ capacity }) => capacity >= leftOf(job)) : driven;
    return large.length === 0 ? 'capacity' : large;
  }

  /** What one truck in service could carry is not spread over several; what needs several goes on whichever are there. */
  #isOneLoad(job: DeliveryJob): boolean {
    return leftOf(job) <= this.#largestFor(job);
  }

  /** Of those that have what it asks. */
  #largestFor({ special }: DeliveryJob): number {
    const { skills } = special ?? {};
    if (!skills) return this.#facts.largest ?? 0;
    const able = this.#facts.skilled.filter((truck) => skills.every((skill) => truck.skills.includes(skill)));
    return Math.max(0, ...able.map(({ capacity }) => capacity));
  }

  #wantedBy(job: DeliveryJob): Wanted {
    const { now, settings } = this.#context;
    const arrives = now.getTime() + leadMs(job.distanceMiles, settings.timeScale);
    return {
      quantity: Math.min(leftOf(job), this.#largestFor(job) || leftOf(job)),
      plantId: this.#plant.id,
      lateMs: job.requestedStart ? arrives - Date.parse(job.requestedStart) : 0,
      plantWaitMs: this.#plant.loadSlots ? (this.#loading / this.#plant.loadSlots) * meanPhaseMs('loading', 0, settings.timeScale) : 0,
      timeScale: settings.timeScale,
    };
  }
}

/** As this turn has left them; what it has not read, as it was. */
const locksIn = ({ rows }: Deciding, { trucks }: PlantFacts): Map<string, string> => {
  const locks = new Map(trucks.flatMap(({ id, lockedBy }) => (lockedBy && !rows.get('job', lockedBy) ? [[id, lockedBy]] : [])));
  for (const job of rows.all<DeliveryJob>('job')) if (job.lockedTruckId && isOpen(job)) locks.set(job.lockedTruckId, job.id);
  return locks;
};

/** Whether this truck may take the job's next load, and if not, why: for people, who choose by hand. */
export const suitability = (truck: Candidate, job: DeliveryJob, facts: PlantFacts, context: Deciding): WaitingReason | undefined => {
  if ((locksIn(context, facts).get(truck.id) ?? job.id) !== job.id) return 'locked';
  if (job.special?.skills?.some((skill) => !truck.skills.includes(skill))) return 'skill';
  return hasDriver(truck, context.now) ? undefined : 'no_driver';
};

/** Nobody known drives it: then nobody's licence can be looked at. */
const hasDriver = ({ driver }: Candidate, now: Date): boolean => {
  if (!driver) return true;
  const { licenceExpiry, shift } = driver;
  return (licenceExpiry === null || licenceExpiry >= now.toISOString().slice(0, 10)) && (shift === null || isOnShift(shift, now));
};

/** A truck is free when it says so and the dispatcher's own books have it on no open load. */
export const freeTrucks = ({ trucks }: PlantFacts, { rows }: Deciding): Candidate[] => {
  const taken = new Set(rows.all<Load>('load').flatMap(({ truckId, closedAt }) => (closedAt ? [] : [truckId])));
  return trucks.filter(({ id, openLoadId }) => !taken.has(id) && (!openLoadId || rows.get<Load>('load', openLoadId)?.closedAt));
};
