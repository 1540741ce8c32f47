/** Holds that run out, become smaller or are an exchange's; and goods that come back. */
import { describe, expect, test } from '@jest/globals';
import type { ReservationStatus } from '../../models/inventory.ts';
import type { Movement, Reservation, Stock } from '../../services/inventory/inventory.decider.ts';
import { ADA, BO, CONCRETE, concrete, heldForAda, soldOut, stockRules } from '../support/examples.ts';
import { given, minutesLater, NOW, SAGA_END, uuid } from '../support/given.ts';

const held: Stock = { ...concrete, available: 4, reserved: 6 };
const ofAda = { orderKey: ADA, orderId: '1' };
const stock = (state: Stock, reservation: Partial<Reservation> = {}) =>
  given(stockRules, { key: CONCRETE, state, rows: { reservation: { [ADA]: { ...heldForAda, ...reservation } } } });
const empty = (state: Stock = concrete) => given(stockRules, { key: CONCRETE, state });
const moves = (one: ReturnType<typeof stock>) =>
  one.rows<Movement>('movement').map(({ kind, quantity, onHand }) => [kind, quantity, onHand]);
const reservation = (one: ReturnType<typeof stock>) => one.row<Reservation>('reservation', ADA);

describe('a hold whose end has passed [B9]', () => {
  const end = minutesLater(30);

  test('lapses: what it held is available again, and its order hears it', () => {
    const one = stock(held).at(end).hears('inventory.expire', ofAda);
    expect(one.state).toMatchObject({ available: 10, reserved: 0 });
    expect(reservation(one)).toMatchObject({ status: 'expired', expiresAt: null, quantity: 6 });
    expect(moves(one)).toEqual([['expired', 6, 0]]);
    expect(one.published('inventory.reservation.expired')).toEqual([{ ...ofAda, stockKey: CONCRETE, quantity: 6 }]);
  });

  test('does not lapse before that, whatever the clock says', () => {
    const one = stock(held)
      .at(new Date(end.getTime() - 1))
      .hears('inventory.expire', ofAda);
    expect(one.ignored).toBe('its end has not come yet');
    expect(one.state).toEqual(held);
  });

  test('does not lapse when it was confirmed first; and what lapsed first cannot be confirmed', () => {
    const confirmed = stock(held).hears('inventory.confirm', ofAda).at(end).hears('inventory.expire', ofAda);
    expect(confirmed.ignored).toBe('no hold runs out');
    expect(reservation(confirmed)?.status).toBe('confirmed');
    const lapsed = stock(held).at(end).hears('inventory.expire', ofAda).hears('inventory.confirm', ofAda);
    expect(lapsed.refusal).toBe('inventory.reservation-lapsed');
    expect(lapsed.state).toMatchObject({ available: 10, reserved: 0 });
  });

  test.each(['consumed', 'released', 'expired', 'backordered'] as const)('says nothing to one that is %s', (status: ReservationStatus) => {
    expect(stock(soldOut, { status }).at(end).hears('inventory.expire', ofAda).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('may be made anew, and lapses at its new end only', () => {
    const until = minutesLater(60).toISOString();
    const anew = stock(held)
      .at(end)
      .hears('inventory.expire', ofAda)
      .hears('inventory.reserve', { ...ofAda, quantity: 2, until });
    expect(reservation(anew)).toMatchObject({ status: 'active', quantity: 2, expiresAt: until });
    expect(anew.hears('inventory.expire', ofAda).ignored).toBe('its end has not come yet');
  });
});

describe('a hold of which a part is off', () => {
  test.each(['active', 'confirmed'] as const)('becomes smaller by that, when it is %s', (status) => {
    const one = stock(held, { status }).hears('inventory.reduce', { ...ofAda, quantity: 2, reason: 'too many' });
    expect(one.state).toMatchObject({ available: 6, reserved: 4 });
    expect(reservation(one)).toMatchObject({ status, quantity: 4 });
    expect(moves(one)).toEqual([['released', 2, 0]]);
    expect(one.published('inventory.reservation.reduced')).toEqual([
      { ...ofAda, stockKey: CONCRETE, quantity: 2, left: 4, reason: 'too many' },
    ]);
  });

  test.each([6, 7])('is released when nothing of it is left, by %i of six', (quantity) => {
    const one = stock(held).hears('inventory.reduce', { ...ofAda, quantity, reason: 'all of it' });
    expect(one.state).toMatchObject({ available: 10, reserved: 0 });
    expect(reservation(one)?.status).toBe('released');
    expect(one.published('inventory.reservation.released')).toMatchObject([{ quantity: 6 }]);
  });

  test('stays as it is when it is consumed', () => {
    const one = stock(concrete, { status: 'consumed' }).hears('inventory.reduce', { ...ofAda, quantity: 1, reason: 'late' });
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test.each(['released', 'expired'] as const)(
    'moves nothing when it is %s; should the rest leave all the same, only the rest does',
    (status) => {
      const one = stock(concrete, { status }).hears('inventory.reduce', { ...ofAda, quantity: 4, reason: 'late' });
      expect([one.ignored, one.state, moves(one)]).toEqual(['nothing is held', concrete, []]);
      expect(leaves(one).state).toMatchObject({ available: 8, reserved: 0 });
      const none = stock(concrete, { status }).hears('inventory.reduce', { ...ofAda, quantity: 6, reason: 'all of it' });
      expect(none.decision).toMatchObject({ kind: 'ignored', effects: [] });
    },
  );
});

/** Told once; the turn that stock then asks for itself follows. */
const leaves = (one: ReturnType<typeof stock>) => {
  const { length } = one.hears('inventory.consume', ofAda).tells('inventory.consume');
  return length > 0 ? one.hears('inventory.consume', ofAda) : one;
};

describe('goods that have left the house though nothing was held for them any more', () => {
  test.each(['released', 'expired'] as const)(
    'are taken from what is available, once however often it is told, when the hold is %s',
    (status) => {
      const one = leaves(stock(concrete, { status }));
      expect(one.state).toMatchObject({ available: 4, reserved: 0 });
      expect(moves(one)).toEqual([
        ['reserved', 6, 0],
        ['consumed', 6, -6],
      ]);
      expect(reservation(one)).toMatchObject({ status: 'consumed', quantity: 6 });
      expect(one.hears('inventory.consume', ofAda).ignored).toBe('it is consumed already');
      expect(one.state).toMatchObject({ available: 4, reserved: 0 });
    },
  );

  test('are taken as far as they are there: never below zero, and what is missing is said', () => {
    const one = stock({ ...concrete, available: 4 }, { status: 'released' }).hears('inventory.consume', ofAda);
    expect(one.published('inventory.rejected')).toMatchObject([
      { orderKey: ADA, reason: 'inventory.reservation-lapsed', status: 'released' },
    ]);
    expect(one.hears('inventory.consume', ofAda).state).toMatchObject({ available: 0, reserved: 0 });
    expect(reservation(one)).toMatchObject({ status: 'consumed', quantity: 4 });
    expect(one.published('inventory.rejected')).toEqual([]);
  });

  test('are taken too when their order still stood in line: it stands there no more', () => {
    const line = { place: 2, waiting: { orderKey: ADA, holdMs: 60_000, correlationId: ADA, traceparent: '00-a-b-01' } };
    const some: Stock = { ...soldOut, available: 2 };
    const one = leaves(stock(some, { status: 'backordered', expiresAt: null, ...line }));
    expect(one.state).toMatchObject({ available: 0, reserved: some.reserved, backordered: 0 });
    expect(reservation(one)).toMatchObject({ status: 'consumed', quantity: 2, place: null, waiting: null });
  });

  test('are an exchange’s as well, and all that is said of them says so', () => {
    const ofExchange = { ...ofAda, owner: 'exchange' };
    const one = stock({ ...concrete, available: 4 }, { status: 'expired', owner: 'exchange' }).hears('inventory.consume', ofExchange);
    expect(one.published('inventory.rejected')).toMatchObject([{ orderKey: ADA, owner: 'exchange' }]);
    expect(one.tells()).toMatchObject([{ key: CONCRETE, name: 'inventory.consume', payload: ofExchange }]);
  });
});

describe('the hold of an exchange', () => {
  const ofExchange = { ...ofAda, owner: 'exchange' };

  test('says whose it is in all that comes of it', () => {
    const one = empty().hears('inventory.reserve', { ...ofExchange, quantity: 3, until: SAGA_END });
    expect(one.published('inventory.reserved')).toMatchObject([ofExchange]);
    expect(one.hears('inventory.reduce', { ...ofAda, quantity: 1, reason: 'x' }).published('inventory.reservation.reduced')).toMatchObject([
      ofExchange,
    ]);
    expect(one.hears('inventory.release', { ...ofAda, reason: 'off' }).published('inventory.reservation.released')).toMatchObject([
      ofExchange,
    ]);
    expect(one.hears('inventory.confirm', ofExchange).published('inventory.rejected')).toMatchObject([
      { orderKey: ADA, owner: 'exchange', reason: 'inventory.reservation-lapsed' },
    ]);
    const short = empty().hears('inventory.reserve', { ...ofExchange, quantity: 11, until: SAGA_END });
    expect(short.published('inventory.rejected')).toMatchObject([{ owner: 'exchange', reason: 'inventory.short' }]);
  });

  test('says so when it lapses, though the clock may not know it', () => {
    const one = stock(held, { owner: 'exchange' }).at(minutesLater(31)).hears('inventory.expire', ofAda);
    expect(one.published('inventory.reservation.expired')).toMatchObject([ofExchange]);
  });

  test('and an order’s says nothing of it', () => {
    const one = empty().hears('inventory.reserve', { ...ofAda, quantity: 3, until: SAGA_END });
    expect(one.published('inventory.reserved')[0]).not.toHaveProperty('owner');
    expect(reservation(one)).not.toHaveProperty('owner');
  });
});

describe('goods that come back', () => {
  const returned = { orderId: '1', returnId: uuid(501), quantity: 2, restock: true };

  test('can be sold again, once for each return', () => {
    const one = empty().hears('inventory.take-back', returned);
    expect(one.state).toMatchObject({ available: 12, reserved: 0 });
    expect(moves(one)).toEqual([['returned', 2, 2]]);
    expect(one.published('inventory.stock.changed')).toMatchObject([{ kind: 'returned', quantity: 2, available: 12 }]);
    expect(one.hears('inventory.take-back', returned).ignored).toBe('it was taken back already');
    expect(one.state).toMatchObject({ available: 12 });
    expect(one.hears('inventory.take-back', { ...returned, returnId: uuid(502) }).state).toMatchObject({ available: 14 });
  });

  test('and are broken, are written down and change nothing that can be sold', () => {
    const broken = { ...returned, restock: false, reason: 'broken' };
    const one = empty().hears('inventory.take-back', broken);
    expect(one.state).toMatchObject({ available: 10, reserved: 0 });
    expect(moves(one)).toEqual([['written_off', 2, 0]]);
    expect(one.hears('inventory.take-back', broken).ignored).toBe('it was taken back already');
  });

  test('go first to who waits for them', () => {
    const line = { place: 2, waiting: { orderKey: BO, holdMs: 60_000, correlationId: BO, traceparent: '00-a-b-01' } };
    const waits: Reservation = { ...heldForAda, orderId: '2', quantity: 2, status: 'backordered', expiresAt: null, ...line };
    const one = given(stockRules, { key: CONCRETE, state: soldOut, rows: { reservation: { [BO]: waits } } });
    one.hears('inventory.take-back', returned);
    expect(one.row<Reservation>('reservation', BO)).toMatchObject({ status: 'active', expiresAt: minutesLater(1, NOW).toISOString() });
    expect(one.state).toMatchObject({ available: 0, reserved: 10, backordered: 0 });
  });
});
