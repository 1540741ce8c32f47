/**
 * The rules of an order, and of the saga that carries it: reserve, pay, confirm, dispatch, deliver; and back again when one says no.
 * The order orchestrates: it sends commands, and the answers come to it as events (models/subscriptions.ts).
 */
import { cancelTimer, type Decision, done, type Effect, ignore, type Message, publish, refuse, tell } from '../../runtime/decider.ts';
import { releaseStock, statusEvent } from './order.effects.ts';
import { accept } from './order.intake.ts';
import { address, type Deciding, type Heard, moved, type Order, type OrderSettings, type Payload } from './order.state.ts';

export const orderDecider =
  (settings: OrderSettings) =>
  (order: Order | undefined, message: Message, context: Deciding): Decision<Order> => {
    const heard = message as unknown as Heard;
    if (heard.name === 'order.accepted') return accept(order, heard.payload, context, settings);
    if (!order) return refuse('order.not-found');
    switch (heard.name) {
      case 'order.cancel':
        return cancel(order, heard.payload);
      case 'inventory.reserved':
        return reserved(order, heard.payload, context);
      case 'inventory.rejected':
        return rejected(order, heard.payload);
      case 'payment.confirmed':
        return paid(order, heard.payload);
      case 'payment.failed':
        return unpaid(order, heard.payload);
      case 'order.truck.assigned':
        return assigned(order, heard.payload);
      case 'order.truck.unassigned':
        return unassigned(order, heard.payload);
      case 'order.status.intransit':
        return inTransit(order, heard.payload);
      case 'order.delivered':
        return delivered(order, heard.payload);
      case 'saga.expire':
        return expire(order);
    }
  };

/** All or nothing: only when the last line is held does the order go on to its payment. */
const reserved = (order: Order, { stockKey }: Payload<'inventory.reserved'>, context: Deciding): Decision<Order> => {
  if (order.status !== 'pending' || !order.awaiting.includes(stockKey)) return ignore('the order has moved on');
  const awaiting = order.awaiting.filter((key) => key !== stockKey);
  const waiting = { ...order, awaiting };
  if (awaiting.length > 0) return done(waiting);
  const validated = moved(waiting, 'validated', { sagaState: 'InventoryReserved' });
  const news = statusEvent(validated, order.status);
  if (order.paymentMethod === 'cod') return done(validated, news, cancelTimer('saga.expire'));
  if (order.paymentMethod === 'account') return confirmed(validated, news);
  const paymentId = context.newId();
  const paying = moved(validated, 'payment_processing', { paymentId, sagaState: 'PaymentProcessing' });
  return done(paying, news, statusEvent(paying, 'validated'), tell('payment', paymentId, 'payment.charge', bill(paying)));
};

const bill = (order: Order) => ({
  orderKey: order.correlationId,
  orderId: order.id,
  orderNumber: order.orderNumber,
  amountCents: order.totalCents,
  currency: order.currency,
  method: order.paymentMethod,
  token: order.paymentToken,
});

const rejected = (order: Order, { stockKey, reason }: Payload<'inventory.rejected'>): Decision<Order> => {
  if (order.status === 'cancelled' || order.status === 'failed') return ignore('the order is off');
  if (order.status !== 'pending') return exceptional(order, `stock ${stockKey} said ${reason}`);
  const failed = moved(order, 'failed', { reason, sagaState: 'Failed', awaiting: [] });
  return done(failed, statusEvent(failed, order.status, reason), releaseStock(order, reason, stockKey), cancelTimer('saga.expire'));
};

/** Money for an order that is no more is given back at once. */
const paid = (order: Order, { paymentId }: Payload<'payment.confirmed'>): Decision<Order> => {
  if (order.status !== 'payment_processing' || order.paymentId !== paymentId) {
    if (order.paymentId === paymentId && ['cancelled', 'failed', 'payment_failed'].includes(order.status)) {
      return exceptional(order, 'payment confirmed too late', tell('payment', paymentId, 'payment.cancel', { reason: 'the order is off' }));
    }
    return ignore('the order is past its payment');
  }
  const confirmedPayment = moved(order, 'payment_confirmed', { sagaState: 'Paid' });
  return confirmed(confirmedPayment, statusEvent(confirmedPayment, order.status, 'Payment confirmed', `Payment ID: ${paymentId}`));
};

/**
 * The confirmations leave in this commit, before the reservations' end: mailbox order puts them before any expiry, so stock
 * cannot refuse them, and the order need not wait for an answer (docs/adr/0009).
 */
const confirmed = (order: Order, ...news: Effect[]): Decision<Order> => {
  const ready = moved(order, 'confirmed', { sagaState: 'Paid' });
  return done(
    ready,
    news,
    statusEvent(ready, order.status),
    order.stock.map(({ stockKey }) => tell('inventory', stockKey, 'inventory.confirm', address(order))),
    tell('dispatch', order.plantId, 'dispatch.request', {
      ...address(order),
      quantity: order.quantity,
      distanceMiles: order.distanceMiles,
      priority: order.priority,
      ...(order.requestedStart ? { requestedStart: order.requestedStart } : {}),
    }),
    cancelTimer('saga.expire'),
  );
};

const unpaid = (order: Order, { paymentId, failureReason }: Payload<'payment.failed'>): Decision<Order> => {
  if (order.status !== 'payment_processing' || order.paymentId !== paymentId) return ignore('the order is past this payment');
  const reason = `Payment failed: ${failureReason}`;
  const failed = moved(order, 'payment_failed', { reason: failureReason, sagaState: 'Failed' });
  return done(failed, statusEvent(failed, order.status, reason), releaseStock(order, reason), cancelTimer('saga.expire'));
};

const assigned = (order: Order, { truckId }: Payload<'order.truck.assigned'>): Decision<Order> => {
  if (order.status !== 'confirmed' && order.status !== 'validated') return ignore('the order is not waiting for a truck');
  const next = moved(order, 'assigned', { truckId, assignedFrom: order.status });
  return done(next, statusEvent(next, order.status, `Truck ${truckId}`));
};

const unassigned = (order: Order, { truckId, reason }: Payload<'order.truck.unassigned'>): Decision<Order> => {
  if (order.status !== 'assigned' || order.truckId !== truckId) return ignore('the order has not this truck');
  const back = moved(order, order.assignedFrom ?? 'confirmed', { truckId: null, assignedFrom: null });
  return done(back, statusEvent(back, order.status, reason));
};

const inTransit = (order: Order, { truckId }: Payload<'order.status.intransit'>): Decision<Order> => {
  if (order.status !== 'assigned') return ignore(`the order is ${order.status}`);
  const next = moved(order, 'shipped', { sagaState: 'Shipped' });
  return done(next, statusEvent(next, order.status, `Truck ${truckId}`));
};

const delivered = (order: Order, { truckId }: Payload<'order.delivered'>): Decision<Order> => {
  if (order.status === 'delivered' || order.status === 'completed') return ignore('it is delivered already');
  if (order.status !== 'shipped' && order.status !== 'assigned') return exceptional(order, `truck ${truckId} delivered it`);
  const next = moved(order, 'delivered', { sagaState: 'Completed' });
  return done(
    next,
    statusEvent(next, order.status, `Truck ${truckId}`),
    order.stock.map(({ stockKey }) => tell('inventory', stockKey, 'inventory.consume', address(order))),
  );
};

/** Asked by the gateway and the REPL, in any phase until something is delivered. */
const cancel = (order: Order, { reason, by, version }: Payload<'order.cancel'>): Decision<Order> => {
  if (version !== undefined && version !== order.version) return refuse('resource.changed', { version: order.version });
  if (order.status === 'delivered' || order.status === 'completed') return refuse(`order.already-${order.status}`);
  if (order.status === 'cancelled' || order.status === 'failed') return refuse(`order.already-${order.status}`);
  const next = moved(order, 'cancelled', { reason, sagaState: 'Failed', awaiting: [] });
  const off = { orderKey: order.correlationId, reason };
  return done(
    next,
    statusEvent(next, order.status, reason),
    publish('order.cancelled', {
      ...off,
      orderId: order.id,
      orderNumber: order.orderNumber,
      customerId: order.customerId,
      from: order.status,
      by,
    }),
    order.status === 'payment_failed' ? undefined : releaseStock(order, reason),
    order.paymentId ? tell('payment', order.paymentId, 'payment.cancel', { reason }) : undefined,
    ['confirmed', 'assigned', 'shipped'].includes(order.status) ? tell('dispatch', order.plantId, 'dispatch.cancel', off) : undefined,
    cancelTimer('saga.expire'),
  );
};

/** Thirty minutes after the order was placed. One that is paid by then cancelled this timer, and one that fires late finds it so. */
const expire = (order: Order): Decision<Order> => {
  const timeout = publish('order.timeout', { ...address(order), status: order.status });
  if (order.status === 'pending') {
    const failed = moved(order, 'failed', { reason: 'order.timeout', sagaState: 'Failed', awaiting: [] });
    return done(failed, timeout, statusEvent(failed, order.status, 'order.timeout'), releaseStock(order, 'order.timeout'));
  }
  if (order.status !== 'payment_processing') return ignore('it was paid in time');
  const failed = moved(order, 'payment_failed', { reason: 'order.timeout', sagaState: 'Failed' });
  const payment = order.paymentId ? tell('payment', order.paymentId, 'payment.cancel', { reason: 'order.timeout' }) : undefined;
  return done(failed, timeout, statusEvent(failed, order.status, 'order.timeout'), releaseStock(order, 'order.timeout'), payment);
};

/** News that no longer fits: recorded for the operators, never applied. */
const exceptional = (order: Order, what: string, ...effects: Effect[]): Decision<Order> =>
  ignore(what, publish('order.exception', { ...address(order), status: order.status, what }), ...effects);
