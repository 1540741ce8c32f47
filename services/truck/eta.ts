/**
 * When a truck is where, and whether an order will be late: from how long the phases took lately at its plant, and where nothing is known of
 * that, from the simulator's means. Pure; all durations in milliseconds.
 */
import type { WaitingReason } from '../../models/dispatch.ts';
import type { TruckStatus } from '../../models/truck.ts';
import { meanPhaseMs, spacingMs } from './truck.times.rules.ts';

/** Means over the last loads of a plant; travel by the mile. */
export interface PhaseMeans {
  loads: number;
  loading: number;
  travelPerMile: number;
  at_job_site: number;
  delivering: number;
  returnPerMile: number;
  washing: number;
}

/** Where a truck stands: what its own row says. */
export interface OnTheWay {
  id: string;
  status: TruckStatus;
  /** Since when it is in this phase. */
  since: string;
  distanceMiles: number;
}

export interface Window {
  start: string;
  end: string | null;
}

/** `at_risk`: after its window, but still within what counts as on time. */
export type LateRisk = 'none' | 'at_risk' | 'late';

/** What counts as on time: ± 15 minutes. */
export const TOLERANCE_MS = 15 * 60_000;
/** Of fewer loads no mean is taken. */
export const LEAST_LOADS = 3;

export const simulatedMeans = (timeScale: number): PhaseMeans => ({
  loads: 0,
  loading: meanPhaseMs('loading', 0, timeScale),
  travelPerMile: meanPhaseMs('en_route', 1, timeScale),
  at_job_site: 0,
  delivering: meanPhaseMs('delivering', 0, timeScale),
  returnPerMile: meanPhaseMs('returning', 1, timeScale),
  washing: meanPhaseMs('washing', 0, timeScale),
});

const TO_SITE = ['assigned', 'loading', 'en_route'] as const satisfies readonly TruckStatus[];
const BACK = ['at_job_site', 'delivering', 'returning', 'washing'] as const satisfies readonly TruckStatus[];
type Phase = (typeof TO_SITE)[number] | (typeof BACK)[number];
const TRIP: readonly TruckStatus[] = [...TO_SITE, ...BACK];

const lasts = (phase: Phase, miles: number, means: PhaseMeans): number => {
  if (phase === 'assigned') return 0;
  if (phase === 'en_route') return means.travelPerMile * miles;
  return phase === 'returning' ? means.returnPerMile * miles : means[phase];
};

const sum = (phases: readonly Phase[], miles: number, means: PhaseMeans): number =>
  phases.reduce((total, phase) => total + lasts(phase, miles, means), 0);

/** From its assignment until the truck is at the site. */
export const wayThere = (miles: number, means: PhaseMeans): number => sum(TO_SITE, miles, means);
/** From the assignment until the truck is free again. */
export const roundTrip = (miles: number, means: PhaseMeans): number => sum([...TO_SITE, ...BACK], miles, means);

/** From now until the truck has gone through its present phase and those after it, up to `last`; undefined when it is past that, or on no trip. */
const until = (truck: OnTheWay, last: Phase, means: PhaseMeans, now: Date): Date | undefined => {
  const [here, there] = [TRIP.indexOf(truck.status), TRIP.indexOf(last)];
  if (here < 0 || here > there) return undefined;
  const [present, ...rest] = TRIP.slice(here, there + 1) as Phase[];
  const spent = now.getTime() - Date.parse(truck.since);
  const left = Math.max(0, lasts(present as Phase, truck.distanceMiles, means) - spent);
  return new Date(now.getTime() + left + sum(rest, truck.distanceMiles, means));
};

export const arrivesAt = (truck: OnTheWay, means: PhaseMeans, now: Date): Date | undefined => until(truck, 'en_route', means, now);
export const pouredAt = (truck: OnTheWay, means: PhaseMeans, now: Date): Date | undefined => until(truck, 'delivering', means, now);
export const backAt = (truck: OnTheWay, means: PhaseMeans, now: Date): Date | undefined => until(truck, 'washing', means, now);

/** When each truck in service could take its next load, soonest first. */
const freeTimes = (trucks: readonly OnTheWay[], means: PhaseMeans, now: Date): Date[] =>
  trucks
    .flatMap((truck) => (truck.status === 'available' ? now : (backAt(truck, means, now) ?? [])))
    .sort((a, b) => a.getTime() - b.getTime());

export interface Waiting {
  status: string;
  reason: WaitingReason;
  dueAt: string | null;
  lockedTruckId: string | null;
  distanceMiles: number;
  left: number;
}

/** Nobody can say when these are over. */
const OPEN_ENDED: readonly WaitingReason[] = ['no_stock', 'plant_closed', 'skill', 'no_driver', 'capacity'];

/**
 * When the first truck of a waiting job arrives: those before it get the trucks that come free before.
 * @param ahead loads that are served before it
 * @returns undefined when nobody can say
 */
export const firstArrival = (job: Waiting, ahead: number, trucks: readonly OnTheWay[], means: PhaseMeans, now: Date): Date | undefined => {
  if (OPEN_ENDED.includes(job.reason)) return undefined;
  const mine = job.lockedTruckId === null ? trucks : trucks.filter(({ id }) => id === job.lockedTruckId);
  const free = freeTimes(mine, means, now);
  const place = job.lockedTruckId === null && job.status === 'queued' ? ahead : 0;
  const next = free[place % free.length];
  if (!next) return undefined;
  const rounds = Math.floor(place / free.length) * roundTrip(job.distanceMiles, means);
  const leaves = Math.max(next.getTime() + rounds, job.dueAt ? Date.parse(job.dueAt) : 0);
  return new Date(leaves + wayThere(job.distanceMiles, means));
};

/** @param arrives when it is there, or could be at the earliest. @returns null for who asked for no time */
export const lateRisk = (arrives: Date, window: Window | null): LateRisk | null => {
  if (!window) return null;
  const late = arrives.getTime() - Date.parse(window.end ?? window.start);
  return late > TOLERANCE_MS ? 'late' : late > 0 ? 'at_risk' : 'none';
};

/** As many trucks as keep the site busy: no more than there are loads (min(loads, ceil(round trip / unload time))). */
export const trucksNeeded = (loads: number, roundTripMs: number, unloadMs: number): number =>
  unloadMs > 0 ? Math.min(loads, Math.max(1, Math.ceil(roundTripMs / unloadMs))) : loads;

/** How long one load of this size takes to be unloaded: by the order's own pour rate, or as long as it took lately. */
export const unloadMs = (quantity: number, ratePerHour: number | undefined, means: PhaseMeans, timeScale: number): number =>
  ratePerHour ? spacingMs(quantity, ratePerHour, timeScale) : means.delivering;
