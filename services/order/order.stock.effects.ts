/** What stock says to an order: held, refused, in line, given back, run out. */
import { cancelTimer, done, type Effect, ignore, publish, tell, write } from '../../runtime/decider.ts';
import { exceptional, isDelivered, isOver, reserveStock, statusEvent } from './order.effects.ts';
import { expire } from './order.off.effects.ts';
import { awaitedNoMore, held } from './order.paying.effects.ts';
import { answers, compensate, undone } from './order.saga.effects.ts';
import { address, type Decided, type Deciding, type Hold, laterBy, marked, moved, type Order, type Payload } from './order.state.ts';

/** All or nothing: only when the last line is held does the order go on to its payment. */
export const reserved = (order: Order, { stockKey }: Payload<'inventory.reserved'>, context: Deciding): Decided => {
  if (order.marks?.unconfirmed?.[stockKey]) return secured(order, stockKey, context);
  if (!awaits(order, stockKey)) return ignore('the order has moved on');
  const [timed, clock] = awaitedNoMore(order, stockKey, context);
  return timed.awaiting.length > 0 ? done(timed, clock) : held(timed, context, clock);
};

const awaits = (order: Order, stockKey: string): boolean => order.awaiting.includes(stockKey) && !isOver(order) && !isDelivered(order);

/** It waits in line: nobody is late, so no clock runs until it has come to the front. */
export const backordered = (order: Order, { stockKey, quantity }: Payload<'inventory.backordered'>): Decided => {
  if (!awaits(order, stockKey) || order.marks?.backordered?.includes(stockKey)) return ignore('it does not wait for this stock');
  const inLine = [...(order.marks?.backordered ?? []), stockKey];
  const next = { ...order, ...marked(order, { backordered: inLine }), sagaExpiresAt: null, version: order.version + 1 };
  return done(next, publish('order.backordered', { ...address(order), stockKey, quantity }), cancelTimer('saga.expire'));
};

export const rejected = (order: Order, { stockKey, reason }: Payload<'inventory.rejected'>, context: Deciding): Decided => {
  const nothingHeld = undone(order, `stock:${stockKey}`, context);
  if (nothingHeld) return done(nothingHeld);
  if (order.status === 'cancelled' || order.status === 'failed') return ignore('the order is off');
  if (!order.awaiting.includes(stockKey)) return unconfirmed(order, stockKey, reason, context);
  if (order.status === 'payment_failed') {
    const again = { ...order, awaiting: [], reason };
    const [next, undoing] = compensate(order, again, context, { reason, except: stockKey, unpaid: true });
    return done({ ...next, version: order.version + 1 }, publish('order.payment.retry-failed', { ...address(order), reason }), undoing);
  }
  const to = order.status === 'pending' ? 'failed' : order.status === 'payment_confirmed' ? 'cancelled' : undefined;
  if (!to) return unconfirmed(order, stockKey, reason, context);
  const [next, undoing] = compensate(order, moved(order, to, { reason, awaiting: [] }), context, { reason, except: stockKey });
  return done(next, statusEvent(next, order.status, reason), undoing);
};

/**
 * Stock took its word back: a warning, no failure (B18, X7). The order carries a hold that says so, and asks for the stock again, once;
 * when it is held and confirmed, the hold is released.
 */
const unconfirmed = (order: Order, stockKey: string, reason: string, context: Deciding): Decided => {
  const what = `stock ${stockKey} said ${reason}`;
  if (isOver(order) || isDelivered(order) || order.status === 'payment_processing') return exceptional(order, context, what);
  const exception = publish('order.exception', { ...address(order), status: order.status, what });
  if (order.marks?.unconfirmed?.[stockKey]) return ignore('it is known to be unconfirmed', exception);
  const id = context.newId();
  const hold: Hold & { id: string } = {
    ...{ id, kind: 'inventory_unconfirmed', severity: 'advisory', source: 'inventory', note: what, by: null },
    ...{ orderVersion: order.version, releasedAt: null, releasedBy: null },
  };
  const next = {
    ...order,
    ...marked(order, { unconfirmed: { ...order.marks?.unconfirmed, [stockKey]: hold } }),
    version: order.version + 1,
  };
  return done(next, exception, write('order_holds', id, hold), again(order, stockKey, context));
};

const again = (order: Order, stockKey: string, { now, settings }: Deciding): Effect[] => [
  ...reserveStock(order, laterBy(now, settings.sagaMs).toISOString(), [stockKey]),
  tell('inventory', stockKey, 'inventory.confirm', address(order)),
];

const secured = (order: Order, stockKey: string, { now }: Deciding): Decided => {
  const { [stockKey]: hold, ...rest } = order.marks?.unconfirmed ?? {};
  const { id, ...row } = hold as Hold & { id: string };
  const released = row.releasedAt ? [] : [write('order_holds', id, { ...row, releasedAt: now.toISOString(), releasedBy: 'inventory' })];
  const next = { ...order, ...marked(order, { unconfirmed: rest }), version: order.version + 1 };
  return isOver(order)
    ? ignore('the order is off', ...released)
    : done(
        next,
        released,
        row.releasedAt ? [] : publish('order.hold.released', { ...address(order), holdId: id, kind: row.kind, by: 'inventory' }),
        // It may have stood in line meanwhile, where nothing can be confirmed.
        tell('inventory', stockKey, 'inventory.confirm', address(order)),
      );
};

export const released = (order: Order, { stockKey }: Payload<'inventory.reservation.released'>, context: Deciding): Decided =>
  answers(order, `stock:${stockKey}`, context);

/** A hold ran out. Whoever waits for other stock, or is confirmed, gets it again if there is any; who had to pay by now did not. */
export const ranOut = (order: Order, { stockKey }: Payload<'inventory.reservation.expired'>, context: Deciding): Decided => {
  const nothingHeld = undone(order, `stock:${stockKey}`, context);
  if (nothingHeld) return done(nothingHeld);
  if (isOver(order) || isDelivered(order) || !order.stock.some((one) => one.stockKey === stockKey)) return ignore('it needs it no more');
  if (order.marks?.backordered?.length) {
    const awaiting = [...order.awaiting.filter((key) => key !== stockKey), stockKey];
    return done({ ...order, awaiting }, reserveStock(order, laterBy(context.now, context.settings.sagaMs).toISOString(), [stockKey]));
  }
  if (order.sagaExpiresAt) return expire(order, context, stockKey);
  if (order.status === 'payment_failed') return ignore('it holds nothing');
  return unconfirmed(order, stockKey, 'inventory.reservation-lapsed', context);
};
