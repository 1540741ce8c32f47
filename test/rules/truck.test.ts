/** One truck: to the site and back, a phase at a time; called back from wherever it is. */
import { describe, expect, test } from '@jest/globals';
import type { TruckStatus } from '../../models/truck.ts';
import type { Truck } from '../../services/truck/truck.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, BOS_LOAD, truck1In, truckRules, truckRulesAt } from '../support/examples.ts';
import { given, NOW } from '../support/given.ts';

const truck = (state?: Truck, { random, timeScale }: { random?: () => number; timeScale?: number } = {}) =>
  given(timeScale === undefined ? truckRules : truckRulesAt(timeScale), { key: 'truck-1', state, random });
type One = ReturnType<typeof truck>;
const load = { loadId: ADAS_LOAD, jobId: ADAS_JOB, orderKey: ADA, orderId: '1', plantId: 'north', distanceMiles: 3 };
const over = (phase: string, loadId = ADAS_LOAD) => ({ loadId, phase });
const HOME = { loadId: ADAS_LOAD, reason: 'rain' };
const passes = (one: One): string[] => one.published('truck.status.changed').map(({ from, to }) => `${from} → ${to}`);
const secondsLeft = (one: One): number => ((one.timers['truck.phase-done'] as Date).getTime() - NOW.getTime()) / 1_000;

describe('the way of a truck', () => {
  test('assigned, it drives under the chute at once', () => {
    const one = truck(truck1In('available')).hears('truck.assign', load);
    expect(passes(one)).toEqual(['available → assigned', 'assigned → loading']);
    // Here, and not by the dispatcher: the truck has the last word.
    expect(one.published('order.truck.assigned')).toEqual([
      { orderKey: ADA, orderId: '1', truckId: 'truck-1', loadId: ADAS_LOAD, plantId: 'north' },
    ]);
    expect(one.state).toMatchObject({
      status: 'loading',
      loadId: ADAS_LOAD,
      jobId: ADAS_JOB,
      orderKey: ADA,
      orderId: '1',
      distanceMiles: 3,
      loaded: false,
    });
    expect(one.decision.effects.at(-1)).toMatchObject({ kind: 'setTimer', payload: over('loading') });
  });

  test('loaded, it leaves, and the order is in transit', () => {
    const one = truck(truck1In('loading')).hears('truck.phase-done', over('loading'));
    expect(passes(one)).toEqual(['loading → en_route']);
    expect(one.state?.loaded).toBe(true);
    expect(one.published('order.status.intransit')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1', loadId: ADAS_LOAD }]);
  });

  test('there, it begins to pour', () => {
    expect(passes(truck(truck1In('en_route')).hears('truck.phase-done', over('en_route')))).toEqual([
      'en_route → at_job_site',
      'at_job_site → delivering',
    ]);
  });

  test('when the pour is complete the order is delivered, at that time', () => {
    const one = truck(truck1In('delivering')).hears('truck.phase-done', over('delivering'));
    expect(passes(one)).toEqual(['delivering → returning']);
    expect(one.published('order.delivered')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1', deliveredAt: NOW.toISOString() }]);
  });

  test('back, it is washed', () => {
    expect(passes(truck(truck1In('returning')).hears('truck.phase-done', over('returning')))).toEqual(['returning → washing']);
  });

  test('washed, it is free, and its plant hears which load that ends', () => {
    const one = truck(truck1In('washing')).hears('truck.phase-done', over('washing'));
    expect(one.state).toMatchObject({
      status: 'available',
      loadId: null,
      jobId: null,
      orderKey: null,
      orderId: null,
      loaded: false,
    });
    expect(one.published('truck.status.changed')).toMatchObject([
      { from: 'washing', to: 'available', plantId: 'north', loadId: ADAS_LOAD },
    ]);
    expect(one.timers).toEqual({});
  });

  test('it remembers when each phase of this trip began, and forgets the trip before', () => {
    const one = truck(truck1In('available', { phases: { washing: 'yesterday' } })).hears('truck.assign', load);
    expect(one.state?.phases).toEqual({ assigned: NOW.toISOString(), loading: NOW.toISOString() });
  });
});

describe('how long a phase takes', () => {
  test.each([
    ['loading', 0, 10],
    ['loading', 0.5, 15],
    ['loading', 0.999_99, 20],
  ] as const)('%s with the luck of %d takes %d s', (_phase, luck, seconds) => {
    expect(secondsLeft(truck(truck1In('available'), { random: () => luck }).hears('truck.assign', load))).toBeCloseTo(seconds, 1);
  });

  test.each([
    [3, 6],
    [50, 100],
    [0, 2],
  ])('%d miles take %d s on the average', (distanceMiles, seconds) => {
    expect(secondsLeft(truck(truck1In('loading', { distanceMiles })).hears('truck.phase-done', over('loading')))).toBe(seconds);
  });

  test('the time scale multiplies it', () => {
    expect(secondsLeft(truck(truck1In('available'), { timeScale: 0.1 }).hears('truck.assign', load))).toBe(1.5);
  });

  test('with the time scale 0 the whole trip is one step, and no timer is set', () => {
    const one = truck(truck1In('available'), { timeScale: 0 }).hears('truck.assign', load);
    const way = ['available', 'assigned', 'loading', 'en_route', 'at_job_site', 'delivering', 'returning', 'washing', 'available'];
    expect(passes(one)).toEqual(way.slice(1).map((to, index) => `${way[index]} → ${to}`));
    expect(one.published('order.delivered')).toHaveLength(1);
    expect(one.timers).toEqual({});
    expect(one.state).toMatchObject({ status: 'available', loadId: null });
  });

  test.each(['loading', 'en_route', 'delivering', 'returning'] as const)(
    'with the time scale 0 a truck in %s is home at once',
    (status) => {
      expect(truck(truck1In(status), { timeScale: 0 }).hears('truck.phase-done', over(status)).state?.status).toBe('available');
    },
  );
});

describe('a truck is called back', () => {
  test.each(['assigned', 'loading'] as const)('from %s it is free at once: nothing was loaded, so nothing is washed', (status) => {
    const one = truck(truck1In(status)).hears('truck.return-to-plant', HOME);
    expect(passes(one)).toEqual([`${status} → returning`, 'returning → available']);
    expect(one.state).toMatchObject({ status: 'available', loadId: null });
    expect(one.timers).toEqual({ 'truck.phase-done': null });
  });

  test.each(['en_route', 'at_job_site', 'delivering'] as const)('from %s it drives back, and is washed', (status) => {
    const one = truck(truck1In(status)).hears('truck.return-to-plant', HOME);
    expect(passes(one)).toEqual([`${status} → returning`]);
    expect(one.state).toMatchObject({ loadId: ADAS_LOAD, reason: 'rain' });
    expect(secondsLeft(one)).toBe(6);
    expect(passes(one.hears('truck.phase-done', over('returning')))).toEqual(['returning → washing']);
  });

  test.each(['returning', 'washing'] as const)('from %s it is on its way already', (status) => {
    expect(truck(truck1In(status)).hears('truck.return-to-plant', HOME).decision).toMatchObject({
      kind: 'ignored',
      effects: [],
    });
  });

  test.each(['available', 'loading', 'en_route', 'out_of_service'] as const)(
    'from a load it has not, in %s, it stays as it is',
    (status) => {
      const one = truck(truck1In(status)).hears('truck.return-to-plant', { ...HOME, loadId: BOS_LOAD });
      expect(one.ignored).toBe('it has not this load');
      expect(one.state).toEqual(truck1In(status));
    },
  );

  test('one that comes back empty is free without a wash', () => {
    expect(passes(truck(truck1In('returning', { loaded: false })).hears('truck.phase-done', over('returning')))).toEqual([
      'returning → available',
    ]);
  });
});

describe('a late alarm', () => {
  const rings: TruckStatus[] = ['loading', 'en_route', 'delivering', 'returning', 'washing'];
  test.each(rings)('of another phase than %s is let pass', (status) => {
    for (const phase of rings.filter((other) => other !== status)) {
      expect(truck(truck1In(status)).hears('truck.phase-done', over(phase)).decision).toMatchObject({
        kind: 'ignored',
        effects: [],
      });
    }
  });

  test('of another load is let pass, though the phase is the same', () => {
    expect(truck(truck1In('loading')).hears('truck.phase-done', over('loading', BOS_LOAD)).decision).toMatchObject({
      kind: 'ignored',
      effects: [],
    });
  });

  test('after the truck was called back does not send it out again', () => {
    const one = truck(truck1In('loading')).hears('truck.return-to-plant', HOME).hears('truck.phase-done', over('loading'));
    expect(one.state?.status).toBe('available');
  });
});
