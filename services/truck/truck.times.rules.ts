/** How long the phases of a simulated trip take: seconds, as recovered from the original, for what takes minutes: a time scale of 60 is real time. */
import type { TruckStatus } from '../../models/truck.ts';
import type { Context } from '../../runtime/decider.ts';

/** The phases that last a while; `assigned` and `at_job_site` are passed through. */
export type Timed = 'loading' | 'en_route' | 'delivering' | 'returning' | 'washing';

/** Mean, spread to either side, least. Travel is 2 s a mile, ± 20 %. */
const PHASE_SECONDS = { loading: [15, 5, 5], delivering: [15, 5, 5], washing: [10, 3, 3] } as const;
const TRAVEL_SECONDS_PER_MILE = 2;
const LEAST_TRAVEL_SECONDS = 2;
/** One load's worth, in the original. */
const POUR_QUANTITY = 10;

const TIMED: readonly TruckStatus[] = ['loading', 'en_route', 'delivering', 'returning', 'washing'] satisfies Timed[];
export const timed = (status: TruckStatus): status is Timed => TIMED.includes(status);

export const phaseMs = (
  phase: Timed,
  distanceMiles: number,
  { random, settings: { timeScale } }: Pick<Context, 'random'> & { settings: { timeScale: number } },
): number => {
  if (timeScale === 0) return 0;
  const spread = random() * 2 - 1;
  const [mean, either, least] = secondsOf(phase, distanceMiles);
  return Math.round(Math.max(least, mean + spread * either) * 1_000 * timeScale);
};

/** What a phase takes on average; for plans and arrivals. */
export const meanPhaseMs = (phase: Timed, distanceMiles: number, timeScale: number): number => {
  const [mean, , least] = secondsOf(phase, distanceMiles);
  return Math.round(Math.max(least, mean) * 1_000 * timeScale);
};

const secondsOf = (phase: Timed, distanceMiles: number): readonly [mean: number, either: number, least: number] => {
  if (phase !== 'en_route' && phase !== 'returning') return PHASE_SECONDS[phase];
  const mean = TRAVEL_SECONDS_PER_MILE * distanceMiles;
  return [mean, 0.2 * mean, LEAST_TRAVEL_SECONDS];
};

/** From its assignment until the truck is at the site. */
export const leadMs = (distanceMiles: number, timeScale: number): number =>
  meanPhaseMs('loading', distanceMiles, timeScale) + meanPhaseMs('en_route', distanceMiles, timeScale);

/** Until the next truck is to arrive: as long as this load takes to be unloaded. A second of the simulator is a minute of the site's. */
export const spacingMs = (quantity: number, ratePerHour: number | undefined, timeScale: number): number => {
  const ms = ratePerHour ? (quantity / ratePerHour) * 60_000 : (quantity / POUR_QUANTITY) * PHASE_SECONDS.delivering[0] * 1_000;
  return Math.round(ms * timeScale);
};
