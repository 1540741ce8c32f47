/** Paid on delivery, with COD_DISPATCH_BEFORE_CONFIRM: the truck goes before the order is confirmed, and the status waits for the word (T9). */
import { describe, expect, test } from '@jest/globals';
import type { Order } from '../../services/order/order.state.ts';
import {
  ADA,
  ADAS_LOAD,
  ADAS_PAYMENT,
  adasForm,
  adasOrderIn,
  adasRows,
  CONCRETE,
  earlyRules,
  market,
  orderRules,
} from '../support/examples.ts';
import { given, minutesLater, SAGA_END, uuid } from '../support/given.ts';
import { orderKind } from './kinds.ts';
import { nothingFound, walk } from './walks.ts';

const THERE = minutesLater(9).toISOString();
const truck1 = { orderKey: ADA, truckId: 'truck-1', loadId: ADAS_LOAD };
const held = { stockKey: CONCRETE, orderKey: ADA, quantity: 6, until: SAGA_END };
const stop = { holdId: uuid(601), kind: 'fraud', severity: 'blocking' };

/** Its last line is held right now. */
const validated = (change: Partial<Order> = {}, rules = earlyRules) => {
  const last = adasOrderIn('pending', { paymentMethod: 'cod', awaiting: [CONCRETE], ...change });
  return given(rules, { key: ADA, state: last, facts: market, rows: adasRows }).hears('inventory.reserved', held);
};
const assigned = () => validated().hears('order.truck.assigned', truck1);
const onTheRoad = () => assigned().hears('order.status.intransit', truck1);
const delivered = () => onTheRoad().hears('order.delivered', { ...truck1, deliveredAt: THERE });
type One = ReturnType<typeof validated>;

const steps = (one: One): string[] =>
  one.published('orders.order.status_changed').map(({ oldStatus, newStatus }) => `${oldStatus} → ${newStatus}`);
const KEPT = ['inventory inventory.confirm', 'inventory inventory.confirm'];
const RELEASED = ['inventory inventory.release', 'inventory inventory.release'];
const USED = ['inventory inventory.consume', 'inventory inventory.consume'];
const REQUEST = 'dispatch dispatch.request';
const CALL_BACK = 'dispatch dispatch.cancel';
const BILL = 'payment payment.charge';

describe('an order to be paid on delivery asks for its truck', () => {
  test('when it is confirmed, and not before: so it is unless it is set otherwise [B11]', () => {
    const waiting = validated({}, orderRules);
    expect(waiting.told).toEqual(KEPT);
    expect(waiting.state?.marks).toBeNull();
    expect(waiting.hears('order.confirm').told).toEqual([BILL, REQUEST]);
  });

  test('as soon as its stock is held, if that is set: its status waits for the word all the same [B11]', () => {
    const early = validated();
    expect(early.told).toEqual([...KEPT, REQUEST]);
    expect(early.state).toMatchObject({ status: 'validated', sagaExpiresAt: null, marks: { early: 'queued' } });
  });

  test('not when it goes by carrier, is paid otherwise, or has come already', () => {
    expect(validated({ delivery: 'carrier' }).told).toEqual(KEPT);
    expect(validated({ deliveredAt: THERE }).told).toEqual(KEPT);
    expect(validated({ paymentMethod: 'card' }).told).toEqual([BILL]);
  });
});

describe('its truck goes before the order is confirmed', () => {
  test('assigned, on the road and there, it moves no status: the clock still finds it, now with its proof [B11]', () => {
    for (const [one, early] of [
      [assigned(), 'assigned'],
      [onTheRoad(), 'en_route'],
      [delivered(), 'delivered'],
    ] as const) {
      expect(one.state).toMatchObject({ status: 'validated', truckId: 'truck-1', marks: { early } });
      expect(steps(one)).toEqual([]);
      expect(one.told).toEqual([]);
    }
    expect(onTheRoad().state?.deliveredAt).toBeNull();
    expect(delivered().state).toMatchObject({ deliveredAt: THERE, paymentId: null });
    expect(delivered().published('order.delivery.proven')).toEqual([{ orderKey: ADA, orderId: '1', at: THERE, by: 'truck-1' }]);
  });

  test('each step counts its version up, and is one once', () => {
    expect(delivered().state?.version).toBe((validated().state?.version ?? 0) + 3);
    expect(assigned().hears('order.truck.assigned', truck1).decision.kind).toBe('ignored');
    expect(onTheRoad().hears('order.status.intransit', truck1).decision.kind).toBe('ignored');
    const twice = delivered().hears('order.delivered', { ...truck1, deliveredAt: minutesLater(20).toISOString() });
    expect(twice.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('a truck that is lost gives its place back, and the next one may come', () => {
    const lost = assigned().hears('order.truck.unassigned', { ...truck1, reason: 'a flat tyre' });
    expect(lost.state).toMatchObject({ status: 'validated', truckId: null, marks: { early: 'queued' } });
    expect(lost.told).toEqual([]);
    expect(lost.hears('order.truck.assigned', { ...truck1, truckId: 'truck-2' }).state?.truckId).toBe('truck-2');
  });

  test('a delivery by a truck that never had it is an exception, and proves nothing', () => {
    const odd = validated().hears('order.delivered', { ...truck1, deliveredAt: THERE });
    expect(odd.published('order.exception')).toHaveLength(1);
    expect(odd.state?.deliveredAt).toBeNull();
  });
});

describe('the confirmation comes after its truck', () => {
  test('had delivered it: by the clock or by a person, it is delivered at once, and nothing is sent twice [B11]', () => {
    for (const word of [{ auto: true }, { by: 'bo' }]) {
      const over = delivered().hears('order.confirm', word);
      expect(steps(over)).toEqual(['validated → confirmed', 'confirmed → delivered']);
      expect(over.told).toEqual([BILL, ...USED]);
      // The truck has said it.
      expect(over.published('order.delivered')).toEqual([]);
      expect(over.state).toMatchObject({ status: 'delivered', sagaState: 'Completed', deliveredAt: THERE, fulfillmentId: null });
    }
  });

  test('took it to the road: the status follows the truck, and no second one is sent [B11]', () => {
    const going = onTheRoad().hears('order.confirm', { by: 'bo' });
    expect(steps(going)).toEqual(['validated → confirmed', 'confirmed → shipped']);
    expect(going.told).toEqual([BILL]);
    const over = going.hears('order.delivered', { ...truck1, deliveredAt: THERE });
    expect(over.state).toMatchObject({ status: 'delivered', sagaState: 'Completed' });
    expect(over.told).toEqual(USED);
  });

  test('was given to it: the order is assigned, and goes back to confirmed when it loses the truck', () => {
    const going = assigned().hears('order.confirm');
    expect(steps(going)).toEqual(['validated → confirmed', 'confirmed → assigned']);
    expect(going.told).toEqual([BILL]);
    expect(going.hears('order.truck.unassigned', { ...truck1, reason: 'a flat tyre' }).state?.status).toBe('confirmed');
    expect(assigned().hears('order.confirm').hears('order.status.intransit', truck1).state?.status).toBe('shipped');
  });

  test('was only asked for: the order waits in the queue where it stands', () => {
    const going = validated().hears('order.confirm');
    expect(going.told).toEqual([BILL]);
    expect(going.state?.status).toBe('confirmed');
    expect(going.hears('order.truck.assigned', truck1).state?.status).toBe('assigned');
  });

  test('without its proof the clock lets it be, wherever the truck is [B11]', () => {
    for (const one of [validated(), assigned(), onTheRoad()])
      expect(one.hears('order.confirm', { auto: true }).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('it is called off before it is confirmed', () => {
  test.each<[string, () => One]>([
    ['asked for', validated],
    ['assigned', assigned],
    ['on the road', onTheRoad],
  ])('with its truck %s: the truck is called back, and the stock given back', (_where, one) => {
    const off = one().hears('order.cancel', { reason: 'rain' });
    expect(off.told).toEqual([CALL_BACK, ...RELEASED]);
    expect(off.tells('dispatch.cancel')[0]?.payload).not.toHaveProperty('queuedOnly');
    expect(off.state?.status).toBe('cancelled');
  });

  test('with its truck there and gone: no truck is called back', () => {
    expect(delivered().hears('order.cancel', { reason: 'rain' }).told).toEqual(RELEASED);
  });

  test('and delivered all the same: that is an exception', () => {
    const off = onTheRoad().hears('order.cancel', { reason: 'rain' });
    expect(off.hears('order.delivered', { ...truck1, deliveredAt: THERE }).published('order.exception')).toHaveLength(1);
  });
});

describe('people speak before it is confirmed', () => {
  test('a proof at the door takes it from the queue; a truck that has it goes on', () => {
    const proven = validated().hears('order.prove-delivery', { signedBy: 'ada' });
    expect(proven.told).toEqual([CALL_BACK]);
    expect(proven.hears('order.confirm', { auto: true }).told).toEqual([BILL, ...USED]);
    const onTruck = onTheRoad().hears('order.prove-delivery', { signedBy: 'ada' });
    expect(onTruck.told).toEqual([]);
    const signedAt = onTruck.state?.deliveredAt;
    const there = onTruck.hears('order.delivered', { ...truck1, deliveredAt: THERE });
    expect(there.state).toMatchObject({ deliveredAt: signedAt, marks: { early: 'delivered', provenBy: 'ada' } });
    expect(there.published('order.delivery.proven')).toEqual([]);
  });

  test('held back it leaves the queue, and enters it again when it is released; a truck that has it goes on', () => {
    const stopped = validated().hears('order.hold', stop);
    expect(stopped.tells('dispatch.cancel')).toMatchObject([{ payload: { queuedOnly: true } }]);
    const free = stopped.hears('order.release-hold', { holdId: uuid(601) });
    expect(free.told).toEqual([REQUEST]);
    expect(free.state?.marks).toMatchObject({ early: 'queued', waiting: false });
    expect(onTheRoad().hears('order.hold', stop).told).toEqual([]);
  });

  test('held back before its stock came, or confirmed meanwhile, it is sent once, when it is released', () => {
    const before = given(earlyRules, {
      ...{ key: ADA, facts: market, rows: adasRows },
      state: adasOrderIn('pending', { paymentMethod: 'cod', awaiting: [CONCRETE] }),
    }).hears('order.hold', stop);
    expect(before.hears('inventory.reserved', held).told).toEqual(KEPT);
    expect(before.hears('order.confirm').told).toEqual([BILL]);
    expect(before.state).toMatchObject({ status: 'confirmed', marks: { waiting: true } });
    expect(before.hears('order.release-hold', { holdId: uuid(601) }).told).toEqual([REQUEST]);
  });

  test('held back and brought otherwise, it is not sent when it is released', () => {
    const proven = validated().hears('order.hold', stop).hears('order.prove-delivery', { signedBy: 'ada' });
    expect(proven.hears('order.release-hold', { holdId: uuid(601) }).told).toEqual([]);
  });
});

test('whatever such an order hears, wherever its truck is, it takes only steps that its life knows [E6, E44]', () => {
  const found = nothingFound();
  const kindOf = (order: Order, tables: Parameters<ReturnType<typeof orderKind>>[1]) => [
    order.marks?.early,
    order.paymentMethod === 'cod' && orderKind('proof', 'holds')(order, tables),
  ];
  const cod = { ...adasForm, paymentMethod: 'cod' };
  const { state } = given(earlyRules, { key: ADA, facts: market }).hears('order.accepted', cod);
  walk(found, { rules: earlyRules, scene: { key: ADA, state, facts: market, rows: adasRows }, kindOf, newId: ADAS_PAYMENT });
  expect([...found.wrong]).toEqual([]);
  expect(found.places).toBeGreaterThan(80);
});
