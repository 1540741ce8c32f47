/** Money that is authorised first: reserved when the order is placed, taken when it is told to, let go when the order is off. */
import { describe, expect, test } from '@jest/globals';
import type { Attempt } from '../../services/payment/payment.decider.ts';
import {
  ADAS_PAYMENT,
  AUTHORIZE_KEY,
  AUTHORIZED,
  adasBill,
  adasRefund,
  answer,
  CAPTURED,
  capturing,
  DEAD,
  DECLINED,
  NOTHING,
  news,
  OFF,
  onDelivery,
  payment,
  paymentIn,
  RETURN,
  VOIDED,
} from './payment-cases.ts';

const CAPTURE_KEY = `pay:${ADAS_PAYMENT}:capture:1`;
const VOID_KEY = `pay:${ADAS_PAYMENT}:void:1`;

describe('a card is authorised', () => {
  test.each([
    ['where the setting says so', () => payment(undefined, undefined, onDelivery).hears('payment.charge', adasBill)],
    ['where the bill asks for it', () => payment().hears('payment.charge', { ...adasBill, capture: false })],
  ])('%s, under a key of its own [E3, E17]', (_where, ask) => {
    const one = ask();
    expect(one.state).toMatchObject({ status: 'authorizing', manual: true });
    expect(one.jobs).toMatchObject([{ type: 'payment.authorize', payload: { idempotencyKey: AUTHORIZE_KEY } }]);
    expect(one.row<Attempt>('attempt', AUTHORIZE_KEY)).toMatchObject({ operation: 'authorize', status: 'asked' });
  });

  test('then the order goes on, and nothing is taken yet', () => {
    const one = payment(paymentIn('authorizing')).hears('payment.charge-answered', AUTHORIZED);
    expect(one.state).toMatchObject({ status: 'authorized', authorizedCents: 89_300, capturedCents: 0 });
    expect(one.published('payment.confirmed')).toMatchObject([{ status: 'authorized', amountCents: 89_300 }]);
  });

  test('or is declined', () => {
    const one = payment(paymentIn('authorizing')).hears('payment.charge-answered', DECLINED);
    expect(one.state).toMatchObject({ status: 'failed', reason: 'card_declined' });
    expect(news(one)).toEqual(['payment.failed']);
  });

  test('or nobody knows: then it is looked up and let go [E22, E52]', () => {
    const one = payment(paymentIn('authorizing')).hears('payment.charge-answered', DEAD);
    expect(news(one)).toEqual(['payment.failed', 'job payment.undo']);
    expect(one.jobs[0]?.payload).toMatchObject({ chargeKey: AUTHORIZE_KEY });
    expect(one.hears('payment.undo-answered', VOIDED).state).toMatchObject({ status: 'failed', capturedCents: 0 });
  });
});

describe('what is authorised', () => {
  test('is taken when it is told to, once', () => {
    const one = payment(paymentIn('authorized')).hears('payment.capture');
    expect(one.state?.status).toBe('capturing');
    expect(one.jobs).toMatchObject([
      {
        type: 'payment.capture',
        payload: { chargeKey: AUTHORIZE_KEY, idempotencyKey: CAPTURE_KEY, providerRef: 'ch_1', amountCents: 89_300 },
      },
    ]);
    expect(one.row<Attempt>('attempt', CAPTURE_KEY)).toMatchObject({ operation: 'capture', status: 'asked' });
    expect(one.hears('payment.capture').decision).toMatchObject({ kind: 'ignored', effects: [] });
    one.hears('payment.capture-answered', CAPTURED);
    expect(one.state).toMatchObject({ status: 'captured', capturedCents: 89_300 });
    expect(news(one)).toEqual(['payment.captured']);
  });

  test('is let go when the order is off, and only once', () => {
    const one = payment(paymentIn('authorized')).hears('payment.cancel', OFF);
    expect(one.state?.status).toBe('voiding');
    expect(one.jobs).toMatchObject([{ type: 'payment.void', payload: { idempotencyKey: VOID_KEY } }]);
    expect(one.hears('payment.cancel', OFF).decision.kind).toBe('ignored');
    one.hears('payment.void-answered', VOIDED);
    expect(one.state).toMatchObject({ status: 'voided', capturedCents: 0 });
    expect(one.published('payment.voided')).toMatchObject([{ reason: 'rain' }]);
  });

  test('is given back, where it turns out to have been taken meanwhile', () => {
    const one = payment(paymentIn('voiding')).hears('payment.void-answered', answer('completed', { status: 'captured' }));
    expect(one.state).toMatchObject({ status: 'refunding', capturedCents: 89_300 });
    expect(news(one)).toEqual(['payment.captured', 'job payment.undo']);
  });

  test('is taken less the part that is off', () => {
    const one = payment(paymentIn('authorized')).hears('payment.reduce', { refundId: RETURN, amountCents: 9_300, reason: 'one less' });
    expect(one.state).toMatchObject({ amountCents: 80_000, refunds: 1 });
    expect(one.hears('payment.capture').jobs).toMatchObject([{ payload: { amountCents: 80_000 } }]);
  });

  test('is let go when all of it is off', () => {
    const one = payment(paymentIn('authorized')).hears('payment.reduce', { refundId: RETURN, amountCents: 89_300, reason: 'all less' });
    expect(news(one)).toEqual(['job payment.void']);
  });

  test('is less by what went off while it was asked for', () => {
    const rows = { refund: { [RETURN]: adasRefund({ status: 'waiting' }) } };
    const one = payment(paymentIn('authorizing', { refunds: 1, refundingCents: 9_300 }), rows).hears('payment.charge-answered', AUTHORIZED);
    expect(one.state).toMatchObject({ status: 'authorized', authorizedCents: 89_300, amountCents: 80_000, refundingCents: 0 });
    expect(one.row('refund', RETURN)).toMatchObject({ status: 'reduced' });
  });
});

describe('while it is being taken', () => {
  test('an order that is called off waits for the outcome, and gets it back', () => {
    const one = payment(capturing()).hears('payment.cancel', OFF).hears('payment.capture-answered', CAPTURED);
    expect(one.state).toMatchObject({ status: 'refunding', capturedCents: 89_300 });
    expect(news(one)).toEqual(['payment.captured', 'job payment.undo']);
  });

  test('and the outcome is lost, for an order that is off, it is looked up: given back or let go [E22, E52]', () => {
    const lost = () => payment(capturing({ undo: true, reason: 'rain' })).hears('payment.capture-answered', DEAD);
    expect(news(lost())).toEqual(['job payment.undo']);
    expect(lost().hears('payment.undo-answered', VOIDED).state?.status).toBe('voided');
    expect(lost().hears('payment.undo-answered', answer('completed', { status: 'refunded' })).state).toMatchObject({
      status: 'refunded',
      capturedCents: 89_300,
      refundedCents: 89_300,
    });
  });

  test('and the outcome is lost, it stays owed, for a person and the reconciliation to see [E42]', () => {
    const one = payment(capturing()).hears('payment.capture-answered', DEAD);
    expect(one.state).toMatchObject({ status: 'capturing', reason: 'no answer' });
    expect(one.published('payment.stuck')).toMatchObject([{ operation: 'capture', reason: 'no answer' }]);
    expect(news(one.hears('payment.found', { status: 'authorized' }))).toEqual(['job payment.capture']);
    expect(news(one.hears('payment.found', { status: 'captured' }))).toEqual(['payment.captured']);
  });

  test.each([DECLINED, NOTHING, answer('completed', { status: 'voided' })])('and the provider will not, the payment has failed', (no) => {
    const one = payment(capturing()).hears('payment.capture-answered', no);
    expect(one.state).toMatchObject({ status: 'failed', capturedCents: 0 });
    expect(news(one)).toEqual(['payment.failed']);
  });

  test('the provider’s report is the same news', () => {
    const one = payment(capturing()).hears('payment.reported', { outcome: 'captured', eventId: 'evt_1', providerRef: 'pi_1' });
    expect(one.state).toMatchObject({ status: 'captured', providerRef: 'pi_1' });
    expect(one.hears('payment.capture-answered', CAPTURED).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('letting go that is not answered', () => {
  test('stays under attention until it is made again [E22]', () => {
    const one = payment(paymentIn('voiding')).hears('payment.void-answered', DEAD);
    expect(one.state).toMatchObject({ status: 'voiding', reason: 'no answer' });
    expect(one.published('payment.stuck')).toMatchObject([{ operation: 'void' }]);
    expect(one.hears('payment.void-answered', VOIDED).state?.status).toBe('voided');
  });

  test.each([
    ['voided', 'voided', ['payment.voided']],
    ['none', 'voided', ['payment.voided']],
    ['authorized', 'voiding', ['job payment.void']],
    ['captured', 'refunding', ['payment.captured', 'job payment.undo']],
  ])('and found %s is %s', (status, after, said) => {
    const one = payment(paymentIn('voiding')).hears('payment.found', { status });
    expect(one.state?.status).toBe(after);
    expect(news(one)).toEqual(said);
  });
});
