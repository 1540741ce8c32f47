/** What a driver says of the truck, and a supervisor: the next phase, late, less than was brought, a break, a crash. */
import { describe, expect, test } from '@jest/globals';
import type { TruckStatus } from '../../models/truck.ts';
import type { Truck } from '../../services/truck/truck.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, BOS_LOAD, truck1In, truckRules } from '../support/examples.ts';
import { given, minutesLater, NOW } from '../support/given.ts';

const truck = (state: Truck) => given(truckRules, { key: 'truck-1', state });
type One = ReturnType<typeof truck>;
const passes = (one: One): string[] => one.published('truck.status.changed').map(({ from, to }) => `${from} → ${to}`);
const reports = (state: Truck, said: object) => truck(state).hears('truck.report', said);
const assign = { loadId: ADAS_LOAD, jobId: ADAS_JOB, orderKey: ADA, orderId: '1', plantId: 'north', distanceMiles: 3, quantity: 8 };
const way: TruckStatus[] = ['assigned', 'loading', 'en_route', 'at_job_site', 'delivering', 'returning', 'washing', 'available'];

describe('a driver reports', () => {
  test.each(way.slice(1).map((to, index) => [way[index] as TruckStatus, to]))('from %s the next phase, %s', (from, to) => {
    const one = reports(truck1In(from), { status: to });
    expect(passes(one)).toEqual([`${from} → ${to}`]);
    expect(one.state?.status).toBe(to);
  });

  test.each(
    way.flatMap((from, here) =>
      way.slice(1, -1).flatMap((to, there) => (there + 1 === here + 1 || there + 1 === here ? [] : [[from, to] as const])),
    ),
  )('from %s not %s, which is not the next', (from, to) => {
    const one = reports(truck1In(from), { status: to });
    expect(one.refusal).toBe('truck.out-of-order');
    expect(one.decision.effects).toEqual([]);
  });

  test('and is told what the next phase would be', () => {
    expect(reports(truck1In('loading'), { status: 'delivering' }).decision).toMatchObject({
      refusal: { data: { status: 'loading', next: 'en_route' } },
    });
    expect(reports(truck1In('returning', { loaded: false }), { status: 'delivering' }).decision).toMatchObject({
      refusal: { data: { status: 'returning', next: 'available' } },
    });
  });

  test('the same phase again: that changes nothing', () => {
    expect(reports(truck1In('loading'), { status: 'loading' }).ignored).toBe('it is so already');
  });

  test('on the strength of an older version: it is refused', () => {
    expect(reports(truck1In('loading', { version: 7 }), { status: 'en_route', version: 6 }).refusal).toBe('resource.changed');
  });

  test('the clock leaves such a trip alone, and moves the next one', () => {
    const one = reports(truck1In('loading'), { status: 'en_route' });
    expect(one.timers).toEqual({ 'truck.phase-done': null });
    expect(one.hears('truck.phase-done', { loadId: ADAS_LOAD, phase: 'en_route' }).ignored).toBe('the truck is past that');
    for (const status of way.slice(3)) one.hears('truck.report', { status });
    expect(one.hears('truck.assign', { ...assign, loadId: BOS_LOAD }).state).toMatchObject({ status: 'loading', loadId: BOS_LOAD });
    expect(one.timers['truck.phase-done']).toBeInstanceOf(Date);
  });

  test('where it is, and that is kept', () => {
    const here = { latitude: 41.9, longitude: -87.6 };
    expect(reports(truck1In('loading'), { status: 'en_route', ...here }).state?.changed).toEqual(here);
  });
});

describe('a report that comes late', () => {
  const long = truck1In('delivering', { phaseSince: minutesLater(-30).toISOString() });

  test('counts from when it was so: the phase, and the delivery', () => {
    const at = minutesLater(-10).toISOString();
    const one = reports(long, { status: 'returning', at });
    expect(one.state).toMatchObject({ phaseSince: at, phases: { returning: at } });
    expect(one.published('order.delivered')).toMatchObject([{ orderKey: ADA, deliveredAt: at }]);
  });

  test.each([
    ['before the present phase began', -31],
    ['from the future', 2],
  ])('%s is refused', (_when, minutes) => {
    expect(reports(long, { status: 'returning', at: minutesLater(minutes).toISOString() }).decision).toMatchObject({
      refusal: { code: 'request.invalid', data: { errors: [{ pointer: '/at' }] } },
      effects: [],
    });
  });

  test('by a clock that is a little ahead of ours is taken', () => {
    expect(reports(long, { status: 'returning', at: minutesLater(0.9).toISOString() }).state?.status).toBe('returning');
  });
});

describe('a report is forced', () => {
  test('with a reason it passes through all that lies between, and nobody who waits for it is left waiting', () => {
    const one = reports(truck1In('loading'), { status: 'returning', force: true, reason: 'the phone was dead', by: 'sue' });
    expect(passes(one)).toEqual(['loading → en_route', 'en_route → at_job_site', 'at_job_site → delivering', 'delivering → returning']);
    expect(one.published('order.status.intransit')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1' }]);
    expect(one.published('order.delivered')).toMatchObject([{ orderKey: ADA, deliveredAt: NOW.toISOString() }]);
    expect(one.published('truck.forced')).toMatchObject([
      { truckId: 'truck-1', orderKey: ADA, from: 'loading', to: 'returning', reason: 'the phone was dead', by: 'sue' },
    ]);
  });

  test('without a reason it is refused', () => {
    const one = reports(truck1In('loading'), { status: 'returning', force: true });
    expect(one.decision).toMatchObject({ refusal: { code: 'request.invalid', data: { errors: [{ pointer: '/reason' }] } }, effects: [] });
  });

  test('never backwards', () => {
    expect(reports(truck1In('delivering'), { status: 'loading', force: true, reason: 'a mistake' }).refusal).toBe('truck.out-of-order');
  });

  test('is not said of what was the next phase anyway', () => {
    expect(reports(truck1In('loading'), { status: 'en_route', force: true, reason: 'why not' }).published('truck.forced')).toEqual([]);
  });
});

describe('less is poured than was brought', () => {
  test('it is said, and counts as delivered', () => {
    const one = reports(truck1In('delivering'), { status: 'returning', poured: 5 });
    expect(one.state?.poured).toBe(5);
    expect(one.published('truck.pouring.completed')).toMatchObject([{ poured: 5, plantId: 'north', loadId: ADAS_LOAD }]);
    expect(one.published('order.delivered')).toHaveLength(1);
  });

  test('more cannot be', () => {
    expect(reports(truck1In('delivering'), { status: 'returning', poured: 8.5 }).decision).toMatchObject({
      refusal: { code: 'request.invalid', data: { errors: [{ pointer: '/poured' }] } },
    });
  });
});

describe('a truck whose driver reports', () => {
  const reported = truck1In('available', { reporting: 'reported' });

  test('waits for its driver, in every phase', () => {
    const one = truck(reported).hears('truck.assign', assign);
    expect(passes(one)).toEqual(['available → assigned']);
    expect(one.timers).toEqual({});
    for (const status of way.slice(1)) {
      expect(one.hears('truck.report', { status }).state?.status).toBe(status);
      expect(Object.values(one.timers).filter((due) => due !== null)).toEqual([]);
    }
  });

  test('does not load before its materials are drawn, but by force', () => {
    const waits = () => truck(reported).hears('truck.assign', { ...assign, waits: true });
    expect(waits().hears('truck.report', { status: 'loading' }).refusal).toBe('truck.no-materials');
    expect(waits().hears('truck.report', { status: 'loading', force: true, reason: 'by shovel' }).state?.status).toBe('loading');
    const drawn = waits().hears('truck.load', { loadId: ADAS_LOAD, materials: {} });
    expect(drawn.state?.status).toBe('assigned');
    expect(drawn.hears('truck.report', { status: 'loading' }).state?.status).toBe('loading');
  });

  test.each(['assigned', 'loading', 'en_route'] as const)('given to the clock in %s, is moved by it from there', (status) => {
    const one = truck(truck1In(status, { reporting: 'reported' })).hears('truck.change', { reporting: 'simulated' });
    expect(one.timers['truck.phase-done']).toBeInstanceOf(Date);
  });

  test('taken from the clock, is moved by it no more', () => {
    expect(truck(truck1In('loading')).hears('truck.change', { reporting: 'reported' }).timers).toEqual({ 'truck.phase-done': null });
  });
});

describe('breaks are taken between loads', () => {
  test('from available, and back', () => {
    const one = reports(truck1In('available'), { status: 'on_break' });
    expect(passes(one)).toEqual(['available → on_break']);
    expect(passes(one.hears('truck.report', { status: 'available' }))).toEqual(['on_break → available']);
  });

  test.each(way.slice(0, -1))('not in %s', (status) => {
    expect(reports(truck1In(status), { status: 'on_break', force: true, reason: 'hungry' }).refusal).toBe('truck.out-of-order');
  });
});

describe('a truck breaks down under way', () => {
  test.each(way.slice(0, -1))('in %s only by force; then it has its load no more, and its dispatcher hears which', (status) => {
    expect(truck(truck1In(status)).hears('truck.out-of-service', { reason: 'a crash' }).refusal).toBe('truck.busy');
    expect(reports(truck1In(status), { status: 'out_of_service' }).refusal).toBe('truck.busy');
    const one = truck(truck1In(status)).hears('truck.out-of-service', { reason: 'a crash', force: true, by: 'sue' });
    expect(one.state).toMatchObject({ status: 'out_of_service', loadId: null, orderKey: null, reason: 'a crash' });
    expect(one.timers).toEqual({ 'truck.phase-done': null });
    expect(one.published('truck.forced')).toMatchObject([{ from: status, to: 'out_of_service', orderKey: ADA, by: 'sue' }]);
    const poured = ['returning', 'washing'].includes(status) ? 8 : null;
    expect(one.published('truck.status.changed')).toMatchObject([{ to: 'out_of_service', plantId: 'north', loadId: ADAS_LOAD, poured }]);
  });
});

describe('the site sends a load away', () => {
  test.each(['at_job_site', 'delivering'] as const)('in %s: the truck comes back with it, and nothing is delivered', (status) => {
    const one = truck(truck1In(status)).hears('truck.reject-load', { loadId: ADAS_LOAD, reason: 'too wet', by: 'ada' });
    expect(passes(one)).toEqual([`${status} → returning`]);
    expect(one.published('load.rejected')).toMatchObject([{ loadId: ADAS_LOAD, plantId: 'north', reason: 'too wet', by: 'ada' }]);
    one.hears('truck.phase-done', { loadId: ADAS_LOAD, phase: 'returning' });
    expect(passes(one)).toEqual(['returning → washing']);
    expect(one.published('order.delivered')).toEqual([]);
  });

  test('not one that is not there, and not another’s', () => {
    expect(truck(truck1In('en_route')).hears('truck.reject-load', { loadId: ADAS_LOAD, reason: 'too wet' }).refusal).toBe(
      'load.not-at-site',
    );
    expect(truck(truck1In('delivering')).hears('truck.reject-load', { loadId: BOS_LOAD, reason: 'too wet' }).refusal).toBe(
      'load.not-at-site',
    );
  });
});
