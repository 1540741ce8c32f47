/** Sand, gravel and the like: drawn for a load before its truck loads, all or none. */
import { describe, expect, test } from '@jest/globals';
import type { DeliveryJob, Load } from '../../services/truck/dispatch.state.ts';
import { ADA, ADAS_JOB, BO, BOS_JOB, freeTruck, knows, waitingJob } from '../support/examples.ts';
import { NOW, uuid } from '../support/given.ts';
import { back, type Dispatcher, jobOf, loadsOf, nowKnows, plantWith, sent } from './plants.ts';

const [SAND, GRAVEL] = ['MATERIAL-SAND@north', 'MATERIAL-GRAVEL@north'];
const mixes = new Map([
  [
    'CONCRETE-C25',
    [
      { material: 'MATERIAL-SAND', perUnit: 1 },
      { material: 'MATERIAL-GRAVEL', perUnit: 1.2 },
      { material: 'MATERIAL-WATER', perUnit: 9 },
    ],
  ],
]);
const lies = (sand: number, gravel: number, trucks = ['truck-1']) =>
  knows(
    trucks.map((id) => freeTruck(id)),
    {
      mixes,
      materials: new Map([
        [SAND, sand],
        [GRAVEL, gravel],
      ]),
    },
  );
const items = [
  { sku: 'CONCRETE-C25', quantity: 6 },
  { sku: 'CEMENT-25KG', quantity: 2 },
];
const job = (change: Partial<DeliveryJob> = {}) => waitingJob(ADAS_JOB, ADA, { items, ...change });
const LOAD = uuid(9_001);
const plenty = lies(100, 100);
const sending = (one = plantWith(plenty, { jobs: [job()] })) => one.settles();
const theLoad = (one: Dispatcher) => one.row<Load>('load', LOAD) as Load;
const asked = (one: Dispatcher, name: string) =>
  one.tells(name).map(({ key, payload }) => [key, (payload as { quantity?: number }).quantity]);
const got = (stockKey: string) => ({ stockKey, orderKey: LOAD });
const LEFT = { loadId: LOAD, plantId: 'north', truckId: 'truck-1' };
const missing = { ...got(GRAVEL), reason: 'inventory.short' };

describe('a load of concrete', () => {
  test('has its materials drawn, in its own name, by the mix and in whole units; what the plant does not count is not asked for', () => {
    const one = sending();
    expect(asked(one, 'inventory.reserve')).toEqual([
      [SAND, 6],
      [GRAVEL, 8],
    ]);
    expect(one.tells('inventory.reserve')[0]?.payload).toMatchObject({ orderKey: LOAD, orderId: '1', owner: 'load' });
    expect(one.tells('truck.assign')).toMatchObject([{ payload: { waits: true } }]);
    expect(theLoad(one)).toMatchObject({ awaiting: [SAND, GRAVEL], materials: { [SAND]: 6, [GRAVEL]: 8 } });
  });

  test('is loaded when all is held, and not before', () => {
    const one = sending().hears('inventory.reserved', got(GRAVEL));
    expect(one.tells()).toEqual([]);
    one.hears('inventory.reserved', got(SAND));
    expect(one.told).toEqual(['truck truck.load']);
    expect(one.tells('truck.load')).toMatchObject([{ key: 'truck-1', payload: { loadId: LOAD, materials: { [SAND]: 6, [GRAVEL]: 8 } } }]);
    expect(theLoad(one)).toMatchObject({ status: 'assigned', awaiting: [] });
    expect(one.hears('inventory.reserved', got(SAND)).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('uses its materials up when its truck has loaded them', () => {
    const one = sending().hears('inventory.reserved', got(GRAVEL)).hears('inventory.reserved', got(SAND));
    one.hears('truck.materials.loaded', LEFT);
    expect(asked(one, 'inventory.consume').map(([key]) => key)).toEqual([SAND, GRAVEL]);
    expect(theLoad(one).awaiting).toBeNull();
    const lost = one.hears('truck.status.changed', back('truck-1', LOAD, { to: 'out_of_service' }));
    expect(asked(lost, 'inventory.release')).toEqual([]);
  });

  test('of goods that are not mixed needs none', () => {
    const one = sending(plantWith(plenty, { jobs: [job({ items: items.slice(1) })] }));
    expect(one.tells('inventory.reserve')).toEqual([]);
    expect(one.tells('truck.assign')[0]?.payload).not.toHaveProperty('waits');
  });

  test('that is a part takes its part of them', () => {
    const large = job({ quantity: 16, items: [{ sku: 'CONCRETE-C25', quantity: 16 }] });
    expect(asked(sending(plantWith(plenty, { jobs: [large] })), 'inventory.reserve')).toEqual([
      [SAND, 10],
      [GRAVEL, 12],
    ]);
  });

  test.each([
    ['called off in part', (one: Dispatcher) => one.hears('dispatch.reduce', { orderKey: ADA, quantity: 8, reason: 'less' })],
    ['moved here in part', (one: Dispatcher) => one],
  ])('of an order that is %s takes no more than its own part', (what, change) => {
    const asks = { orderKey: ADA, orderId: '1', distanceMiles: 3, priority: 50, items: [{ sku: 'CONCRETE-C25', quantity: 16 }] };
    const moved = what.startsWith('moved') ? { moved: { from: 'south', requestedAt: NOW.toISOString(), part: true } } : {};
    const one = plantWith(plenty).hears('dispatch.request', { ...asks, ...moved, quantity: what.startsWith('moved') ? 8 : 16 });
    expect(asked(sending(change(one)), 'inventory.reserve')).toEqual([
      [SAND, 8],
      [GRAVEL, 10],
    ]);
  });

  test('two in one turn do not draw the same sand', () => {
    const jobs = [job(), waitingJob(BOS_JOB, BO, { items })];
    const one = plantWith(lies(11, 100, ['truck-1', 'truck-2']), { jobs }).settles();
    expect(sent(one)).toEqual([['truck-1', 8]]);
    expect(jobOf(one, BOS_JOB)).toMatchObject({ status: 'queued', reason: 'no_stock' });
  });
});

describe('somebody else had it first', () => {
  const short = () => sending().hears('inventory.reserved', got(SAND)).hears('inventory.rejected', missing);

  test('what was drawn goes back, and the truck too', () => {
    const one = short();
    expect(asked(one, 'inventory.release').map(([key]) => key)).toEqual([SAND, GRAVEL]);
    expect(one.tells('truck.return-to-plant')).toMatchObject([{ key: 'truck-1', payload: { loadId: LOAD } }]);
    expect(theLoad(one)).toMatchObject({ status: 'cancelled', awaiting: null, closedAt: null });
  });

  test('its order waits again, with the reason no_stock, and hears that the truck is off it', () => {
    const one = short();
    expect(jobOf(one, ADAS_JOB)).toMatchObject({ status: 'queued', reason: 'no_stock', taken: 0 });
    expect(one.published('dispatch.no_stock')).toMatchObject([{ orderKey: ADA, plantId: 'north', stockKey: GRAVEL }]);
    expect(one.published('order.truck.unassigned')).toMatchObject([{ orderKey: ADA, truckId: 'truck-1', reason: 'no_stock', last: true }]);
  });

  test('the second refusal of the same load changes nothing', () => {
    expect(short().hears('inventory.rejected', { ...missing, stockKey: SAND }).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('it goes when there is more, whatever truck is free then', () => {
    const one = nowKnows(short(), lies(100, 7)).settles();
    expect(sent(one)).toEqual([]);
    one.hears('truck.status.changed', back('truck-1', LOAD));
    expect(loadsOf(one)).toMatchObject([{ closedAt: NOW.toISOString() }]);
    expect(sent(nowKnows(one, lies(100, 9)).hears('inventory.stock.changed', { stockKey: 'MATERIAL-SAND@north' }).settles())).toEqual([
      ['truck-1', 8],
    ]);
  });
});

describe('a load that is off before all is drawn', () => {
  test.each<[string, (one: Dispatcher) => Dispatcher]>([
    ['its order is called off', (one) => one.hears('dispatch.cancel', { orderKey: ADA, reason: 'rain' })],
    ['its truck refuses it', (one) => one.hears('dispatch.truck-refused', { loadId: LOAD, truckId: 'truck-1', reason: 'on_break' })],
    ['its truck breaks down', (one) => one.hears('truck.status.changed', back('truck-1', LOAD, { to: 'out_of_service' }))],
  ])('since %s, lets its materials go', (_why, happens) => {
    const one = happens(sending());
    expect(asked(one, 'inventory.release').map(([key]) => key)).toEqual([SAND, GRAVEL]);
    expect(one.hears('inventory.reserved', got(SAND)).ignored).toBe('no load waits for it');
  });

  test('since it is taken back, uses nothing up, though all was held by then', () => {
    const one = sending().hears('dispatch.break-down', { reason: 'no power' });
    one.hears('inventory.reserved', got(SAND)).hears('inventory.reserved', got(GRAVEL));
    expect(asked(one, 'inventory.consume')).toEqual([]);
    expect(asked(one.hears('truck.status.changed', back('truck-1', LOAD)), 'inventory.release').map(([key]) => key)).toEqual([
      SAND,
      GRAVEL,
    ]);
  });
});
