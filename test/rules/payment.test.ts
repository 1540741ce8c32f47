/** A payment is charged, by a job or by a bank: its outcome is heard once, whoever tells it first. */
import { describe, expect, test } from '@jest/globals';
import type { Attempt } from '../../services/payment/payment.decider.ts';
import { minutesLater } from '../support/given.ts';
import {
  ADAS_PAYMENT,
  adasBill,
  atStripe,
  CAPTURED,
  CHARGE_KEY,
  DEAD,
  DECLINED,
  news,
  payment,
  paymentIn,
  paymentSayings,
} from './payment-cases.ts';

const reported = (outcome: 'captured' | 'failed', reason?: string) => ({
  outcome,
  eventId: 'evt_1',
  ...(reason ? { reason } : {}),
});
const attempt = (one: ReturnType<typeof payment>) => one.row<Attempt>('attempt', CHARGE_KEY);

describe('a card is charged', () => {
  test('by a job, under a key that is stored before the call, until the payment window is over [E3, E17, X4]', () => {
    const one = payment().hears('payment.charge', adasBill);
    expect(one.state).toMatchObject({
      status: 'capturing',
      amountCents: 89_300,
      capturedCents: 0,
      attempts: 1,
      undo: false,
    });
    expect(one.jobs).toMatchObject([
      {
        type: 'payment.charge',
        payload: {
          paymentId: ADAS_PAYMENT,
          orderId: '1',
          amountCents: 89_300,
          currency: 'USD',
          token: 'tok_ok',
          idempotencyKey: CHARGE_KEY,
          until: minutesLater(15).toISOString(),
        },
        options: { reply: 'payment.charge-answered' },
      },
    ]);
    expect(attempt(one)).toMatchObject({ operation: 'charge', status: 'asked' });
  });

  test('once: a second bill is let pass', () => {
    const one = payment().hears('payment.charge', adasBill).hears('payment.charge', adasBill);
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('captured: the order hears of it, with the provider’s reference [B16, E10, E17]', () => {
    const one = payment(paymentIn('capturing')).hears('payment.charge-answered', CAPTURED);
    expect(one.state).toMatchObject({
      status: 'captured',
      capturedCents: 89_300,
      refundedCents: 0,
      providerRef: 'ch_1',
    });
    expect(one.published('payment.confirmed')).toMatchObject([{ paymentId: ADAS_PAYMENT, amountCents: 89_300, providerRef: 'ch_1' }]);
    expect(attempt(one)).toMatchObject({ status: 'captured', providerRef: 'ch_1' });
  });

  test('declined: the order hears why, and nothing is tried again [B19, E42]', () => {
    const one = payment(paymentIn('capturing')).hears('payment.charge-answered', DECLINED);
    expect(one.state).toMatchObject({ status: 'failed', reason: 'card_declined', capturedCents: 0 });
    expect(one.published('payment.failed')).toMatchObject([{ failureReason: 'card_declined' }]);
    expect(one.jobs).toEqual([]);
    expect(attempt(one)?.status).toBe('declined');
  });

  test('when nobody knows its outcome the order goes on without it, and what was taken is to go back [E3, E22, E52]', () => {
    const one = payment(paymentIn('capturing')).hears('payment.charge-answered', DEAD);
    expect(one.state).toMatchObject({ status: 'failed', reason: 'no answer' });
    expect(one.published('payment.failed')).toMatchObject([{ failureReason: 'payment.provider-failed' }]);
    expect(one.jobs).toMatchObject([
      {
        type: 'payment.undo',
        payload: { chargeKey: CHARGE_KEY, refundKey: `pay:${ADAS_PAYMENT}:undo:1`, amountCents: 89_300 },
      },
    ]);
    expect(attempt(one)?.status).toBe('unknown');
  });

  test('the key of a charge never changes, whatever becomes of it [E3, E42]', () => {
    const keys = [CAPTURED, DECLINED, DEAD].map((answer) => {
      const one = payment().hears('payment.charge', adasBill);
      const asked = one.jobs[0]?.payload.idempotencyKey;
      one.hears('payment.charge-answered', answer).hears('payment.cancel', { reason: 'rain' });
      const stored = [...(one.context.rows.written.get('attempt')?.keys() ?? [])].filter((key) => !key.includes(':undo:'));
      return [asked, ...one.jobs.map(({ payload }) => payload.chargeKey), ...stored];
    });
    expect(new Set(keys.flat())).toEqual(new Set([CHARGE_KEY]));
  });
});

describe('a transfer', () => {
  const bill = { ...adasBill, method: 'transfer' };

  test('waits for the bank until its window is over: nobody is called [X4]', () => {
    const one = payment().hears('payment.charge', bill);
    expect(one.state?.status).toBe('created');
    expect(one.jobs).toEqual([]);
    expect(one.timers).toEqual({ 'payment.window': minutesLater(15) });
  });

  test('that does not come in 15 minutes has failed (X4); one that comes then is offered to its order, which may give it back (T5) [E43]', () => {
    const one = payment().hears('payment.charge', bill).hears('payment.window');
    expect(one.state).toMatchObject({ status: 'expired', reason: 'payment.expired' });
    expect(one.published('payment.failed')).toMatchObject([{ failureReason: 'payment.expired' }]);
    one.hears('payment.reported', reported('captured'));
    expect(one.state).toMatchObject({ status: 'captured', capturedCents: 89_300, reason: null });
    expect(one.published('payment.confirmed')).toMatchObject([{ status: 'captured' }]);
    one.hears('payment.cancel', { reason: 'the order is off' });
    expect(one.state).toMatchObject({ status: 'refunding', capturedCents: 89_300 });
    expect(one.jobs).toMatchObject([{ type: 'payment.undo', payload: { transfer: true, amountCents: 89_300 } }]);
  });

  test('that comes after all goes straight back when it is an exchange’s, late or called off: nobody waits for it any more', () => {
    const exchanges = () => payment().hears('payment.charge', { ...bill, owner: 'exchange' });
    for (const one of [exchanges().hears('payment.window'), exchanges().hears('payment.cancel', { reason: 'rain' })]) {
      one.hears('payment.reported', reported('captured'));
      expect(one.state).toMatchObject({ status: 'refunding', capturedCents: 89_300 });
      expect(one.published('payment.confirmed')).toEqual([]);
    }
  });

  test.each([
    ['has come', 'payment.reported', reported('captured')],
    ['has bounced', 'payment.reported', reported('failed')],
    ['is called off', 'payment.cancel', { reason: 'rain' }],
  ])('that %s is not waited for any more [X4]', (_what, name, payload) => {
    const one = payment().hears('payment.charge', bill).hears(name, payload);
    expect(one.timers).toEqual({ 'payment.window': null });
    expect(one.hears('payment.window').decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('that arrives is captured', () => {
    const one = payment().hears('payment.charge', bill).hears('payment.reported', reported('captured'));
    expect(one.state).toMatchObject({ status: 'captured', capturedCents: 89_300 });
    expect(news(one)).toEqual(['payment.confirmed']);
  });

  test('that bounces has failed, with the bank’s reason or its own', () => {
    const bounced = (reason?: string) => payment(paymentIn('created')).hears('payment.reported', reported('failed', reason));
    expect(bounced('no funds').published('payment.failed')).toMatchObject([{ failureReason: 'no funds' }]);
    expect(bounced().published('payment.failed')).toMatchObject([{ failureReason: 'payment.declined' }]);
  });
});

describe('the provider’s report and the call’s answer are the same news', () => {
  test.each([
    ['the report comes first', ['payment.reported', 'payment.charge-answered']],
    ['the answer comes first', ['payment.charge-answered', 'payment.reported']],
    ['the report comes twice', ['payment.reported', 'payment.reported']],
  ])('%s: the order hears once that it is paid', (_when, names) => {
    const one = payment(paymentIn('capturing'));
    const heard = names.map((name) => news(one.hears(name, name === 'payment.reported' ? reported('captured') : CAPTURED)));
    expect(heard).toEqual([['payment.confirmed'], []]);
    expect(one.state).toMatchObject({ status: 'captured', capturedCents: 89_300 });
  });

  test('once it is captured, a report that it failed is not believed', () => {
    const one = payment(paymentIn('captured')).hears('payment.reported', reported('failed', 'no funds'));
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('a failure told twice is one failure', () => {
    const one = payment(paymentIn('capturing'))
      .hears('payment.reported', reported('failed', 'no funds'))
      .hears('payment.charge-answered', DECLINED);
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
    expect(one.state?.reason).toBe('no funds');
  });

  test.each(Object.entries(paymentSayings).filter(([name]) => name !== 'payment.charge'))(
    '%s of a payment that is not there is refused',
    (name, [payload]) => {
      expect(payment().hears(name, payload).refusal).toBe('payment.not-found');
    },
  );

  test('what the reconciliation finds ends a charge that nobody heard the end of [E42, B46]', () => {
    const stands = (status: string) => payment(paymentIn('capturing')).hears('payment.found', { status, providerRef: 'ch_1' });
    expect(news(stands('captured'))).toEqual(['payment.confirmed']);
    expect(stands('none').published('payment.failed')).toMatchObject([{ failureReason: 'payment.expired' }]);
    expect(stands('none').state?.status).toBe('failed');
    expect(payment(paymentIn('captured')).hears('payment.found', { status: 'none' }).decision.kind).toBe('ignored');
  });

  test('an answer that comes after the payment was given up is believed: the money goes back [E22, E52]', () => {
    for (const status of ['failed', 'voided', 'expired'] as const) {
      const one = payment(paymentIn(status)).hears('payment.charge-answered', CAPTURED);
      expect(one.state).toMatchObject({ status: 'refunding', capturedCents: 89_300 });
      expect(news(one)).toEqual(['payment.captured', 'job payment.undo']);
    }
  });

  test('what is paid for an exchange says so to whom it concerns, and what is charged by Stripe is asked of Stripe', () => {
    const one = payment()
      .hears('payment.charge', { ...adasBill, owner: 'exchange' })
      .hears('payment.charge-answered', CAPTURED);
    expect(one.published('payment.confirmed')).toMatchObject([{ owner: 'exchange', status: 'captured' }]);
    expect(payment(undefined, undefined, atStripe).hears('payment.charge', adasBill).jobs).toMatchObject([
      { payload: { provider: 'stripe' } },
    ]);
    expect(payment().hears('payment.charge', adasBill).jobs[0]?.payload).not.toHaveProperty('provider');
  });
});
