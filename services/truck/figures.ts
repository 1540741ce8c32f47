/** The dispatcher's figures as they are shown: rows of what was, and of what is, put together. */
import type { LoadFigures, Standing } from './dispatch.figures.store.ts';

export interface Figures {
  loads: number;
  byHand: number;
  rejected: number;
  cancelled: number;
  /** Of the orders' unit. */
  poured: number;
  assignmentsPerHour: number;
  waitMinutes: { mean: number | null; p90: number | null };
  cycleMinutes: Record<'loading' | 'en_route' | 'at_job_site' | 'delivering' | 'returning' | 'washing' | 'whole', number | null>;
  /** Share of the time of trucks in service that they were on trips; null without trucks. */
  utilisation: number | null;
  /** Share of the orders with a window whose first truck came within it, give or take 15 minutes. */
  onTime: { orders: number; share: number | null };
  trucks: Record<string, number>;
  waiting: Record<string, number>;
}

const round = (value: number | null): number | null => (value === null ? null : Math.round(value * 1_000) / 1_000);

const NONE: Omit<LoadFigures, 'plantId'> = {
  ...{ loads: 0, byHand: 0, poured: 0, rejected: 0, cancelled: 0, meanWaitMinutes: null, p90WaitMinutes: null },
  ...{ loadingMinutes: null, thereMinutes: null, atSiteMinutes: null, pouringMinutes: null, backMinutes: null, washingMinutes: null },
  ...{ cycleMinutes: null, windows: 0, onTime: 0, tripHours: 0 },
};

/** Trucks that could have driven. */
const inService = (trucks: Record<string, number>): number =>
  Object.entries(trucks).reduce((sum, [status, count]) => (status === 'out_of_service' ? sum : sum + count), 0);

const figuresOf = (
  were: Omit<LoadFigures, 'plantId'>,
  { trucks, waiting }: Pick<Standing, 'trucks' | 'waiting'>,
  hours: number,
): Figures => {
  const truckHours = inService(trucks ?? {}) * hours;
  return {
    ...{ loads: were.loads, byHand: were.byHand, rejected: were.rejected, cancelled: were.cancelled, poured: were.poured },
    assignmentsPerHour: round(were.loads / hours) as number,
    waitMinutes: { mean: round(were.meanWaitMinutes), p90: round(were.p90WaitMinutes) },
    cycleMinutes: {
      loading: round(were.loadingMinutes),
      en_route: round(were.thereMinutes),
      at_job_site: round(were.atSiteMinutes),
      delivering: round(were.pouringMinutes),
      returning: round(were.backMinutes),
      washing: round(were.washingMinutes),
      whole: round(were.cycleMinutes),
    },
    utilisation: truckHours > 0 ? round(Math.min(1, were.tripHours / truckHours)) : null,
    onTime: { orders: were.windows, share: were.windows > 0 ? round(were.onTime / were.windows) : null },
    trucks: trucks ?? {},
    waiting: waiting ?? {},
  };
};

/** @param rows of all plants together, and of each */
export const dispatchFigures = (rows: readonly LoadFigures[], now: readonly Standing[], hours: number) => {
  const whole = rows.find(({ plantId }) => plantId === null) ?? NONE;
  const all = { trucks: totals(now.map(({ trucks }) => trucks)), waiting: totals(now.map(({ waiting }) => waiting)) };
  const plants = now.map((one) => [one.plantId, figuresOf(rows.find(({ plantId }) => plantId === one.plantId) ?? NONE, one, hours)]);
  return { hours, ...figuresOf(whole, all, hours), plants: Object.fromEntries(plants) as Record<string, Figures> };
};

const totals = (counts: readonly (Record<string, number> | null)[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const count of counts) for (const [name, n] of Object.entries(count ?? {})) sums[name] = (sums[name] ?? 0) + n;
  return sums;
};
