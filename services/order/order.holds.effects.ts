/** Holds: what people (or the rules themselves) have to say about an order before it may go on. A blocking one keeps it from being sent. */
import { done, type Effect, ignore, publish, refuse, tell, write } from '../../runtime/decider.ts';
import { sendOn } from './order.confirming.effects.ts';
import { sendEarlyAgain } from './order.early.effects.ts';
import { already, isOver, staleFor } from './order.effects.ts';
import { address, amended, type Decided, type Deciding, earlyTruck, type Hold, marked, type Order, type Payload } from './order.state.ts';

export const hold = (order: Order, heard: Payload<'order.hold'>, context: Deciding): Decided => {
  const { holdId, kind, severity, note, by, version } = heard;
  const stale = staleFor(order, version);
  if (stale) return stale;
  if (context.rows.get<Hold>('order_holds', holdId)) return ignore('it is held already');
  if (isOver(order)) return already(order);
  const blocks = severity === 'blocking';
  const next = amended(order, { blocked: order.blocked + (blocks ? 1 : 0) });
  const row: Hold = {
    ...{ kind, severity, source: 'person', note: note ?? null, by: by ?? null },
    ...{ orderVersion: next.version, releasedAt: null, releasedBy: null },
  };
  const news = publish('order.hold.placed', { ...address(order), holdId, kind, severity, reason: note, by });
  const stops = blocks && order.blocked === 0 && isQueued(order);
  const [held, effects] = stops ? stop(next, note ?? kind) : [next, []];
  return done(held, write('order_holds', holdId, row), news, effects);
};

/** It goes to its truck or its parcel, and has not left yet. */
const isQueued = (order: Order): boolean => order.status === 'confirmed' || earlyTruck(order) === 'queued';

/** It leaves the dispatcher's queue, or stands still in the warehouse. */
const stop = (order: Order, reason: string): [Order, Effect[]] => {
  if (order.fulfillmentId) return [order, [tell('fulfillment', order.fulfillmentId, 'fulfillment.hold', { reason })]];
  // A truck that has it already, and of which the order only is to hear, goes on, as it would have a moment later.
  const called = tell('dispatch', order.plantId, 'dispatch.cancel', { orderKey: order.correlationId, reason, queuedOnly: true });
  return [{ ...order, ...marked(order, { waiting: true }) }, order.delivery === 'truck' ? [called] : []];
};

/** Also how an operator says that an exception was seen. Of an order that is over only the hold is changed. */
export const releaseHold = (order: Order, { holdId, by, version }: Payload<'order.release-hold'>, context: Deciding): Decided => {
  const stale = staleFor(order, version);
  if (stale) return stale;
  const row = context.rows.get<Hold>('order_holds', holdId);
  if (!row) return refuse('order.hold-not-found', { holdId });
  if (row.releasedAt) return ignore('it is released already');
  const seen = { releasedAt: context.now.toISOString(), releasedBy: by ?? null };
  const released = write('order_holds', holdId, { ...row, ...seen });
  const news = publish('order.hold.released', { ...address(order), holdId, kind: row.kind, by });
  if (isOver(order)) return ignore('the order is over: the hold alone is released', released, news);
  const blocked = Math.max(0, order.blocked - (row.severity === 'blocking' ? 1 : 0));
  const free = amended(order, { blocked, marks: withSeen(order, holdId, seen) });
  if (blocked > 0 || order.blocked === 0) return done(free, released, news);
  const [next, effects] = goOn(free, context);
  return done(next, released, news, effects);
};

/** Its stock is not confirmed for all that: it may come yet, and called off the order waits for no answer of it. */
const withSeen = ({ marks }: Order, holdId: string, seen: Pick<Hold, 'releasedAt' | 'releasedBy'>): Order['marks'] => {
  if (!marks?.unconfirmed) return marks;
  const unconfirmed = Object.entries(marks.unconfirmed).map(([stockKey, one]) => [stockKey, one.id === holdId ? { ...one, ...seen } : one]);
  return { ...marks, unconfirmed: Object.fromEntries(unconfirmed) };
};

const goOn = (order: Order, context: Deciding): [Order, Effect[]] => {
  if (!isQueued(order)) return [order, []];
  if (!order.marks?.waiting) {
    return [order, order.fulfillmentId ? [tell('fulfillment', order.fulfillmentId, 'fulfillment.release', {})] : []];
  }
  if (earlyTruck(order)) return sendEarlyAgain(order);
  return sendOn({ ...order, ...marked(order, { waiting: false }) }, context);
};
