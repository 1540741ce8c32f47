/** What a plant's dispatcher decides over, and what its rules share. */
import type { DeliveryJobStatus, dispatchMessages, LoadStatus, Pour, StrategyName, WaitingReason } from '../../models/dispatch.ts';
import type { Hours, Shift } from '../../models/hours.ts';
import type { Place } from '../../models/places.ts';
import { type Context as AnyContext, type Decision, type Effect, type MessageOf, type Trace, write } from '../../runtime/decider.ts';

export interface Plant {
  id: string;
  place: Place | null;
  /** Null: the setting's. */
  strategy: StrategyName | null;
  /** Null: always open. */
  hours: Hours | null;
  /** How many trucks can stand at it before they leave; null: any number. */
  loadSlots: number | null;
  brokenSince: string | null;
  brokenReason: string | null;
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
  /** What is on trucks, or poured: the rest still waits for a truck. More than the quantity, when less is wanted by now. */
  taken: number;
  poured: number;
  distanceMiles: number;
  requestedStart: string | null;
  /** Since when it waits: of one that was wanted later, since it could go. */
  requestedAt: string;
  /** Of a scheduled one: when its next truck may go. */
  dueAt: string | null;
  lockedTruckId: string | null;
  /** The plant that has what was left of it. */
  movedTo: string | null;
  /** What few ask; null mostly. */
  special: (Pour & { requestedEnd?: string | undefined; parts?: number; part?: true; site?: Place }) | null;
  /** Of what its loads are: for their materials. */
  items: { sku: string; quantity: number }[] | null;
  /** The trace of the order's request: what is done for it later, in another's turn, still belongs there. */
  traceparent: string;
}

export interface Load {
  id: string;
  jobId: string;
  orderKey: string;
  orderId: string;
  truckId: string;
  seq: number;
  quantity: number;
  status: LoadStatus;
  assignedAt: string;
  closedAt: string | null;
  poured: number | null;
  /** Sent along the way of several: the dispatcher counts what they pour. */
  part: boolean;
  reason: string | null;
  /** Who assigned it by hand. */
  by: string | null;
  /** Stock that does not hold its material yet; empty when all is held; null when it is on the truck, or nothing is needed. */
  awaiting: string[] | null;
  materials: Record<string, number> | null;
  /** How its truck was chosen. Written once. */
  explanation?: Explanation;
}

export interface Explanation {
  strategy: StrategyName | 'by-hand';
  candidates: number;
  /** The best, with what each part of their score was; lower is better. */
  ranked?: { truckId: string; score: number; parts: Record<string, number> }[];
  reason?: string;
}

/** A truck that says it is available. Another actor's row, so perhaps stale: the truck has the last word. */
export interface Candidate {
  id: string;
  capacity: number;
  skills: string[];
  homePlantId: string | null;
  /** Trips it has done. */
  trips: number;
  /** How far from its plant it stands; null when nobody said. */
  milesAway: number | null;
  driver: { licenceExpiry: string | null; shift: Shift | null } | null;
  /** The open load the dispatcher still has it on. */
  openLoadId: string | null;
  /** A waiting job that has it locked. */
  lockedBy: string | null;
}

export interface PlantFacts {
  /** Longest free first. */
  trucks: Candidate[];
  /** There may be more of them, or of those who wait, than this turn sees; one that looks wide sees all it can. */
  more: { trucks: boolean; waiting: boolean; wide: boolean };
  /** The largest capacity among the trucks in service; null when there is none. */
  largest: number | null;
  /** The trucks in service that have skills, where somebody asks for some. */
  skilled: { capacity: number; skills: string[] }[];
  /** Trucks that are assigned or loading, of a plant that counts them. */
  loadingNow: number;
  /** The earliest time at which a scheduled job is due. */
  nextDue: string | null;
}

export interface DispatchFacts {
  plants: ReadonlyMap<string, PlantFacts>;
  /** What a unit of a product takes of each material. */
  mixes: ReadonlyMap<string, { material: string; perUnit: number }[]>;
  /** What of the materials lies at a plant, by stock key; absent where nobody counts it. */
  materials: ReadonlyMap<string, number>;
  /** For plants that are broken down: where their jobs could go, best first. */
  elsewhere: readonly string[];
  /** Where the trucks of the loads in question are, for people's commands. */
  truckStatus: ReadonlyMap<string, string>;
}

export interface DispatchSettings {
  strategy: StrategyName;
  /** Multiplies the simulator's times, by which leads and spacings are planned. */
  timeScale: number;
  /** How long before its truck would have to leave a job may go at the earliest. */
  aheadMs: number;
  /** How long a job that was taken off its truck by hand waits for a person. */
  holdMs: number;
}

export type Heard = MessageOf<typeof dispatchMessages>;
export type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
export type Deciding = AnyContext<DispatchFacts> & { settings: DispatchSettings };
export type Decided = Decision<Plant>;

export const save = (job: DeliveryJob): Effect => write('job', job.id, job);
export const saveLoad = (load: Load): Effect => write('load', load.id, load);

export const jobsOf = ({ rows }: Deciding, orderKey: string): DeliveryJob[] =>
  rows.all<DeliveryJob>('job').filter((job) => job.orderKey === orderKey);

export const isOpen = ({ status }: DeliveryJob): boolean => status === 'queued' || status === 'scheduled' || status === 'in_progress';
export const openJobOf = (context: Deciding, orderKey: string): DeliveryJob | undefined => jobsOf(context, orderKey).find(isOpen);

export const openLoadsOf = ({ rows }: Deciding, orderKey: string): Load[] =>
  rows.all<Load>('load').filter((load) => load.orderKey === orderKey && !load.closedAt);

/** On its way, for all the books know. */
export const isUnderWay = ({ status }: Load): boolean => status === 'assigned' || status === 'recalled';

/** A load of it came to nothing: as much of it as is still wanted waits again, at its place, or for as long as it is held. */
export const withoutLoad = (job: DeliveryJob, { quantity }: Load, now: Date, reason: WaitingReason | null = job.reason): DeliveryJob => {
  const rest = { ...job, taken: job.taken - quantity };
  if (leftOf(rest) <= 0) return onItsWay(rest);
  const held = job.dueAt !== null && new Date(job.dueAt) > now;
  return { ...rest, status: held ? 'scheduled' : 'queued', reason };
};

/** Nothing of it waits any more: it is done when all is poured. */
export const onItsWay = (job: DeliveryJob): DeliveryJob => ({
  ...job,
  status: job.poured >= job.quantity ? 'done' : 'in_progress',
  reason: null,
  dueAt: null,
});

export const leftOf = ({ quantity, taken }: DeliveryJob): number => quantity - taken;

/** An order's correlation id is its key. */
export const traceOf = ({ orderKey, traceparent }: DeliveryJob): Trace => ({ correlationId: orderKey, traceparent });

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
