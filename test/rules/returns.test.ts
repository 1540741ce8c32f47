/** A return goes from the asking to the money: goods back on the shelf or written off, money back once. */
import { describe, expect, test } from '@jest/globals';
import type { Return } from '../../services/returns/return.decider.ts';
import type { ReturnFacts } from '../../services/returns/returns.state.ts';
import { given, minutesLater, said, sentBy, uuid } from '../support/given.ts';
import {
  ADA,
  ADAS_PAYMENT,
  askForReturn,
  CEMENT,
  CONCRETE,
  cashDue,
  cementLine,
  concreteLine,
  nothingPaid,
  paidFacts,
  RETURN,
  returnIn,
  returnRules,
} from './returns-cases.ts';

const one = (state?: Return, facts: ReturnFacts = paidFacts()) => given(returnRules, { key: RETURN, state, facts });
const asked = () => one().hears('return.request', askForReturn);

describe('a return that is asked for [B27]', () => {
  test('is written down, and heard of by nobody until the order has booked it', () => {
    const request = asked();
    expect(request.state).toMatchObject({ status: 'requested', booked: false, refundCents: 0 });
    expect(request.decision.effects.map(({ kind }) => kind)).toEqual(['setTimer']);
    request.hears('return.booked');
    expect(request.published('order.return.requested')).toMatchObject([
      {
        id: RETURN,
        orderKey: ADA,
        orderId: '1',
        reason: 'too grey',
        lines: [
          { itemId: '11', sku: 'CONCRETE-C25', stockKey: CONCRETE, quantity: 2 },
          { itemId: '12', sku: 'CEMENT-25KG', stockKey: CEMENT, quantity: 1 },
        ],
      },
    ]);
    expect(request.timers).toEqual({ 'return.lapse': null });
  });

  test('knows its order’s payment of the moment it was booked: a COD order has none before it is confirmed [B11]', () => {
    const early = one().hears('return.request', { ...askForReturn, paymentId: null });
    expect(early.hears('return.booked', { paymentId: ADAS_PAYMENT }).state).toMatchObject({ booked: true, paymentId: ADAS_PAYMENT });
    expect(asked().hears('return.booked').state).toMatchObject({ paymentId: ADAS_PAYMENT });
  });

  test('stands in its order’s own history, whoever asked', () => {
    for (const effect of asked().hears('return.booked').decision.effects) {
      expect(effect).toMatchObject({ trace: { correlationId: ADA } });
    }
  });

  test('that the order would not have is rejected with the order’s reason, and nobody is told', () => {
    const refused = asked().hears('return.refused', { code: 'return.window-passed' });
    expect(refused.state).toMatchObject({ status: 'rejected', note: 'return.window-passed' });
    expect(refused.published('order.return.rejected')).toEqual([]);
  });

  test('whose booking nobody confirms lapses after two minutes, and the order drops a booking it may have', () => {
    expect(asked().timers).toEqual({ 'return.lapse': minutesLater(2) });
    const lapsed = asked().hears('return.lapse');
    expect(lapsed.state).toMatchObject({ status: 'rejected', note: 'return.lapsed' });
    expect(lapsed.published('order.return.rejected')).toMatchObject([{ id: RETURN, orderKey: ADA }]);
    lapsed.hears('return.booked');
    expect(lapsed.refusal).toBe('return.lapsed');
    expect(lapsed.published('order.return.rejected')).toHaveLength(1);
  });

  test('twice is one: asking again changes nothing, and the timer of one that is booked finds nothing to do', () => {
    const twice = asked().hears('return.request', askForReturn);
    expect(twice.decision).toMatchObject({ kind: 'ignored', effects: [] });
    twice.hears('return.booked').hears('return.lapse');
    expect(twice.decision).toMatchObject({ kind: 'ignored', effects: [] });
    expect(twice.state?.status).toBe('requested');
  });

  test('cannot be approved before it is booked', () => {
    expect(asked().hears('return.approve').refusal).toBe('return.not-booked');
  });
});

describe('a return is decided by people [B27]', () => {
  test('approved: the warehouse hears what will come', () => {
    const approved = one(returnIn('requested')).hears('return.approve', { version: 3 });
    expect(approved.state).toMatchObject({ status: 'approved', version: 4 });
    expect(approved.published('order.return.approved')).toMatchObject([{ lines: [{ quantity: 2 }, { quantity: 1 }] }]);
  });

  test('rejected: with the reason, and for good', () => {
    const rejected = one(returnIn('requested')).hears('return.reject', { reason: 'used' });
    expect(rejected.published('order.return.rejected')).toMatchObject([{ id: RETURN, reason: 'used' }]);
    expect(rejected.hears('return.approve').refusal).toBe('return.wrong-status');
  });

  test.each(['requested', 'approved'] as const)('called off while it is %s, the order may send the goods back again', (status) => {
    const off = one(returnIn(status)).hears('return.cancel');
    expect(off.state?.status).toBe('cancelled');
    expect(off.published('order.return.rejected')).toMatchObject([{ id: RETURN, cancelled: true }]);
  });

  test.each(['received', 'inspected', 'completed', 'rejected'] as const)('one that is %s cannot be called off', (status) => {
    expect(one(returnIn(status)).hears('return.cancel').refusal).toBe('return.wrong-status');
  });

  test('on the strength of an older version it is not decided', () => {
    expect(one(returnIn('requested')).hears('return.approve', { version: 2 }).refusal).toBe('resource.changed');
  });

  test('approved twice is approved once', () => {
    expect(one(returnIn('approved')).hears('return.approve').decision).toMatchObject({ kind: 'ignored', effects: [] });
  });
});

describe('what came back is looked at [B27]', () => {
  test('received without a word on its condition it waits for the inspection', () => {
    const received = one(returnIn('approved')).hears('return.receive');
    expect(received.state?.status).toBe('received');
    expect(received.told).toEqual([]);
    expect(received.hears('return.receive').decision.kind).toBe('ignored');
  });

  test('what passes goes back on the shelf, product by product, once', () => {
    const passed = one(returnIn('approved')).hears('return.receive', { condition: 'ok' });
    expect(passed.state?.status).toBe('inspected');
    expect(passed.tells('inventory.take-back')).toMatchObject([
      { key: CONCRETE, payload: { orderId: '1', returnId: RETURN, quantity: 2, restock: true } },
      { key: CEMENT, payload: { orderId: '1', returnId: RETURN, quantity: 1, restock: true } },
    ]);
    expect(passed.hears('return.inspect', { condition: 'ok' }).told).toEqual([]);
  });

  test('what fails is written off, and changes no stock that is for sale', () => {
    const failed = one(returnIn('received')).hears('return.inspect', { condition: 'damaged' });
    expect(failed.tells('inventory.take-back').map(({ payload }) => payload)).toMatchObject([{ restock: false }, { restock: false }]);
  });

  test('where some of a product came whole and some broken, stock takes back both, under two ids', () => {
    const lines = [concreteLine, { ...concreteLine, itemId: '13', quantity: 5 }].map((line) => ({
      ...line,
      received: null,
      condition: null,
      refund: true,
    }));
    const mixed = one(returnIn('approved', { lines })).hears('return.receive', {
      condition: 'ok',
      lines: [{ itemId: '13', quantity: 4, condition: 'damaged' }],
    });
    expect(mixed.tells('inventory.take-back').map(({ payload }) => payload)).toMatchObject([
      { returnId: RETURN, quantity: 2, restock: true },
      { returnId: uuid(9_001), quantity: 4, restock: false },
    ]);
  });

  test('more than was sent back, or another item, cannot come', () => {
    const tooMany = one(returnIn('approved')).hears('return.receive', { lines: [{ itemId: '11', quantity: 3 }] });
    expect(tooMany.refusal).toBe('return.too-many');
    const other = one(returnIn('approved')).hears('return.receive', { lines: [{ itemId: '99' }] });
    expect(other.refusal).toBe('return.unknown-item');
  });
});

describe('a completed return pays back once [B27]', () => {
  const refunds = (done: ReturnType<typeof one>) => done.tells().filter(({ actor }) => actor === 'payment');

  test('what came, at the prices that were paid, under the return’s own id', () => {
    const done = one(returnIn('inspected')).hears('return.complete');
    expect(refunds(done)).toMatchObject([
      { key: ADAS_PAYMENT, name: 'payment.refund', payload: { refundId: RETURN, amountCents: 2 * 14_500 + 1_150 } },
    ]);
    expect(done.published('order.return.completed')).toMatchObject([
      { id: RETURN, refundCents: 30_150, lines: [{ itemId: '11', quantity: 2, condition: 'ok' }, { itemId: '12' }] },
    ]);
    expect(refunds(done.hears('return.complete'))).toEqual([]);
  });

  test('completed without a word on its condition it has passed', () => {
    const done = one(returnIn('received')).hears('return.complete');
    expect(done.state?.status).toBe('completed');
    expect(done.told).toEqual(['inventory inventory.take-back', 'inventory inventory.take-back', 'payment payment.refund']);
  });

  test('lines that did not come, or that were refused, are not paid back', () => {
    const found = {
      condition: 'ok',
      lines: [
        { itemId: '11', quantity: 1 },
        { itemId: '12', refund: false },
      ],
    };
    const done = one(returnIn('approved')).hears('return.receive', found).hears('return.complete');
    expect(refunds(done)).toMatchObject([{ payload: { amountCents: 14_500 } }]);
  });

  test('never more than is left of the payment', () => {
    const done = one(returnIn('inspected'), paidFacts('partially_refunded', 700)).hears('return.complete');
    expect(refunds(done)).toMatchObject([{ payload: { amountCents: 700 } }]);
    expect(refunds(one(returnIn('inspected'), paidFacts('refunded', 0)).hears('return.complete'))).toEqual([]);
  });

  test.each(['authorized', 'cod_due'])('what is only %s becomes less instead', (status) => {
    const done = one(returnIn('inspected'), paidFacts(status)).hears('return.complete');
    expect(refunds(done)).toMatchObject([{ name: 'payment.reduce', payload: { refundId: RETURN, amountCents: 30_150 } }]);
  });

  test('cash that was collected is down as due, for people to give back', () => {
    const done = one(returnIn('inspected', { paymentMethod: 'cod' }), paidFacts('cod_collected')).hears('return.complete');
    expect(refunds(done)).toEqual([]);
    expect(done.state).toMatchObject({ status: 'completed', refundState: 'due', refundCents: 30_150 });
    expect(done.published('order.return.completed')).toMatchObject([{ refundState: 'due', refundCents: 30_150 }]);
  });

  test('cash that was handed over is booked once on the payment, under the return’s own id', () => {
    const due = one(returnIn('completed', cashDue), paidFacts('cod_collected')).hears('return.paid-out', { version: 3 });
    expect(due.state).toMatchObject({ status: 'completed', refundState: 'asked', refundCents: 17_500 });
    const booked = { refundId: RETURN, amountCents: 17_500, reason: 'too grey' };
    expect(due.tells()).toMatchObject([{ actor: 'payment', key: ADAS_PAYMENT, name: 'payment.reduce', payload: booked }]);
    expect(due.hears('return.paid-out').decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('the payment is told who said that the cash was handed over', () => {
    const message = said('return', RETURN, 'return.paid-out', {});
    const { context } = one();
    const byHer = { ...message, headers: { ...message.headers, by: 'the office' } };
    const [told] = sentBy(returnRules.decide(returnIn('completed', cashDue), byHer, context).effects);
    expect(told?.payload).toMatchObject({ refundId: RETURN, by: 'the office' });
  });

  test('cash is paid out only where it is due, and as it stood when somebody looked', () => {
    expect(one(returnIn('inspected', { paymentMethod: 'cod' })).hears('return.paid-out').refusal).toBe('return.wrong-status');
    expect(one(returnIn('completed')).hears('return.paid-out').refusal).toBe('return.wrong-status');
    expect(one(returnIn('completed', cashDue)).hears('return.paid-out', { version: 2 }).refusal).toBe('resource.changed');
  });

  test.each([
    ['on account', returnIn('inspected', { paymentMethod: 'account', paymentId: null }), nothingPaid],
    ['whose payment failed', returnIn('inspected'), paidFacts('failed', 0)],
  ])('an order %s gets nothing back', (_what, state, facts) => {
    const done = one(state, facts).hears('return.complete');
    expect(refunds(done)).toEqual([]);
    expect(done.state).toMatchObject({ status: 'completed', refundState: 'none', refundCents: 0 });
  });

  test('one that never came is completed for nobody', () => {
    expect(one(returnIn('approved')).hears('return.complete').refusal).toBe('return.wrong-status');
  });

  test('the event leaves out what did not come', () => {
    const found = { condition: 'ok', lines: [{ itemId: '11', quantity: 0 }] };
    const done = one(returnIn('approved')).hears('return.receive', found).hears('return.complete');
    const [event] = done.published('order.return.completed');
    expect(event?.lines).toMatchObject([{ itemId: cementLine.itemId, quantity: 1 }]);
  });
});
