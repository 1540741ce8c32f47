/** An exchange: goods come back, others go out, and the difference is settled. */
import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../services/returns/exchange.state.ts';
import type { ReturnFacts } from '../../services/returns/returns.state.ts';
import { given, minutesLater, uuid } from '../support/given.ts';
import {
  ADA,
  ADAS_PAYMENT,
  askForExchange,
  bags,
  CEMENT,
  CONCRETE,
  cashDue,
  DIFFERENCE,
  EXCHANGE,
  exchangeIn,
  exchangeRules,
  HOLD_MINUTES,
  PARCEL,
  paidFacts,
} from './returns-cases.ts';

const one = (state?: Exchange, facts: ReturnFacts = paidFacts()) => given(exchangeRules, { key: EXCHANGE, state, facts });
const owned = { orderKey: EXCHANGE, owner: 'exchange' };
const held = (stockKey = CEMENT) => ({ ...owned, stockKey, quantity: 60 });
const FIRST_ID = uuid(9_001);

/** Asked for, booked and approved; then its cement is held. */
const approved = (ask: object = askForExchange) => one().hears('exchange.request', ask).hears('exchange.booked').hears('exchange.approve');
const cheaper = { ...askForExchange, replacements: [bags(10)] };

describe('an exchange that is asked for [B28]', () => {
  test('knows what the replacement costs more, by the catalogue of the day', () => {
    const asked = one().hears('exchange.request', askForExchange);
    expect(asked.state).toMatchObject({ status: 'requested', booked: false, differenceCents: 60 * 1_150 - 2 * 14_500 });
    expect(asked.timers).toEqual({ 'exchange.lapse': minutesLater(2) });
    asked.hears('exchange.booked');
    expect(asked.published('order.exchange.requested')).toMatchObject([
      { id: EXCHANGE, orderKey: ADA, differenceCents: 40_000, lines: [{ itemId: '11', quantity: 2 }], replacements: [{ quantity: 60 }] },
    ]);
  });

  test('approved, it holds its replacement back in its own name', () => {
    const exchange = approved();
    expect(exchange.published('order.exchange.approved')).toMatchObject([{ id: EXCHANGE, orderKey: ADA }]);
    expect(exchange.tells('inventory.reserve')).toMatchObject([
      { key: CEMENT, payload: { ...owned, orderId: '1', quantity: 60, until: minutesLater(HOLD_MINUTES).toISOString() } },
    ]);
  });

  test('rejected or called off, the order is told, and what is held and charged is undone', () => {
    const rejected = one(exchangeIn('requested')).hears('exchange.reject', { reason: 'used' });
    expect(rejected.published('order.exchange.rejected')).toMatchObject([{ id: EXCHANGE, orderKey: ADA, reason: 'used' }]);
    const paying = exchangeIn('approved', { supply: 'paying', awaiting: [], chargeId: DIFFERENCE });
    const off = one(paying).hears('exchange.cancel');
    expect(off.told).toEqual(['inventory inventory.release', 'payment payment.cancel']);
    expect(off.published('order.exchange.rejected')).toMatchObject([{ cancelled: true }]);
  });

  test('whose booking nobody confirms lapses', () => {
    const lapsed = one().hears('exchange.request', askForExchange).hears('exchange.lapse');
    expect(lapsed.state).toMatchObject({ status: 'rejected', note: 'return.lapsed' });
    expect(lapsed.published('order.exchange.rejected')).toHaveLength(1);
  });
});

describe('the difference of an exchange [B28]', () => {
  test('is charged in the exchange’s name when all is held, and the hold lasts when it is paid', () => {
    const exchange = approved().hears('inventory.reserved', held());
    expect(exchange.tells('payment.charge')).toMatchObject([
      { key: FIRST_ID, payload: { ...owned, orderId: '1', amountCents: 40_000, currency: 'USD', method: 'card', token: 'tok_ok' } },
    ]);
    exchange.hears('payment.confirmed', { ...owned, paymentId: FIRST_ID, status: 'captured' });
    expect(exchange.state).toMatchObject({ supply: 'ready', paid: true });
    expect(exchange.told).toEqual(['inventory inventory.confirm']);
  });

  test('that is none or negative is not charged', () => {
    const exchange = approved(cheaper).hears('inventory.reserved', { ...held(), quantity: 10 });
    expect(exchange.state).toMatchObject({ supply: 'ready', chargeId: null });
    expect(exchange.told).toEqual(['inventory inventory.confirm']);
  });

  test('on account is not charged, and at the door it is down as cash', () => {
    const account = approved({ ...askForExchange, paymentMethod: 'account', paymentId: null }).hears('inventory.reserved', held());
    expect(account.told).toEqual(['inventory inventory.confirm']);
    const cod = approved({ ...askForExchange, paymentMethod: 'cod' }).hears('inventory.reserved', held());
    expect(cod.told).toEqual(['payment payment.charge', 'inventory inventory.confirm']);
    expect(cod.state?.supply).toBe('ready');
  });

  test('declined, the stock is let go; with another card it is tried again', () => {
    const exchange = approved().hears('inventory.reserved', held());
    exchange.hears('payment.failed', { ...owned, paymentId: FIRST_ID, failureReason: 'card_declined' });
    expect(exchange.state).toMatchObject({ status: 'approved', supply: 'unpaid', supplyReason: 'card_declined' });
    expect(exchange.told).toEqual(['inventory inventory.release']);
    exchange.hears('exchange.retry', { paymentToken: 'tok_other' });
    expect(exchange.told).toEqual(['inventory inventory.reserve']);
    exchange.hears('inventory.reserved', held());
    expect(exchange.tells('payment.charge')).toMatchObject([{ payload: { token: 'tok_other' } }]);
  });

  test('in the customer’s favour goes back at the end, once, under the exchange’s id', () => {
    const shipped = exchangeIn('replacement_shipped', { differenceCents: -17_500, chargeId: null, paid: false });
    const done = one(shipped).hears('order.delivered', { ...owned, fulfillmentId: PARCEL, deliveredAt: minutesLater(9).toISOString() });
    expect(done.tells('payment.refund')).toMatchObject([{ key: ADAS_PAYMENT, payload: { refundId: EXCHANGE, amountCents: 17_500 } }]);
    expect(done.hears('exchange.complete').decision.kind).toBe('ignored');
  });

  test('that is still being paid when it is tried again is not charged beside it', () => {
    const exchange = approved()
      .hears('inventory.reserved', held())
      .hears('inventory.reservation.expired', { ...owned, stockKey: CEMENT });
    exchange.hears('exchange.retry').hears('inventory.reserved', held());
    expect(exchange.told).toEqual([]);
    expect(exchange.hears('payment.confirmed', { ...owned, paymentId: FIRST_ID }).state?.supply).toBe('ready');
  });

  test('that was paid already is not charged again when the hold has lapsed meanwhile', () => {
    const exchange = approved()
      .hears('inventory.reserved', held())
      .hears('inventory.reservation.expired', { ...owned, stockKey: CEMENT });
    expect(exchange.state).toMatchObject({ supply: 'short', supplyReason: 'inventory.reservation-lapsed' });
    exchange
      .hears('payment.confirmed', { ...owned, paymentId: FIRST_ID })
      .hears('exchange.retry')
      .hears('inventory.reserved', held());
    expect(exchange.told).toEqual(['inventory inventory.confirm']);
  });
});

describe('an exchange without stock [B28]', () => {
  const two = { ...askForExchange, replacements: [bags(60), { ...bags(1), sku: 'CONCRETE-C25', stockKey: CONCRETE }] };
  const short = () =>
    approved(two)
      .hears('inventory.reserved', held(CONCRETE))
      .hears('inventory.rejected', { ...owned, stockKey: CEMENT, reason: 'inventory.short' });

  test('stays approved with the reason, and lets go what it holds', () => {
    const exchange = short();
    expect(exchange.state).toMatchObject({ status: 'approved', supply: 'short', supplyReason: 'inventory.short' });
    expect(exchange.told).toEqual(['inventory inventory.release', 'inventory inventory.release']);
    expect(exchange.hears('inventory.reserved', held(CEMENT)).decision).toMatchObject({ kind: 'ignored', effects: [] });
  });

  test('is tried again when somebody says so', () => {
    expect(short().hears('exchange.retry').told).toEqual(['inventory inventory.reserve', 'inventory inventory.reserve']);
    expect(approved().hears('exchange.retry').refusal).toBe('exchange.nothing-to-retry');
  });

  test('waits where the stock may be short, and says for what', () => {
    const waiting = approved().hears('inventory.backordered', { ...owned, stockKey: CEMENT });
    expect(waiting.state).toMatchObject({ supply: 'reserving', supplyReason: 'inventory.backordered' });
    expect(waiting.hears('inventory.reserved', held()).told).toEqual(['payment payment.charge']);
  });

  test('goes on as a return under the same id, so that the order’s booking stands', () => {
    const turned = short().hears('exchange.to-return');
    expect(turned.state).toMatchObject({ status: 'cancelled', note: 'it goes on as a return' });
    expect(turned.tells('return.take-over')).toMatchObject([
      { actor: 'return', key: EXCHANGE, payload: { status: 'approved', orderKey: ADA } },
    ]);
    expect(turned.published('order.exchange.rejected')).toEqual([]);
  });

  test('turned into a return after its goods came, they are not taken back twice', () => {
    const turned = one(exchangeIn('received', { supply: 'short', fulfillmentId: null })).hears('exchange.to-return');
    expect(turned.tells('return.take-over')).toMatchObject([
      { payload: { status: 'inspected', lines: [{ received: 2, condition: 'ok' }] } },
    ]);
    expect(turned.tells('payment.cancel')).toHaveLength(1);
    expect(turned.tells('inventory.take-back')).toEqual([]);
  });
});

describe('the replacement of an exchange [B28]', () => {
  const ready = () => one(exchangeIn('approved', { supply: 'ready', awaiting: [], chargeId: DIFFERENCE, paid: true }));

  test('goes out when the goods are back, in the exchange’s name', () => {
    const received = ready().hears('exchange.receive', { condition: 'damaged' });
    expect(received.tells('inventory.take-back')).toMatchObject([
      { key: CONCRETE, payload: { returnId: EXCHANGE, quantity: 2, restock: false } },
    ]);
    expect(received.tells('fulfillment.create')).toMatchObject([
      {
        actor: 'fulfillment',
        key: FIRST_ID,
        payload: {
          ...owned,
          locationId: 'north',
          customerId: 'ada',
          address: { city: 'Faenza' },
          lines: [{ sku: 'CEMENT-25KG', quantity: 60 }],
        },
      },
    ]);
  });

  test('waits for its stock when the goods are back first', () => {
    const exchange = approved(cheaper).hears('exchange.receive');
    expect(exchange.tells('fulfillment.create')).toEqual([]);
    exchange.hears('inventory.reserved', { ...held(), quantity: 10 });
    expect(exchange.told).toEqual(['inventory inventory.confirm', 'fulfillment fulfillment.create']);
  });

  test('shipped, then delivered: its stock is consumed and the exchange is completed', () => {
    const exchange = one(exchangeIn('received'));
    exchange.hears('order.shipped', { ...owned, fulfillmentId: PARCEL, carrier: 'sandbox', trackingNo: 'SBX1' });
    expect(exchange.state).toMatchObject({ status: 'replacement_shipped', carrier: 'sandbox', trackingNo: 'SBX1' });
    exchange.hears('order.delivered', { ...owned, fulfillmentId: PARCEL, deliveredAt: minutesLater(9).toISOString() });
    expect(exchange.state?.status).toBe('completed');
    expect(exchange.told).toEqual(['inventory inventory.consume', 'payment payment.capture']);
    expect(exchange.published('order.exchange.completed')).toMatchObject([
      { id: EXCHANGE, orderKey: ADA, lines: [{ itemId: '11', quantity: 2 }] },
    ]);
  });

  test('whose cash was due and is handed over is booked once on the order’s payment, under the exchange’s own id', () => {
    const due = one(exchangeIn('completed', cashDue)).hears('exchange.paid-out');
    expect(due.state).toMatchObject({ status: 'completed', refundState: 'asked' });
    const booked = { refundId: EXCHANGE, amountCents: 17_500 };
    expect(due.tells()).toMatchObject([{ actor: 'payment', key: ADAS_PAYMENT, name: 'payment.reduce', payload: booked }]);
    expect(due.hears('exchange.paid-out').decision).toMatchObject({ kind: 'ignored', effects: [] });
    expect(one(exchangeIn('completed')).hears('exchange.paid-out').refusal).toBe('exchange.wrong-status');
  });

  test('of another exchange, or told twice, is let pass', () => {
    const other = one(exchangeIn('received')).hears('order.shipped', { ...owned, fulfillmentId: uuid(7) });
    expect(other.decision.kind).toBe('ignored');
    const twice = one(exchangeIn('replacement_shipped')).hears('order.shipped', { ...owned, fulfillmentId: PARCEL });
    expect(twice.decision.kind).toBe('ignored');
  });

  test('that is called off is sent anew when somebody tries again', () => {
    const exchange = one(exchangeIn('received')).hears('fulfillment.status_changed', { ...owned, fulfillmentId: PARCEL, to: 'cancelled' });
    expect(exchange.state).toMatchObject({ fulfillmentId: null, supplyReason: 'fulfillment.cancelled' });
    expect(exchange.hears('exchange.retry').told).toEqual(['fulfillment fulfillment.create']);
  });

  test('whose stock turns out not to be held is called back', () => {
    const exchange = one(exchangeIn('received')).hears('inventory.rejected', {
      ...owned,
      stockKey: CEMENT,
      reason: 'inventory.reservation-lapsed',
    });
    expect(exchange.told).toEqual(['inventory inventory.release', 'fulfillment fulfillment.cancel']);
  });

  test('is for all that comes back: who sends less gets a return', () => {
    const less = ready().hears('exchange.receive', { lines: [{ itemId: '11', quantity: 1 }] });
    expect(less.refusal).toBe('exchange.incomplete');
  });
});
