/** An order is called off: by a person, by its clock; and news that comes when it is over. */
import { describe, expect, test } from '@jest/globals';
import type { OrderStatus } from '../../models/order.ts';
import type { Order } from '../../services/order/order.state.ts';
import {
  ADA,
  ADAS_LOAD,
  ADAS_PARCEL,
  ADAS_PAYMENT,
  adasOrderIn,
  adasRows,
  CEMENT,
  CONCRETE,
  market,
  orderRules,
} from '../support/examples.ts';
import { given, minutesLater, uuid } from '../support/given.ts';

const order = (state?: Order) => given(orderRules, { key: ADA, state, facts: market });
const cancelled = (status: OrderStatus, change: Partial<Order> = {}) =>
  order(adasOrderIn(status, change)).hears('order.cancel', { reason: 'rain', by: 'ada' });

const BOTH_HOLDS = ['inventory inventory.release', 'inventory inventory.release'];
const REFUND = 'payment payment.cancel';
const CALL_BACK = 'dispatch dispatch.cancel';

describe('an order is cancelled', () => {
  test.each<[OrderStatus, string, string[]]>([
    ['pending', 'its holds are released', BOTH_HOLDS],
    ['validated', 'its holds are released', BOTH_HOLDS],
    ['payment_processing', 'its payment is undone and its holds released', [REFUND, ...BOTH_HOLDS]],
    ['payment_confirmed', 'its payment is undone and its holds released', [REFUND, ...BOTH_HOLDS]],
    ['payment_failed', 'its holds are back already: only its payment is undone', [REFUND]],
    ['confirmed', 'it leaves the queue too', [CALL_BACK, REFUND, ...BOTH_HOLDS]],
    ['assigned', 'its truck is called back too', [CALL_BACK, REFUND, ...BOTH_HOLDS]],
    ['shipped', 'its truck is called back too', [CALL_BACK, REFUND, ...BOTH_HOLDS]],
  ])('in %s: %s', (status, _what, told) => {
    const off = cancelled(status);
    expect(off.told).toEqual(told);
    expect(off.state).toMatchObject({ status: 'cancelled', reason: 'rain', awaiting: [], sagaExpiresAt: null });
    expect(off.timers).toEqual({ 'saga.expire': null });
  });

  test('one on account has no payment to undo', () => {
    expect(cancelled('confirmed', { paymentMethod: 'account', paymentId: null }).told).toEqual([CALL_BACK, ...BOTH_HOLDS]);
  });

  test('who called it off, and from where, is published', () => {
    expect(cancelled('shipped').published('order.cancelled')).toEqual([
      {
        orderKey: ADA,
        orderId: '1',
        orderNumber: 'ORD-20260302-000001',
        customerId: 'ada',
        reason: 'rain',
        from: 'shipped',
        by: 'ada',
      },
    ]);
  });

  test('with a carrier it is beyond recall: that is refused, whole and by line, and nothing follows; not yet with it, it is called off', () => {
    const parcel = { delivery: 'carrier', fulfillmentId: ADAS_PARCEL } as const;
    const off = cancelled('shipped', parcel);
    expect(off.refusal).toBe('order.already-shipped');
    expect(off.decision.effects).toEqual([]);
    const line = order(adasOrderIn('shipped', parcel)).hears('order.cancel-item', { itemId: '11', quantity: 1, reason: 'rain' });
    expect(line.refusal).toBe('order.already-shipped');
    expect(cancelled('confirmed', parcel).told).toEqual(['fulfillment fulfillment.cancel', REFUND, ...BOTH_HOLDS]);
  });

  test.each<[OrderStatus, string]>([
    ['delivered', 'order.already-delivered'],
    ['completed', 'order.already-completed'],
    ['cancelled', 'order.already-cancelled'],
    ['failed', 'order.already-failed'],
  ])('a %s one refuses with %s, and nothing follows', (status, code) => {
    const off = cancelled(status);
    expect(off.refusal).toBe(code);
    expect(off.decision.effects).toEqual([]);
    expect(off.state).toEqual(adasOrderIn(status));
  });

  test('called off by lines to the end, it keeps the total of what was called off last, as the payment gives back just that', () => {
    const one = given(orderRules, { key: ADA, state: adasOrderIn('confirmed'), facts: market, rows: adasRows });
    one.hears('order.cancel-item', { itemId: '11', quantity: 6, reason: 'rain' });
    expect(one.tells('payment.reduce')).toMatchObject([{ payload: { amountCents: 6 * 14_500 } }]);
    one.hears('order.cancel-item', { itemId: '12', quantity: 2, reason: 'rain' });
    expect(one.state).toMatchObject({ status: 'cancelled', totalCents: 2 * 1_150 });
    expect(one.tells('payment.cancel')).toHaveLength(1);
  });

  test('by someone who saw an older version, it is refused with the present one', () => {
    const stale = order(adasOrderIn('confirmed', { version: 7 })).hears('order.cancel', { reason: 'rain', version: 6 });
    expect(stale.decision).toMatchObject({
      kind: 'refused',
      refusal: { code: 'resource.changed', data: { version: 7 } },
    });
    expect(stale.hears('order.cancel', { reason: 'rain', version: 7 }).state?.status).toBe('cancelled');
  });
});

describe('the saga’s time is over', () => {
  test('without its stock it fails, and what it got goes back', () => {
    const late = order(adasOrderIn('pending')).hears('saga.expire');
    expect(late.state).toMatchObject({ status: 'failed', reason: 'order.timeout', awaiting: [] });
    expect(late.told).toEqual(BOTH_HOLDS);
    expect(late.published('order.timeout')).toEqual([{ orderKey: ADA, orderId: '1', status: 'pending' }]);
  });

  test('unpaid, it ends in payment_failed: stock back, and whatever is taken yet is undone', () => {
    const late = order(adasOrderIn('payment_processing')).hears('saga.expire');
    expect(late.state).toMatchObject({ status: 'payment_failed', reason: 'order.timeout' });
    expect(late.told).toEqual([REFUND, ...BOTH_HOLDS]);
  });

  test.each(['validated', 'payment_failed', 'confirmed', 'assigned', 'shipped', 'delivered', 'completed', 'cancelled', 'failed'] as const)(
    'a %s one does not mind the late alarm',
    (status) => {
      const late = order(adasOrderIn(status)).hears('saga.expire');
      expect(late.ignored).toBe('no clock runs for it');
      expect(late.decision.effects).toEqual([]);
    },
  );
});

describe('an order that is cancelled after it has left', () => {
  const parcel = { orderKey: ADA, fulfillmentId: ADAS_PARCEL };
  const took = { ...parcel, carrier: 'c', trackingNo: 't' };
  const came = { ...parcel, deliveredAt: minutesLater(9).toISOString() };
  const GONE = ['inventory inventory.consume', 'inventory inventory.consume'];
  const late = () => cancelled('confirmed', { delivery: 'carrier', fulfillmentId: ADAS_PARCEL });

  test('hears that the carrier took it: its stock is told, and there is no parcel to undo any more', () => {
    const one = late().hears('order.shipped', took);
    expect(one.told).toEqual(GONE);
    expect(one.published('order.exception')).toMatchObject([{ status: 'cancelled', what: 'c took it under t' }]);
    expect(one.state?.compensations[0]).toMatchObject({ step: `fulfillment:${ADAS_PARCEL}`, done: expect.any(String) });
    expect(one.state?.status).toBe('cancelled');
  });

  test('hears later that it has come: that is listed, and stock is not told again', () => {
    const one = late().hears('order.shipped', took).hears('order.delivered', came);
    expect(one.told).toEqual([]);
    expect(one.published('order.exception')).toHaveLength(1);
  });

  test('hears only that it has come: that tells its stock as well', () => {
    expect(late().hears('order.delivered', came).told).toEqual(GONE);
  });

  test('was brought by the truck that had it: its stock is told; another’s truck says nothing of it', () => {
    const byTruck = (truckId: string) => ({ orderKey: ADA, truckId, loadId: ADAS_LOAD, deliveredAt: minutesLater(9).toISOString() });
    expect(cancelled('shipped').hears('order.delivered', byTruck('truck-1')).told).toEqual(GONE);
    expect(cancelled('shipped').hears('order.delivered', byTruck('truck-2')).told).toEqual([]);
  });

  test('does not mind the parcel of another', () => {
    expect(late().hears('order.shipped', { ...took, fulfillmentId: uuid(799) }).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('late news of an order that is over', () => {
  const money = { orderKey: ADA, paymentId: ADAS_PAYMENT };
  const there = { orderKey: ADA, truckId: 'truck-1', loadId: ADAS_LOAD, deliveredAt: minutesLater(9).toISOString() };

  test.each(['cancelled', 'failed'] as const)('money for a %s one is an exception, and goes back', (status) => {
    const late = order(adasOrderIn(status, { paymentId: ADAS_PAYMENT })).hears('payment.confirmed', money);
    expect(late.told).toEqual([REFUND]);
    expect(late.published('order.exception')).toMatchObject([{ orderKey: ADA, status, what: 'payment confirmed too late' }]);
    expect(late.state?.status).toBe(status);
  });

  test('another order’s payment is none of its business', () => {
    const late = order(adasOrderIn('cancelled', { paymentId: null })).hears('payment.confirmed', money);
    expect(late.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('money of an attempt before, that came after all, goes back: the order is paid once', () => {
    const before = uuid(777);
    for (const status of ['payment_processing', 'confirmed', 'delivered'] as const) {
      const late = order(adasOrderIn(status)).hears('payment.confirmed', { orderKey: ADA, paymentId: before });
      expect(late.tells()).toEqual([expect.objectContaining({ actor: 'payment', key: before, name: 'payment.cancel' })]);
      expect(late.state).toEqual(adasOrderIn(status));
    }
  });

  test.each(['delivered', 'completed'] as const)('a delivery told again of a %s one is no news', (status) => {
    expect(order(adasOrderIn(status)).hears('order.delivered', there).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test.each(['cancelled', 'failed', 'payment_failed', 'confirmed'] as const)(
    'a delivery of a %s one is an exception, and changes nothing',
    (status) => {
      const late = order(adasOrderIn(status)).hears('order.delivered', there);
      expect(late.published('order.exception')).toMatchObject([{ status, what: 'truck truck-1 delivered it' }]);
      expect(late.decision.kind).toBe('ignored');
      expect(late.tells()).toEqual([]);
    },
  );

  test.each(['payment_processing', 'delivered'] as const)('stock that takes its word back from a %s one is an exception', (status) => {
    const late = order(adasOrderIn(status)).hears('inventory.rejected', {
      stockKey: CEMENT,
      orderKey: ADA,
      reason: 'inventory.reservation-lapsed',
    });
    expect(late.published('order.exception')).toMatchObject([{ status, what: `stock ${CEMENT} said inventory.reservation-lapsed` }]);
    expect(late.state).toEqual(adasOrderIn(status));
  });

  test.each<[string, object]>([
    ['inventory.reserved', { stockKey: CONCRETE, orderKey: ADA, quantity: 6, until: minutesLater(30).toISOString() }],
    ['inventory.rejected', { stockKey: CONCRETE, orderKey: ADA, reason: 'inventory.short' }],
    ['payment.failed', { ...money, failureReason: 'card_declined' }],
    ['order.truck.assigned', there],
    ['order.truck.unassigned', { ...there, reason: 'out_of_service' }],
    ['order.status.intransit', there],
  ])('%s comes too late for a cancelled one, and is let pass', (name, payload) => {
    const late = order(adasOrderIn('cancelled')).hears(name, payload);
    expect(late.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});
