/** What else an order knows: cash, proof, carriers, part cancels, holds, second tries, lines, and how it is all undone. */
import { describe, expect, test } from '@jest/globals';
import type { Hold, Item, Order } from '../../services/order/order.state.ts';
import {
  ADA,
  ADAS_PARCEL,
  ADAS_PAYMENT,
  adasOrderIn,
  adasRows,
  CEMENT,
  CONCRETE,
  DAY_MS,
  market,
  orderRules,
} from '../support/examples.ts';
import { given, minutesLater, NOW, SAGA_END, uuid } from '../support/given.ts';

const order = (state?: Order, facts = market) => given(orderRules, { key: ADA, state, facts, rows: adasRows });
const held = (stockKey: string) => ({ stockKey, orderKey: ADA, quantity: 6, until: SAGA_END });
const line = (stockKey: string) => ({ stockKey, orderKey: ADA });
const money = { orderKey: ADA, paymentId: ADAS_PAYMENT };
const cod = (change: Partial<Order> = {}) => adasOrderIn('validated', change);
const days = (count: number): Date => new Date(NOW.getTime() + count * DAY_MS);

describe('an order to be paid on delivery', () => {
  test('with its proof, the clock confirms it, and it is delivered at once: no truck drives for it [B11, B12, B13, B15, B39]', () => {
    const proven = order(cod()).hears('order.prove-delivery', { signedBy: 'ada' });
    expect(proven.state?.status).toBe('validated');
    const confirmed = proven.hears('order.confirm', { auto: true });
    expect(confirmed.state?.status).toBe('delivered');
    expect(confirmed.published('orders.order.status_changed').map(({ newStatus }) => newStatus)).toEqual(['confirmed', 'delivered']);
    expect(confirmed.told).toEqual(['payment payment.charge', 'inventory inventory.consume', 'inventory inventory.consume']);
  });

  test('its delivery is told once: when it is confirmed with its proof held, or by the proof that came after', () => {
    const proof = { signedBy: 'ada', at: NOW.toISOString() };
    const before = order(cod()).hears('order.prove-delivery', proof);
    expect(before.published('order.delivered')).toEqual([]);
    const told = [{ orderKey: ADA, orderId: '1', deliveredAt: NOW.toISOString(), by: 'ada' }];
    expect(before.hears('order.confirm', { auto: true }).published('order.delivered')).toEqual(told);
    const after = order(adasOrderIn('confirmed')).hears('order.prove-delivery', proof);
    expect(after.published('order.delivered')).toEqual(told);
    expect(after.hears('order.prove-delivery', proof).published('order.delivered')).toEqual([]);
  });

  test('its proof lies neither before the order nor in the future, but for clocks that differ a little', () => {
    const placed = { createdAt: NOW.toISOString(), requestedEnd: null, hasJob: false };
    const facts = { ...market, ages: new Map([[ADA, placed]]) };
    const proven = (minutes: number) => order(cod(), facts).hears('order.prove-delivery', { at: minutesLater(minutes).toISOString() });
    for (const [minutes, detail] of [
      [-6, 'must not be before the order was placed'],
      [6, 'must not be in the future'],
    ] as const) {
      const refusal = { code: 'request.invalid', data: { errors: [{ pointer: '/at', detail }] } };
      expect(proven(minutes).decision).toMatchObject({ kind: 'refused', refusal, effects: [] });
    }
    for (const minutes of [-4, 0, 4]) expect(proven(minutes).state?.deliveredAt).toBe(minutesLater(minutes).toISOString());
  });

  test('by carrier, its fulfilment is made as delivered: nothing ships [B14]', () => {
    const confirmed = order(cod({ delivery: 'carrier', deliveredAt: NOW.toISOString() })).hears('order.confirm', { auto: true });
    expect(confirmed.tells('fulfillment.create')[0]?.payload).toMatchObject({ delivered: { at: NOW.toISOString() } });
  });

  test('without its proof the clock lets it be; a person may confirm it all the same [B11]', () => {
    expect(order(cod()).hears('order.confirm', { auto: true }).decision.kind).toBe('ignored');
    expect(order(cod()).hears('order.confirm').told).toEqual(['payment payment.charge', 'dispatch dispatch.request']);
    expect(order(adasOrderIn('payment_processing')).hears('order.confirm').refusal).toBe('order.not-cod');
  });
});

describe('events of the outside', () => {
  test('a payment confirmed confirms stock and sends it on; a failed one releases it, each with its status event [B17, B20, B24, B25, B37, B38, E14]', () => {
    const paid = order(adasOrderIn('payment_processing')).hears('payment.confirmed', money);
    expect(paid.published('orders.order.status_changed')[0]).toMatchObject({
      reason: 'Payment confirmed',
      notes: `Payment ID: ${ADAS_PAYMENT}`,
    });
    const unpaid = order(adasOrderIn('payment_processing')).hears('payment.failed', { ...money, failureReason: 'no funds' });
    expect(unpaid.published('orders.order.status_changed')[0]).toMatchObject({
      newStatus: 'payment_failed',
      reason: 'Payment failed: no funds',
    });
    expect(unpaid.told).toEqual(['inventory inventory.release', 'inventory inventory.release']);
  });

  test('stock that cannot be confirmed is a warning: the order stays, carries a hold, and asks again [B18, B21]', () => {
    const lapsed = order(adasOrderIn('confirmed')).hears('inventory.rejected', { ...line(CEMENT), reason: 'inventory.reservation-lapsed' });
    expect(lapsed.state?.status).toBe('confirmed');
    expect(lapsed.told).toEqual(['inventory inventory.reserve', 'inventory inventory.confirm']);
    expect(lapsed.rows<Hold>('order_holds')).toMatchObject([{ kind: 'inventory_unconfirmed', releasedAt: null }]);
    expect(lapsed.hears('inventory.reserved', held(CEMENT)).rows<Hold>('order_holds')[0]?.releasedAt).toBe(NOW.toISOString());
  });

  test('a carrier’s parcel: shipped, delivered; one that fails is an exception [E6, E9]', () => {
    const sent = order(adasOrderIn('confirmed', { delivery: 'carrier', fulfillmentId: ADAS_PARCEL }));
    const shipped = sent.hears('order.shipped', { orderKey: ADA, fulfillmentId: ADAS_PARCEL, carrier: 'c', trackingNo: 't' });
    expect(shipped.state).toMatchObject({ status: 'shipped', sagaState: 'Shipped' });
    expect(
      shipped.hears('fulfillment.status_changed', { orderKey: ADA, fulfillmentId: ADAS_PARCEL, to: 'failed' }).published('order.exception'),
    ).toHaveLength(1);
    const there = shipped.hears('order.delivered', {
      orderKey: ADA,
      fulfillmentId: ADAS_PARCEL,
      deliveredAt: minutesLater(9).toISOString(),
    });
    expect(there.state?.status).toBe('delivered');
  });

  test('stock in line stops the clock; when it is there, the clock begins anew', () => {
    const waits = order(adasOrderIn('pending')).hears('inventory.backordered', { ...line(CEMENT), quantity: 2 });
    expect(waits.timers).toEqual({ 'saga.expire': null });
    expect(waits.hears('saga.expire').decision.kind).toBe('ignored');
    const there = waits.hears('inventory.reserved', held(CEMENT));
    expect(there.timers).toEqual({ 'saga.expire': new Date(SAGA_END) });
  });
});

describe('a part of it is off', () => {
  test('stock, money and total become smaller; with the last quantity the order is cancelled [E1, E25]', () => {
    const less = order(adasOrderIn('confirmed')).hears('order.cancel-item', { itemId: '11', quantity: 2, reason: 'too much' });
    expect(less.state).toMatchObject({ totalCents: 89_300 - 2 * 14_500, quantity: 6, status: 'confirmed' });
    expect(less.told).toEqual(['inventory inventory.reduce', 'payment payment.reduce', 'dispatch dispatch.reduce']);
    const gone = less.hears('order.cancel-item', { itemId: '12', quantity: 2, reason: 'none' });
    expect(gone.tells('inventory.release').map(({ key }) => key)).toEqual([CEMENT]);
    expect(gone.hears('order.cancel-item', { itemId: '11', quantity: 5, reason: 'x' }).refusal).toBe('order.item-too-many');
    expect(gone.hears('order.cancel-item', { itemId: '11', quantity: 4, reason: 'all' }).state?.status).toBe('cancelled');
  });
});

describe('the saga undoes what it did', () => {
  test('in reverse, and has failed only when every step has answered [E18, E23, E28, E40]', () => {
    const off = order(adasOrderIn('confirmed')).hears('order.cancel', { reason: 'rain' });
    expect(off.state).toMatchObject({ status: 'cancelled', sagaState: 'Paid' });
    expect(off.state?.compensations.map(({ step }) => step)).toEqual([
      'dispatch',
      `payment:${ADAS_PAYMENT}`,
      `stock:${CONCRETE}`,
      `stock:${CEMENT}`,
    ]);
    off.hears('payment.refunded', money).hears('inventory.reservation.released', line(CONCRETE));
    expect(off.state?.sagaState).toBe('Paid');
    expect(off.hears('inventory.reservation.released', line(CEMENT)).state).toMatchObject({ sagaState: 'Failed', status: 'cancelled' });
  });

  test('after thirty minutes unpaid; tried again, stock is reserved first, then it is charged anew [E43, E45]', () => {
    const failed = order(adasOrderIn('payment_processing')).hears('saga.expire');
    failed
      .hears('payment.voided', money)
      .hears('inventory.reservation.released', line(CONCRETE))
      .hears('inventory.reservation.released', line(CEMENT));
    expect(failed.state).toMatchObject({ status: 'payment_failed', sagaState: 'Failed' });
    const again = failed.hears('order.retry-payment', { paymentToken: 'tok_ok' });
    expect(again.told).toEqual(['inventory inventory.reserve', 'inventory inventory.reserve']);
    const paying = again.hears('inventory.reserved', held(CONCRETE)).hears('inventory.reserved', held(CEMENT));
    expect(paying.state).toMatchObject({ status: 'payment_processing', sagaState: 'PaymentProcessing' });
    expect(paying.told).toEqual(['payment payment.charge']);
  });
});

describe('the clocks', () => {
  const aged = (age: object) => ({
    ...market,
    ages: new Map([[ADA, { createdAt: minutesLater(-2 * 1_440).toISOString(), requestedEnd: null, hasJob: false, ...age }]]),
  });
  test('an old pending order is cancelled, but for those that wait for something [B8]', () => {
    expect(order(cod(), aged({})).hears('order.auto-cancel').state?.status).toBe('cancelled');
    for (const spared of [{ hasJob: true }, { requestedEnd: minutesLater(60).toISOString() }, { createdAt: NOW.toISOString() }]) {
      expect(order(cod(), aged(spared)).hears('order.auto-cancel').decision.kind).toBe('ignored');
    }
    expect(order(cod({ deliveredAt: NOW.toISOString() }), aged({})).hears('order.auto-cancel').decision.kind).toBe('ignored');
    expect(order(adasOrderIn('confirmed'), aged({})).hears('order.auto-cancel').decision.kind).toBe('ignored');
  });

  test('a delivered order is completed when its goods can no longer be sent back, and by hand at any time [B1]', () => {
    expect(order(adasOrderIn('delivered')).hears('order.auto-complete').decision.kind).toBe('ignored');
    expect(order(adasOrderIn('delivered')).at(days(31)).hears('order.auto-complete').state?.status).toBe('completed');
    expect(order(adasOrderIn('delivered')).hears('order.complete').state?.status).toBe('completed');
  });

  test('what is sent back is booked once, within thirty days of delivery', () => {
    const ask = { id: uuid(501), kind: 'return', lines: [{ itemId: '11', quantity: 4 }], reason: 'too wet' };
    const asked = order(adasOrderIn('delivered')).hears('order.send-back', ask);
    expect(asked.row<Item>('order_items', '11')?.quantitySentBack).toBe(4);
    expect(asked.hears('order.send-back', ask).decision.kind).toBe('ignored');
    expect(asked.hears('order.send-back', { ...ask, id: uuid(502) }).refusal).toBe('return.too-many');
    asked.hears('order.return.completed', { orderKey: ADA, id: uuid(501), lines: [{ itemId: '11', quantity: 3 }] });
    expect(asked.row<Item>('order_items', '11')).toMatchObject({ quantitySentBack: 3, quantityReturned: 3 });
    expect(order(adasOrderIn('delivered')).at(days(31)).hears('order.send-back', ask).refusal).toBe('return.window-passed');
    expect(order(adasOrderIn('shipped')).hears('order.send-back', ask).refusal).toBe('order.not-delivered');
  });
});
