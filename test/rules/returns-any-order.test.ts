/**
 * Whatever people say to a return or an exchange, and in whatever order, twice or late, the others answer: money goes back at most once,
 * no more is put back on the shelf than was sent back, and what is over stays over.
 * A failure prints its seed and path: run it again with SEED=… SEED_PATH=…, more of them with RUNS=….
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { terminalReturnStatuses } from '../../models/returns.ts';
import type { Exchange } from '../../services/returns/exchange.state.ts';
import type { ReturnFacts, SentBack } from '../../services/returns/returns.state.ts';
import { type Envelope, Given, NOW, type Rules, uuid } from '../support/given.ts';
import { unlawful } from './life-steps.ts';
import { askForExchange, askForReturn, bags, EXCHANGE, exchangeRules, paidFacts, RETURN, returnRules } from './returns-cases.ts';
import { exchangeSayings, returnSayings } from './returns-sayings.ts';

const { SEED, SEED_PATH, RUNS } = process.env;
const RUN = {
  numRuns: Number(RUNS ?? 400),
  ...(SEED ? { seed: Number(SEED) } : {}),
  ...(SEED_PATH ? { path: SEED_PATH } : {}),
};

const isOver = (state: SentBack | undefined): boolean => terminalReturnStatuses.some((status) => status === state?.status);

/** One actor's life: each message it hears, what it told because of it, and what no history may show. */
class Life<State extends SentBack> {
  readonly told: Envelope[] = [];
  readonly #rules: Rules<State, ReturnFacts>;
  readonly #given: Given<State, ReturnFacts>;

  constructor(rules: Rules<State, ReturnFacts>, key: string, paid = 'captured') {
    this.#rules = rules;
    this.#given = new Given(rules, { key, facts: paidFacts(paid, 10_000_000) });
  }
  get state(): State | undefined {
    return this.#given.state;
  }

  hears(name: string, payload: object): Envelope[] {
    const before = this.state;
    this.#given.hears(name, payload);
    const { decision, context } = this.#given;
    expect(unlawful(this.#rules.type, before, decision, context.rows)).toEqual([]);
    if (isOver(before)) expect({ hears: name, after: this.state }).toEqual({ hears: name, after: this.#settled(name, before) });
    const said = this.#given.tells();
    this.told.push(...said);
    return said;
  }

  /** What is over stays as it is, but for cash that was due and is handed over: that is written down once. */
  #settled(name: string, before: State | undefined): State | undefined {
    const settles = name.endsWith('.paid-out') && before?.refundState === 'due' && this.state?.refundState === 'asked';
    return before && settles ? { ...before, refundState: 'asked', version: before.version + 1 } : before;
  }

  all(name: string): Envelope[] {
    return this.told.filter((one) => one.name === name);
  }
  /** Per stock: what was taken back, shelf and loss together. */
  takenBack(): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { key, payload } of this.all('inventory.take-back')) {
      sums.set(key, (sums.get(key) ?? 0) + (payload as { quantity: number }).quantity);
    }
    return sums;
  }
}

const paysBackOnce = (life: Life<SentBack>): void => {
  const back = [...life.all('payment.refund'), ...life.all('payment.reduce')];
  expect(back.length).toBeLessThanOrEqual(1);
  for (const { payload } of back) expect(payload).toMatchObject({ refundId: life.state?.id, amountCents: life.state?.refundCents });
};
const takesBackNoMore = (life: Life<SentBack>, lines: readonly { stockKey: string; quantity: number }[]): void => {
  for (const [stockKey, quantity] of life.takenBack()) {
    const sent = lines.filter((line) => line.stockKey === stockKey).reduce((sum, line) => sum + line.quantity, 0);
    expect(quantity).toBeLessThanOrEqual(sent);
  }
  const ids = life.all('inventory.take-back').map(({ key, payload }) => `${key} ${(payload as { returnId: string }).returnId}`);
  expect(new Set(ids).size).toBe(ids.length);
};

const anything = (sayings: Record<string, object[]>, without: RegExp) =>
  fc.constantFrom(
    ...Object.entries(sayings)
      .filter(([name]) => !without.test(name))
      .flatMap(([name, payloads]) => payloads.map((payload) => ({ name, payload }))),
  );

describe('Return, whatever is said to it [B27, E52]', () => {
  test('pays back at most once, puts no more on the shelf than was sent back, and stays over when it is over', () => {
    const seen = new Set<string>();
    const said = anything(returnSayings, /take-over|refused|lapse|cancel|reject/);
    const off = anything(returnSayings, /take-over|request$/);
    const history = fc.array(fc.oneof({ weight: 6, arbitrary: said }, { weight: 1, arbitrary: off }), { maxLength: 30 });
    fc.assert(
      fc.property(history, (messages) => {
        const life = new Life(returnRules, RETURN);
        life.hears('return.request', askForReturn);
        life.hears('return.booked', {});
        for (const { name, payload } of messages) life.hears(name, payload);
        paysBackOnce(life);
        takesBackNoMore(life, askForReturn.lines);
        seen.add(life.state?.status ?? 'none');
      }),
      RUN,
    );
    if (!SEED_PATH) expect([...seen]).toEqual(expect.arrayContaining(['completed', 'cancelled', 'rejected']));
  });

  test('has its cash booked once when somebody pays it out at last, and not before', () => {
    const said = fc.array(anything(returnSayings, /take-over/), { maxLength: 12 });
    fc.assert(
      fc.property(said, (messages) => {
        const life = new Life(returnRules, RETURN, 'cod_collected');
        life.hears('return.request', askForReturn);
        for (const name of ['booked', 'approve', 'receive', 'complete']) life.hears(`return.${name}`, {});
        expect([life.state?.refundState, life.all('payment.reduce')]).toEqual(['due', []]);
        for (const { name, payload } of messages) life.hears(name, payload);
        life.hears('return.paid-out', {});
        expect([life.state?.refundState, life.all('payment.reduce').length]).toEqual(['asked', 1]);
        paysBackOnce(life);
      }),
      RUN,
    );
  });
});

/** How the others of an exchange behave: stock holds or not, cards pay or not, carriers carry. `luck` decides. */
const answersTo = ({ actor, key, name, payload }: Envelope, luck: number): { name: string; payload: object }[] => {
  const owned = { orderKey: EXCHANGE, orderId: '1', owner: 'exchange' };
  if (name === 'inventory.reserve') {
    const of = { ...owned, stockKey: key, quantity: (payload as { quantity: number }).quantity };
    if (luck < 0.2) return [{ name: 'inventory.rejected', payload: { ...of, reason: 'inventory.short' } }];
    const reserved = { name: 'inventory.reserved', payload: { ...of, until: NOW.toISOString() } };
    if (luck < 0.3) return [{ name: 'inventory.backordered', payload: of }, reserved];
    if (luck < 0.4) return [reserved, { name: 'inventory.reservation.expired', payload: of }];
    return [reserved];
  }
  if (name === 'inventory.confirm' && luck < 0.1) {
    return [{ name: 'inventory.rejected', payload: { ...owned, stockKey: key, reason: 'inventory.reservation-lapsed' } }];
  }
  if (name === 'payment.charge') {
    if ((payload as { method: string }).method === 'cod') return [];
    const charge = { ...owned, paymentId: key };
    if (luck < 0.3) return [{ name: 'payment.failed', payload: { ...charge, failureReason: 'card_declined' } }];
    return [{ name: 'payment.confirmed', payload: { ...charge, status: 'captured' } }];
  }
  if (actor === 'fulfillment' && name === 'fulfillment.create') {
    const parcel = { ...owned, fulfillmentId: key };
    if (luck < 0.2) return [{ name: 'fulfillment.status_changed', payload: { ...parcel, to: 'cancelled' } }];
    return [
      { name: 'order.shipped', payload: { ...parcel, carrier: 'sandbox', trackingNo: 'SBX1' } },
      { name: 'order.delivered', payload: { ...parcel, deliveredAt: NOW.toISOString() } },
    ];
  }
  if (name === 'fulfillment.cancel' && luck < 0.7) {
    return [{ name: 'fulfillment.status_changed', payload: { ...owned, fulfillmentId: key, to: 'cancelled' } }];
  }
  return [];
};

const step = fc.record({
  pick: fc.nat(),
  luck: fc.noBias(fc.integer({ min: 0, max: 99 })).map((percent) => percent / 100),
  /** The message stays in the way and comes once more. */
  twice: fc.boolean(),
  says: fc.noBias(
    fc.oneof(
      { weight: 20, arbitrary: fc.constant('') },
      { weight: 8, arbitrary: fc.constantFrom('exchange.retry', 'exchange.receive') },
      { weight: 1, arbitrary: fc.constantFrom('exchange.approve', 'exchange.complete', 'exchange.cancel', 'exchange.to-return') },
    ),
  ),
});
const plan = fc.record({
  replacements: fc.constantFrom([bags(60)], [bags(10)], [bags(3), { ...bags(3), sku: 'SALT', stockKey: 'SALT@north' }]),
  paymentMethod: fc.constantFrom('card', 'card', 'card', 'account', 'cod', 'transfer'),
  steps: fc.array(step, { minLength: 4, maxLength: 60 }),
});

const last = (life: Life<Exchange>, key: string): string | undefined => life.told.findLast((one) => one.key === key)?.name;

describe('Exchange, whatever is said and answered to it [B28, E52]', () => {
  test('is charged for once at a time, pays back at most once, sends once, and leaves nothing held when it is off', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(plan, ({ steps, ...form }) => {
        const life = new Life<Exchange>(exchangeRules, EXCHANGE);
        const inTheWay: { name: string; payload: object }[] = [];
        const called = new Set<string>();
        const failed = new Set<string>();
        const hears = (name: string, payload: object, luck: number): void => {
          if (name === 'payment.failed') failed.add((payload as { paymentId: string }).paymentId);
          if ((payload as { to?: string }).to === 'cancelled') called.add((payload as { fulfillmentId: string }).fulfillmentId);
          for (const told of life.hears(name, payload)) inTheWay.push(...answersTo(told, luck));
        };
        hears('exchange.request', { ...askForExchange, ...form }, 0);
        hears('exchange.booked', {}, 0);
        hears('exchange.approve', {}, steps[0]?.luck ?? 0);
        for (const { pick, luck, twice, says } of steps) {
          if (says) hears(says, {}, luck);
          else if (inTheWay.length > 0) {
            const index = pick % inTheWay.length;
            const [message] = twice ? [inTheWay[index]] : inTheWay.splice(index, 1);
            if (message) hears(message.name, message.payload, luck);
          }
          seen.add(life.state?.status ?? 'none');
        }
        const { state } = life as { state: Exchange };
        paysBackOnce(life);
        takesBackNoMore(life, askForExchange.lines);
        // Money: a charge is failed, called off, or the one the exchange knows of.
        const off = new Set(life.all('payment.cancel').map(({ key }) => key));
        const open = life.all('payment.charge').filter(({ key }) => !failed.has(key) && !off.has(key));
        expect(open.map(({ key }) => key)).toEqual(state.chargeId && !off.has(state.chargeId) ? [state.chargeId] : []);
        if (state.status === 'cancelled') expect(open).toEqual([]);
        // Goods: one parcel at a time, and none for an exchange that is off.
        const parcels = life.all('fulfillment.create').filter(({ key }) => !called.has(key));
        expect(parcels.length).toBeLessThanOrEqual(1);
        if (state.status === 'cancelled') expect(parcels).toEqual([]);
        // Stock: what was held is let go or taken away.
        const stocks = new Set(life.all('inventory.reserve').map(({ key }) => key));
        for (const key of stocks) {
          if (state.status === 'cancelled' || state.supply === 'short')
            expect(['inventory.release', 'inventory.take-back', 'inventory.consume']).toContain(last(life, key));
          if (state.status === 'completed') expect(life.all('inventory.consume').filter((one) => one.key === key)).toHaveLength(1);
        }
      }),
      RUN,
    );
    if (!SEED_PATH) expect([...seen]).toEqual(expect.arrayContaining(['completed', 'cancelled', 'received', 'replacement_shipped']));
  });

  test('any message in any state is answered', () => {
    fc.assert(
      fc.property(fc.array(anything(exchangeSayings, /request$/), { maxLength: 25 }), (messages) => {
        const life = new Life<Exchange>(exchangeRules, EXCHANGE);
        life.hears('exchange.request', askForExchange);
        for (const { name, payload } of messages) life.hears(name, payload);
        paysBackOnce(life);
        takesBackNoMore(life, askForExchange.lines);
        expect(life.state?.id).not.toBe(uuid(0));
      }),
      RUN,
    );
  });
});
