/** A payment is charged, by a job or by a bank: its outcome is heard once, whoever tells it first. */
import { describe, expect, test } from '@jest/globals';
import type { Attempt, Payment } from '../../services/payment/payment.decider.ts';
import { ADAS_PAYMENT, adasBill, adasPaymentIn, CHARGE_KEY, paymentRules } from '../support/examples.ts';
import { given } from '../support/given.ts';

const payment = (state?: Payment) => given(paymentRules, { key: ADAS_PAYMENT, state });
const answered = (result: object | null, outcome: 'completed' | 'dead' = 'completed') => ({
  jobId: '7',
  outcome,
  result,
  error: outcome === 'dead' ? 'no answer' : null,
});
const CAPTURED = answered({ status: 'captured', providerRef: 'ch_1' });
const DECLINED = answered({ status: 'declined', reason: 'card_declined' });
const DEAD = answered(null, 'dead');
const reported = (outcome: 'captured' | 'failed', reason?: string) => ({
  outcome,
  eventId: 'evt_1',
  ...(reason ? { reason } : {}),
});
const attempt = (one: ReturnType<typeof payment>) => one.row<Attempt>('attempt', CHARGE_KEY);
const news = (one: ReturnType<typeof payment>) =>
  one.decision.effects.flatMap((effect) =>
    effect.kind === 'publish' ? [effect.type] : effect.kind === 'enqueue' ? [`job ${effect.type}`] : [],
  );

describe('a card is charged', () => {
  test('by a job, under a key that is stored before the call', () => {
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

  test('captured: the order hears of it, with the provider’s reference', () => {
    const one = payment(adasPaymentIn('capturing')).hears('payment.charge-answered', CAPTURED);
    expect(one.state).toMatchObject({
      status: 'captured',
      capturedCents: 89_300,
      refundedCents: 0,
      providerRef: 'ch_1',
    });
    expect(one.published('payment.confirmed')).toMatchObject([{ paymentId: ADAS_PAYMENT, amountCents: 89_300, providerRef: 'ch_1' }]);
    expect(attempt(one)).toMatchObject({ status: 'captured', providerRef: 'ch_1' });
  });

  test('declined: the order hears why, and nothing is tried again', () => {
    const one = payment(adasPaymentIn('capturing')).hears('payment.charge-answered', DECLINED);
    expect(one.state).toMatchObject({ status: 'failed', reason: 'card_declined', capturedCents: 0 });
    expect(one.published('payment.failed')).toMatchObject([{ failureReason: 'card_declined' }]);
    expect(one.jobs).toEqual([]);
    expect(attempt(one)?.status).toBe('declined');
  });

  test('when nobody knows its outcome the order goes on without it, and what was taken is to go back', () => {
    const one = payment(adasPaymentIn('capturing')).hears('payment.charge-answered', DEAD);
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

  test('the key of a charge never changes, whatever becomes of it', () => {
    const keys = [CAPTURED, DECLINED, DEAD].map((answer) => {
      const one = payment().hears('payment.charge', adasBill);
      const asked = one.jobs[0]?.payload.idempotencyKey;
      one.hears('payment.charge-answered', answer).hears('payment.cancel', { reason: 'rain' });
      return [asked, ...one.jobs.map(({ payload }) => payload.chargeKey), ...(one.context.rows.written.get('attempt')?.keys() ?? [])];
    });
    expect(new Set(keys.flat())).toEqual(new Set([CHARGE_KEY]));
  });
});

describe('a transfer', () => {
  const bill = { ...adasBill, method: 'transfer' };

  test('waits for the bank: nobody is called', () => {
    const one = payment().hears('payment.charge', bill);
    expect(one.state?.status).toBe('created');
    expect(one.decision.effects).toEqual([]);
  });

  test('that arrives is captured', () => {
    const one = payment().hears('payment.charge', bill).hears('payment.reported', reported('captured'));
    expect(one.state).toMatchObject({ status: 'captured', capturedCents: 89_300 });
    expect(news(one)).toEqual(['payment.confirmed']);
  });

  test('that bounces has failed, with the bank’s reason or its own', () => {
    const bounced = (reason?: string) => payment(adasPaymentIn('created')).hears('payment.reported', reported('failed', reason));
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
    const one = payment(adasPaymentIn('capturing'));
    const heard = names.map((name) => news(one.hears(name, name === 'payment.reported' ? reported('captured') : CAPTURED)));
    expect(heard).toEqual([['payment.confirmed'], []]);
    expect(one.state).toMatchObject({ status: 'captured', capturedCents: 89_300 });
  });

  test('once it is captured, a report that it failed is not believed', () => {
    const one = payment(adasPaymentIn('captured')).hears('payment.reported', reported('failed', 'no funds'));
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('a failure told twice is one failure', () => {
    const one = payment(adasPaymentIn('capturing'))
      .hears('payment.reported', reported('failed', 'no funds'))
      .hears('payment.charge-answered', DECLINED);
    expect(one.decision).toMatchObject({ kind: 'ignored', effects: [] });
    expect(one.state?.reason).toBe('no funds');
  });

  test.each(['payment.cancel', 'payment.charge-answered', 'payment.refund-answered', 'payment.reported'])(
    '%s of a payment that is not there is refused',
    (name) => {
      const payload =
        { 'payment.cancel': { reason: 'rain' }, 'payment.reported': reported('captured') }[name] ?? answered({ status: 'none' });
      expect(payment().hears(name, name === 'payment.refund-answered' ? answered({ status: 'refunded' }) : payload).refusal).toBe(
        'payment.not-found',
      );
    },
  );
});
