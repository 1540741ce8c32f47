/**
 * The rules of an order, and of the saga that carries it: reserve, pay, confirm, dispatch, deliver; and back again when one says no.
 * The order orchestrates: it sends commands, and the answers come to it as events (models/subscriptions.ts). Which rule stands where:
 * order.intake.ts, and order.<stock, paying, money, confirming, delivery, holds, off, returns>.effects.ts; order.saga.effects.ts is how it is all undone.
 */
import { type Context, type Message, refuse } from '../../runtime/decider.ts';
import { autoComplete, complete, confirm } from './order.confirming.effects.ts';
import { assigned, delivered, fulfillmentStopped, inTransit, loadDelivered, prove, shipped, unassigned } from './order.delivery.effects.ts';
import { hold, releaseHold } from './order.holds.effects.ts';
import { accept } from './order.intake.ts';
import { collected, paid, refunded, retryPayment, unpaid, voided } from './order.money.effects.ts';
import { autoCancel, cancel, cancelItem, expire } from './order.off.effects.ts';
import { cameBack, sendBack, stays } from './order.returns.effects.ts';
import type { Decided, Deciding, Heard, Order, OrderFacts, OrderSettings } from './order.state.ts';
import { backordered, ranOut, rejected, released, reserved } from './order.stock.effects.ts';

export const orderDecider =
  (settings: OrderSettings) =>
  (order: Order | undefined, message: Message, given: Context<OrderFacts>): Decided => {
    const heard = message as unknown as Heard;
    const context: Deciding = { ...given, settings };
    if (heard.name === 'order.accepted') return accept(order, heard.payload, context);
    return order ? decide(order, heard, context) : refuse('order.not-found');
  };

const decide = (order: Order, heard: Exclude<Heard, { name: 'order.accepted' }>, context: Deciding): Decided => {
  switch (heard.name) {
    case 'order.cancel':
      return cancel(order, heard.payload, context);
    case 'order.cancel-item':
      return cancelItem(order, heard.payload, context);
    case 'order.confirm':
      return confirm(order, heard.payload, context);
    case 'order.prove-delivery':
      return prove(order, heard.payload, context);
    case 'order.retry-payment':
      return retryPayment(order, heard.payload, context);
    case 'order.hold':
      return hold(order, heard.payload, context);
    case 'order.release-hold':
      return releaseHold(order, heard.payload, context);
    case 'order.complete':
      return complete(order, heard.payload);
    case 'order.auto-cancel':
      return autoCancel(order, context);
    case 'order.auto-complete':
      return autoComplete(order, context);
    case 'order.send-back':
      return sendBack(order, heard.payload, context);
    case 'inventory.reserved':
      return reserved(order, heard.payload, context);
    case 'inventory.rejected':
      return rejected(order, heard.payload, context);
    case 'inventory.backordered':
      return backordered(order, heard.payload);
    case 'inventory.reservation.released':
      return released(order, heard.payload, context);
    case 'inventory.reservation.expired':
      return ranOut(order, heard.payload, context);
    case 'payment.confirmed':
      return paid(order, heard.payload, context);
    case 'payment.failed':
      return unpaid(order, heard.payload, context);
    case 'payment.refunded':
      return refunded(order, heard.payload, context);
    case 'payment.voided':
      return voided(order, heard.payload, context);
    case 'payment.cod.collected':
      return collected(order, heard.payload);
    case 'order.truck.assigned':
      return assigned(order, heard.payload);
    case 'order.truck.unassigned':
      return unassigned(order, heard.payload, context);
    case 'order.status.intransit':
      return inTransit(order, heard.payload);
    case 'order.load.delivered':
      return loadDelivered(order, heard.payload, context);
    case 'order.shipped':
      return shipped(order, heard.payload, context);
    case 'order.delivered':
      return delivered(order, heard.payload, context);
    case 'fulfillment.status_changed':
      return fulfillmentStopped(order, heard.payload, context);
    case 'order.return.completed':
    case 'order.exchange.completed':
      return cameBack(order, heard.payload, context);
    case 'order.return.rejected':
    case 'order.exchange.rejected':
      return stays(order, heard.payload, context);
    case 'saga.expire':
      return expire(order, context);
  }
};
