/** An order that no truck can carry alone: several loads, one after the other, until all of it is there. */
import { describe, expect, test } from '@jest/globals';
import type { DeliveryJob, Load } from '../../services/truck/dispatch.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, BOS_LOAD, freeTruck, knows, openLoad, waitingJob } from '../support/examples.ts';
import { minutesLater, NOW, uuid } from '../support/given.ts';
import { back, type Dispatcher, jobOf, loadsOf, nowKnows, plantWith, sent } from './plants.ts';

const free = (...sizes: number[]) => sizes.map((capacity, index) => freeTruck(`truck-${index + 1}`, { capacity }));
const wants = (quantity: number, change: Partial<DeliveryJob> = {}) => waitingJob(ADAS_JOB, ADA, { quantity, ...change });
const atOnce = { settings: { timeScale: 0 } };
const ada = (one: Dispatcher) => jobOf(one, ADAS_JOB);

describe('an order larger than the largest truck', () => {
  test('becomes several loads, numbered', () => {
    const one = plantWith(knows(free(10, 10, 10)), { jobs: [wants(25)], ...atOnce }).settles();
    expect(sent(one)).toEqual([
      ['truck-1', 10],
      ['truck-2', 10],
      ['truck-3', 5],
    ]);
    expect(loadsOf(one).map(({ seq, part }) => [seq, part])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    for (const { payload } of one.tells('truck.assign')) expect(payload).toMatchObject({ part: true });
    expect(ada(one)).toMatchObject({ status: 'in_progress', taken: 25, reason: null });
  });

  test('goes on whichever trucks are there; the rest waits with its reason', () => {
    const one = plantWith(knows(free(6, 6), { largest: 10 }), { jobs: [wants(25)], ...atOnce }).settles();
    expect(sent(one)).toEqual([
      ['truck-1', 6],
      ['truck-2', 6],
    ]);
    expect(ada(one)).toMatchObject({ status: 'queued', taken: 12, reason: 'no_truck' });
  });

  test('its last part, which one truck can carry, is not split again', () => {
    const one = plantWith(knows(free(6), { largest: 10 }), { jobs: [wants(25, { taken: 17 })], ...atOnce }).settles();
    expect(sent(one)).toEqual([]);
    expect(ada(one)).toMatchObject({ status: 'queued', reason: 'capacity' });
  });
});

describe('an order that fits one truck in service', () => {
  test('is never split: it waits for that truck', () => {
    const one = plantWith(knows(free(6, 6), { largest: 10 }), { jobs: [wants(8)], ...atOnce }).settles();
    expect(sent(one)).toEqual([]);
    expect(ada(one)).toMatchObject({ status: 'queued', reason: 'capacity', taken: 0 });
    expect(sent(nowKnows(one, knows([...free(6, 6), freeTruck('truck-9', { capacity: 10 })])).settles())).toEqual([['truck-9', 8]]);
  });

  test('is no part: its truck says itself when it is delivered', () => {
    const one = plantWith(knows(free(10)), { jobs: [wants(10)] }).settles();
    expect(one.tells('truck.assign')[0]?.payload).not.toHaveProperty('part');
    expect(loadsOf(one)).toMatchObject([{ part: false, seq: 1 }]);
  });

  test('is split when the truck that could carry it has left service', () => {
    expect(sent(plantWith(knows(free(6, 6), { largest: 6 }), { jobs: [wants(8)], ...atOnce }).settles())).toEqual([
      ['truck-1', 6],
      ['truck-2', 2],
    ]);
  });
});

describe('loads come one after the other', () => {
  const one = () => plantWith(knows(free(10, 10, 10)), { jobs: [wants(25, { special: { ratePerHour: 20 } })] }).settles();

  test('by the rate at which the site pours: the next is due when the last one is empty', () => {
    const first = one();
    expect(sent(first)).toEqual([['truck-1', 10]]);
    const dueAt = minutesLater(0.5);
    expect(ada(first)).toMatchObject({ status: 'scheduled', reason: 'not_due', dueAt: dueAt.toISOString(), taken: 10 });
    expect(first.timers['dispatch.due']).toEqual(dueAt);
  });

  test('not before, and then at once', () => {
    const later = nowKnows(one(), knows([freeTruck('truck-2'), freeTruck('truck-3')]));
    expect(sent(later.at(minutesLater(0.4)).settles())).toEqual([]);
    expect(sent(later.at(minutesLater(0.5)).hears('dispatch.due').settles())).toEqual([['truck-2', 10]]);
  });

  test('without a rate as fast as a simulated truck pours', () => {
    const first = plantWith(knows(free(10, 10, 10)), { jobs: [wants(25)] }).settles();
    expect(ada(first).dueAt).toBe(minutesLater(0.25).toISOString());
  });

  test('a timer is set for the earliest of all', () => {
    const jobs = [90, 40].map((minutes) =>
      waitingJob(uuid(300 + minutes), ADA, { status: 'scheduled', reason: 'not_due', dueAt: minutesLater(minutes).toISOString() }),
    );
    expect(plantWith(knows([]), { jobs }).settles().timers['dispatch.due']).toEqual(minutesLater(40));
    const unseen = plantWith(knows([], { nextDue: minutesLater(7).toISOString() }), { jobs }).settles();
    expect(unseen.timers['dispatch.due']).toEqual(minutesLater(7));
  });
});

const two = wants(20, { status: 'in_progress', taken: 20 });
const part = (id: string, truckId: string, change: Partial<Load> = {}) =>
  openLoad(id, two, truckId, { quantity: 10, part: true, ...change });
const both = (first: Partial<Load> = {}, job: Partial<DeliveryJob> = {}) =>
  plantWith(knows([]), { jobs: [{ ...two, ...job }], loads: [part(ADAS_LOAD, 'truck-1', first), part(BOS_LOAD, 'truck-2', { seq: 2 })] });
const pours = (loadId: string, truckId: string, poured = 10) => ({
  loadId,
  truckId,
  plantId: 'north',
  poured,
  at: minutesLater(9).toISOString(),
});

describe('each load that is poured', () => {
  test('is told to the order; with the last the job is done', () => {
    const one = both().hears('truck.pouring.completed', pours(ADAS_LOAD, 'truck-1'));
    expect(one.published('order.load.delivered')).toEqual([
      {
        ...{ orderKey: ADA, orderId: '1', truckId: 'truck-1', loadId: ADAS_LOAD, quantity: 10, poured: 10 },
        deliveredAt: minutesLater(9).toISOString(),
      },
    ]);
    expect(ada(one)).toMatchObject({ status: 'in_progress', poured: 10 });
    expect(ada(one.hears('truck.pouring.completed', pours(BOS_LOAD, 'truck-2')))).toMatchObject({ status: 'done', poured: 20 });
  });

  test('counts once, though its truck comes back too; the load is closed then', () => {
    const one = both().hears('truck.pouring.completed', pours(ADAS_LOAD, 'truck-1'));
    one.hears('truck.pouring.completed', pours(ADAS_LOAD, 'truck-1'));
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
    one.hears('truck.status.changed', back('truck-1', ADAS_LOAD, { poured: 10 }));
    expect(one.published('order.load.delivered')).toEqual([]);
    expect(one.row<Load>('load', ADAS_LOAD)).toMatchObject({ status: 'delivered', poured: 10, closedAt: NOW.toISOString() });
    expect(ada(one).poured).toBe(10);
  });

  test('counts whole, whatever of it was not wanted', () => {
    const one = both().hears('truck.pouring.completed', pours(ADAS_LOAD, 'truck-1', 7));
    expect(one.published('order.load.delivered')).toMatchObject([{ quantity: 10, poured: 7 }]);
    expect(ada(one).poured).toBe(10);
  });
});

describe('a load that comes to nothing is made anew', () => {
  test('when the site sends it away; its own truck stays on it until it is back', () => {
    const one = both().hears('load.rejected', { loadId: ADAS_LOAD, truckId: 'truck-1', plantId: 'north', reason: 'too wet' });
    expect(one.row<Load>('load', ADAS_LOAD)).toMatchObject({ status: 'rejected', reason: 'too wet', closedAt: null });
    expect(ada(one)).toMatchObject({ status: 'queued', taken: 10 });
    expect(sent(nowKnows(one, knows(free(10).map((truck) => ({ ...truck, openLoadId: ADAS_LOAD })))).settles())).toEqual([]);
    one.hears('truck.status.changed', back('truck-1', ADAS_LOAD)).settles();
    expect(sent(one)).toEqual([['truck-1', 10]]);
  });

  test('when its truck breaks down; the order hears that only this one is off, as long as another comes', () => {
    const one = both().hears('truck.status.changed', back('truck-1', ADAS_LOAD, { to: 'out_of_service' }));
    expect(one.row<Load>('load', ADAS_LOAD)).toMatchObject({ status: 'cancelled', closedAt: NOW.toISOString() });
    expect(ada(one)).toMatchObject({ status: 'queued', taken: 10 });
    expect(one.published('dispatch.load.off')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1', loadId: ADAS_LOAD }]);
    one.hears('truck.status.changed', back('truck-2', BOS_LOAD, { to: 'out_of_service' }));
    expect(one.published('order.truck.unassigned')).toMatchObject([{ orderKey: ADA, truckId: 'truck-2', last: true }]);
  });

  test('not when it poured before it broke down', () => {
    const one = both().hears('truck.status.changed', back('truck-1', ADAS_LOAD, { to: 'out_of_service', poured: 10 }));
    expect(one.published('order.load.delivered')).toMatchObject([{ loadId: ADAS_LOAD, quantity: 10 }]);
    expect(ada(one)).toMatchObject({ status: 'in_progress', taken: 20, poured: 10 });
  });
});
