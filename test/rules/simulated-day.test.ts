/**
 * A working day of three plants in the simulator (bench/day), by the real rules: the same for the same seed, with nothing lost and nobody passed
 * over, and better with scores than without. Replay one with SEED=…
 */
import { describe, expect, test } from '@jest/globals';
import { playDay } from '../../bench/day/play.ts';
import { type StrategyName, strategyNames } from '../../models/dispatch.ts';

const seeds = (count: number): number[] =>
  process.env.SEED ? [Number(process.env.SEED)] : Array.from({ length: count }, (_, index) => index + 1);
/** Nodes crash, mail is late, facts are stale, doors hear twice. */
const STORMY = { crash: 0.02, delayMs: 200, turnMs: 50, duplicate: 0.05 };

test('the same seed is the same day, to the last event; another seed is another', () => {
  const [seed = 1] = seeds(1);
  const [one, again, other] = [playDay(seed, 'scored', STORMY), playDay(seed, 'scored', STORMY), playDay(seed + 1, 'scored', STORMY)];
  expect(again).toEqual(one);
  expect(other.hash).not.toBe(one.hash);
});

describe('in a storm nothing is lost or doubled, nobody is passed over, and whoever waits has a reason', () => {
  test.each(strategyNames.flatMap((strategy) => seeds(2).map((seed) => ({ seed, strategy }))))(
    'SEED=$seed $strategy',
    ({ seed, strategy }) => {
      const { wrong, delivered, cancelled } = playDay(seed, strategy, STORMY);
      expect({ seed, wrong, ended: delivered + cancelled }).toEqual({ seed, wrong: [], ended: 400 });
    },
  );
});

test('scores beat whoever is free longest: fewer orders are late, and fewer miles are driven empty', () => {
  const total = (strategy: StrategyName) => {
    const days = seeds(10).map((seed) => playDay(seed, strategy));
    expect(days.filter(({ wrong }) => wrong.length > 0).map(({ seed, wrong }) => ({ seed, wrong }))).toEqual([]);
    const sum = (figure: 'late' | 'emptyMiles') => days.reduce((all, one) => all + one[figure], 0);
    return { late: sum('late'), emptyMiles: sum('emptyMiles') };
  };
  const [first, scored] = [total('first'), total('scored')];
  expect(scored.late).toBeLessThan(first.late);
  expect(scored.emptyMiles).toBeLessThan(first.emptyMiles);
}, 120_000);
