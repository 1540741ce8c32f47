/** What becomes of a load: the truck comes back, refuses, or is called back. */
import { describe, expect, test } from '@jest/globals';
import type { DeliveryJobStatus, LoadStatus } from '../../models/dispatch.ts';
import type { DeliveryJob, Load } from '../../services/truck/dispatch.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, BO, dispatchRules, freeAtNorth, north, openLoad, waitingJob } from '../support/examples.ts';
import { given, NOW, uuid } from '../support/given.ts';

const job = (status: DeliveryJobStatus): DeliveryJob => waitingJob(ADAS_JOB, ADA, { status, taken: status === 'queued' ? 0 : 8 });
const plant = (status: DeliveryJobStatus, load?: Partial<Load>, free: string[] = []) =>
  given(dispatchRules, {
    key: 'north',
    state: north,
    facts: freeAtNorth(...free),
    rows: {
      job: { [ADAS_JOB]: job(status) },
      load: load ? { [ADAS_LOAD]: openLoad(ADAS_LOAD, job(status), 'truck-1', load) } : {},
    },
  });
type One = ReturnType<typeof plant>;
const jobOf = (one: One) => one.row<DeliveryJob>('job', ADAS_JOB);
const loadOf = (one: One) => one.row<Load>('load', ADAS_LOAD);
const OFF = { orderKey: ADA, reason: 'rain' };
const back = { truckId: 'truck-1', plantId: 'north', from: 'washing', to: 'available', loadId: ADAS_LOAD };
const refuses = { loadId: ADAS_LOAD, truckId: 'truck-1', reason: 'out_of_service' };

describe('the truck is back', () => {
  test('from a delivery: its load is closed, and the job is done', () => {
    const one = plant('in_progress', {}).hears('truck.status.changed', back);
    expect(loadOf(one)).toMatchObject({ status: 'delivered', closedAt: NOW.toISOString() });
    expect(jobOf(one)?.status).toBe('done');
  });

  test('from a trip that was called off: its load is closed as cancelled, and the job stays so', () => {
    const one = plant('cancelled', { status: 'cancelled' }).hears('truck.status.changed', back);
    expect(loadOf(one)).toMatchObject({ status: 'cancelled', closedAt: NOW.toISOString() });
    expect(jobOf(one)?.status).toBe('cancelled');
  });

  test.each([
    ['a load that is closed', { closedAt: NOW.toISOString(), status: 'refused' as LoadStatus }, back],
    ['another truck’s load', {}, { ...back, truckId: 'truck-2' }],
    ['a load nobody knows', {}, { ...back, loadId: uuid(777) }],
    ['no load', {}, { ...back, loadId: null }],
  ])('from %s: no book is changed', (_what, load, news) => {
    expect(plant('in_progress', load).hears('truck.status.changed', news).decision.effects).toEqual([]);
  });
});

describe('the truck refuses', () => {
  test('the job goes back to its place, and that the truck is off it is said', () => {
    const one = plant('in_progress', {}).hears('dispatch.truck-refused', refuses);
    expect(loadOf(one)).toMatchObject({ status: 'refused', closedAt: NOW.toISOString() });
    expect(jobOf(one)).toMatchObject({ status: 'queued', requestedAt: NOW.toISOString(), priority: 50 });
    expect(one.published('order.truck.unassigned')).toEqual([
      { orderKey: ADA, orderId: '1', truckId: 'truck-1', loadId: ADAS_LOAD, reason: 'out_of_service', last: true },
    ]);
  });

  test('the next free truck gets it, in the same turn', () => {
    const one = plant('in_progress', {}, ['truck-2']).hears('dispatch.truck-refused', refuses).settles();
    expect(one.tells('truck.assign')).toMatchObject([{ key: 'truck-2', payload: { orderKey: ADA, jobId: ADAS_JOB } }]);
    expect(jobOf(one)?.status).toBe('in_progress');
  });

  test('when the order is off meanwhile, its job does not come back to life', () => {
    const one = plant('cancelled', { status: 'cancelled' }).hears('dispatch.truck-refused', refuses);
    expect(jobOf(one)?.status).toBe('cancelled');
    expect(loadOf(one)?.closedAt).toBe(NOW.toISOString());
  });

  test('a load that is closed is refused once', () => {
    const one = plant('in_progress', {}).hears('dispatch.truck-refused', refuses).hears('dispatch.truck-refused', refuses);
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('the order is off', () => {
  test('in the queue: its job is dropped, and no truck is bothered', () => {
    const one = plant('queued', undefined, ['truck-1']).hears('dispatch.cancel', OFF);
    expect(jobOf(one)).toMatchObject({ status: 'cancelled', reason: null });
    expect(one.tells()).toEqual([]);
    expect(one.settles().tells()).toEqual([]);
  });

  test('on the road: its truck is called back, and the load stays open until the truck is home', () => {
    expect(plant('in_progress', {}).hears('dispatch.cancel', { ...OFF, queuedOnly: true }).decision.kind).toBe('ignored');
    const one = plant('in_progress', {}).hears('dispatch.cancel', OFF);
    expect(one.tells()).toMatchObject([
      { actor: 'truck', key: 'truck-1', name: 'truck.return-to-plant', payload: { loadId: ADAS_LOAD, reason: 'rain' } },
    ]);
    expect(one.published('truck.truck-1.returntoplant')).toMatchObject([{ truckId: 'truck-1', orderKey: ADA }]);
    expect(jobOf(one)?.status).toBe('cancelled');
    expect(loadOf(one)).toMatchObject({ status: 'cancelled', closedAt: null });
    expect(loadOf(one.hears('truck.status.changed', back))).toMatchObject({
      status: 'cancelled',
      closedAt: NOW.toISOString(),
    });
  });

  test('twice: its truck is called back once', () => {
    const one = plant('in_progress', {}).hears('dispatch.cancel', OFF).hears('dispatch.cancel', OFF);
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test.each<[string, DeliveryJobStatus, Partial<Load> | undefined, object]>([
    ['that was delivered', 'done', { status: 'delivered', closedAt: NOW.toISOString() }, OFF],
    ['of somebody else', 'in_progress', {}, { ...OFF, orderKey: BO }],
  ])('one %s: nobody is called back', (_which, status, load, payload) => {
    expect(plant(status, load).hears('dispatch.cancel', payload).decision).toMatchObject({
      kind: 'ignored',
      effects: [],
    });
  });
});
