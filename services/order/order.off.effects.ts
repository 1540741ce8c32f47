/** An order is called off: whole or in part, by a person or by a clock. */
import { done, type Effect, ignore, publish, refuse, tell, write } from '../../runtime/decider.ts';
import { allPoured } from './order.delivery.effects.ts';
import { deliveredEarly } from './order.early.effects.ts';
import { already, isDelivered, isOver, leadsTo, staleFor, statusEvent } from './order.effects.ts';
import { awaitedNoMore, held } from './order.paying.effects.ts';
import { compensate, isDispatched } from './order.saga.effects.ts';
import {
  address,
  amended,
  type Decided,
  type Deciding,
  earlyTruck,
  type Item,
  type Marks,
  marked,
  moved,
  type Order,
  type Payload,
  type Reduction,
} from './order.state.ts';

/** Asked by the gateway and the REPL, in any phase until something is delivered, or a carrier has it: a truck is called back, a parcel is not (T11). */
export const cancel = (order: Order, { reason, by, version }: Payload<'order.cancel'>, context: Deciding): Decided => {
  const stale = staleFor(order, version);
  if (stale) return stale;
  if (isOver(order) || !leadsTo(order, 'cancelled') || isWithCarrier(order)) return already(order);
  if (order.marks?.poured) return refuse('order.partly-delivered', { poured: order.marks.poured });
  const off = moved(order, 'cancelled', { reason, awaiting: [] });
  const [next, undoing] = compensate(order, off, context, { reason, by });
  return done(
    next,
    statusEvent(next, order.status, reason),
    publish('order.cancelled', {
      orderKey: order.correlationId,
      reason,
      orderId: order.id,
      orderNumber: order.orderNumber,
      customerId: order.customerId,
      from: order.status,
      by,
    }),
    undoing,
  );
};

const isWithCarrier = ({ delivery, status }: Order): boolean => delivery === 'carrier' && status === 'shipped';

/** A quantity of one line is off: its stock, its money and its part of the total follow; with the last of all, the order. */
export const cancelItem = (order: Order, heard: Payload<'order.cancel-item'>, context: Deciding): Decided => {
  const { itemId, quantity, reason, by, version } = heard;
  const stale = staleFor(order, version);
  if (stale) return stale;
  if (isOver(order) || isDelivered(order)) return already(order);
  if (isWithCarrier(order)) return already(order);
  const item = context.rows.get<Item>('order_items', itemId);
  if (!item) return refuse('order.item-not-found', { itemId });
  const left = Math.min(item.quantity - item.quantityCancelled, order.quantity - (order.marks?.poured ?? 0));
  if (quantity > left) return refuse('order.item-too-many', { left });
  const row = write('order_items', itemId, { ...item, quantityCancelled: item.quantityCancelled + quantity });
  const amountCents = quantity * item.unitPriceCents;
  const news = publish('order.item.cancelled', { ...address(order), itemId, sku: item.sku, quantity, amountCents, reason, by });
  // The total stays at what these were worth: what the payment gives back now, as of any order that is cancelled whole. Were it set to nothing,
  // it would say of the same call and the same refund something else, and the order would no longer show what was called off last.
  if (quantity === order.quantity) {
    const whole = cancel(order, { reason, by }, context);
    return whole.kind === 'done' ? done(whole.state, row, news, [...whole.effects]) : whole;
  }
  const stockKey = `${item.sku}@${order.plantId}`;
  const smaller = order.stock.map((one) => (one.stockKey === stockKey ? { ...one, quantity: one.quantity - quantity } : one));
  const stock = smaller.filter((one) => one.quantity > 0);
  const gone = stock.length < order.stock.length;
  const [rest, clock] = gone ? awaitedNoMore(order, stockKey, context) : [order, []];
  const reduction = { refundId: context.newId(), amountCents, reason };
  const less = amended(rest, {
    stock,
    quantity: order.quantity - quantity,
    totalCents: order.totalCents - amountCents,
    ...marksOfLess(rest, reduction),
  });
  const inStock = gone
    ? tell('inventory', stockKey, 'inventory.release', { ...address(order), reason })
    : tell('inventory', stockKey, 'inventory.reduce', { ...address(order), quantity, reason });
  const bills = order.paymentId && order.status !== 'payment_failed' && amountCents > 0;
  const effects: Effect[] = [
    ...clock,
    row,
    news,
    inStock,
    ...(bills ? [tell('payment', order.paymentId as string, 'payment.reduce', reduction)] : []),
    ...(order.fulfillmentId && !order.marks?.renewing ? [tell('fulfillment', order.fulfillmentId, 'fulfillment.cancel', { reason })] : []),
  ];
  if (order.delivery === 'truck' && isDispatched(order))
    effects.push(tell('dispatch', order.plantId, 'dispatch.reduce', { orderKey: order.correlationId, quantity, reason }));
  // Nothing more is to come of what trucks have brought a part of.
  if (less.marks?.poured && less.marks.poured >= less.quantity) {
    const now = context.now.toISOString();
    const there = earlyTruck(order)
      ? deliveredEarly(less, { truckId: order.truckId ?? undefined, deliveredAt: now })
      : allPoured(less, now, by ?? 'The rest is called off', context);
    return there.kind === 'done' ? done(there.state, effects, [...there.effects]) : there;
  }
  // It may have waited for this stock only.
  return order.awaiting.length > 0 && less.awaiting.length === 0 ? held(less, context, effects) : done(less, effects);
};

const UNSURE = ['payment_processing', 'payment_failed'];

const marksOfLess = (order: Order, reduction: Reduction): Partial<Order> => {
  const change: Marks = {};
  if (order.fulfillmentId) change.renewing = true;
  if (order.paymentId && UNSURE.includes(order.status) && reduction.amountCents > 0)
    change.calledOff = [...(order.marks?.calledOff ?? []), reduction];
  return Object.keys(change).length > 0 ? marked(order, change) : {};
};

/**
 * Asked by the hourly clock of every old order that the shop calls pending (model X3): those that only look forgotten are spared.
 */
export const autoCancel = (order: Order, context: Deciding): Decided => {
  const { autoCancelMs, autoCancelSpares: spares } = context.settings;
  const age = context.facts.ages?.get(order.correlationId);
  if (!['pending', 'validated', 'payment_processing', 'payment_failed'].includes(order.status)) return ignore(`it is ${order.status}`);
  if (!age || context.now.getTime() - new Date(age.createdAt).getTime() <= autoCancelMs) return ignore('it is not old enough');
  if (spares.includes('open-job') && age.hasJob) return ignore('a truck is asked for');
  if (spares.includes('delivered') && order.deliveredAt) return ignore('its delivery is proven');
  if (spares.includes('future-window') && age.requestedEnd && new Date(age.requestedEnd) > context.now) return ignore('it is wanted later');
  return cancel(order, { reason: 'order.auto-cancelled', by: 'order_cleanup' }, context);
};

/** A fired timer may be seen a little before its time by another clock. */
const TOLERANCE_MS = 60_000;

/**
 * Thirty minutes after the order was placed, or asked for stock anew. One that is paid by then cancelled this timer, and one that fires late
 * finds it so.
 * @param gone stock that has run out by itself
 */
export const expire = (order: Order, context: Deciding, gone?: string): Decided => {
  const reason = 'order.timeout';
  const timeout = publish('order.timeout', { ...address(order), status: order.status });
  const end = order.sagaExpiresAt && new Date(order.sagaExpiresAt).getTime();
  if (!end) return ignore('no clock runs for it');
  if (!gone && context.now.getTime() + TOLERANCE_MS < end) return ignore('its clock was set anew');
  if (order.status === 'payment_failed') {
    const [next, undoing] = compensate(order, { ...order, awaiting: [], reason }, context, { reason, unpaid: true, ...except(gone) });
    return done({ ...next, version: order.version + 1 }, timeout, undoing);
  }
  const ends = { pending: 'failed', payment_processing: 'payment_failed', payment_confirmed: 'cancelled' } as const;
  const to = ends[order.status as keyof typeof ends];
  if (!to) return ignore('it was paid in time');
  const [next, undoing] = compensate(order, moved(order, to, { reason, awaiting: [] }), context, { reason, ...except(gone) });
  return done(next, timeout, statusEvent(next, order.status, reason), undoing);
};

const except = (gone: string | undefined) => (gone ? { except: gone } : {});
