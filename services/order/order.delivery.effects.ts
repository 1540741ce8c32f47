/** An order under way: by truck or by carrier, and the proof that it has come. */
import { done, type Effect, ignore, publish, refuse, tell } from '../../runtime/decider.ts';
import { deliveredEvent, handOver, ship } from './order.confirming.effects.ts';
import { assignedEarly, deliveredEarly, inTransitEarly, unassignedEarly } from './order.early.effects.ts';
import { already, consumeStock, exceptional, isDelivered, isOver, leadsTo, staleFor, statusEvent } from './order.effects.ts';
import { held } from './order.paying.effects.ts';
import { answers, undone } from './order.saga.effects.ts';
import {
  address,
  amended,
  type Decided,
  type Deciding,
  earlyTruck,
  laterBy,
  marked,
  moved,
  type Order,
  type Payload,
} from './order.state.ts';

/** Mostly once it is confirmed; without a payment to wait for, perhaps before (T8), never by itself for COD. */
export const assigned = (order: Order, heard: Payload<'order.truck.assigned'>): Decided => {
  const { truckId } = heard;
  if (earlyTruck(order)) return assignedEarly(order, heard);
  // One of several, or in the place of one that broke down.
  if ((order.status === 'assigned' || order.status === 'shipped') && order.truckId !== truckId) return done(amended(order, { truckId }));
  if (!leadsTo(order, 'assigned')) return ignore('the order is not waiting for a truck');
  const released = order.marks?.waiting ? marked(order, { waiting: false }) : {};
  const next = moved(order, 'assigned', { truckId, assignedFrom: order.status, ...released });
  return done(next, statusEvent(next, order.status, `Truck ${truckId}`));
};

export const unassigned = (order: Order, heard: Payload<'order.truck.unassigned'>, context: Deciding): Decided => {
  const { truckId, reason, last } = heard;
  if (earlyTruck(order)) return unassignedEarly(order, heard);
  if (order.status !== 'assigned' || (order.truckId !== truckId && !last)) return ignore('the order has not this truck');
  const back = moved(order, order.assignedFrom ?? 'confirmed', { truckId: null, assignedFrom: null });
  const news = statusEvent(back, order.status, reason);
  return back.status === 'pending' && back.awaiting.length === 0 ? held(back, context, [news]) : done(back, news);
};

export const inTransit = (order: Order, { truckId }: Payload<'order.status.intransit'>): Decided => {
  if (earlyTruck(order)) return inTransitEarly(order);
  if (order.status !== 'assigned') return ignore(`the order is ${order.status}`);
  const next = moved(order, 'shipped', { sagaState: 'Shipped' });
  return done(next, statusEvent(next, order.status, `Truck ${truckId}`));
};

export const shipped = (order: Order, { fulfillmentId, carrier, trackingNo }: Payload<'order.shipped'>, context: Deciding): Decided => {
  if (order.fulfillmentId !== fulfillmentId) return ignore('it is not the fulfilment of this order');
  if (order.status === 'shipped' || isDelivered(order)) return ignore(`the order is ${order.status}`);
  const taken = `${carrier} took it under ${trackingNo}`;
  if (order.status === 'cancelled') return leftTooSoon(order, context, taken, undone(order, `fulfillment:${fulfillmentId}`, context));
  if (order.status !== 'confirmed') return exceptional(order, context, taken);
  const next = moved(order, 'shipped', { sagaState: 'Shipped' });
  const late = order.marks?.renewing ? exceptional(order, context, 'it was shipped with what was cancelled').effects : [];
  return done(next, statusEvent(next, order.status, `${carrier} ${trackingNo}`), [...late]);
};

export const delivered = (order: Order, heard: Payload<'order.delivered'>, context: Deciding): Decided => {
  if (isDelivered(order)) return ignore('it is delivered already');
  const { truckId, fulfillmentId, deliveredAt } = heard;
  const early = earlyTruck(order);
  if (truckId && early && early !== 'queued') return deliveredEarly(order, heard);
  const who = truckId ? `Truck ${truckId}` : 'The carrier';
  // A carrier's own word is the proof (T7); a truck's is believed of those that it drives.
  const byCarrier = order.status === 'confirmed' && fulfillmentId !== undefined && order.fulfillmentId === fulfillmentId;
  if (order.status === 'shipped' || order.status === 'assigned' || byCarrier) {
    const [next, effects] = handOver(order, deliveredAt, who, context);
    return done(next, effects);
  }
  const what = `${who.toLowerCase()} delivered it`;
  const tooLate = fulfillmentId ? undone(order, `fulfillment:${fulfillmentId}`, context) : undefined;
  const byItsTruck = order.status === 'cancelled' && truckId !== undefined && order.truckId === truckId;
  return tooLate || byItsTruck ? leftTooSoon(order, context, what, tooLate) : exceptional(order, context, what);
};

/** Confirmed: it thought that it had no truck any more. */
const ON_THE_WAY = ['confirmed', 'assigned', 'shipped'];

/** With the last of what several trucks bring, whichever plants sent them, the order is delivered. */
export const loadDelivered = (order: Order, heard: Payload<'order.load.delivered'>, context: Deciding): Decided => {
  const { truckId, quantity, deliveredAt } = heard;
  const poured = (order.marks?.poured ?? 0) + quantity;
  const counted = amended(order, marked(order, { poured }));
  const whole = poured >= order.quantity;
  if (earlyTruck(order)) return whole ? deliveredEarly(counted, heard) : done(counted);
  if (!ON_THE_WAY.includes(order.status)) return exceptional(order, context, `truck ${truckId} delivered a part of it`);
  return whole ? allPoured(counted, deliveredAt, `Truck ${truckId}`, context) : done(counted);
};

/** Nobody but the order knows that this was the last of it: it says so. */
export const allPoured = (order: Order, at: string, who: string, context: Deciding): Decided => {
  const [next, effects] = handOver(order, at, who, context);
  return done(next, effects, deliveredEvent(order, at, who));
};

/**
 * It was on its way before its cancellation came there. Its stock was told to release what was not on the shelf any more, so it is told that
 * this has left; said twice, stock books it once. A parcel that is away is an answer too: there is nothing of it to be undone.
 * @param after the order with its parcel's step answered, if that was open
 */
const leftTooSoon = (order: Order, context: Deciding, what: string, after: Order | undefined): Decided => {
  const exception = exceptional(order, context, what, ...consumeStock(order));
  return after ? done(after, [...exception.effects]) : exception;
};

/** So far may the clock of whoever was at the door be ahead of ours. */
const CLOCK_SKEW_MS = 300_000;
const NOT_YET = { pointer: '/at', detail: 'must not be in the future' };
const TOO_EARLY = { pointer: '/at', detail: 'must not be before the order was placed' };

/** A fact, whatever the order's status: who signed, and when. What is on its way has come; what is not confirmed yet waits for that. */
export const prove = (
  order: Order,
  { signedBy, at, collected, by, version }: Payload<'order.prove-delivery'>,
  context: Deciding,
): Decided => {
  const stale = staleFor(order, version);
  if (stale) return stale;
  if (isOver(order)) return already(order);
  if (isDelivered(order) || order.deliveredAt) return ignore('its delivery is proven already', ...cash(order, collected, by));
  if (at && new Date(at) > laterBy(context.now, CLOCK_SKEW_MS)) return refuse('request.invalid', { errors: [NOT_YET] });
  if (at && isBeforePlaced(order, at, context)) return refuse('request.invalid', { errors: [TOO_EARLY] });
  const deliveredAt = at ?? context.now.toISOString();
  const proven = amended(order, { deliveredAt, ...marked(order, { ...provenBy(signedBy ?? by), ...later(order, collected) }) });
  const news = publish('order.delivery.proven', { ...address(order), signedBy, at: deliveredAt, by });
  if (!['confirmed', 'assigned', 'shipped'].includes(order.status)) return done(proven, news, notAgain(order));
  const [next, effects] = handOver(proven, deliveredAt, 'Proven', context);
  return done(next, news, effects, deliveredEvent(order, deliveredAt, by ?? signedBy), notAgain(order), cash(order, collected, by));
};

/** Else a proof from long ago would end the customer's right of return at once. */
const isBeforePlaced = ({ correlationId }: Order, at: string, { facts }: Deciding): boolean => {
  const placed = facts.ages?.get(correlationId)?.createdAt;
  return placed !== undefined && new Date(at) < laterBy(new Date(placed), -CLOCK_SKEW_MS);
};

const provenBy = (name: string | undefined) => (name ? { provenBy: name } : {});
/** Without a payment yet, the cash is booked when there is one. */
const later = (order: Order, collected: boolean | undefined) =>
  collected && order.paymentMethod === 'cod' && !order.paymentId ? { collected: true } : {};
const cash = (order: Order, collected: boolean | undefined, by: string | undefined): Effect[] =>
  collected && order.paymentMethod === 'cod' && order.paymentId && !order.marks?.collected
    ? [tell('payment', order.paymentId, 'payment.collect', by ? { by } : {})]
    : [];

const PROVEN = 'it is delivered already';

/** What has come leaves the queue, and is not shipped again. */
const notAgain = (order: Order): Effect[] => {
  if (order.marks?.poured && order.status !== 'confirmed')
    return [
      tell('dispatch', order.plantId, 'dispatch.reduce', { orderKey: order.correlationId, quantity: order.quantity, reason: PROVEN }),
    ];
  if (order.status !== 'confirmed' && earlyTruck(order) !== 'queued') return [];
  if (order.fulfillmentId) return [tell('fulfillment', order.fulfillmentId, 'fulfillment.cancel', { reason: PROVEN })];
  return order.delivery === 'truck'
    ? [tell('dispatch', order.plantId, 'dispatch.cancel', { orderKey: order.correlationId, reason: PROVEN })]
    : [];
};

/** Its fulfilment stands still, or is off. */
export const fulfillmentStopped = (order: Order, heard: Payload<'fulfillment.status_changed'>, context: Deciding): Decided => {
  const { fulfillmentId, to, reason } = heard;
  const step = `fulfillment:${fulfillmentId}`;
  if (isOver(order)) return to === 'on_hold' ? ignore('the order is off') : answers(order, step, context);
  if (order.fulfillmentId !== fulfillmentId || isDelivered(order)) return ignore('the order does not wait for it');
  if (order.marks?.renewing && to === 'cancelled') {
    const [next, effects] = ship({ ...order, ...marked(order, { renewing: false }) }, context.newId());
    return done({ ...next, version: order.version + 1 }, effects);
  }
  if (to === 'on_hold' && order.blocked > 0) return ignore('it is held on behalf of the order');
  const exception = exceptional(order, context, `its fulfilment is ${to}${reason ? `: ${reason}` : ''}`);
  // Called off by itself, it answers nobody any more: the order lets go of it, and may be sent anew.
  return to === 'cancelled' ? done(amended(order, { fulfillmentId: null }), [...exception.effects]) : exception;
};
