/** An order that several trucks bring, perhaps from several plants. */
import { describe, expect, test } from '@jest/globals';
import type { OrderStatus } from '../../models/order.ts';
import type { Order } from '../../services/order/order.state.ts';
import { ADA, ADAS_LOAD, adasOrderIn, adasRows, BOS_LOAD, earlyRules, market, orderRules } from '../support/examples.ts';
import { given, minutesLater, uuid } from '../support/given.ts';

const order = (status: OrderStatus, change: Partial<Order> = {}, rules = orderRules) =>
  given(rules, { key: ADA, state: adasOrderIn(status, change), facts: market, rows: adasRows });
type One = ReturnType<typeof order>;
const at = (minutes: number): string => minutesLater(minutes).toISOString();
const brings = (quantity: number, truckId = 'truck-1', minutes = 9) => ({
  ...{ orderKey: ADA, truckId, loadId: truckId === 'truck-1' ? ADAS_LOAD : BOS_LOAD, quantity },
  deliveredAt: at(minutes),
});
const half = (status: OrderStatus = 'shipped', rules = orderRules, change: Partial<Order> = {}) =>
  order(status, change, rules).hears('order.load.delivered', brings(5));
const steps = (one: One) => one.published('orders.order.status_changed').map(({ oldStatus, newStatus }) => `${oldStatus} → ${newStatus}`);
const callsOff = (one: One, itemId: string, quantity: number) => one.hears('order.cancel-item', { itemId, quantity, reason: 'too much' });

describe('an order of several loads', () => {
  test('is not delivered by the first', () => {
    const one = half();
    expect(one.state).toMatchObject({ status: 'shipped', deliveredAt: null, marks: { poured: 5 } });
    expect(one.decision.effects).toEqual([]);
  });

  test('is delivered with the last part, whichever truck brings it; then its stock is used up, and all are told', () => {
    const one = half().hears('order.load.delivered', brings(3, 'truck-2', 20));
    expect(one.state).toMatchObject({ status: 'delivered', deliveredAt: at(20), sagaState: 'Completed' });
    expect(steps(one)).toEqual(['shipped → delivered']);
    expect(one.told).toEqual(['inventory inventory.consume', 'inventory inventory.consume']);
    expect(one.published('order.delivered')).toMatchObject([{ orderKey: ADA, deliveredAt: at(20) }]);
  });

  test('is delivered though its first truck has not been seen to leave', () => {
    expect(half('assigned').hears('order.load.delivered', brings(3, 'truck-2')).state?.status).toBe('delivered');
  });

  test('that is cancelled: a part that comes all the same is an exception', () => {
    expect(half('cancelled').published('order.exception')).toMatchObject([
      { status: 'cancelled', what: 'truck truck-1 delivered a part of it' },
    ]);
  });

  test('asks for its trucks with all of its marks; one with concrete also says what it is made of', () => {
    const pour = { ratePerHour: 20, limitMinutes: 60, skills: ['pump'] };
    const one = order('payment_processing', { marks: { truck: { pour, requestedEnd: at(90), concrete: true } } });
    const paymentId = one.state?.paymentId;
    one.hears('payment.confirmed', { orderKey: ADA, paymentId });
    expect(one.tells('dispatch.request')).toMatchObject([
      {
        key: 'north',
        payload: {
          ...{ quantity: 8, pour, requestedEnd: at(90) },
          items: [
            { sku: 'CONCRETE-C25', quantity: 6 },
            { sku: 'CEMENT-25KG', quantity: 2 },
          ],
        },
      },
    ]);
  });
});

describe('an order of which a part has come', () => {
  test('cannot be cancelled', () => {
    const one = half().hears('order.cancel', { reason: 'rain' });
    expect(one.decision).toMatchObject({ refusal: { code: 'order.partly-delivered', data: { poured: 5 } }, effects: [] });
  });

  test('can be called off for no more than what is to come', () => {
    expect(callsOff(half(), '11', 4).decision).toMatchObject({ refusal: { code: 'order.item-too-many', data: { left: 3 } } });
  });

  test('is delivered when the rest is called off', () => {
    const one = callsOff(half(), '11', 3);
    expect(one.state).toMatchObject({ status: 'delivered', quantity: 5 });
    expect(one.tells('dispatch.reduce')).toMatchObject([{ key: 'north', payload: { orderKey: ADA, quantity: 3 } }]);
    expect(one.told.indexOf('inventory inventory.reduce')).toBeLessThan(one.told.indexOf('inventory inventory.consume'));
    expect(one.tells('payment.reduce')).toMatchObject([{ payload: { amountCents: 3 * 14_500 } }]);
    expect(one.published('order.delivered')).toHaveLength(1);
  });

  test('waits on when a part of the rest is called off, and is delivered with what is left', () => {
    const one = callsOff(half(), '11', 1);
    expect(one.state).toMatchObject({ status: 'shipped', quantity: 7 });
    expect(one.hears('order.load.delivered', brings(2, 'truck-2')).state?.status).toBe('delivered');
  });

  test('and whose delivery is proven gets no more trucks', () => {
    const one = half().hears('order.prove-delivery', { signedBy: 'ada' });
    expect(one.state?.status).toBe('delivered');
    expect(one.tells().filter(({ actor }) => actor === 'dispatch')).toHaveLength(1);
  });
});

describe('a truck in the place of another', () => {
  const truck = (truckId: string) => ({ orderKey: ADA, truckId, loadId: BOS_LOAD });

  test.each(['assigned', 'shipped'] as const)('the order, %s, has that one now', (status) => {
    const one = order(status).hears('order.truck.assigned', truck('truck-2'));
    expect(one.state).toMatchObject({ status, truckId: 'truck-2' });
    expect(steps(one)).toEqual([]);
  });

  test('off again, with no other on its way: the order is back where it was, whichever it had', () => {
    const off = (more: object) => order('assigned').hears('order.truck.unassigned', { ...truck('truck-2'), reason: 'a crash', ...more });
    expect(off({ last: true }).state).toMatchObject({ status: 'confirmed', truckId: null });
    expect(off({}).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('of an order that thought it had none, what it brings counts all the same', () => {
    const one = order('confirmed').hears('order.load.delivered', brings(5)).hears('order.truck.assigned', truck('truck-2'));
    expect(one.hears('order.load.delivered', brings(3, 'truck-2')).state?.status).toBe('delivered');
  });
});

describe('an order to be paid on delivery, whose trucks go before it is confirmed', () => {
  const early = (): One => half('validated', earlyRules, { paymentMethod: 'cod', truckId: 'truck-1', marks: { early: 'en_route' } });

  test('is proven by the last part', () => {
    expect(early().state).toMatchObject({ status: 'validated', deliveredAt: null, marks: { early: 'en_route', poured: 5 } });
    const one = early().hears('order.load.delivered', brings(3, 'truck-2', 20));
    expect(one.state).toMatchObject({ status: 'validated', deliveredAt: at(20), marks: { early: 'delivered' } });
    expect(one.published('order.delivery.proven')).toHaveLength(1);
  });

  test('is proven when the rest is called off', () => {
    expect(callsOff(early(), '11', 3).state).toMatchObject({ status: 'validated', quantity: 5, marks: { early: 'delivered' } });
  });

  test('confirmed in between, is delivered with the last part', () => {
    const one = early().hears('order.confirm', { by: 'bo' });
    expect(one.state?.status).toBe('shipped');
    expect(one.hears('order.load.delivered', brings(3, 'truck-2')).state?.status).toBe('delivered');
  });

  test('has no truck when the last of several is off, whichever it heard of first', () => {
    const one = order('validated', { paymentMethod: 'cod', truckId: 'truck-1', marks: { early: 'assigned' } }, earlyRules);
    one.hears('order.truck.unassigned', { orderKey: ADA, truckId: 'truck-2', loadId: uuid(209), reason: 'a crash', last: true });
    expect(one.state).toMatchObject({ truckId: null, marks: { early: 'queued' } });
  });
});

describe('where it is sent from', () => {
  const site = { latitude: 41.88, longitude: -87.63 };
  const near = { latitude: 41.9, longitude: -87.65 };
  const far = { latitude: 42.5, longitude: -88.3 };
  const accepts = (plants: [string, { place: typeof site | null; broken: boolean }][], form: object = {}, stocked = ['north', 'south']) => {
    const facts = { ...market, plants: new Map(plants), stockedPlants: new Map([[ADA, stocked]]) };
    const items = [{ sku: 'CONCRETE-C25', quantity: 6 }];
    return given(orderRules, { key: ADA, facts }).hears('order.accepted', {
      ...{ correlationId: ADA, customerId: 'ada', paymentMethod: 'card', items },
      ...form,
    }).state;
  };
  const two = (broken: string): [string, { place: typeof site; broken: boolean }][] => [
    ['north', { place: far, broken: broken === 'north' }],
    ['south', { place: near, broken: broken === 'south' }],
  ];

  test('the nearest plant that works and has all of it; its miles follow', () => {
    expect(accepts(two(''), { site })).toMatchObject({ plantId: 'south', distanceMiles: 2.2 });
    expect(accepts(two('south'), { site })?.plantId).toBe('north');
    expect(accepts(two(''), { site }, ['north'])?.plantId).toBe('north');
    expect(accepts(two(''), { site, distanceMiles: 7, plantId: 'north' })).toMatchObject({ plantId: 'north', distanceMiles: 7 });
  });

  test('without a site the fullest that works', () => {
    expect(accepts(two(''))?.plantId).toBe('north');
    expect(accepts(two('north'))).toMatchObject({ plantId: 'south', distanceMiles: 5 });
  });
});
