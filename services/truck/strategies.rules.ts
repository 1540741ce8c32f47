/**
 * Which of the trucks that could go is sent: one small interface, five rules. A strategy puts candidates in order; who may go at all is decided
 * before (dispatch.yard.rules.ts). A truck that stands among equals goes by how long it has been free.
 */
import type { StrategyName } from '../../models/dispatch.ts';
import type { Candidate, Explanation } from './dispatch.state.ts';

export interface Wanted {
  /** What the load is to carry, were the truck large enough. */
  quantity: number;
  plantId: string;
  /** How late it would be at the site already, were a truck to leave at once. */
  lateMs: number;
  /** Until it can load: trucks that stand at the chute before it. */
  plantWaitMs: number;
  timeScale: number;
}

export type Strategy = (candidates: readonly Candidate[], wanted: Wanted) => Choice;

export interface Choice {
  truck: Candidate;
  explanation: Explanation;
}

const MS_PER_MILE = 2_000;
/** How many of the candidates' scores are kept with the load. */
const SHOWN = 3;

/** Lower is better. Reduced by hand, since this runs for every load: no copy, no sort. */
const lowest =
  (strategy: StrategyName, scoreOf: (candidate: Candidate, wanted: Wanted) => number): Strategy =>
  (candidates, wanted) => {
    let truck = candidates[0] as Candidate;
    let best = scoreOf(truck, wanted);
    for (const candidate of candidates) {
      const score = scoreOf(candidate, wanted);
      if (score < best) [truck, best] = [candidate, score];
    }
    return { truck, explanation: { strategy, candidates: candidates.length } };
  };

/** How badly its size fits: space that stays empty, or load that another truck must bring. 0 fits exactly, 1 not at all. */
const misfit = ({ capacity }: Candidate, { quantity }: Wanted): number => Math.abs(capacity - quantity) / Math.max(capacity, quantity);

const travelMs = ({ milesAway }: Candidate, { timeScale }: Wanted): number => (milesAway ?? 0) * MS_PER_MILE * timeScale;

/** Parts of a score and their weights (model 3.4). */
const WEIGHTS = { travel: 0.45, plantWait: 0.2, lateness: 0.15, capacity: 0.1, workload: 0.1 } as const;
type Part = keyof typeof WEIGHTS;

const scored: Strategy = (candidates, wanted) => {
  const raw = candidates.map((truck): Record<Part, number> => {
    const travel = travelMs(truck, wanted);
    return {
      travel,
      plantWait: Math.max(0, wanted.plantWaitMs - travel),
      lateness: Math.max(0, wanted.lateMs + travel),
      capacity: misfit(truck, wanted),
      workload: truck.trips,
    };
  });
  const parts = Object.keys(WEIGHTS) as Part[];
  const range = Object.fromEntries(parts.map((part) => [part, rangeOf(raw, part)])) as Record<Part, [least: number, span: number]>;
  const ranked = raw.map((values, index) => {
    const normal = Object.fromEntries(
      parts.map((part) => [part, range[part][1] === 0 ? 0 : (values[part] - range[part][0]) / range[part][1]]),
    ) as Record<Part, number>;
    return { index, score: parts.reduce((sum, part) => sum + WEIGHTS[part] * normal[part], 0), parts: normal };
  });
  ranked.sort((a, b) => a.score - b.score || a.index - b.index);
  const shown = ranked.slice(0, SHOWN).map(({ index, score, parts: values }) => ({
    truckId: (candidates[index] as Candidate).id,
    score: rounded(score),
    parts: Object.fromEntries(Object.entries(values).map(([part, value]) => [part, rounded(value)])),
  }));
  const truck = candidates[ranked[0]?.index ?? 0] as Candidate;
  return { truck, explanation: { strategy: 'scored', candidates: candidates.length, ranked: shown } };
};

const rangeOf = (raw: readonly Record<Part, number>[], part: Part): [least: number, span: number] => {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of raw) {
    least = Math.min(least, values[part]);
    most = Math.max(most, values[part]);
  }
  return [least, most - least];
};

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  /** The documents' default: whoever is free longest. */
  first: (candidates) => ({ truck: candidates[0] as Candidate, explanation: { strategy: 'first', candidates: candidates.length } }),
  /** The fewest miles to its plant. */
  nearest: lowest('nearest', travelMs),
  /** The plant's own trucks, before those on loan from other yards. */
  plantPool: lowest('plantPool', ({ homePlantId }, { plantId }) => (homePlantId === null || homePlantId === plantId ? 0 : 1)),
  /** The tightest fit. */
  capacity: lowest('capacity', misfit),
  scored,
};
