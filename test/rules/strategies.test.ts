/** Which of the trucks that could go is sent: by five rules, each with its explanation. */
import { describe, expect, test } from '@jest/globals';
import type { StrategyName } from '../../models/dispatch.ts';
import type { Candidate, Load } from '../../services/truck/dispatch.state.ts';
import { strategies, type Wanted } from '../../services/truck/strategies.rules.ts';
import { ADA, ADAS_JOB, freeTruck, knows, waitingJob } from '../support/examples.ts';
import { plantWith } from './plants.ts';

const wanted: Wanted = { quantity: 8, plantId: 'north', lateMs: 0, plantWaitMs: 0, timeScale: 1 };
const truck = (id: string, change: Partial<Candidate> = {}) => freeTruck(id, change);
const choice = (name: StrategyName, trucks: Candidate[], change: Partial<Wanted> = {}) =>
  strategies[name](trucks, { ...wanted, ...change });
const chosen = (name: StrategyName, trucks: Candidate[], change: Partial<Wanted> = {}) => choice(name, trucks, change).truck.id;
/** The trucks stand in the order in which they came free. */
const [a, b, c] = [truck('a'), truck('b'), truck('c')];

describe('first', () => {
  test('whoever is free longest [A12]', () => {
    expect(chosen('first', [a, b, c])).toBe('a');
    expect(chosen('first', [c, a, b])).toBe('c');
  });
});

describe('nearest', () => {
  test('the fewest miles to its plant; of whom nothing is known, it stands there [A75]', () => {
    expect(chosen('nearest', [truck('a', { milesAway: 9 }), truck('b', { milesAway: 2 }), truck('c', { milesAway: 4 })])).toBe('b');
    expect(chosen('nearest', [truck('a', { milesAway: 9 }), truck('b')])).toBe('b');
  });
});

describe('plantPool', () => {
  test('the plant’s own trucks before those on loan [A74]', () => {
    expect(chosen('plantPool', [truck('a', { homePlantId: 'south' }), truck('b', { homePlantId: 'north' })])).toBe('b');
    expect(chosen('plantPool', [truck('a', { homePlantId: 'south' }), b])).toBe('b');
  });
});

describe('capacity', () => {
  test('the tightest fit, be it a little too large or a little too small', () => {
    const sizes = [10, 12, 9].map((capacity) => truck(`of ${capacity}`, { capacity }));
    expect(chosen('capacity', sizes)).toBe('of 9');
    expect(chosen('capacity', sizes, { quantity: 12 })).toBe('of 12');
    expect(chosen('capacity', [truck('of 4', { capacity: 4 }), truck('of 10', { capacity: 10 })], { quantity: 11 })).toBe('of 10');
  });
});

test.each(['nearest', 'plantPool', 'capacity', 'scored'] as const)('%s: among equals, whoever is free longest', (name) => {
  expect(chosen(name, [b, a, c])).toBe('b');
});

describe('scored', () => {
  const only = (part: Partial<Candidate>) => [truck('worse', part), truck('better')];
  const score = (trucks: Candidate[], change: Partial<Wanted> = {}) => choice('scored', trucks, change).explanation.ranked ?? [];

  test.each<[string, number, Partial<Candidate>, Partial<Wanted>]>([
    // Who is far away comes late as well, as soon as there is a time to be kept.
    ['travel and lateness', 0.45 + 0.15, { milesAway: 10 }, {}],
    ['travel alone, while there is time enough', 0.45, { milesAway: 10 }, { lateMs: -3_600_000 }],
    ['capacity', 0.1, { capacity: 20 }, {}],
    ['workload', 0.1, { trips: 7 }, {}],
  ])('the weight of %s is %d', (_part, weight, worse, change) => {
    expect(score(only(worse), change).map(({ truckId, score: points }) => [truckId, points])).toEqual([
      ['better', 0],
      ['worse', weight],
    ]);
  });

  test('who is there at once waits at the chute, where others wait: that weighs a fifth', () => {
    const ranked = score([truck('far', { milesAway: 10 }), truck('near')], { plantWaitMs: 60_000, lateMs: -3_600_000 });
    expect(ranked).toEqual([
      { truckId: 'near', score: 0.2, parts: { travel: 0, plantWait: 1, lateness: 0, capacity: 0, workload: 0 } },
      { truckId: 'far', score: 0.45, parts: { travel: 1, plantWait: 0, lateness: 0, capacity: 0, workload: 0 } },
    ]);
  });

  test('parts are measured between the best and the worst that is there', () => {
    const ranked = score([0, 5, 10].map((trips) => truck(`of ${trips}`, { trips })));
    expect(ranked.map(({ parts }) => parts.workload)).toEqual([0, 0.5, 1]);
  });

  test('the three best are explained, of however many', () => {
    const { explanation } = choice(
      'scored',
      [5, 4, 3, 2, 1].map((trips) => truck(`of ${trips}`, { trips })),
    );
    expect(explanation).toMatchObject({ strategy: 'scored', candidates: 5 });
    expect(explanation.ranked?.map(({ truckId }) => truckId)).toEqual(['of 1', 'of 2', 'of 3']);
  });
});

describe('every load keeps how its truck was chosen', () => {
  test.each(['first', 'nearest', 'plantPool', 'capacity', 'scored'] as const)('by %s', (strategy) => {
    const one = plantWith(knows([a, b]), { jobs: [waitingJob(ADAS_JOB, ADA)], settings: { strategy } }).settles();
    expect(one.rows<Load>('load')).toMatchObject([{ truckId: 'a', explanation: { strategy, candidates: 2 } }]);
  });

  test('only those that may go at all are candidates', () => {
    const trucks = [truck('a', { capacity: 5 }), truck('b', { lockedBy: 'another' }), c];
    const one = plantWith(knows(trucks), { jobs: [waitingJob(ADAS_JOB, ADA)] }).settles();
    expect(one.rows<Load>('load')).toMatchObject([{ truckId: 'c', explanation: { candidates: 1 } }]);
  });
});
