/** The way of an order from its stock to its delivery, and how it fails on the way. */
import { describe, expect, test } from '@jest/globals';
import type { Order } from '../../services/order/order.state.ts';
import { ADA, ADAS_LOAD, ADAS_PAYMENT, adasBill, adasOrderIn, CEMENT, CONCRETE, market, orderRules } from '../support/examples.ts';
import { given, minutesLater, SAGA_END, uuid } from '../support/given.ts';

const order = (state?: Order) => given(orderRules, { key: ADA, state, facts: market });
const held = (stockKey: string) => ({ stockKey, orderKey: ADA, quantity: 6, until: SAGA_END });
const truck1 = { orderKey: ADA, truckId: 'truck-1', loadId: ADAS_LOAD };
const toTruck1 = { ...truck1, deliveredAt: minutesLater(9).toISOString() };
const steps = ({ published }: { published: (type: string) => Record<string, unknown>[] }): string[] =>
  published('orders.order.status_changed').map(({ oldStatus, newStatus }) => `${oldStatus} → ${newStatus}`);
const stepsOf = (one: ReturnType<typeof order>): string[] => steps({ published: (type) => one.published(type) });

describe('an order gets its stock', () => {
  test('it goes on only when the last line is held', () => {
    const waiting = order(adasOrderIn('pending')).hears('inventory.reserved', held(CEMENT));
    expect(waiting.state).toMatchObject({ status: 'pending', awaiting: [CONCRETE] });
    expect(waiting.decision.effects).toEqual([]);
  });

  test('the same line held twice counts once', () => {
    const twice = order(adasOrderIn('pending')).hears('inventory.reserved', held(CEMENT)).hears('inventory.reserved', held(CEMENT));
    expect(twice.state?.status).toBe('pending');
    expect(twice.ignored).toBeDefined();
  });

  test.each(['card', 'transfer'] as const)('then one by %s is charged, once, under a payment of its own', (paymentMethod) => {
    const paying = order(adasOrderIn('pending', { awaiting: [CONCRETE], paymentMethod })).hears('inventory.reserved', held(CONCRETE));
    expect(stepsOf(paying)).toEqual(['pending → validated', 'validated → payment_processing']);
    expect(paying.tells()).toEqual([
      {
        kind: 'tell',
        actor: 'payment',
        key: uuid(9_001),
        name: 'payment.charge',
        payload: { ...adasBill, method: paymentMethod },
      },
    ]);
    expect(paying.state?.paymentId).toBe(uuid(9_001));
    expect(paying.timers).toEqual({});
  });

  test('one on account needs no payment: it is confirmed at once', () => {
    const ready = order(adasOrderIn('pending', { awaiting: [CONCRETE], paymentMethod: 'account' })).hears(
      'inventory.reserved',
      held(CONCRETE),
    );
    expect(stepsOf(ready)).toEqual(['pending → validated', 'validated → confirmed']);
    expect(ready.told).toEqual(['inventory inventory.confirm', 'inventory inventory.confirm', 'dispatch dispatch.request']);
    expect(ready.timers).toEqual({ 'saga.expire': null });
  });

  test('one to be paid on delivery waits for a person’s word, with no clock running', () => {
    const cod = order(adasOrderIn('pending', { awaiting: [CONCRETE], paymentMethod: 'cod' })).hears('inventory.reserved', held(CONCRETE));
    expect(cod.state).toMatchObject({ status: 'validated', sagaState: 'InventoryReserved' });
    expect(cod.told).toEqual(['inventory inventory.confirm', 'inventory inventory.confirm']);
    expect(cod.timers).toEqual({ 'saga.expire': null });
  });

  test('when one line is refused the order fails with that reason, and gives back all but that line', () => {
    const failed = order(adasOrderIn('pending', { awaiting: [CONCRETE] })).hears('inventory.rejected', {
      stockKey: CONCRETE,
      orderKey: ADA,
      reason: 'inventory.short',
    });
    expect(failed.state).toMatchObject({
      status: 'failed',
      reason: 'inventory.short',
      awaiting: [],
    });
    expect(failed.tells().map(({ key, name }) => [key, name])).toEqual([[CEMENT, 'inventory.release']]);
    expect(failed.timers).toEqual({ 'saga.expire': null });
  });
});

describe('an order is paid', () => {
  test('it is confirmed in the same commit: its holds made lasting, its truck asked for, its clock stopped', () => {
    const start = minutesLater(120).toISOString();
    const ready = order(adasOrderIn('payment_processing', { requestedStart: start })).hears('payment.confirmed', {
      orderKey: ADA,
      paymentId: ADAS_PAYMENT,
    });
    expect(stepsOf(ready)).toEqual(['payment_processing → payment_confirmed', 'payment_confirmed → confirmed']);
    expect(ready.tells('inventory.confirm').map(({ key }) => key)).toEqual([CONCRETE, CEMENT]);
    expect(ready.tells('dispatch.request')[0]).toMatchObject({
      actor: 'dispatch',
      key: 'north',
      payload: { orderKey: ADA, orderId: '1', quantity: 8, distanceMiles: 3, priority: 50, requestedStart: start },
    });
    expect(ready.timers).toEqual({ 'saga.expire': null });
    expect(ready.state?.sagaState).toBe('Paid');
  });

  test('one that is not paid ends in payment_failed with the reason, and its stock goes back', () => {
    const failed = order(adasOrderIn('payment_processing')).hears('payment.failed', {
      orderKey: ADA,
      paymentId: ADAS_PAYMENT,
      failureReason: 'card_declined',
    });
    expect(failed.state).toMatchObject({ status: 'payment_failed', reason: 'card_declined' });
    expect(failed.tells().map(({ key, name }) => [key, name])).toEqual([
      [CONCRETE, 'inventory.release'],
      [CEMENT, 'inventory.release'],
    ]);
    expect(failed.timers).toEqual({ 'saga.expire': null });
  });
});

describe('an order is driven', () => {
  test.each(['assigned', 'shipped'] as const)('delivered from %s it takes its stock away for good, and its saga is complete', (status) => {
    const there = order(adasOrderIn(status)).hears('order.delivered', toTruck1);
    expect(there.state).toMatchObject({ status: 'delivered', sagaState: 'Completed' });
    expect(there.tells().map(({ key, name }) => [key, name])).toEqual([
      [CONCRETE, 'inventory.consume'],
      [CEMENT, 'inventory.consume'],
    ]);
  });

  test('assigned, it knows its truck; on the road it is shipped', () => {
    const driven = order(adasOrderIn('confirmed')).hears('order.truck.assigned', truck1);
    expect(driven.state).toMatchObject({ status: 'assigned', truckId: 'truck-1', assignedFrom: 'confirmed' });
    expect(driven.hears('order.status.intransit', truck1).state).toMatchObject({
      status: 'shipped',
      sagaState: 'Shipped',
    });
  });

  test('when it loses its truck it goes back to where it came from', () => {
    const lost = order(adasOrderIn('assigned')).hears('order.truck.unassigned', {
      ...truck1,
      reason: 'out_of_service',
    });
    expect(lost.state).toMatchObject({ status: 'confirmed', truckId: null, assignedFrom: null });
    expect(lost.hears('order.truck.assigned', { ...truck1, truckId: 'truck-2' }).state).toMatchObject({
      status: 'assigned',
      truckId: 'truck-2',
    });
  });

  test('that another truck was lost does not concern it', () => {
    const kept = order(adasOrderIn('assigned')).hears('order.truck.unassigned', {
      ...truck1,
      truckId: 'truck-2',
      reason: 'out_of_service',
    });
    expect(kept.ignored).toBeDefined();
    expect(kept.state?.truckId).toBe('truck-1');
  });

  test('each step counts its version up, so that a client can tell', () => {
    const way = order(adasOrderIn('confirmed', { version: 5 }))
      .hears('order.truck.assigned', truck1)
      .hears('order.status.intransit', truck1);
    expect(way.hears('order.delivered', toTruck1).state?.version).toBe(8);
  });
});
