/** A plant breaks down, is mended, and is told how to work. */
import { describe, expect, test } from '@jest/globals';
import type { DeliveryJob, Plant } from '../../services/truck/dispatch.state.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, BO, BOS_JOB, freeTruck, knows, openLoad, waitingJob } from '../support/examples.ts';
import { minutesLater, NOW, uuid } from '../support/given.ts';
import { back, type Dispatcher, jobOf, nowKnows, plantWith, sent } from './plants.ts';

const OUT = { reason: 'no power', by: 'kim' };
const helpers = knows([freeTruck('truck-9')], { elsewhere: ['south', 'east'] });
const since = minutesLater(-40).toISOString();
const special = { ratePerHour: 20, limitMinutes: 60, skills: ['pump'], requestedEnd: minutesLater(90).toISOString() };
const items = [{ sku: 'CONCRETE-C25', quantity: 8 }];
const adas = waitingJob(ADAS_JOB, ADA, { requestedAt: since, priority: 70, special, items });
const bos = waitingJob(BOS_JOB, BO);
const half = waitingJob(ADAS_JOB, ADA, { quantity: 15, taken: 10 });
const load = openLoad(ADAS_LOAD, half, 'truck-1', { quantity: 10, part: true });
const broken: Partial<Plant> = { brokenSince: NOW.toISOString(), brokenReason: 'no power' };
const asksElsewhere = (one: Dispatcher) => one.tells('dispatch.request').map(({ key, payload }) => [key, payload]);

describe('a plant breaks down', () => {
  test('that is said, with who said it; twice it cannot', () => {
    const one = plantWith(helpers).hears('dispatch.break-down', OUT);
    expect(one.state).toMatchObject({ brokenSince: NOW.toISOString(), brokenReason: 'no power', version: 2 });
    expect(one.published('plant.broken-down')).toEqual([{ plantId: 'north', ...OUT }]);
    expect(one.hears('dispatch.break-down', OUT).refusal).toBe('plant.broken-down');
    expect(plantWith(helpers).hears('dispatch.break-down', { ...OUT, version: 0 }).refusal).toBe('resource.changed');
  });

  test('who waits goes to the plants that can help, in turn, with their age, and with all they ask', () => {
    const one = plantWith(helpers, { jobs: [adas, bos] })
      .hears('dispatch.break-down', OUT)
      .settles();
    const { requestedEnd, ...pour } = special;
    expect(asksElsewhere(one)).toEqual([
      [
        'south',
        {
          ...{ orderKey: ADA, orderId: '1', quantity: 8, distanceMiles: 3, priority: 70, items, pour, requestedEnd },
          moved: { from: 'north', requestedAt: since },
        },
      ],
      ['east', expect.objectContaining({ orderKey: BO })],
    ]);
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'moved', movedTo: 'south', reason: null });
    expect(one.published('order.plant.changed')[0]).toMatchObject({ orderKey: ADA, from: 'north', to: 'south', quantity: 8 });
    expect(sent(one)).toEqual([]);
  });

  test('who comes later is sent on at once; and there it is as old as it was', () => {
    const asks = { orderKey: ADA, orderId: '1', quantity: 8, distanceMiles: 3, priority: 50 };
    expect(asksElsewhere(plantWith(helpers, { state: broken }).hears('dispatch.request', asks).settles())).toHaveLength(1);
    const there = plantWith(knows([])).hears('dispatch.request', { ...asks, moved: { from: 'south', requestedAt: since } });
    expect(jobOf(there, uuid(9_001))).toMatchObject({ status: 'queued', requestedAt: since });
  });

  test('where nobody can help they wait, and learn why', () => {
    const one = plantWith(knows([freeTruck('truck-9')]), { jobs: [adas], state: broken }).settles();
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'queued', reason: 'plant_closed' });
    expect(sent(one)).toEqual([]);
    expect(asksElsewhere(nowKnows(one, helpers).hears('dispatch.sweep').settles())).toHaveLength(1);
  });

  test('who is not due yet stays, and is waited for', () => {
    const later = { ...bos, status: 'scheduled' as const, reason: 'not_due' as const, dueAt: minutesLater(60).toISOString() };
    const one = plantWith(helpers, { jobs: [adas, later], state: broken }).settles();
    expect(jobOf(one, BOS_JOB).status).toBe('scheduled');
    expect(one.timers['dispatch.due']).toEqual(minutesLater(60));
  });
});

describe('its trucks', () => {
  const falls = () =>
    plantWith(helpers, { jobs: [half], loads: [load] })
      .hears('dispatch.break-down', OUT)
      .settles();

  test('that are in the yard are taken back; what they had goes elsewhere when they are', () => {
    const one = plantWith(helpers, { jobs: [half], loads: [load] }).hears('dispatch.break-down', OUT);
    expect(one.tells()).toMatchObject([{ key: 'truck-1', name: 'truck.return-to-plant', payload: { loadId: ADAS_LOAD, yardOnly: true } }]);
    one.settles();
    expect(asksElsewhere(one)).toMatchObject([['south', { quantity: 5, moved: { part: true } }]]);
    one.hears('truck.status.changed', back('truck-1', ADAS_LOAD)).settles();
    expect(asksElsewhere(one)).toMatchObject([['south', { quantity: 10, moved: { from: 'north' } }]]);
    expect(jobOf(one, ADAS_JOB).status).toBe('moved');
  });

  test('that have left go on, and what they pour counts here', () => {
    const one = falls().hears('dispatch.recall-refused', { loadId: ADAS_LOAD, truckId: 'truck-1', reason: 'en_route' });
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'in_progress', quantity: 10, taken: 10, movedTo: 'south' });
    one.hears('truck.pouring.completed', { loadId: ADAS_LOAD, truckId: 'truck-1', plantId: 'north', poured: 10, at: NOW.toISOString() });
    expect(one.published('order.load.delivered')).toMatchObject([{ quantity: 10 }]);
    expect(jobOf(one, ADAS_JOB).status).toBe('done');
  });

  test('what is made anew of an order that another plant has in part is a part, too', () => {
    const one = falls().hears('dispatch.recall-refused', { loadId: ADAS_LOAD, truckId: 'truck-1', reason: 'en_route' });
    one.hears('dispatch.repaired').hears('load.rejected', { loadId: ADAS_LOAD, truckId: 'truck-1', plantId: 'north', reason: 'too wet' });
    expect(one.settles().tells('truck.assign')).toMatchObject([{ payload: { quantity: 10, part: true } }]);
  });

  test('one that is off, of an order that another plant has in part, may not be its last', () => {
    const one = falls().hears('truck.status.changed', back('truck-1', ADAS_LOAD));
    expect(one.published('order.truck.unassigned').filter(({ last }) => last)).toEqual([]);
  });
});

describe('an order that was moved', () => {
  const moved = { ...adas, status: 'moved' as const, movedTo: 'south' };
  const cancel = { orderKey: ADA, reason: 'rain' };
  const onward = (one: Dispatcher) =>
    one
      .tells()
      .filter(({ actor }) => actor === 'dispatch')
      .map(({ key, name }) => [key, name]);

  test('and is called off, in whole or in part, is so at the plant that has it', () => {
    expect(onward(plantWith(helpers, { jobs: [moved] }).hears('dispatch.cancel', cancel))).toEqual([['south', 'dispatch.cancel']]);
    const less = { orderKey: ADA, quantity: 2, reason: 'less' };
    expect(onward(plantWith(helpers, { jobs: [moved] }).hears('dispatch.reduce', less))).toEqual([['south', 'dispatch.reduce']]);
  });

  test.each(['dispatch.cancel', 'dispatch.reduce'])('and came back: %s does not go to and fro for ever', (name) => {
    const here = { ...waitingJob(uuid(399), ADA), status: 'queued' as const };
    const plants: Record<string, Dispatcher> = {
      north: plantWith(knows([]), { jobs: [moved, here] }),
      south: plantWith(knows([]), { jobs: [{ ...moved, movedTo: 'north' }] }),
    };
    const mail = [
      { key: 'north', payload: { orderKey: ADA, reason: 'rain', ...(name === 'dispatch.reduce' ? { quantity: 2 } : {}) } as object },
    ];
    let told = 0;
    for (const { key, payload } of mail) {
      if (++told > 10) break;
      const sentOn = plants[key]?.hears(name, payload).tells(name) ?? [];
      mail.push(...sentOn.map((one) => ({ key: one.key, payload: one.payload as object })));
    }
    expect(told).toBeLessThan(5);
    expect(jobOf(plants.north as Dispatcher, here.id)).toMatchObject(
      name === 'dispatch.cancel' ? { status: 'cancelled' } : { quantity: 6 },
    );
  });

  test('and is asked for anew, since it was held for a moment, is the business of the plant that has it', () => {
    const asks = { orderKey: ADA, orderId: '1', quantity: 8, distanceMiles: 3, priority: 70 };
    const one = plantWith(knows([freeTruck('truck-9', { skills: ['pump'] })]), { jobs: [moved] })
      .hears('dispatch.request', asks)
      .settles();
    expect(sent(one)).toEqual([]);
    expect(one.rows<DeliveryJob>('job').filter(({ status }) => status === 'queued' || status === 'in_progress')).toEqual([]);
  });

  test('more of it comes to a plant that has some: it is one job, and all its loads are parts', () => {
    const more = { orderKey: ADA, orderId: '1', quantity: 10, distanceMiles: 3, priority: 50 };
    const one = plantWith(knows([]), { jobs: [{ ...half, status: 'in_progress', quantity: 10 }] });
    one.hears('dispatch.request', { ...more, moved: { from: 'south', requestedAt: since, part: true } });
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'queued', quantity: 20, taken: 10 });
    expect(
      nowKnows(one, knows([freeTruck('truck-9')]))
        .settles()
        .tells('truck.assign'),
    ).toMatchObject([{ payload: { part: true, quantity: 10 } }]);
  });
});

describe('a plant is mended', () => {
  test('it takes orders again; one that works cannot be mended', () => {
    const one = plantWith(helpers, { jobs: [adas], state: broken }).hears('dispatch.repaired', { reason: 'power is back', by: 'kim' });
    expect(one.state).toMatchObject({ brokenSince: null, brokenReason: null });
    expect(one.published('plant.repaired')).toEqual([{ plantId: 'north', reason: 'power is back', by: 'kim' }]);
    expect(sent(nowKnows(one, knows([freeTruck('truck-9', { skills: ['pump'] })])).settles())).toHaveLength(1);
    expect(one.hears('dispatch.repaired').refusal).toBe('plant.in-order');
  });
});

describe('how it works', () => {
  test('is changed one thing at a time, and said', () => {
    const one = plantWith(helpers).hears('dispatch.change-plant', { strategy: 'capacity', loadSlots: 2, by: 'kim' });
    expect(one.state).toMatchObject({ strategy: 'capacity', loadSlots: 2, hours: null, version: 2 });
    expect(one.published('plant.changed')).toEqual([{ plantId: 'north', strategy: 'capacity', loadSlots: 2, by: 'kim' }]);
    expect(one.hears('dispatch.change-plant', { strategy: null }).state).toMatchObject({ strategy: null, loadSlots: 2 });
    expect(one.hears('dispatch.change-plant', { strategy: null, version: 1 }).refusal).toBe('resource.changed');
  });

  test('its own strategy goes before the setting’s', () => {
    const trucks = knows([freeTruck('truck-1', { capacity: 12 }), freeTruck('truck-2', { capacity: 8 })]);
    const chosen = (state: Partial<Plant>) => sent(plantWith(trucks, { jobs: [bos], state }).settles());
    expect(chosen({})).toEqual([['truck-1', 8]]);
    expect(chosen({ strategy: 'capacity' })).toEqual([['truck-2', 8]]);
    expect(sent(plantWith(trucks, { jobs: [bos], settings: { strategy: 'capacity' } }).settles())).toEqual([['truck-2', 8]]);
  });

  test('no more trucks load than it has places; each is told that its place is counted', () => {
    const jobs = [1, 2, 3].map((number) => waitingJob(uuid(300 + number), uuid(number)));
    const trucks = knows(
      [1, 2, 3].map((number) => freeTruck(`truck-${number}`)),
      { loadingNow: 1 },
    );
    const one = plantWith(trucks, { jobs, state: { loadSlots: 2 } }).settles();
    expect(one.tells('truck.assign')).toMatchObject([{ payload: { slotted: true } }]);
    expect(jobs.map(({ id }) => jobOf(one, id).reason)).toEqual([null, 'loading_slot', 'loading_slot']);
  });
});
