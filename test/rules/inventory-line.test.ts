/** Those who wait for stock, when it is low, and its figures set right. */
import { describe, expect, test } from '@jest/globals';
import type { Reservation, Stock, StockFacts } from '../../services/inventory/inventory.decider.ts';
import { ADA, BO, CLEO, CONCRETE, concrete, inLineForAda, soldOut, stockRules } from '../support/examples.ts';
import { given, minutesLater, NOW, SAGA_END, uuid } from '../support/given.ts';

const stock = (state: Stock, reservations: Record<string, Reservation> = {}, facts?: Partial<StockFacts>) =>
  given(stockRules, {
    key: CONCRETE,
    state,
    rows: { reservation: reservations },
    facts: facts && { lineEnds: new Map(), sums: new Map(), ...facts },
  });
const asks = (orderKey: string, quantity: number, until = SAGA_END) => ({ orderKey, orderId: '7', quantity, until });
const statusOf = (one: ReturnType<typeof stock>, orderKey: string) => one.row<Reservation>('reservation', orderKey)?.status;
const waits = (orderKey: string, place: number, quantity: number): Reservation => ({
  ...inLineForAda,
  quantity,
  place,
  waiting: { ...(inLineForAda.waiting as NonNullable<Reservation['waiting']>), orderKey },
});
const three = () =>
  stock({ ...soldOut, backordered: 3, version: 9 }, { [CLEO]: waits(CLEO, 9, 1), [ADA]: waits(ADA, 2, 6), [BO]: waits(BO, 5, 2) });

describe('an order that finds too little, where stock may be waited for [E2, E8]', () => {
  const open: Stock = { ...concrete, allowBackorder: true };

  test('waits in line: nothing is held or moved, and it hears that', () => {
    const one = stock(open).hears('inventory.reserve', asks(ADA, 11));
    expect(one.state).toMatchObject({ available: 10, reserved: 0, backordered: 1 });
    expect(one.row('reservation', ADA)).toMatchObject({ status: 'backordered', quantity: 11, expiresAt: null, place: 2 });
    expect(one.rows('movement')).toEqual([]);
    expect(one.published('inventory.backordered')).toEqual([
      { orderKey: ADA, orderId: '7', stockKey: CONCRETE, quantity: 11, available: 10 },
    ]);
  });

  test('is refused where it may not be waited for', () => {
    expect(stock(concrete).hears('inventory.reserve', asks(ADA, 11)).refusal).toBe('inventory.short');
  });

  test('is not overtaken by a smaller one: that waits behind it, or is refused when no more may wait', () => {
    const one = stock(open).hears('inventory.reserve', asks(ADA, 11)).hears('inventory.reserve', asks(BO, 1));
    expect(statusOf(one, BO)).toBe('backordered');
    expect(one.state).toMatchObject({ available: 10, reserved: 0, backordered: 2 });
    one.hears('inventory.limits', { allowBackorder: false });
    expect(one.hears('inventory.reserve', asks(CLEO, 1)).refusal).toBe('inventory.short');
    expect(one.hears('inventory.receive', { quantity: 2 }).published('inventory.reserved')).toMatchObject([
      { orderKey: ADA, quantity: 11 },
      { orderKey: BO, quantity: 1 },
    ]);
  });

  test('is held for as long as it asked, from the moment there is enough', () => {
    const one = stock(open).hears('inventory.reserve', asks(ADA, 11, minutesLater(30).toISOString()));
    one.at(minutesLater(600)).hears('inventory.receive', { quantity: 1 });
    expect(one.row('reservation', ADA)).toMatchObject({
      status: 'active',
      expiresAt: minutesLater(630).toISOString(),
      place: null,
      waiting: null,
    });
    expect(one.published('inventory.reserved')).toEqual([
      { orderKey: ADA, orderId: '7', stockKey: CONCRETE, quantity: 11, until: minutesLater(630).toISOString() },
    ]);
    expect(one.rows('movement')).toMatchObject([
      { kind: 'received', onHand: 1 },
      { kind: 'reserved', quantity: 11, orderId: '7' },
    ]);
  });

  test('is served in its own trace, not in that of who brought the goods', () => {
    const one = three().hears('inventory.receive', { quantity: 6 });
    const told = one.decision.effects.find((effect) => effect.kind === 'publish' && effect.type === 'inventory.reserved');
    expect(told).toMatchObject({ trace: { correlationId: ADA, traceparent: inLineForAda.waiting?.traceparent } });
  });
});

describe('those who wait', () => {
  test('are served in the order in which they came, as far as it reaches', () => {
    const one = three().hears('inventory.receive', { quantity: 8 });
    expect(one.published('inventory.reserved').map(({ orderKey }) => orderKey)).toEqual([ADA, BO]);
    expect(one.state).toMatchObject({ available: 0, reserved: 16, backordered: 1 });
    expect(statusOf(one, CLEO)).toBe('backordered');
  });

  test('behind one for whom there is too little wait on, though there is enough for them', () => {
    const one = three().hears('inventory.receive', { quantity: 5 });
    expect(one.published('inventory.reserved')).toEqual([]);
    expect(one.state).toMatchObject({ available: 5, reserved: 8, backordered: 3 });
  });

  test('are served by whatever makes room: a count, a release, a hold that lapses, a smaller wish', () => {
    const held: Reservation = { ...inLineForAda, status: 'active', quantity: 8, expiresAt: NOW.toISOString(), place: null, waiting: null };
    const other = uuid(77);
    const ways: [string, object][] = [
      ['inventory.adjust', { quantity: 6, reason: 'found' }],
      ['inventory.release', { orderKey: other, orderId: '9', reason: 'off' }],
      ['inventory.expire', { orderKey: other, orderId: '9' }],
      ['inventory.reduce', { orderKey: other, orderId: '9', quantity: 6, reason: 'fewer' }],
    ];
    for (const [name, payload] of ways) {
      const one = stock(soldOut, { [ADA]: inLineForAda, [other]: held }).hears(name, payload);
      expect([name, statusOf(one, ADA)]).toEqual([name, 'active']);
    }
    const smaller = stock({ ...soldOut, available: 4 }, { [ADA]: inLineForAda });
    expect(statusOf(smaller.hears('inventory.reduce', { orderKey: ADA, orderId: '1', quantity: 2, reason: 'fewer' }), ADA)).toBe('active');
  });

  test('may leave the line: nothing moves but the line', () => {
    const one = three()
      .hears('inventory.receive', { quantity: 3 })
      .hears('inventory.release', { orderKey: ADA, orderId: '1', reason: 'off' });
    expect(statusOf(one, ADA)).toBe('released');
    expect(one.row('reservation', ADA)).toMatchObject({ place: null, waiting: null });
    // The two behind are served at once.
    expect(one.state).toMatchObject({ available: 0, reserved: 11, backordered: 0 });
    expect(one.published('inventory.reserved').map(({ orderKey }) => orderKey)).toEqual([BO, CLEO]);
  });

  test('cannot be confirmed or run out while they wait', () => {
    expect(three().hears('inventory.confirm', { orderKey: ADA, orderId: '1' }).refusal).toBe('inventory.reservation-lapsed');
    expect(three().hears('inventory.expire', { orderKey: ADA, orderId: '1' }).ignored).toBe('no hold runs out');
  });

  test('in a line that is too long for one turn are served in the turns that follow, none out of its place', () => {
    const loaded = { [ADA]: waits(ADA, 2, 6), [BO]: waits(BO, 5, 2) };
    const one = stock({ ...soldOut, backordered: 4, version: 20 }, loaded, { lineEnds: new Map([[CONCRETE, 5]]) });
    one.hears('inventory.reserve', asks(CLEO, 1));
    expect(one.timers).toEqual({});
    one.hears('inventory.receive', { quantity: 100 });
    expect([statusOf(one, ADA), statusOf(one, BO), statusOf(one, CLEO)]).toEqual(['active', 'active', 'backordered']);
    expect(one.timers).toEqual({ 'inventory.fill': new Date(NOW.getTime() + 1) });
    const next = stock(one.state as Stock, { [CLEO]: one.row('reservation', CLEO) as Reservation });
    expect(statusOf(next.hears('inventory.fill'), CLEO)).toBe('active');
    expect(stock(concrete).hears('inventory.fill').ignored).toBe('nobody waits');
  });
});

/** Whatever is received is said, for those who wait for materials; that stock is low no more, with its level. */
const noMoreLow = (one: ReturnType<typeof stock>) =>
  one.published('inventory.replenished').filter(({ reorderLevel }) => reorderLevel !== undefined);

describe('low stock [E7, E27, E31, E36]', () => {
  const watched: Stock = { ...concrete, reorderLevel: 5 };
  const take = (one: ReturnType<typeof stock>, quantity: number) => one.hears('inventory.adjust', { quantity: -quantity, reason: 'used' });

  test('is said once, when the level is reached', () => {
    const one = take(stock(watched), 4);
    expect(one.published('inventory.low_stock')).toEqual([]);
    expect(take(one, 1).published('inventory.low_stock')).toEqual([
      { stockKey: CONCRETE, sku: 'CONCRETE-C25', locationId: 'north', available: 5, incoming: 0, reorderLevel: 5 },
    ]);
    expect(one.state?.low).toBe(true);
    expect(take(one, 1).published('inventory.low_stock')).toEqual([]);
  });

  test('is over only a fifth above the level, so that it does not flicker', () => {
    const one = take(stock(watched), 5);
    const put = (quantity: number) => noMoreLow(one.hears('inventory.receive', { quantity }));
    expect(put(1)).toEqual([]);
    expect(put(1)).toMatchObject([{ stockKey: CONCRETE, available: 7, reorderLevel: 5 }]);
    expect(one.state?.low).toBe(false);
    expect(take(one, 1).published('inventory.low_stock')).toEqual([]);
    expect(take(one, 1).published('inventory.low_stock')).toHaveLength(1);
  });

  test('of a level of nought is what is sold out, and at least one more ends it', () => {
    const one = stock(concrete).hears('inventory.reserve', asks(ADA, 10));
    expect(one.published('inventory.low_stock')).toMatchObject([{ available: 0, reorderLevel: 0 }]);
    expect(noMoreLow(one.hears('inventory.receive', { quantity: 1 }))).toHaveLength(1);
  });

  test('is not low while enough is on its way; what arrives is no longer on its way', () => {
    const one = take(stock({ ...watched, incoming: 6 }), 10);
    expect(one.state).toMatchObject({ available: 0, incoming: 6, low: false });
    expect(one.hears('inventory.receive', { quantity: 4 }).state).toMatchObject({ available: 4, incoming: 2, low: false });
    expect(take(one, 1).published('inventory.low_stock')).toHaveLength(1);
  });

  test('follows its limits when they are changed, and the same limits again change nothing', () => {
    const one = stock(concrete).hears('inventory.limits', { reorderLevel: 12, allowBackorder: true });
    expect(one.state).toMatchObject({ reorderLevel: 12, allowBackorder: true, low: true });
    expect(one.published('inventory.low_stock')).toHaveLength(1);
    expect(one.hears('inventory.limits', { reorderLevel: 12 }).ignored).toBe('these are its limits already');
    expect(one.hears('inventory.limits', { incoming: 5 }).published('inventory.replenished')).toHaveLength(1);
  });

  test('what is opened empty is not low before anything lay there', () => {
    const form = { sku: 'CONCRETE-C25', locationId: 'north', quantity: 0, reorderLevel: 0 };
    const one = given(stockRules, { key: CONCRETE }).hears('inventory.stock', form);
    expect(one.published('inventory.low_stock')).toEqual([]);
    expect(noMoreLow(one.hears('inventory.receive', { quantity: 3 }))).toEqual([]);
  });
});

describe('figures that are not the sums of their rows [E40]', () => {
  const sums = (reserved: number, onHand: number, level = { available: 10, reserved: 3, backordered: 0 }): Partial<StockFacts> => ({
    sums: new Map([[CONCRETE, { reserved, onHand, backordered: 0, level }]]),
  });
  const wrong: Stock = { ...concrete, reserved: 3 };

  test('are set to them, with a movement that says so', () => {
    const one = stock(wrong, {}, sums(6, 20)).hears('inventory.repair');
    expect(one.state).toMatchObject({ available: 14, reserved: 6 });
    expect(one.rows('movement')).toMatchObject([
      { kind: 'adjusted', quantity: 4, onHand: 0, reason: expect.stringContaining('set right') },
    ]);
    expect(one.published('inventory.stock.changed')).toMatchObject([{ kind: 'adjusted', available: 14, reserved: 6 }]);
    expect(one.hears('inventory.repair').ignored).toBe('nothing is to be set right');
  });

  test('are mended by as much as they were wrong: what came between stands', () => {
    const one = stock(wrong, {}, sums(6, 20)).hears('inventory.receive', { quantity: 5 }).hears('inventory.repair');
    expect(one.state).toMatchObject({ available: 19, reserved: 6 });
  });

  test('never fall below zero: what is promised must be somewhere', () => {
    const one = stock(wrong, {}, sums(8, 2)).hears('inventory.repair');
    expect(one.state).toMatchObject({ available: 0, reserved: 8 });
    expect(one.rows('movement')).toMatchObject([{ kind: 'adjusted', onHand: 6 }]);
  });

  test('that are right are left alone', () => {
    expect(stock(wrong, {}, sums(3, 13)).hears('inventory.repair').ignored).toBe('its figures are right');
    expect(stock(concrete).hears('inventory.repair').ignored).toBe('nothing is to be set right');
  });
});
