/** What the world of any-order-of-events.test.ts and the walks of every-way.test.ts found: each fault once, in the smallest words. */
import { describe, expect, test } from '@jest/globals';
import type { Reservation } from '../../services/inventory/inventory.decider.ts';
import type { Hold, Order } from '../../services/order/order.state.ts';
import {
  ADA,
  ADAS_PARCEL,
  ADAS_PAYMENT,
  adasOrderIn,
  adasRows,
  CEMENT,
  CONCRETE,
  inLineForAda,
  market,
  orderRules,
  soldOut,
  stockRules,
} from '../support/examples.ts';
import { given, NOW, SAGA_END, uuid } from '../support/given.ts';
import { adasRefund, payment, paymentIn } from './payment-cases.ts';

const order = (state: Order) => given(orderRules, { key: ADA, state, facts: market, rows: adasRows });
const line = (stockKey: string) => ({ stockKey, orderKey: ADA, quantity: 6 });

describe('an order that waited in line', () => {
  test('and is tried again stands in no line any more: its clock stops for the new line only [E52]', () => {
    const marks = { backordered: [CONCRETE] };
    const second = order(adasOrderIn('payment_failed', { awaiting: [CONCRETE, CEMENT], sagaState: 'Created', marks }))
      .hears('inventory.rejected', { ...line(CEMENT), reason: 'inventory.short' })
      .hears('inventory.reservation.released', line(CONCRETE))
      .hears('order.retry-payment', { paymentToken: 'tok_ok' });
    expect(second.state).toMatchObject({ marks: { backordered: [] }, sagaExpiresAt: SAGA_END });
    expect(second.hears('inventory.backordered', line(CONCRETE)).state?.sagaExpiresAt).toBeNull();
  });

  test('goes by the clock again when what it waited for is called off', () => {
    const waiting = adasOrderIn('pending', { marks: { backordered: [CEMENT] }, sagaExpiresAt: null });
    const less = order(waiting).hears('order.cancel-item', { itemId: '12', quantity: 2, reason: 'no cement' });
    expect(less.state).toMatchObject({ awaiting: [CONCRETE], marks: { backordered: [] }, sagaExpiresAt: SAGA_END });
    expect(less.timers['saga.expire']).toEqual(new Date(SAGA_END));
  });

  test('and has come all the same, is confirmed by hand and stands in none: no clock runs for it', () => {
    const waiting = adasOrderIn('pending', { paymentMethod: 'cod', marks: { backordered: [CEMENT] }, sagaExpiresAt: null });
    const proven = order(waiting).hears('order.prove-delivery', { signedBy: 'ada' });
    const confirmed = proven.hears('order.confirm', { by: 'bo' });
    expect(confirmed.state).toMatchObject({ status: 'delivered', sagaExpiresAt: null, awaiting: [], marks: { backordered: [] } });
    expect(confirmed.tells('inventory.consume').map(({ key }) => key)).toEqual([CONCRETE, CEMENT]);
  });

  test.each<[string, Partial<Order>]>([
    ['that waits in line for its stock', { awaiting: [CEMENT], marks: { backordered: [CEMENT] }, sagaExpiresAt: null }],
    ['whose stock has not answered yet', { awaiting: [CONCRETE, CEMENT] }],
  ])('one %s is not confirmed by hand: nothing is sent that is not there', (_what, change) => {
    const refused = order(adasOrderIn('pending', { paymentMethod: 'cod', ...change })).hears('order.confirm', { by: 'bo' });
    expect(refused.refusal).toBe('order.stock-not-held');
    expect(refused.decision.effects).toEqual([]);
    expect(refused.state?.status).toBe('pending');
  });

  test('and was promised all the same has its stock confirmed when it comes: it does not run out again [B18]', () => {
    const hold = { id: uuid(650), kind: 'inventory_unconfirmed', severity: 'advisory', source: 'inventory' as const, note: null, by: null };
    const unconfirmed = { [CONCRETE]: { ...hold, orderVersion: 3, releasedAt: null, releasedBy: null } };
    const secured = order(adasOrderIn('confirmed', { marks: { unconfirmed } })).hears('inventory.reserved', {
      ...line(CONCRETE),
      until: SAGA_END,
    });
    expect(secured.tells('inventory.confirm').map(({ key }) => key)).toEqual([CONCRETE]);
  });

  test('and was delivered from there leaves it: nothing is kept for it when stock comes in [E2, E52]', () => {
    const stock = given(stockRules, { key: CONCRETE, state: soldOut, rows: { reservation: { [ADA]: inLineForAda } } });
    stock.hears('inventory.consume', { orderKey: ADA, orderId: '1' });
    expect(stock.published('inventory.rejected')).toMatchObject([{ reason: 'inventory.reservation-lapsed' }]);
    expect(stock.row<Reservation>('reservation', ADA)).toMatchObject({ status: 'released', place: null });
    expect(stock.hears('inventory.receive', { quantity: 20 }).state).toMatchObject({ available: 20, reserved: 8, backordered: 0 });
  });
});

test('only a payment that failed is tried again: of any other order that is under way or has come, it says so', () => {
  for (const status of ['pending', 'validated', 'confirmed', 'shipped', 'delivered'] as const)
    expect(order(adasOrderIn(status)).hears('order.retry-payment', { paymentToken: 'tok_ok' }).refusal).toBe('order.payment-not-failed');
  expect(order(adasOrderIn('cancelled')).hears('order.retry-payment', { paymentToken: 'tok_ok' }).refusal).toBe('order.already-cancelled');
});

describe('an order', () => {
  test('that comes back from a truck with its stock held says both steps', () => {
    const onTruck = adasOrderIn('assigned', { assignedFrom: 'pending', sagaState: 'Created', paymentMethod: 'cod', paymentId: null });
    const back = order(onTruck).hears('order.truck.unassigned', {
      orderKey: ADA,
      truckId: 'truck-1',
      loadId: uuid(201),
      reason: 'a flat tyre',
    });
    const steps = back.published('orders.order.status_changed').map(({ oldStatus, newStatus }) => `${oldStatus} ${newStatus}`);
    expect(steps).toEqual(['assigned pending', 'pending validated']);
  });

  test('lets go of a parcel that was called off by itself: cancelled, its saga waits for no answer of it [E38]', () => {
    const stopped = order(adasOrderIn('confirmed', { delivery: 'carrier', fulfillmentId: ADAS_PARCEL })).hears(
      'fulfillment.status_changed',
      {
        ...{ orderKey: ADA, fulfillmentId: ADAS_PARCEL, to: 'cancelled', reason: 'a mistake' },
      },
    );
    expect(stopped.published('order.exception')).toHaveLength(1);
    const off = stopped.hears('order.cancel', { reason: 'rain' });
    expect(off.state?.compensations.map(({ step }) => step)).toEqual([`payment:${ADAS_PAYMENT}`, `stock:${CONCRETE}`, `stock:${CEMENT}`]);
  });

  test('that is held while a truck takes it goes on: only the queue is told, and called off it is called back [E52]', () => {
    const held = order(adasOrderIn('confirmed')).hears('order.hold', { holdId: uuid(601), kind: 'fraud', severity: 'blocking' });
    expect(held.tells('dispatch.cancel')).toMatchObject([{ payload: { queuedOnly: true } }]);
    const taken = held.hears('order.truck.assigned', { orderKey: ADA, truckId: 'truck-1', loadId: uuid(201) });
    expect(taken.state).toMatchObject({ status: 'assigned', marks: { waiting: false } });
    const off = order(adasOrderIn('confirmed', { blocked: 1, marks: { waiting: true } })).hears('order.cancel', { reason: 'rain' });
    expect(off.tells('dispatch.cancel')).toMatchObject([{ payload: { reason: 'rain' } }]);
    expect(off.tells('dispatch.cancel')[0]?.payload).not.toHaveProperty('queuedOnly');
  });

  test('that became smaller while its payment had failed gives back what a late success took too much', () => {
    const less = order(adasOrderIn('payment_failed')).hears('order.cancel-item', { itemId: '12', quantity: 2, reason: 'no cement' });
    expect(less.tells('payment.reduce')).toEqual([]);
    const late = less.hears('payment.confirmed', { orderKey: ADA, paymentId: ADAS_PAYMENT, status: 'captured', amountCents: 89_300 });
    expect(late.tells('payment.reduce')).toMatchObject([{ key: ADAS_PAYMENT, payload: { amountCents: 2_300 } }]);
  });

  test('that became smaller while its payment was asked for tells a late success of it under the same id: it may have heard [E3, E52]', () => {
    const less = order(adasOrderIn('payment_processing')).hears('order.cancel-item', { itemId: '12', quantity: 2, reason: 'no cement' });
    const [told] = less.tells('payment.reduce');
    const failed = less.hears('payment.failed', { orderKey: ADA, paymentId: ADAS_PAYMENT, failureReason: 'payment.expired' });
    const late = failed.hears('payment.confirmed', { orderKey: ADA, paymentId: ADAS_PAYMENT, status: 'captured', amountCents: 89_300 });
    expect(late.tells('payment.reduce')).toEqual([told]);
  });

  test('that is paid anew asks for what is left, and forgets what the payment before was told of', () => {
    const less = order(adasOrderIn('payment_failed')).hears('order.cancel-item', { itemId: '12', quantity: 2, reason: 'no cement' });
    const again = less
      .hears('order.retry-payment', { paymentToken: 'tok_ok' })
      .hears('inventory.reserved', { orderKey: ADA, orderId: '1', stockKey: CONCRETE, quantity: 6, until: NOW.toISOString() });
    expect(again.tells('payment.charge')).toMatchObject([{ payload: { amountCents: 87_000 } }]);
    expect(again.state?.marks?.calledOff).toEqual([]);
  });

  test('whose stock took its word back waits for no answer of it when it is cancelled: nothing is held there [E38, E52]', () => {
    const short = order(adasOrderIn('confirmed')).hears('inventory.rejected', { ...line(CEMENT), reason: 'inventory.short' });
    const off = short.hears('order.cancel', { reason: 'rain' });
    expect(off.tells('inventory.release').map(({ key }) => key)).toEqual([CONCRETE, CEMENT]);
    off.hears('payment.voided', { orderKey: ADA, paymentId: ADAS_PAYMENT }).hears('inventory.reservation.released', line(CONCRETE));
    expect(off.state).toMatchObject({ status: 'cancelled', sagaState: 'Failed' });
  });

  test('whose stock took its word back is still without it when people have seen that: its stock may come yet, and owes no answer [B18, E38]', () => {
    const short = order(adasOrderIn('confirmed')).hears('inventory.rejected', { ...line(CEMENT), reason: 'inventory.short' });
    const holdId = short.state?.marks?.unconfirmed?.[CEMENT]?.id;
    const { state } = short.hears('order.release-hold', { holdId, by: 'bo' });
    const seen = () => order(state as Order);
    const off = seen().hears('order.cancel', { reason: 'rain' });
    expect(off.state?.compensations.find(({ step }) => step === `stock:${CEMENT}`)?.done).toBe(NOW.toISOString());
    const there = seen().hears('inventory.reserved', { ...line(CEMENT), until: SAGA_END });
    expect(there.tells('inventory.confirm').map(({ key }) => key)).toEqual([CEMENT]);
    expect(there.rows('order_holds')).toEqual([]);
  });

  test('that is cancelled before its transfer came shows people that the money came after all, and gives it back [X4, E52]', () => {
    const bank = payment(paymentIn('created')).hears('payment.cancel', { reason: 'rain' });
    bank.hears('payment.reported', { outcome: 'captured', eventId: 'evt_late' });
    const off = order(adasOrderIn('cancelled', { paymentMethod: 'transfer' }));
    off.hears('payment.confirmed', bank.published('payment.confirmed')[0]);
    expect(off.published('order.exception')).toMatchObject([{ status: 'cancelled', what: 'payment confirmed too late' }]);
    expect(off.rows<Hold>('order_holds')).toMatchObject([{ source: 'exception', orderVersion: off.state?.version, releasedAt: null }]);
    bank.hears('payment.cancel', off.tells('payment.cancel')[0]?.payload as object);
    expect(bank.state).toMatchObject({ status: 'refunding', capturedCents: 89_300 });
  });

  test('a part that comes back after the whole was let go changes nothing of how that ended', () => {
    const one = adasRefund({ status: 'asked' });
    const off = payment(paymentIn('voided', { refundingCents: 9_300, capturedCents: 9_300 }), { refund: { [one.id]: one } });
    const answer = { jobId: '7', outcome: 'completed', result: { status: 'refunded', refundId: one.id }, error: null };
    expect(off.hears('payment.refund-answered', answer).state).toMatchObject({ status: 'voided', refundedCents: 9_300 });
  });
});
