/** A truck that stands too long, and a load that gets old: each is said once, until it moves. */
import { describe, expect, test } from '@jest/globals';
import type { Truck } from '../../services/truck/truck.state.ts';
import { ADA, ADAS_LOAD, truck1In, truckRules } from '../support/examples.ts';
import { given, minutesLater, NOW } from '../support/given.ts';

const truck = (state: Truck) => given(truckRules, { key: 'truck-1', state });
const at = NOW.toISOString();
const news = { truckId: 'truck-1', plantId: 'north', loadId: ADAS_LOAD, orderKey: ADA, orderId: '1' };

describe('a truck is stuck', () => {
  test('when its phase lasts longer than such phases may, and not a moment before', () => {
    const one = truck(truck1In('loading'));
    expect(one.at(minutesLater(30)).hears('truck.watch').ignored).toBe('it is in its time');
    expect(one.at(minutesLater(30.1)).hears('truck.watch').published('truck.stuck')).toEqual([{ ...news, status: 'loading', since: at }]);
  });

  test('is said once for each phase', () => {
    const one = truck(truck1In('loading')).at(minutesLater(40)).hears('truck.watch');
    expect(one.hears('truck.watch').decision).toMatchObject({ kind: 'ignored', effects: [] });
    one.hears('truck.report', { status: 'en_route' }).at(minutesLater(200)).hears('truck.watch');
    expect(one.published('truck.stuck')).toMatchObject([{ status: 'en_route' }]);
    expect(one.hears('truck.watch').published('truck.stuck')).toEqual([]);
  });

  test('one that has lost its timer gets a new one; one that a driver reports does not', () => {
    expect(truck(truck1In('loading')).at(minutesLater(40)).hears('truck.watch').timers['truck.phase-done']).toBeInstanceOf(Date);
    for (const change of [{ reporting: 'reported' as const }, { trip: { reported: true as const } }])
      expect(truck(truck1In('loading', change)).at(minutesLater(40)).hears('truck.watch').timers).toEqual({});
  });

  test.each(['available', 'out_of_service', 'on_break'] as const)('never in %s, without a load', (status) => {
    expect(truck(truck1In(status)).at(minutesLater(9_000)).hears('truck.watch').ignored).toBe('it is on no trip');
  });
});

describe('a load gets old', () => {
  const loaded = (change: Partial<Truck> = {}) => truck(truck1In('en_route', { phases: { loading: at }, ...change }));

  test('counted from when it was loaded; said once, with the time by which it was to be poured', () => {
    const one = loaded().at(minutesLater(90)).hears('truck.watch');
    expect(one.published('load.overdue')).toEqual([]);
    expect(one.at(minutesLater(90.1)).hears('truck.watch').published('load.overdue')).toEqual([
      { ...news, status: 'en_route', deadline: minutesLater(90).toISOString() },
    ]);
    expect(one.hears('truck.watch').ignored).toBe('it is in its time');
    one.hears('truck.report', { status: 'at_job_site' });
    expect(one.hears('truck.watch').published('load.overdue')).toEqual([]);
  });

  test('by the limit of its own order, where that names one', () => {
    const one = loaded({ trip: { limitMinutes: 60 } })
      .at(minutesLater(61))
      .hears('truck.watch');
    expect(one.published('load.overdue')).toMatchObject([{ deadline: minutesLater(60).toISOString() }]);
  });

  test('not one that is poured, nor a truck that is still empty', () => {
    const old = { phases: { loading: at }, phaseSince: minutesLater(99).toISOString() };
    expect(truck(truck1In('returning', old)).at(minutesLater(100)).hears('truck.watch').ignored).toBe('it is in its time');
    expect(truck(truck1In('loading', old)).at(minutesLater(100)).hears('truck.watch').ignored).toBe('it is in its time');
  });
});
