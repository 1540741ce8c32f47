/** A part of an order is called off, while some of it waits and some is on trucks. */
import { describe, expect, test } from '@jest/globals';
import type { DeliveryJob, Load } from '../../services/truck/dispatch.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, BOS_LOAD, freeTruck, knows, openLoad, waitingJob } from '../support/examples.ts';
import { back, type Dispatcher, jobOf, nowKnows, plantWith, sent } from './plants.ts';

const ada = (one: Dispatcher) => jobOf(one, ADAS_JOB);
const less = (quantity: number) => ({ orderKey: ADA, quantity, reason: 'less is wanted' });
const job = (change: Partial<DeliveryJob>) => waitingJob(ADAS_JOB, ADA, { quantity: 20, ...change });
const all = job({ status: 'in_progress', taken: 20 });
const load = (id: string, truckId: string, seq: number, change: Partial<Load> = {}) =>
  openLoad(id, all, truckId, { quantity: 10, part: true, seq, ...change });
const both = (first: Partial<Load> = {}, change: Partial<DeliveryJob> = {}) =>
  plantWith(knows([]), {
    jobs: [{ ...all, ...change }],
    loads: [load(ADAS_LOAD, 'truck-1', 1, first), load(BOS_LOAD, 'truck-2', 2)],
  });

describe('what no truck has', () => {
  test('is not sent', () => {
    expect(ada(plantWith(knows([]), { jobs: [job({})] }).hears('dispatch.reduce', less(5)))).toMatchObject({
      status: 'queued',
      quantity: 15,
    });
    const one = plantWith(knows([freeTruck('truck-9')]), { jobs: [job({ taken: 10 })] }).hears('dispatch.reduce', less(4));
    expect(sent(one.settles())).toEqual([['truck-9', 6]]);
  });

  test('when nothing of it is left, the job waits for its trucks only; where they have poured it is done', () => {
    const rest = (poured: number) => ada(plantWith(knows([]), { jobs: [job({ taken: 10, poured })] }).hears('dispatch.reduce', less(10)));
    expect(rest(0)).toMatchObject({ status: 'in_progress', quantity: 10, reason: null });
    expect(rest(10)).toMatchObject({ status: 'done', quantity: 10 });
  });

  test('of an order that waits for no truck is nobody’s business', () => {
    expect(plantWith(knows([])).hears('dispatch.reduce', less(5)).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('what trucks have', () => {
  test('the last to be sent is taken back, when it has not left and is not needed', () => {
    const one = both().hears('dispatch.reduce', less(10));
    expect(one.tells()).toMatchObject([
      { actor: 'truck', key: 'truck-2', name: 'truck.return-to-plant', payload: { loadId: BOS_LOAD, yardOnly: true } },
    ]);
    expect(one.row<Load>('load', BOS_LOAD)?.status).toBe('recalled');
  });

  test('one that is back is not sent again', () => {
    const one = both().hears('dispatch.reduce', less(10)).hears('truck.status.changed', back('truck-2', BOS_LOAD));
    expect(ada(one)).toMatchObject({ quantity: 10, taken: 10 });
    expect(sent(nowKnows(one, knows([freeTruck('truck-9')])).settles())).toEqual([]);
  });

  test('when it is back and all the rest is poured, the job is done', () => {
    const one = both({ status: 'delivered' }, { poured: 10 }).hears('dispatch.reduce', less(10));
    expect(ada(one.hears('truck.status.changed', back('truck-2', BOS_LOAD)))).toMatchObject({ quantity: 10, poured: 10, status: 'done' });
  });

  test('none is taken back for less than it carries', () => {
    expect(both().hears('dispatch.reduce', less(4)).tells()).toEqual([]);
  });

  test('what is made anew is only what is still wanted', () => {
    const one = both()
      .hears('dispatch.reduce', less(4))
      .hears('truck.status.changed', back('truck-2', BOS_LOAD, { to: 'out_of_service' }));
    expect(sent(nowKnows(one, knows([freeTruck('truck-9')])).settles())).toEqual([['truck-9', 6]]);
  });

  test('one that is taken back is not made anew when its stock is missing', () => {
    const awaiting = ['MATERIAL-SAND@north'];
    const one = plantWith(knows([]), {
      jobs: [all],
      loads: [load(ADAS_LOAD, 'truck-1', 1), load(BOS_LOAD, 'truck-2', 2, { awaiting, materials: { [awaiting[0] as string]: 10 } })],
    });
    one
      .hears('dispatch.reduce', less(10))
      .hears('inventory.rejected', { stockKey: awaiting[0], orderKey: BOS_LOAD, reason: 'inventory.short' });
    one.hears('truck.status.changed', back('truck-2', BOS_LOAD));
    expect(sent(nowKnows(one, knows([freeTruck('truck-9')])).settles())).toEqual([]);
  });
});
