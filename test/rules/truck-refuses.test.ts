/** A truck that is not to be had: busy, or out of service. */
import { describe, expect, test } from '@jest/globals';
import type { TruckStatus } from '../../models/truck.ts';
import type { Truck } from '../../services/truck/truck.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, BOS_LOAD, truck1In, truckRules } from '../support/examples.ts';
import { given } from '../support/given.ts';

const truck = (state?: Truck) => given(truckRules, { key: 'truck-1', state });
const load = { loadId: ADAS_LOAD, jobId: ADAS_JOB, orderKey: ADA, orderId: '1', plantId: 'north', distanceMiles: 3 };

describe('a truck is not to be had', () => {
  const busy: TruckStatus[] = [
    'assigned',
    'loading',
    'en_route',
    'at_job_site',
    'delivering',
    'returning',
    'washing',
    'out_of_service',
    'on_break',
  ];
  test.each(busy)('%s, it refuses a load, and its dispatcher hears why', (status) => {
    const one = truck(truck1In(status)).hears('truck.assign', { ...load, loadId: BOS_LOAD });
    expect(one.refusal).toBe('truck.busy');
    expect(one.tells()).toMatchObject([
      {
        actor: 'dispatch',
        key: 'north',
        name: 'dispatch.truck-refused',
        payload: { loadId: BOS_LOAD, truckId: 'truck-1', reason: status },
      },
    ]);
    expect(one.state).toEqual(truck1In(status));
  });

  test('told twice of the same load it takes it once', () => {
    expect(truck(truck1In('en_route')).hears('truck.assign', load).decision).toMatchObject({
      kind: 'ignored',
      effects: [],
    });
  });

  test.each(busy.slice(0, 7))('%s, it cannot leave service', (status) => {
    expect(truck(truck1In(status)).hears('truck.out-of-service', { reason: 'a flat tyre' }).refusal).toBe('truck.busy');
  });

  test('out of service for a reason, and back: its plant hears that it is free', () => {
    const one = truck(truck1In('available')).hears('truck.out-of-service', { reason: 'a flat tyre' });
    expect(one.state).toMatchObject({ status: 'out_of_service', reason: 'a flat tyre' });
    expect(one.hears('truck.out-of-service', { reason: 'again' }).refusal).toBe('truck.out-of-service');
    one.hears('truck.back-in-service');
    expect(one.state).toMatchObject({ status: 'available', reason: null });
    expect(one.published('truck.status.changed')).toMatchObject([{ to: 'available', loadId: null }]);
    expect(one.hears('truck.back-in-service').refusal).toBe('truck.in-service');
  });

  test('one that nobody has is not found', () => {
    expect(truck().hears('truck.assign', load).refusal).toBe('truck.not-found');
  });
});
