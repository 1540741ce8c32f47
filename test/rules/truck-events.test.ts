/** What a trip says, under the documents' names; and what settings and marks change of it. */
import { describe, expect, test } from '@jest/globals';
import type { Truck, TruckSettings } from '../../services/truck/truck.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, truck1In, truckRulesWith } from '../support/examples.ts';
import { given, NOW } from '../support/given.ts';

const truck = (state: Truck, settings: Partial<TruckSettings> = {}) => given(truckRulesWith(settings), { key: 'truck-1', state });
type One = ReturnType<typeof truck>;
const said = ({ decision }: One): string[] =>
  decision.effects.flatMap((effect) => (effect.kind === 'publish' && effect.type !== 'truck.status.changed' ? [effect.type] : []));
const over = (phase: string) => ({ loadId: ADAS_LOAD, phase });
const trip = { truckId: 'truck-1', orderId: '1' };
const loaded = { ...trip, loadId: ADAS_LOAD };
const assign = { loadId: ADAS_LOAD, jobId: ADAS_JOB, orderKey: ADA, orderId: '1', plantId: 'north', distanceMiles: 3, quantity: 8 };

/** From assignment to idle, phase by phase. */
const wholeTrip = (settings: Partial<TruckSettings> = {}, more: object = {}): string[][] => {
  const one = truck(truck1In('available'), settings).hears('truck.assign', { ...assign, ...more });
  return [
    said(one),
    ...['loading', 'en_route', 'delivering', 'returning', 'washing'].map((phase) => said(one.hears('truck.phase-done', over(phase)))),
  ];
};

describe('a trip says', () => {
  test('each of its steps once, beside the change of status', () => {
    expect(wholeTrip()).toEqual([
      ['order.truck.assigned'],
      ['truck.materials.loaded', 'order.status.intransit'],
      ['truck.arrived.jobsite', 'truck.pouring.started'],
      ['truck.pouring.completed', 'order.delivered'],
      ['truck.returned.plant', 'truck.wash.started'],
      ['truck.wash.completed', 'truck.idle'],
    ]);
  });

  test('whose they are, and what was brought and poured', () => {
    const one = truck(truck1In('loading')).hears('truck.phase-done', over('loading'));
    expect(one.published('truck.materials.loaded')).toEqual([{ ...loaded, quantity: 8 }]);
    one.hears('truck.phase-done', over('en_route')).hears('truck.phase-done', over('delivering'));
    expect(one.published('truck.pouring.completed')).toEqual([{ ...loaded, plantId: 'north', poured: 8, at: NOW.toISOString() }]);
    one.hears('truck.phase-done', over('returning')).hears('truck.phase-done', over('washing'));
    expect(one.published('truck.idle')).toEqual([trip]);
  });

  test('the materials that were drawn for it; it loads when it is told so', () => {
    const one = truck(truck1In('available')).hears('truck.assign', { ...assign, waits: true });
    expect(one.state?.status).toBe('assigned');
    expect(one.timers).toEqual({});
    const materials = { 'MATERIAL-SAND@north': 8 };
    expect(one.hears('truck.load', { loadId: ADAS_LOAD, materials }).state?.status).toBe('loading');
    expect(one.timers['truck.phase-done']).toBeInstanceOf(Date);
    expect(one.hears('truck.load', { loadId: ADAS_LOAD, materials }).ignored).toBe('it does not wait for materials');
    expect(one.hears('truck.phase-done', over('loading')).published('truck.materials.loaded')).toEqual([
      { ...loaded, plantId: 'north', quantity: 8, materials },
    ]);
  });
});

describe('an order is delivered', () => {
  test('when its truck is back, where the setting says so', () => {
    const steps = wholeTrip({ completeOn: 'truck_available' });
    expect(steps[3]).toEqual(['truck.pouring.completed']);
    expect(steps[5]).toEqual(['truck.wash.completed', 'order.delivered', 'truck.idle']);
  });

  test('not by a truck that poured nothing', () => {
    for (const completeOn of ['truck_available', 'pour_completed'] as const) {
      const one = truck(truck1In('delivering'), { completeOn }).hears('truck.return-to-plant', { loadId: ADAS_LOAD, reason: 'rain' });
      for (const phase of ['returning', 'washing'])
        expect(said(one.hears('truck.phase-done', over(phase)))).not.toContain('order.delivered');
    }
  });

  test('not by one of several trucks: its dispatcher hears what each poured', () => {
    const steps = wholeTrip({}, { part: true }).flat();
    expect(steps).not.toContain('order.delivered');
    const one = truck(truck1In('delivering', { trip: { part: true } })).hears('truck.phase-done', over('delivering'));
    expect(one.published('truck.pouring.completed')).toMatchObject([{ part: true, plantId: 'north', poured: 8 }]);
  });
});

describe('a truck that never loaded', () => {
  const back = (settings: Partial<TruckSettings>) =>
    truck(truck1In('loading'), settings).hears('truck.return-to-plant', { loadId: ADAS_LOAD, reason: 'rain' });

  test('is not washed', () => {
    expect(said(back({}))).toEqual(['truck.returned.plant', 'truck.idle']);
  });

  test('is washed, where the setting says so', () => {
    expect(said(back({ washUnloaded: true }))).toEqual(['truck.returned.plant', 'truck.wash.started']);
  });
});

describe('a truck is taken back in the yard', () => {
  const RECALL = { loadId: ADAS_LOAD, reason: 'unassigned', yardOnly: true };

  test.each(['assigned', 'loading'] as const)('in %s it is free at once', (status) => {
    expect(truck(truck1In(status)).hears('truck.return-to-plant', RECALL).state).toMatchObject({ status: 'available', loadId: null });
  });

  test.each(['en_route', 'at_job_site', 'delivering', 'returning', 'washing'] as const)('in %s it goes on, and says so', (status) => {
    const one = truck(truck1In(status)).hears('truck.return-to-plant', RECALL);
    expect(one.refusal).toBe('truck.under-way');
    expect(one.tells()).toMatchObject([
      {
        actor: 'dispatch',
        key: 'north',
        name: 'dispatch.recall-refused',
        payload: { loadId: ADAS_LOAD, truckId: 'truck-1', reason: status },
      },
    ]);
    expect(one.state?.status).toBe(status);
  });
});

test('a plant that counts its loading places hears when one is free; others are not told', () => {
  const leaves = (trip: Truck['trip']) => truck(truck1In('loading', { trip })).hears('truck.phase-done', over('loading'));
  expect(leaves({ slotted: true }).published('truck.status.changed')).toMatchObject([{ to: 'en_route', slotted: true }]);
  expect(leaves(null).published('truck.status.changed')[0]).not.toHaveProperty('slotted');
});

describe('what a truck is', () => {
  test('it goes to another yard when it has no load, and is refused to the one it left', () => {
    expect(truck(truck1In('loading')).hears('truck.change', { plantId: 'south' }).refusal).toBe('truck.busy');
    const one = truck(truck1In('available')).hears('truck.change', { plantId: 'south', by: 'kim' });
    expect(one.state).toMatchObject({ plantId: 'south', changed: { plantId: 'south' } });
    expect(one.published('truck.changed')).toMatchObject([{ truckId: 'truck-1', plantId: 'south', by: 'kim' }]);
    expect(one.tells()).toMatchObject([{ actor: 'dispatch', key: 'south', name: 'dispatch.sweep' }]);
    expect(one.hears('truck.assign', assign).refusal).toBe('truck.busy');
    expect(one.tells()).toMatchObject([{ key: 'north', name: 'dispatch.truck-refused' }]);
  });

  test('a change by someone who saw an older version is refused', () => {
    expect(truck(truck1In('available', { version: 7 })).hears('truck.change', { capacity: 12, version: 6 }).refusal).toBe(
      'resource.changed',
    );
  });
});
