/** Parts of a payment that go back, an order that became smaller, and cash: whatever comes, never more goes back than came. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { paymentLife } from '../../models/payment.ts';
import type { Attempt, Payment, Refund } from '../../services/payment/payment.decider.ts';
import { type Given, uuid } from '../support/given.ts';
import {
  ADAS_PAYMENT,
  adasBill,
  answer,
  CAPTURED,
  DEAD,
  DECLINED,
  news,
  OFF,
  OTHER_RETURN,
  onDelivery,
  payment,
  paymentIn,
  paymentRules,
  paymentSayings,
  RETURN,
} from './payment-cases.ts';

const REFUND_KEY = `pay:${ADAS_PAYMENT}:refund:1`;
const ask = (amountCents: number, refundId = RETURN) => ({ refundId, amountCents, reason: 'chipped' });
const given = (refundId = RETURN) => answer('completed', { status: 'refunded', providerRef: `re_${refundId.at(-1)}`, refundId });
const refundOf = (one: Given<Payment, undefined>, id = RETURN) => one.row<Refund>('refund', id);

describe('a part goes back', () => {
  test('under a key that is stored before the call, and the rest is kept [E3]', () => {
    const one = payment(paymentIn('captured')).hears('payment.refund', { ...ask(9_300), by: 'ada' });
    expect(one.state).toMatchObject({ status: 'captured', refundingCents: 9_300, refundedCents: 0 });
    expect(one.jobs).toMatchObject([
      { type: 'payment.refund', payload: { refundId: RETURN, idempotencyKey: REFUND_KEY, amountCents: 9_300 } },
    ]);
    expect(one.row<Attempt>('attempt', REFUND_KEY)).toMatchObject({ operation: 'refund', status: 'asked' });
    one.hears('payment.refund-answered', given());
    expect(one.state).toMatchObject({ status: 'partially_refunded', refundedCents: 9_300, refundingCents: 0 });
    expect(one.published('payment.refunded')).toMatchObject([
      { refundId: RETURN, amountCents: 9_300, capturedCents: 89_300, refundedCents: 9_300, status: 'partially_refunded' },
    ]);
    expect(refundOf(one)).toMatchObject({ status: 'refunded', providerRef: 're_1', by: 'ada' });
  });

  test('once for each id, whatever amount is said the second time', () => {
    const one = payment(paymentIn('captured')).hears('payment.refund', ask(9_300));
    expect(one.hears('payment.refund', ask(500)).decision).toMatchObject({ kind: 'ignored', effects: [] });
    one.hears('payment.refund-answered', given());
    expect(one.hears('payment.refund', ask(9_300)).decision).toMatchObject({ kind: 'ignored', effects: [] });
    expect(one.hears('payment.refund-answered', given()).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('and no more than is left, those under way counted', () => {
    const one = payment(paymentIn('captured')).hears('payment.refund', ask(80_000));
    expect(one.hears('payment.refund', ask(9_301, OTHER_RETURN)).refusal).toBe('payment.refund-too-large');
    one.hears('payment.refund', ask(9_300, OTHER_RETURN));
    expect(one.state).toMatchObject({ refundingCents: 89_300 });
  });

  test('one call at a time: the next begins when the last has ended, and all of it is refunded', () => {
    const one = payment(paymentIn('captured')).hears('payment.refund', ask(80_000)).hears('payment.refund', ask(9_300, OTHER_RETURN));
    expect(one.jobs).toEqual([]);
    expect(news(one.hears('payment.refund-answered', given()))).toEqual(['payment.refunded', 'job payment.refund']);
    one.hears('payment.refund-answered', given(OTHER_RETURN));
    expect(one.state).toMatchObject({ status: 'refunded', refundedCents: 89_300 });
  });

  test('when its call is given up it stays owed, the next goes on, and it may still be made [E22]', () => {
    const one = payment(paymentIn('captured')).hears('payment.refund', ask(80_000)).hears('payment.refund', ask(9_300, OTHER_RETURN));
    one.hears('payment.refund-answered', DEAD);
    expect(news(one)).toEqual(['payment.stuck', 'job payment.refund']);
    expect(refundOf(one)).toMatchObject({ status: 'stuck' });
    expect(one.state).toMatchObject({ refundingCents: 89_300, reason: 'no answer' });
    one.hears('payment.refund-answered', given(OTHER_RETURN)).hears('payment.refund-answered', given());
    expect(one.state).toMatchObject({ status: 'refunded', refundedCents: 89_300, refundingCents: 0 });
  });

  test.each(['created', 'authorized', 'failed', 'voided', 'refunding', 'refunded', 'cod_due'] as const)(
    'of a %s payment is refused',
    (status) => {
      expect(payment(paymentIn(status)).hears('payment.refund', ask(1)).refusal).toBe('payment.not-captured');
    },
  );

  test('of a transfer goes back to the bank', () => {
    const one = payment(paymentIn('captured', { method: 'transfer' })).hears('payment.refund', ask(500));
    expect(one.jobs).toMatchObject([{ payload: { transfer: true } }]);
  });
});

describe('the order is called off after a part went back', () => {
  test('the rest goes back too, and no more', () => {
    const one = payment(paymentIn('partially_refunded')).hears('payment.cancel', OFF);
    expect(one.jobs).toMatchObject([{ type: 'payment.undo', payload: { amountCents: 80_000 } }]);
    one.hears('payment.undo-answered', answer('completed', { status: 'refunded' }));
    expect(one.state).toMatchObject({ status: 'refunded', refundedCents: 89_300 });
    expect(one.published('payment.refunded')).toMatchObject([{ refundId: ADAS_PAYMENT, amountCents: 80_000, refundedCents: 89_300 }]);
  });

  test('a part under way goes its own way', () => {
    const one = payment(paymentIn('captured')).hears('payment.refund', ask(9_300)).hears('payment.cancel', OFF);
    expect(one.jobs).toMatchObject([{ payload: { amountCents: 80_000 } }]);
    one.hears('payment.undo-answered', answer('completed', { status: 'refunded' }));
    expect(one.state).toMatchObject({ status: 'partially_refunded', refundedCents: 80_000 });
    one.hears('payment.refund-answered', given());
    expect(one.state).toMatchObject({ status: 'refunded', refundedCents: 89_300 });
  });
});

describe('an order that became smaller', () => {
  test.each(['created', 'cod_due'] as const)('has less to pay while it is %s, once', (status) => {
    const one = payment(paymentIn(status)).hears('payment.reduce', ask(9_300));
    expect(one.state).toMatchObject({ status, amountCents: 80_000 });
    expect(one.decision.effects.map(({ kind }) => kind)).toEqual(['write']);
    expect(one.hears('payment.reduce', ask(9_300)).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('gets that much back of what is captured', () => {
    const one = payment(paymentIn('captured')).hears('payment.reduce', ask(9_300));
    expect(one.jobs).toMatchObject([{ type: 'payment.refund', payload: { amountCents: 9_300 } }]);
  });

  test('gets what is left where a part went back by hand before', () => {
    const one = payment(paymentIn('captured')).hears('payment.refund', { ...ask(80_000, OTHER_RETURN), by: 'ada' });
    one.hears('payment.reduce', ask(20_000));
    expect(refundOf(one)).toMatchObject({ amountCents: 9_300, status: 'waiting' });
    expect(one.hears('payment.reduce', ask(1, uuid(999))).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('gets it back when the charge on its way is captured, and nothing when it is declined', () => {
    const reduced = () => payment(paymentIn('capturing')).hears('payment.reduce', ask(9_300));
    expect(reduced().decision.effects.map(({ kind }) => kind)).toEqual(['write']);
    expect(news(reduced().hears('payment.charge-answered', CAPTURED))).toEqual(['payment.confirmed', 'job payment.refund']);
    const declined = reduced().hears('payment.charge-answered', DECLINED);
    expect(declined.state).toMatchObject({ status: 'failed', refundingCents: 0 });
    expect(refundOf(declined)).toMatchObject({ status: 'void' });
  });

  test('and is then called off, gets the whole back at once', () => {
    const one = payment(paymentIn('capturing')).hears('payment.reduce', ask(9_300)).hears('payment.cancel', OFF);
    one.hears('payment.charge-answered', CAPTURED);
    expect(one.jobs).toMatchObject([{ type: 'payment.undo', payload: { amountCents: 89_300 } }]);
    expect(one.state).toMatchObject({ refundingCents: 0 });
  });

  test('down to nothing has nothing to pay', () => {
    expect(news(payment(paymentIn('cod_due')).hears('payment.reduce', ask(89_300)))).toEqual(['payment.voided']);
    expect(payment(paymentIn('cod_due')).hears('payment.reduce', ask(89_301)).refusal).toBe('payment.refund-too-large');
  });
});

describe('cash on delivery', () => {
  const bill = { ...adasBill, method: 'cod' };

  test('is due: nobody is called, and nothing is said to be paid', () => {
    const one = payment().hears('payment.charge', bill);
    expect(one.state).toMatchObject({ status: 'cod_due', capturedCents: 0 });
    expect(news(one)).toEqual([]);
  });

  test('is collected once, and paid in once', () => {
    const one = payment(paymentIn('cod_due')).hears('payment.collect', { by: 'the driver' });
    expect(one.state).toMatchObject({ status: 'cod_collected', capturedCents: 89_300 });
    expect(one.published('payment.cod.collected')).toMatchObject([{ amountCents: 89_300, by: 'the driver' }]);
    expect(one.hears('payment.collect').decision.kind).toBe('ignored');
    one.hears('payment.remit', { reference: 'bag 7' });
    expect(one.state).toMatchObject({ status: 'cod_remitted' });
    expect(one.published('payment.cod.remitted')).toMatchObject([{ reference: 'bag 7' }]);
    expect(one.hears('payment.remit', { reference: 'bag 7' }).decision.kind).toBe('ignored');
  });

  test('paid in under one reference is not paid in under another', () => {
    const one = payment(paymentIn('cod_remitted')).hears('payment.remit', { reference: 'bag 8' });
    expect(one.refusal).toBe('payment.reference-differs');
    expect(one.state).toEqual(paymentIn('cod_remitted'));
  });

  test('that a return has paid out is booked once, with who said so, and never more than is left', () => {
    const asked = { refundId: RETURN, amountCents: 89_300, reason: 'too grey', by: 'the office' };
    const one = payment(paymentIn('cod_remitted', { refundedCents: 9_300, refunds: 1 })).hears('payment.reduce', asked);
    expect(one.state).toMatchObject({ status: 'cod_remitted', refundedCents: 89_300 });
    expect(one.row<Refund>('refund', RETURN)).toMatchObject({ amountCents: 80_000, by: 'the office', status: 'refunded' });
    expect(one.hears('payment.reduce', asked).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('is collected as it is due, and paid in only when it is collected', () => {
    expect(payment(paymentIn('cod_due')).hears('payment.collect', { amountCents: 89_200 }).refusal).toBe('payment.amount-differs');
    expect(payment(paymentIn('captured')).hears('payment.collect').refusal).toBe('payment.not-due');
    expect(payment(paymentIn('cod_due')).hears('payment.remit', { reference: 'bag 7' }).refusal).toBe('payment.not-collected');
  });

  test('is paid out by people when it goes back, and booked at once', () => {
    const one = payment(paymentIn('cod_collected')).hears('payment.refund', ask(9_300));
    expect(one.state).toMatchObject({ status: 'cod_collected', refundedCents: 9_300 });
    expect(one.jobs).toEqual([]);
    expect(one.published('payment.refunded')).toMatchObject([{ refundId: RETURN, amountCents: 9_300, refundedCents: 9_300 }]);
    expect(one.hears('payment.refund', ask(9_300)).decision.kind).toBe('ignored');
    expect(one.hears('payment.cancel', OFF).published('payment.refunded')).toMatchObject([{ amountCents: 80_000, refundedCents: 89_300 }]);
  });

  test('that is not collected is void when the order is off', () => {
    expect(news(payment(paymentIn('cod_due')).hears('payment.cancel', OFF))).toEqual(['payment.voided']);
  });
});

describe('whatever a payment hears, in whatever order', () => {
  const word = fc.constantFrom(...Object.entries(paymentSayings).flatMap(([name, all]) => all.map((payload) => ({ name, payload }))));

  test('no more goes back than came, no more is promised than is left, and what is over stays over [E3, E15, E52]', () => {
    const first = fc.constantFrom(...(paymentSayings['payment.charge'] ?? []));
    const ways = fc.record({ rules: fc.constantFrom(paymentRules, onDelivery), first, words: fc.array(word, { maxLength: 30 }) });
    fc.assert(
      fc.property(ways, ({ rules, first: bill, words }) => {
        const one = payment(undefined, undefined, rules).hears('payment.charge', bill);
        for (const { name, payload } of words) {
          const before = one.state;
          one.hears(name, payload);
          if (one.state) lawful(one, before);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  const lawful = (one: Given<Payment, undefined>, before: Payment | undefined): void => {
    const { status, amountCents, capturedCents, refundedCents, refundingCents, authorizedCents } = one.state as Payment;
    const refunds = one.rows<Refund>('refund');
    const sum = (...statuses: Refund['status'][]): number =>
      refunds.filter((refund) => statuses.includes(refund.status)).reduce((total, refund) => total + refund.amountCents, 0);
    expect(refundedCents).toBeLessThanOrEqual(capturedCents);
    expect(sum('refunded')).toBeLessThanOrEqual(refundedCents);
    expect(refundingCents).toBe(sum('waiting', 'asked', 'stuck'));
    expect(Math.min(amountCents, refundingCents, authorizedCents)).toBeGreaterThanOrEqual(0);
    if (capturedCents > 0) expect(refundedCents + refundingCents).toBeLessThanOrEqual(capturedCents);
    if (before && paymentLife[before.status].length === 0) expect(status).toBe(before.status);
    if (status === 'refunded') expect(refundedCents).toBe(capturedCents);
    expect(new Set(refunds.map(({ number }) => number)).size).toBe(refunds.length);
  };
});
