/**
 * A working day of 3 plants, 40 trucks and 400 orders, by each strategy: `npm run bench -- day [--seed=1] [--seeds=10] [--strategy=scored]`.
 * It needs no database, and no time: the simulator's clock is virtual.
 */
import { parseArgs } from 'node:util';
import { type StrategyName, strategyNames } from '../models/dispatch.ts';
import { type Day, playDay } from './day/play.ts';

export const day = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, seeds: { type: 'string', default: '10' }, strategy: { type: 'string' } },
    allowPositionals: true,
  });
  const chosen = strategyNames.filter((name) => values.strategy === undefined || name === values.strategy);
  if (chosen.length === 0) throw new Error(`--strategy is one of ${strategyNames.join(', ')}`);
  const seeds = values.seed ? [Number(values.seed)] : Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  for (const strategy of chosen) {
    const days = seeds.map((seed) => playDay(seed, strategy));
    for (const { wrong, ...figures } of days) print({ bench: 'day', ...figures, ...(wrong.length > 0 ? { wrong } : { broken: 0 }) });
    if (days.length > 1) print({ bench: 'day', days: days.length, ...meansOf(strategy, days) });
  }
};

const meansOf = (strategy: StrategyName, days: readonly Day[]) => {
  const mean = (figure: (one: Day) => number, places: number) =>
    Math.round((days.reduce((sum, one) => sum + figure(one), 0) / days.length) * 10 ** places) / 10 ** places;
  return {
    strategy,
    ...{ lateShare: mean(({ lateShare }) => lateShare, 4), onTimeShare: mean(({ onTimeShare }) => onTimeShare, 4) },
    ...{ emptyMiles: mean(({ emptyMiles }) => emptyMiles, 1), emptyMilesPerYard: mean((one) => one.emptyMilesPerYard, 3) },
    ...{ waitMinutes: mean(({ waitMinutes }) => waitMinutes, 1), utilisation: mean(({ utilisation }) => utilisation, 3) },
    ...{ loads: mean(({ loads }) => loads, 1), broken: days.reduce((sum, { wrong }) => sum + wrong.length, 0) },
  };
};

const print = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
