/**
 * A COD order whose truck may go before the order is confirmed (COD_DISPATCH_BEFORE_CONFIRM; model X2, T9). What the truck does is noted,
 * and the status stays: so the clock that looks for COD orders whose delivery is proven still finds it.
 */
import { done, type Effect, ignore, publish } from '../../runtime/decider.ts';
import { requestTruck, statusEvent } from './order.effects.ts';
import {
  address,
  amended,
  type Decided,
  type Deciding,
  type Early,
  earlyTruck,
  marked,
  moved,
  type Order,
  type Payload,
} from './order.state.ts';

/** Its stock is held. Goods by carrier wait for the confirmation, and what has come already needs no truck. */
export const sendEarly = (order: Order, { settings }: Deciding): [Order, Effect[]] => {
  const goes = settings.codDispatchBeforeConfirm && order.delivery === 'truck' && !order.deliveredAt;
  if (!goes) return [order, []];
  const waiting = order.blocked > 0;
  return [{ ...order, ...marked(order, { early: 'queued', waiting }) }, waiting ? [] : [requestTruck(order)]];
};

/** Held back until now, it enters the queue, unless it was delivered otherwise meanwhile. */
export const sendEarlyAgain = (order: Order): [Order, Effect[]] => [
  { ...order, ...marked(order, { waiting: false }) },
  order.deliveredAt ? [] : [requestTruck(order)],
];

export const assignedEarly = (order: Order, { truckId }: Payload<'order.truck.assigned'>): Decided => {
  if (earlyTruck(order) !== 'queued') return ignore('the order is not waiting for a truck');
  const released = order.marks?.waiting ? { waiting: false } : {};
  return done(amended(order, { truckId, ...marked(order, { early: 'assigned', ...released }) }));
};

export const unassignedEarly = (order: Order, { truckId, last }: Payload<'order.truck.unassigned'>): Decided => {
  if (earlyTruck(order) !== 'assigned' || (order.truckId !== truckId && !last)) return ignore('the order has not this truck');
  return done(amended(order, { truckId: null, ...marked(order, { early: 'queued' }) }));
};

export const inTransitEarly = (order: Order): Decided => {
  if (earlyTruck(order) !== 'assigned') return ignore('the order is on no truck');
  return done(amended(order, marked(order, { early: 'en_route' })));
};

/** The truck's word is the proof, unless somebody at the door gave it before. */
export const deliveredEarly = (
  order: Order,
  { truckId, deliveredAt }: Pick<Payload<'order.delivered'>, 'truckId' | 'deliveredAt'>,
): Decided => {
  if (earlyTruck(order) === 'delivered') return ignore('it is delivered already');
  const there = amended(order, { deliveredAt: order.deliveredAt ?? deliveredAt, ...marked(order, { early: 'delivered' }) });
  const proven = publish('order.delivery.proven', { ...address(order), at: deliveredAt, by: truckId });
  return done(there, order.deliveredAt ? [] : proven);
};

/** Confirmed while its truck is asked for, or under way: no second one is sent, and the status follows the one there is. */
export const followTruck = (order: Order, early: Early): [Order, Effect[]] => {
  if (early === 'queued') return [order, []];
  const next =
    early === 'assigned' ? moved(order, 'assigned', { assignedFrom: order.status }) : moved(order, 'shipped', { sagaState: 'Shipped' });
  return [next, [statusEvent(next, order.status, `Truck ${order.truckId}`)]];
};
