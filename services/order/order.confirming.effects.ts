/** From paid (or not to be paid first) to on its way: confirmed by its payment, by a person, or by its proof of delivery. */
import { cancelTimer, done, type Effect, ignore, publish, refuse, tell } from '../../runtime/decider.ts';
import { followTruck } from './order.early.effects.ts';
import { already, confirmStock, consumeStock, isDelivered, isOver, leadsTo, requestTruck, staleFor, statusEvent } from './order.effects.ts';
import { address, type Decided, type Deciding, earlyTruck, marked, moved, type Order, outOfLine, type Payload } from './order.state.ts';

/**
 * The confirmations leave in this commit, before the reservations' end: mailbox order puts them before any expiry, so stock
 * cannot refuse them, and the order need not wait for an answer (docs/adr/0009).
 * @param news what is published before
 * @param secured whether its stock is confirmed already
 */
export const confirmed = (order: Order, context: Deciding, news: Effect[], secured = false): Decided => {
  const ready = moved(outOfLine(order), 'confirmed', { sagaState: 'Paid', awaiting: [] });
  const early = earlyTruck(order);
  const [next, onward] = early && !order.deliveredAt ? followTruck(ready, early) : sendOn(ready, context);
  return done(next, news, statusEvent(ready, order.status), secured ? undefined : confirmStock(order), onward, cancelTimer('saga.expire'));
};

/** A confirmed order goes to the dispatcher or to the warehouse; held back it waits; with its proof held already it is delivered. */
export const sendOn = (order: Order, context: Deciding): [Order, Effect[]] => {
  if (order.deliveredAt) return provenBefore(order, order.deliveredAt, context);
  if (order.blocked > 0) return [{ ...order, ...marked(order, { waiting: true }) }, []];
  return order.delivery === 'carrier' ? ship(order, context.newId()) : [order, [requestTruck(order)]];
};

/** Whoever listens hears of the delivery now that there is one; a truck that went before the confirmation has said it itself. */
const provenBefore = (order: Order, deliveredAt: string, context: Deciding): [Order, Effect[]] => {
  const [next, effects] = handOver(order, deliveredAt, 'proven before', context);
  const byTruck = order.marks?.early === 'delivered';
  return [next, byTruck ? effects : [...effects, deliveredEvent(order, deliveredAt, order.marks?.provenBy)]];
};

export const deliveredEvent = (order: Order, deliveredAt: string, by: string | undefined): Effect =>
  publish('order.delivered', { ...address(order), deliveredAt, by });

export const ship = (order: Order, fulfillmentId: string, delivered?: { at: string; by?: string }): [Order, Effect[]] => [
  { ...order, fulfillmentId, amended: true },
  [
    tell('fulfillment', fulfillmentId, 'fulfillment.create', {
      ...address(order),
      orderNumber: order.orderNumber,
      locationId: order.plantId,
      customerId: order.customerId,
      ...(order.address ? { address: order.address } : {}),
      lines: order.stock.map(({ stockKey, quantity }) => ({ sku: stockKey.slice(0, stockKey.lastIndexOf('@')), quantity })),
      ...(delivered ? { delivered } : {}),
    }),
  ],
];

/** Delivered: the stock has left for good, and what was only authorised is taken. A carrier's order without a record gets one. */
export const handOver = (order: Order, at: string, notes: string, context: Deciding): [Order, Effect[]] => {
  const there = moved(order, 'delivered', { sagaState: 'Completed', deliveredAt: order.deliveredAt ?? at });
  const by = order.marks?.provenBy;
  const unrecorded = order.delivery === 'carrier' && !order.fulfillmentId;
  const [next, record] = unrecorded ? ship(there, context.newId(), { at, ...(by ? { by } : {}) }) : [there, []];
  const capture = order.marks?.authorized && order.paymentId ? [tell('payment', order.paymentId, 'payment.capture', {})] : [];
  return [next, [statusEvent(there, order.status, notes), ...record, ...consumeStock(order), ...capture]];
};

/** By a person, or by the clock that looks for COD orders whose delivery is proven (model X2, T9). */
export const confirm = (order: Order, { reason, by, version, auto }: Payload<'order.confirm'>, context: Deciding): Decided => {
  const stale = staleFor(order, version);
  if (stale) return stale;
  const pending = order.status === 'pending' || order.status === 'validated';
  if (auto && !(pending && order.paymentMethod === 'cod' && order.deliveredAt)) return ignore('it is not to be confirmed by the clock');
  if (isOver(order) || isDelivered(order)) return already(order);
  if (order.paymentMethod !== 'cod') return refuse('order.not-cod');
  if (!pending || !leadsTo(order, 'confirmed')) return refuse('order.already-confirmed');
  // With the proof, the goods have come, whatever the books say of them; without it nothing is sent that is not there.
  if (!order.deliveredAt && order.awaiting.length > 0) return refuse('order.stock-not-held', { awaiting: order.awaiting });
  const paymentId = context.newId();
  const due: Effect[] = [
    publish('order.confirmed', { ...address(order), reason, by: by ?? (auto ? 'cod_auto_confirm' : undefined), from: order.status }),
    tell('payment', paymentId, 'payment.charge', bill(order)),
  ];
  if (order.marks?.collected) due.push(tell('payment', paymentId, 'payment.collect', by ? { by } : {}));
  return confirmed({ ...order, paymentId }, context, due, order.status === 'validated');
};

export const bill = (order: Order) => ({
  orderKey: order.correlationId,
  orderId: order.id,
  orderNumber: order.orderNumber,
  amountCents: order.totalCents,
  currency: order.currency,
  method: order.paymentMethod,
  token: order.paymentToken,
});

/** By a person, whatever the clocks say (T12). */
export const complete = (order: Order, { by, version }: Payload<'order.complete'>): Decided => {
  const stale = staleFor(order, version);
  if (stale) return stale;
  if (isOver(order)) return already(order);
  return order.status === 'delivered' ? completed(order, by ?? 'by hand') : refuse('order.not-delivered');
};

/** Asked by the hourly clock: delivered, paid for, and its goods can no longer be sent back. */
export const autoComplete = (order: Order, context: Deciding): Decided => {
  if (order.status !== 'delivered' || !order.deliveredAt) return ignore(`it is ${order.status}`);
  if (order.paymentMethod === 'cod' && !order.marks?.collected) return ignore('its cash is not collected');
  const end = new Date(order.deliveredAt).getTime() + context.settings.returnWindowMs;
  return context.now.getTime() < end ? ignore('its goods may still be sent back') : completed(order, 'order_completion');
};

const completed = (order: Order, by: string): Decided => {
  const next = moved(order, 'completed');
  return done(next, statusEvent(next, order.status), publish('order.completed', { ...address(order), orderNumber: order.orderNumber, by }));
};
