/** What dispatchers do themselves: assign, take back, swap, lock, and say what is urgent. Each is told with who did it and why. */
import { describe, expect, test } from '@jest/globals';
import type { DispatchFacts, Load } from '../../services/truck/dispatch.state.ts';
import {
  ADA,
  ADAS_JOB,
  ADAS_LOAD,
  BO,
  BOS_JOB,
  BOS_LOAD,
  CLEO,
  CLEOS_JOB,
  freeTruck,
  knows,
  openLoad,
  sentJob,
  waitingJob,
} from '../support/examples.ts';
import { minutesLater } from '../support/given.ts';
import { back, jobOf, loadsOf, nowKnows, plantWith, sent } from './plants.ts';

const dora = { by: 'dora', reason: 'a better idea' };
const ofAda = { orderKey: ADA, ...dora };
const waiting = waitingJob(ADAS_JOB, ADA);
const onTruck = sentJob(ADAS_JOB, ADA);
const load = (change: Partial<Load> = {}) => openLoad(ADAS_LOAD, onTruck, 'truck-1', change);
const [bosWaiting, bosOnTruck] = [waitingJob(BOS_JOB, BO), sentJob(BOS_JOB, BO)];
const bosLoad = openLoad(BOS_LOAD, bosOnTruck, 'truck-2');
const where = (status: string, trucks: string[] = []): DispatchFacts =>
  knows(
    trucks.map((id) => freeTruck(id)),
    {
      truckStatus: new Map([
        ['truck-1', status],
        ['truck-2', 'loading'],
      ]),
    },
  );
const inYard = where('loading');
const away = ['en_route', 'at_job_site', 'delivering', 'returning', 'washing'];

describe('assign', () => {
  const assigns = (facts: DispatchFacts, more: object = {}, job = waiting) =>
    plantWith(facts, { jobs: [job] }).hears('dispatch.assign', { ...ofAda, truckId: 'truck-2', ...more });

  test('this truck takes the order, now, whoever is free longer; and it is told who said so', () => {
    const one = assigns(knows([freeTruck('truck-1'), freeTruck('truck-2')]));
    expect(sent(one)).toEqual([['truck-2', 8]]);
    expect(loadsOf(one)).toMatchObject([{ by: 'dora', explanation: { strategy: 'by-hand', reason: 'a better idea' } }]);
    expect(one.published('dispatch.assigned-by-hand')).toMatchObject([{ orderKey: ADA, jobId: ADAS_JOB, truckId: 'truck-2', by: 'dora' }]);
    expect(sent(one.settles())).toEqual([]);
  });

  test('even one that is not due yet, and with a smaller truck only a part of it', () => {
    const later = { ...waiting, status: 'scheduled' as const, reason: 'not_due' as const, dueAt: minutesLater(60).toISOString() };
    const one = assigns(knows([freeTruck('truck-2', { capacity: 6 })], { largest: 10 }), {}, later);
    expect(sent(one)).toEqual([['truck-2', 6]]);
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ taken: 6, status: 'scheduled' });
    expect(loadsOf(one)).toMatchObject([{ part: true }]);
  });

  test.each([
    ['skill', { ...waiting, special: { skills: ['pump'] } }, {}],
    ['no_driver', waiting, { driver: { licenceExpiry: '2020-01-01', shift: null } }],
    ['locked', waiting, { lockedBy: BOS_JOB }],
  ])('what does not suit it (%s) is only overruled with a reason', (unsuited, job, truck) => {
    const facts = knows([freeTruck('truck-2', truck)]);
    expect(assigns(facts, {}, job).decision).toMatchObject({
      refusal: { code: 'dispatch.unsuited', data: { reason: unsuited } },
      effects: [],
    });
    expect(assigns(facts, { force: true, reason: undefined }, job).refusal).toBe('dispatch.unsuited');
    const one = assigns(facts, { force: true }, job);
    expect(sent(one)).toHaveLength(1);
    expect(one.published('dispatch.assigned-by-hand')).toMatchObject([{ overruled: unsuited, reason: 'a better idea' }]);
  });

  test('what is not there cannot be forced', () => {
    const mixes = new Map([['CONCRETE-C25', [{ material: 'MATERIAL-SAND', perUnit: 1 }]]]);
    const facts = knows([freeTruck('truck-2')], { mixes, materials: new Map([['MATERIAL-SAND@north', 3]]) });
    const job = { ...waiting, items: [{ sku: 'CONCRETE-C25', quantity: 8 }] };
    expect(assigns(facts, { force: true }, job).decision).toMatchObject({
      refusal: { code: 'dispatch.unsuited', data: { reason: 'no_stock' } },
    });
  });

  test('refused: a truck that is busy, an order that waits for none, one that is all on trucks', () => {
    expect(assigns(knows([freeTruck('truck-1')])).refusal).toBe('truck.busy');
    expect(assigns(knows([freeTruck('truck-2', { openLoadId: BOS_LOAD })])).refusal).toBe('truck.busy');
    expect(assigns(knows([freeTruck('truck-2')]), { orderKey: BO }).refusal).toBe('dispatch.not-waiting');
    expect(assigns(knows([freeTruck('truck-2')]), {}, onTruck).refusal).toBe('dispatch.all-assigned');
  });
});

describe('unassign', () => {
  const takes = (facts = inYard) => plantWith(facts, { jobs: [onTruck], loads: [load()] }).hears('dispatch.unassign', ofAda);

  test('the truck is taken back in the yard; the order waits a moment for what the dispatcher says instead', () => {
    const one = takes();
    expect(one.tells()).toMatchObject([{ key: 'truck-1', name: 'truck.return-to-plant', payload: { loadId: ADAS_LOAD, yardOnly: true } }]);
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ reason: 'on_hold', dueAt: minutesLater(5).toISOString() });
    expect(one.published('dispatch.unassigned-by-hand')).toMatchObject([{ orderKey: ADA, loads: [ADAS_LOAD], ...dora }]);
    one.hears('truck.status.changed', back('truck-1', ADAS_LOAD));
    expect(one.published('order.truck.unassigned')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1', last: true }]);
    const later = nowKnows(one, where('available', ['truck-1']));
    expect(sent(later.settles())).toEqual([]);
    expect(later.timers['dispatch.due']).toEqual(minutesLater(5));
    expect(sent(later.at(minutesLater(5)).hears('dispatch.due').settles())).toEqual([['truck-1', 8]]);
  });

  test.each(away)('refused of a truck that is %s; and of an order that is on none', (status) => {
    expect(takes(where(status)).refusal).toBe('truck.under-way');
    expect(plantWith(inYard, { jobs: [waiting] }).hears('dispatch.unassign', ofAda).refusal).toBe('dispatch.not-assigned');
  });

  test.each(['before its answer', 'after its answer'])('a truck that had left goes on, and no other is sent for it, %s', (when) => {
    const one = takes();
    if (when.startsWith('after')) {
      one.hears('dispatch.recall-refused', { loadId: ADAS_LOAD, truckId: 'truck-1', reason: 'en_route' });
      expect(one.published('dispatch.recall.refused')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1' }]);
      expect(one.row<Load>('load', ADAS_LOAD)?.status).toBe('assigned');
    }
    nowKnows(one, where('en_route', ['truck-2']))
      .at(minutesLater(6))
      .hears('dispatch.due');
    expect(sent(one.settles())).toEqual([]);
  });
});

describe('swap', () => {
  const swaps = (facts = inYard, jobs = [onTruck, bosOnTruck], loads = [load(), bosLoad]) =>
    plantWith(facts, { jobs, loads }).hears('dispatch.swap', { ...ofAda, withOrderKey: BO });

  test('each gets the other’s truck; both are told', () => {
    const one = swaps();
    expect(one.tells().map(({ key, name }) => [key, name])).toEqual([
      ['truck-1', 'truck.return-to-plant'],
      ['truck-2', 'truck.return-to-plant'],
    ]);
    expect(one.published('dispatch.swapped-by-hand')).toMatchObject([
      { orderKey: ADA, with: '2', ...dora },
      { orderKey: BO, with: '1', ...dora },
    ]);
    one.hears('truck.status.changed', back('truck-1', ADAS_LOAD)).hears('truck.status.changed', back('truck-2', BOS_LOAD));
    const sentTo = nowKnows(one, where('available', ['truck-1', 'truck-2'])).settles();
    expect(
      sentTo
        .tells('truck.assign')
        .map(({ key, payload }) => [key, (payload as { orderKey: string }).orderKey])
        .sort(),
    ).toEqual([
      ['truck-1', BO],
      ['truck-2', ADA],
    ]);
  });

  test('with one that waits: it gets the truck, and gives none', () => {
    const one = swaps(inYard, [onTruck, bosWaiting], [load()]).hears('truck.status.changed', back('truck-1', ADAS_LOAD));
    nowKnows(one, knows([freeTruck('truck-1', { lockedBy: BOS_JOB })])).settles();
    expect(one.tells('truck.assign')).toMatchObject([{ key: 'truck-1', payload: { orderKey: BO } }]);
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'queued', lockedTruckId: null });
  });

  test('nobody else gets a truck in between, however urgent', () => {
    const one = swaps(inYard, [onTruck, bosOnTruck, waitingJob(CLEOS_JOB, CLEO, { priority: 100 })]);
    one.hears('truck.status.changed', back('truck-1', ADAS_LOAD));
    expect(sent(nowKnows(one, where('available', ['truck-1'])).settles())).toEqual([]);
    one.hears('truck.status.changed', back('truck-2', BOS_LOAD));
    nowKnows(one, where('available', ['truck-1', 'truck-2'])).settles();
    expect(
      one
        .tells('truck.assign')
        .map(({ payload }) => (payload as { orderKey: string }).orderKey)
        .sort(),
    ).toEqual([ADA, BO]);
  });

  test('refused when a truck has left, or one of them waits for none', () => {
    expect(swaps(where('en_route')).refusal).toBe('truck.under-way');
    expect(swaps(inYard, [onTruck], [load()]).refusal).toBe('dispatch.not-waiting');
    expect(swaps(inYard, [waiting, bosWaiting], []).refusal).toBe('dispatch.not-assigned');
  });
});

describe('lock', () => {
  const locks = (truckId: string | null, job = waiting) =>
    plantWith(knows([]), { jobs: [job] }).hears('dispatch.lock', { ...ofAda, truckId });

  test('a truck is kept for the order, and let go again', () => {
    const one = locks('truck-1');
    expect(jobOf(one, ADAS_JOB).lockedTruckId).toBe('truck-1');
    expect(one.published('dispatch.locked')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1', ...dora }]);
    expect(one.hears('dispatch.lock', { ...ofAda, truckId: 'truck-1' }).ignored).toBe('it is so already');
    expect(jobOf(one.hears('dispatch.lock', { ...ofAda, truckId: null }), ADAS_JOB).lockedTruckId).toBeNull();
  });

  test('from this turn on: somebody more urgent does not get it any more', () => {
    const jobs = [{ ...waiting, special: { skills: ['pump'] } }, waitingJob(BOS_JOB, BO, { priority: 90 })];
    const one = plantWith(knows([freeTruck('truck-1')]), { jobs }).hears('dispatch.lock', { ...ofAda, truckId: 'truck-1' });
    expect(sent(one.settles())).toEqual([]);
    expect(jobOf(one, BOS_JOB).reason).toBe('locked');
  });

  test('refused of one that waits for no truck, or is all on trucks', () => {
    expect(locks('truck-1', { ...waiting, status: 'done' }).refusal).toBe('dispatch.not-waiting');
    expect(locks('truck-1', onTruck).refusal).toBe('dispatch.all-assigned');
  });
});

test('prioritise: it goes before the others, and who said so is told', () => {
  const one = plantWith(knows([freeTruck('truck-1')]), { jobs: [waiting, { ...bosWaiting, priority: 60 }] });
  expect(one.hears('dispatch.prioritise', { ...ofAda, priority: 90 }).published('dispatch.prioritised')).toMatchObject([
    { orderKey: ADA, from: 50, to: 90, ...dora },
  ]);
  expect(one.settles().tells('truck.assign')).toMatchObject([{ payload: { orderKey: ADA } }]);
  expect(one.hears('dispatch.prioritise', { ...ofAda, orderKey: CLEO, priority: 90 }).refusal).toBe('dispatch.not-waiting');
});
