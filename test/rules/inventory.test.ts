/** One product's stock at one place: held, made lasting, taken, given back, counted. */
import { describe, expect, test } from '@jest/globals';
import type { ReservationStatus } from '../../models/inventory.ts';
import type { Movement, Reservation, Stock } from '../../services/inventory/inventory.decider.ts';
import { ADA, CONCRETE, concrete, heldForAda, soldOut, stockRules } from '../support/examples.ts';
import { given, NOW, SAGA_END } from '../support/given.ts';

const stock = (state?: Stock, status?: ReservationStatus) =>
  given(stockRules, {
    key: CONCRETE,
    state,
    rows: { reservation: status ? { [ADA]: { ...heldForAda, status } } : {} },
  });
const held: Stock = { ...concrete, available: 4, reserved: 6 };
const ofAda = { orderKey: ADA, orderId: '1' };
const asksFor = (quantity: number) => ({ ...ofAda, quantity, until: SAGA_END });
const moves = (one: ReturnType<typeof stock>) =>
  one.rows<Movement>('movement').map(({ kind, quantity, onHand }) => [kind, quantity, onHand]);
const reservation = (one: ReturnType<typeof stock>) => one.row<Reservation>('reservation', ADA);

describe('stock is held [E2, E8, E32]', () => {
  test('what is held is no longer available, and still lies there', () => {
    const one = stock(concrete).hears('inventory.reserve', asksFor(6));
    expect(one.state).toMatchObject({ available: 4, reserved: 6, version: 2 });
    expect(reservation(one)).toMatchObject({ quantity: 6, status: 'active', expiresAt: SAGA_END });
    expect(moves(one)).toEqual([['reserved', 6, 0]]);
    expect(one.published('inventory.reserved')).toEqual([
      { orderKey: ADA, orderId: '1', stockKey: CONCRETE, quantity: 6, until: SAGA_END },
    ]);
  });

  test('the last of it can be held', () => {
    expect(stock(concrete).hears('inventory.reserve', asksFor(10)).state).toMatchObject({ available: 0, reserved: 10 });
  });

  test('more than there is, is refused: nothing is held, and the order hears why', () => {
    const one = stock(concrete).hears('inventory.reserve', asksFor(11));
    expect(one.refusal).toBe('inventory.short');
    expect(one.state).toEqual(concrete);
    expect(moves(one)).toEqual([]);
    expect(one.published('inventory.rejected')).toMatchObject([
      { orderKey: ADA, stockKey: CONCRETE, reason: 'inventory.short', available: 10, quantity: 11 },
    ]);
  });

  test.each(['active', 'confirmed', 'consumed'] as const)('an order whose stock is %s does not hold it twice', (status) => {
    const one = stock(held, status).hears('inventory.reserve', asksFor(3));
    expect(one.ignored).toBe('it is reserved already');
    expect(one.state).toEqual(held);
  });

  test('an order that waits for it does not wait twice', () => {
    const one = stock(soldOut, 'backordered').hears('inventory.reserve', asksFor(3));
    expect(one.ignored).toBe('it waits in line already');
  });

  test.each(['released', 'expired'] as const)('one whose hold was %s may hold anew', (status) => {
    expect(reservation(stock(concrete, status).hears('inventory.reserve', asksFor(2)))).toMatchObject({
      status: 'active',
      quantity: 2,
    });
  });

  test('what was never kept here is refused, and the order hears it', () => {
    const one = stock().hears('inventory.reserve', asksFor(1));
    expect(one.refusal).toBe('inventory.unknown-stock');
    expect(one.published('inventory.rejected')).toMatchObject([{ orderKey: ADA, reason: 'inventory.unknown-stock' }]);
  });
});

describe('a hold, confirmed or released by its id [B22]', () => {
  test('confirmed, has no end any more, and moves nothing', () => {
    const one = stock(held, 'active').hears('inventory.confirm', ofAda);
    expect(reservation(one)).toMatchObject({ status: 'confirmed', expiresAt: null, confirmedAt: NOW.toISOString() });
    expect(one.state).toEqual(held);
    expect(moves(one)).toEqual([['confirmed', 6, 0]]);
  });

  test.each(['active', 'confirmed'] as const)('that is %s and released is available again', (status) => {
    const one = stock(held, status).hears('inventory.release', { ...ofAda, reason: 'rain' });
    expect(one.state).toMatchObject({ available: 10, reserved: 0 });
    expect(reservation(one)).toMatchObject({ status: 'released', expiresAt: null });
    expect(moves(one)).toEqual([['released', 6, 0]]);
    expect(one.published('inventory.reservation.released')).toMatchObject([{ stockKey: CONCRETE, quantity: 6, reason: 'rain' }]);
  });

  test.each(['active', 'confirmed'] as const)('that is %s and consumed has left: it is neither held nor there', (status) => {
    const one = stock(held, status).hears('inventory.consume', ofAda);
    expect(one.state).toMatchObject({ available: 4, reserved: 0 });
    expect(reservation(one)?.status).toBe('consumed');
    expect(moves(one)).toEqual([['consumed', 6, -6]]);
  });

  test.each([
    ['inventory.confirm', 'confirmed'],
    ['inventory.confirm', 'consumed'],
    ['inventory.consume', 'consumed'],
    ['inventory.release', 'released'],
    ['inventory.release', 'consumed'],
    ['inventory.release', 'expired'],
  ] as const)('hears %s again when it is %s: nothing moves', (name, status) => {
    const one = stock(concrete, status).hears(name, name === 'inventory.release' ? { ...ofAda, reason: 'rain' } : ofAda);
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
    expect(one.state).toEqual(concrete);
  });

  test('that was never made can be released: nothing moves', () => {
    expect(stock(concrete).hears('inventory.release', { ...ofAda, reason: 'rain' }).ignored).toBe('nothing is held');
  });

  test('that has lapsed cannot be confirmed, and with nothing there not be consumed either: the order hears it', () => {
    const none = { ...concrete, available: 0 };
    const askings = [
      ...(['released', 'expired', undefined] as const).map((status) => ({ name: 'inventory.confirm', status, state: concrete })),
      ...(['released', 'expired'] as const).map((status) => ({ name: 'inventory.consume', status, state: none })),
      { name: 'inventory.consume', status: undefined, state: concrete },
    ];
    for (const { name, status, state } of askings) {
      const one = stock(state, status).hears(name, ofAda);
      expect(one.refusal).toBe('inventory.reservation-lapsed');
      expect(one.published('inventory.rejected')).toMatchObject([
        { orderKey: ADA, reason: 'inventory.reservation-lapsed', status: status ?? 'none' },
      ]);
      expect(one.state).toEqual(state);
    }
  });
});

describe('stock is counted [E7, E8, E27, E31, E32]', () => {
  test('what comes in is available, and said', () => {
    const one = stock(held).hears('inventory.receive', { quantity: 5 });
    expect(one.state).toMatchObject({ available: 9, reserved: 6 });
    expect(moves(one)).toEqual([['received', 5, 5]]);
    expect(one.published('inventory.stock.changed')).toEqual([{ stockKey: CONCRETE, kind: 'received', quantity: 5, available: 9 }]);
  });

  test.each([
    [-4, 0],
    [3, 7],
  ])('an adjustment by %i moves exactly that', (quantity, available) => {
    const one = stock(held).hears('inventory.adjust', { quantity, reason: 'counted' });
    expect(one.state).toMatchObject({ available, reserved: 6 });
    expect(moves(one)).toEqual([['adjusted', Math.abs(quantity), quantity]]);
  });

  test('what is held cannot be adjusted away', () => {
    const one = stock(held).hears('inventory.adjust', { quantity: -5, reason: 'counted' });
    expect(one.decision).toMatchObject({
      kind: 'refused',
      refusal: { code: 'inventory.below-zero', data: { available: 4 } },
      effects: [],
    });
    expect(one.state).toEqual(held);
  });

  test.each(['inventory.receive', 'inventory.adjust', 'inventory.confirm', 'inventory.release', 'inventory.consume'])(
    '%s of what is not kept here is refused',
    (name) => {
      const payload = {
        'inventory.receive': { quantity: 1 },
        'inventory.adjust': { quantity: 1, reason: 'found' },
        'inventory.release': { ...ofAda, reason: 'rain' },
      }[name];
      expect(stock().hears(name, payload ?? ofAda).decision).toMatchObject({
        kind: 'refused',
        refusal: { code: 'inventory.unknown-stock' },
        effects: [],
      });
    },
  );

  test('what is kept from the first on is a movement too, and is opened once', () => {
    const form = { sku: 'CONCRETE-C25', locationId: 'north', quantity: 10, reorderLevel: 2 };
    const one = stock().hears('inventory.stock', form);
    expect(one.state).toEqual({ ...concrete, reorderLevel: 2 });
    expect(moves(one)).toEqual([['received', 10, 10]]);
    expect(one.hears('inventory.stock', form).ignored).toBe('it is stocked already');
    expect(moves(stock().hears('inventory.stock', { ...form, quantity: 0 }))).toEqual([]);
  });
});
