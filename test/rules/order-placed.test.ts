/** An order is accepted: once, at the catalogue's prices, or not at all. */
import { describe, expect, test } from '@jest/globals';
import type { Order } from '../../services/order/order.state.ts';
import { ADA, adasForm, CEMENT, CONCRETE, market, orderRules, products } from '../support/examples.ts';
import { given, SAGA_END } from '../support/given.ts';

const order = (state?: Order) => given(orderRules, { key: ADA, state, facts: market });

describe('an order is placed', () => {
  test('it asks for its stock once per product, and sets the clock of its saga', () => {
    const items = [...adasForm.items, { sku: 'CONCRETE-C25', quantity: 1 }];
    const placed = order().hears('order.accepted', { ...adasForm, items });
    expect(placed.tells()).toEqual([
      {
        kind: 'tell',
        actor: 'inventory',
        key: CONCRETE,
        name: 'inventory.reserve',
        payload: { orderKey: ADA, orderId: '1', quantity: 7, until: SAGA_END },
      },
      {
        kind: 'tell',
        actor: 'inventory',
        key: CEMENT,
        name: 'inventory.reserve',
        payload: { orderKey: ADA, orderId: '1', quantity: 2, until: SAGA_END },
      },
    ]);
    expect(placed.state).toMatchObject({
      status: 'pending',
      sagaState: 'Created',
      awaiting: [CONCRETE, CEMENT],
      version: 1,
    });
    expect(placed.timers).toEqual({ 'saga.expire': new Date(SAGA_END) });
  });

  test('its number is its day and the database’s count [C5]', () => {
    expect(order().hears('order.accepted', adasForm).state?.orderNumber).toBe('ORD-20260302-000001');
  });

  test('its prices are the catalogue’s, whatever the client thinks [C36]', () => {
    const { state } = order().hears('order.accepted', { ...adasForm, currency: 'EUR' });
    expect(state).toMatchObject({ totalCents: 6 * 14_500 + 2 * 1_150, currency: 'USD' });
  });

  test('one that names no plant goes to the one with the most of what it asks', () => {
    expect(order().hears('order.accepted', { ...adasForm, plantId: undefined }).state?.plantId).toBe('south');
  });

  test('one that gives no distance is driven the usual one', () => {
    expect(order().hears('order.accepted', { ...adasForm, distanceMiles: undefined }).state?.distanceMiles).toBe(5);
  });

  test('one that names no kind is concrete when all its products are, and goes by truck whatever address it gives', () => {
    const kinds = { 'CONCRETE-C25': 'concrete', 'CEMENT-25KG': 'goods' } as const;
    const sold = products.map((product) => ({ ...product, kind: kinds[product.sku as keyof typeof kinds] ?? 'goods' }));
    const facts = { ...market, products: new Map(sold.map((product) => [product.sku, product])) };
    const placed = (form: object) => given(orderRules, { key: ADA, facts }).hears('order.accepted', { ...adasForm, ...form }).state;
    const [concrete, cement] = adasForm.items;
    const shippingAddress = { line1: '1 Quarry Road', city: 'Faenza' };
    expect(placed({ items: [concrete], shippingAddress })).toMatchObject({
      delivery: 'truck',
      address: null,
      intake: { form: { kind: 'concrete' } },
    });
    expect(placed({ items: [concrete] })?.delivery).toBe('truck');
    expect(placed({ items: [concrete], shippingAddress, kind: 'goods' })?.delivery).toBe('carrier');
    for (const items of [[cement], adasForm.items]) {
      expect(placed({ items, shippingAddress })?.delivery).toBe('carrier');
      expect(placed({ items })?.delivery).toBe('truck');
    }
  });

  test('the same acceptance twice is one order, and is told so twice [C3, C15, C36]', () => {
    const twice = order().hears('order.accepted', adasForm).hears('order.accepted', adasForm);
    expect(twice.ignored).toBe('it is accepted already');
    expect(twice.decision.effects).toEqual([{ kind: 'publish', type: 'order.processed', data: { correlationId: ADA, orderId: '1' } }]);
  });

  test.each([
    ['a product nobody knows', 'order.unknown-sku', { items: [{ sku: 'UNICORN', quantity: 1 }] }],
    ['a plant nobody knows', 'order.unknown-plant', { plantId: 'atlantis' }],
    ['two currencies', 'order.mixed-currencies', { items: [...adasForm.items, { sku: 'TILES', quantity: 1 }] }],
    ['more money than a bill can hold', 'order.too-large', { items: Array(50).fill({ sku: 'CONCRETE-C25', quantity: 1_000_000 }) }],
  ])('one with %s fails with its reason, and asks for nothing', (_what, reason, change) => {
    const failed = order().hears('order.accepted', { ...adasForm, ...change });
    expect(failed.state).toMatchObject({ status: 'failed', sagaState: 'Failed', reason, stock: [] });
    expect(failed.tells()).toEqual([]);
    expect(failed.timers).toEqual({});
    expect(failed.published('order.processed')).toHaveLength(1);
  });

  test('nothing but its acceptance makes an order', () => {
    expect(order().hears('order.cancel', { reason: 'rain' }).refusal).toBe('order.not-found');
  });
});
