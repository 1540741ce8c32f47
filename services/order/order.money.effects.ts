/** What comes of an order's payment, and its being tried again. */
import { done, type Effect, ignore, publish, refuse, tell } from '../../runtime/decider.ts';
import { confirmed } from './order.confirming.effects.ts';
import { already, exceptional, isOver, leadsTo, reserveStock, staleFor, statusEvent } from './order.effects.ts';
import { startClock } from './order.paying.effects.ts';
import { compensate, undone } from './order.saga.effects.ts';
import { address, type Decided, type Deciding, marked, moved, type Order, type Payload } from './order.state.ts';

/** Money for an order that is no more is given back at once. */
export const paid = (order: Order, { paymentId, status }: Payload<'payment.confirmed'>, context: Deciding): Decided => {
  if (!order.paymentId) return ignore('it is not the payment of this order');
  // Money of an attempt before, that came after all: another is asked for by now.
  if (order.paymentId !== paymentId)
    return ignore('it is not the payment of this order', giveBack(paymentId, 'another payment was asked for'));
  const authorized = status === 'authorized' ? marked(order, { authorized: true }) : {};
  if (order.status === 'payment_failed' && !isCalledOff(order, paymentId)) return paidLate({ ...order, ...authorized }, context);
  if (isOff(order)) {
    return exceptional(order, context, 'payment confirmed too late', giveBack(paymentId, 'the order is off'));
  }
  if (order.status !== 'payment_processing') return ignore('the order is past its payment');
  const money = moved(order, 'payment_confirmed', { sagaState: 'Paid', ...authorized });
  return confirmed(money, context, [statusEvent(money, order.status, 'Payment confirmed', `Payment ID: ${paymentId}`)]);
};

const giveBack = (paymentId: string, reason: string) => tell('payment', paymentId, 'payment.cancel', { reason });

const isOff = ({ status }: Order): boolean => ['cancelled', 'failed', 'payment_failed'].includes(status);
/** It was told to give back whatever it takes. */
const isCalledOff = ({ compensations }: Order, paymentId: string): boolean =>
  compensations.some(({ step }) => step === `payment:${paymentId}`);

/** A late success (T5): the stock went back meanwhile, so it is asked for again, and the money goes back when there is none. */
const paidLate = (order: Order, context: Deciding): Decided => {
  const [timed, clock] = startClock(order, context);
  const awaiting = order.stock.map(({ stockKey }) => stockKey);
  const money = moved(timed, 'payment_confirmed', { sagaState: 'Created', awaiting, reason: null });
  const fresh = order.awaiting.length > 0 ? [] : reserveStock(order, timed.sagaExpiresAt as string);
  const now = order.awaiting.length > 0 ? { ...money, awaiting: order.awaiting } : money;
  return done(now, statusEvent(now, order.status, 'Payment confirmed', `Payment ID: ${order.paymentId}`), fresh, clock, reductions(order));
};

/** Parts that were called off meanwhile: a payment that had failed did not hear of them, one that had not knows each by its id. */
const reductions = ({ paymentId, marks }: Order): Effect[] =>
  (marks?.calledOff ?? []).map((reduction) => tell('payment', paymentId as string, 'payment.reduce', reduction));

export const unpaid = (order: Order, { paymentId, failureReason }: Payload<'payment.failed'>, context: Deciding): Decided => {
  const nothingTaken = undone(order, `payment:${paymentId}`, context);
  if (nothingTaken) return done(nothingTaken);
  if (order.status !== 'payment_processing' || order.paymentId !== paymentId) return ignore('the order is past this payment');
  const reason = `Payment failed: ${failureReason}`;
  const failed = moved(order, 'payment_failed', { reason: failureReason });
  const [next, undoing] = compensate(order, failed, context, { reason, unpaid: true });
  return done(next, statusEvent(next, order.status, reason), undoing);
};

/** All of it went back, or a part: only all of it answers the saga. */
export const refunded = (
  order: Order,
  { paymentId, capturedCents, refundedCents }: Payload<'payment.refunded'>,
  context: Deciding,
): Decided => {
  const whole = capturedCents === undefined || refundedCents === undefined || refundedCents >= capturedCents;
  const after = whole ? undone(order, `payment:${paymentId}`, context) : undefined;
  return after ? done(after) : ignore('the payment keeps its own books');
};

/** Let go for an order that goes on without it: a transfer that did not come in time, say. */
export const voided = (order: Order, { paymentId, reason }: Payload<'payment.voided'>, context: Deciding): Decided => {
  const after = undone(order, `payment:${paymentId}`, context);
  if (after) return done(after);
  if (order.status !== 'payment_processing' || order.paymentId !== paymentId) return ignore('the order does not wait for it');
  return unpaid(order, { orderKey: order.correlationId, paymentId, failureReason: reason ?? 'payment.expired' }, context);
};

export const collected = (order: Order, { paymentId }: Payload<'payment.cod.collected'>): Decided => {
  if (order.paymentId !== paymentId || order.marks?.collected || isOver(order)) return ignore('it is known, or too late');
  return done({ ...order, ...marked(order, { collected: true }), version: order.version + 1 });
};

/** Asked by the customer: stock is reserved anew first, and the charge follows when it is held (T5). */
export const retryPayment = (order: Order, { paymentToken, by, version }: Payload<'order.retry-payment'>, context: Deciding): Decided => {
  const stale = staleFor(order, version);
  if (stale) return stale;
  if (isOver(order)) return already(order);
  if (order.status !== 'payment_failed' || !leadsTo(order, 'payment_processing')) return refuse('order.payment-not-failed');
  if (order.awaiting.length > 0) return refuse('order.retry-under-way');
  const [timed, clock] = startClock(order, context);
  const awaiting = order.stock.map(({ stockKey }) => stockKey);
  const again = { ...timed, awaiting, paymentToken, sagaState: 'Created', version: order.version + 1, amended: true } as const;
  return done(
    again,
    publish('order.payment.retried', { ...address(order), by }),
    reserveStock(order, timed.sagaExpiresAt as string),
    clock,
  );
};
