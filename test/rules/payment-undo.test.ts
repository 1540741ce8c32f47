/** Money of an order that is off goes back: once, whenever it was taken, and whoever says so. */
import { describe, expect, test } from '@jest/globals';
import type { PaymentStatus } from '../../models/payment.ts';
import type { Attempt, Payment } from '../../services/payment/payment.decider.ts';
import {
  ADA,
  ADAS_PAYMENT,
  CAPTURED,
  CHARGE_KEY,
  DEAD,
  DECLINED,
  NOTHING,
  OFF,
  paymentIn,
  payment as paymentOf,
  REFUNDED,
} from './payment-cases.ts';

const UNDO_KEY = `pay:${ADAS_PAYMENT}:undo:1`;
const payment = (status: PaymentStatus, change: Partial<Payment> = {}) => paymentOf(paymentIn(status, change));
const report = { outcome: 'captured', eventId: 'evt_9' };
const undoAttempt = (one: ReturnType<typeof payment>) => one.row<Attempt>('attempt', UNDO_KEY);

describe('the order is called off', () => {
  test('what is captured is given back, under a key of its own, and only once', () => {
    const one = payment('captured').hears('payment.cancel', OFF);
    expect(one.state).toMatchObject({ status: 'refunding', undo: true, reason: 'rain' });
    expect(one.jobs).toMatchObject([
      {
        type: 'payment.undo',
        payload: {
          paymentId: ADAS_PAYMENT,
          chargeKey: CHARGE_KEY,
          refundKey: UNDO_KEY,
          amountCents: 89_300,
          reason: 'rain',
        },
        options: { reply: 'payment.undo-answered', unique: { key: UNDO_KEY, while: 'unfinished' } },
      },
    ]);
    expect(one.hears('payment.cancel', OFF).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('while the call is on its way nothing is done yet', () => {
    const one = payment('capturing').hears('payment.cancel', OFF);
    expect(one.state).toMatchObject({ status: 'capturing', undo: true, reason: 'rain' });
    expect(one.decision.effects).toEqual([]);
    expect(one.hears('payment.cancel', OFF).ignored).toBe('it will be undone');
  });

  test.each([
    ['its answer', 'payment.charge-answered', CAPTURED],
    ['the provider’s report', 'payment.reported', report],
  ])('then captured by %s, it goes straight back; the history says so, and the order hears of no payment', (_who, name, payload) => {
    const one = payment('capturing').hears('payment.cancel', OFF).hears(name, payload);
    expect(one.state).toMatchObject({ status: 'refunding', capturedCents: 89_300 });
    expect(one.jobs.map(({ type }) => type)).toEqual(['payment.undo']);
    expect(one.published('payment.captured')).toMatchObject([{ paymentId: ADAS_PAYMENT, amountCents: 89_300, undone: true }]);
    expect(one.published('payment.confirmed')).toEqual([]);
  });

  test.each([
    ['its answer', 'payment.charge-answered', DECLINED],
    ['the provider’s report', 'payment.reported', { outcome: 'failed', eventId: 'evt_9' }],
  ])('then declined by %s, it is void: nothing was taken', (_who, name, payload) => {
    const one = payment('capturing').hears('payment.cancel', OFF).hears(name, payload);
    expect(one.state).toMatchObject({ status: 'voided', capturedCents: 0 });
    expect(one.published('payment.voided')).toMatchObject([{ paymentId: ADAS_PAYMENT, reason: 'rain' }]);
    expect(one.jobs).toEqual([]);
  });

  test('then lost from sight, it is looked for and given back', () => {
    const one = payment('capturing').hears('payment.cancel', OFF).hears('payment.charge-answered', DEAD);
    expect(one.state?.status).toBe('failed');
    expect(one.jobs.map(({ type }) => type)).toEqual(['payment.undo']);
  });

  test('a transfer that has not come is void', () => {
    const one = payment('created').hears('payment.cancel', OFF);
    expect(one.state).toMatchObject({ status: 'voided', reason: 'rain' });
    expect(one.published('payment.voided')).toHaveLength(1);
  });

  test.each(['failed', 'voided', 'refunding', 'refunded', 'expired'] as const)('a %s one has nothing to give', (status) => {
    expect(payment(status).hears('payment.cancel', OFF).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('money that comes after all', () => {
  test.each(['failed', 'voided'] as const)('for a %s payment goes back', (status) => {
    const one = payment(status).hears('payment.reported', report);
    expect(one.state).toMatchObject({ status: 'refunding', capturedCents: 89_300, providerRef: 'evt_9' });
    expect(one.jobs).toMatchObject([{ type: 'payment.undo', payload: { chargeKey: CHARGE_KEY, amountCents: 89_300 } }]);
    expect(one.published('payment.captured')).toMatchObject([{ paymentId: ADAS_PAYMENT, undone: true }]);
    expect(one.published('payment.confirmed')).toEqual([]);
    expect(one.hears('payment.reported', report).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('of a transfer that was called off is offered to its order, and goes back, once, when that says so [X4, E52]', () => {
    const one = payment('created').hears('payment.cancel', OFF).hears('payment.reported', report);
    expect(one.state).toMatchObject({ status: 'captured', capturedCents: 89_300, providerRef: 'evt_9', reason: null });
    expect(one.published('payment.confirmed')).toMatchObject([{ orderKey: ADA, paymentId: ADAS_PAYMENT, status: 'captured' }]);
    expect(one.jobs).toEqual([]);
    expect(one.hears('payment.cancel', OFF).jobs).toMatchObject([{ type: 'payment.undo', payload: { transfer: true } }]);
    expect(one.hears('payment.reported', report).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test.each(['refunding', 'refunded'] as const)('for a %s one is the money that is known', (status) => {
    expect(payment(status).hears('payment.reported', report).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('what came of giving it back', () => {
  test.each<[string, PaymentStatus]>([
    ['that was captured', 'refunding'],
    ['whose outcome nobody knew', 'failed'],
  ])('a payment %s is refunded, and all of it', (_which, status) => {
    const one = payment(status).hears('payment.undo-answered', REFUNDED);
    expect(one.state).toMatchObject({ status: 'refunded', capturedCents: 89_300, refundedCents: 89_300 });
    expect(one.published('payment.refunded')).toMatchObject([{ paymentId: ADAS_PAYMENT, amountCents: 89_300 }]);
    expect(undoAttempt(one)).toMatchObject({ operation: 'undo', status: 'refunded', providerRef: 're_1' });
  });

  test('where nothing was taken, nothing is said to be refunded', () => {
    const one = payment('failed').hears('payment.undo-answered', NOTHING);
    expect(one.state).toMatchObject({ status: 'failed', capturedCents: 0, refundedCents: 0 });
    expect(one.published('payment.refunded')).toEqual([]);
    expect(undoAttempt(one)?.status).toBe('none');
  });

  test('where the provider cannot be reached, it stays to be refunded, for a person to see', () => {
    const one = payment('refunding').hears('payment.undo-answered', DEAD);
    expect(one.state).toMatchObject({ status: 'refunding', reason: 'no answer', refundedCents: 0 });
    expect(undoAttempt(one)?.status).toBe('unknown');
  });

  test.each(['created', 'capturing', 'captured', 'voided', 'refunded', 'expired'] as const)(
    'a %s payment asked for none, and minds no such answer',
    (status) => {
      const one = payment(status).hears('payment.undo-answered', REFUNDED);
      expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
      expect(one.state?.refundedCents).toBe(paymentIn(status).refundedCents);
    },
  );
});
