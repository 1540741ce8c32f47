/** What follows from a change of stock: those who wait are served in their order, and whoever orders anew hears when it is low. */
import { type Decision, done, type Effect, ignore, inTrace, publish, setTimer, type Write } from '../../runtime/decider.ts';
import { type Context, changed, moved, owned, type Reservation, type Stock, save, type Waiting } from './inventory.state.ts';

/** Called with every decision; one that leaves the stock as it was has no aftermath. */
export const aftermath = (before: Stock | undefined, decision: Decision<Stock>, context: Context): Decision<Stock> => {
  if (decision.kind !== 'done' || decision.state === before) return decision;
  const [served, more] = serve(decision.state, decision.effects, context);
  const [watched, alarm] = watch(served, before, context);
  return watched === decision.state && more.length === 0 ? decision : done(watched, [...decision.effects, ...more], alarm);
};

/** `inventory.fill`, the actor's own: the next of a line that was too long for one turn. A new version, so that it has an aftermath. */
export const fillOn = (stock: Stock): Decision<Stock> => (stock.backordered > 0 ? done(changed(stock, 0, 0)) : ignore('nobody waits'));

/** Not now: what is due at once is handled in this turn, which has loaded no more of the line. */
const soon = ({ now }: Context): Date => new Date(now.getTime() + 1);

interface InLine extends Reservation {
  place: number;
  waiting: Waiting;
}

/** First in, first out: when there is not enough for the first, nobody is served, however little the next one wants. */
const serve = (stock: Stock, sofar: readonly Effect[], context: Context): [Stock, Effect[]] => {
  const effects: Effect[] = [];
  if (stock.backordered <= 0 || stock.available <= 0) return [stock, effects];
  const end = context.facts?.lineEnds.get(context.key) ?? Number.POSITIVE_INFINITY;
  let left = stock;
  for (const first of lineOf(sofar, context)) {
    // Before this one stand others that were not loaded: a turn of its own serves them.
    if (first.place > end) break;
    if (left.available < first.quantity) return [left, effects];
    left = changed(left, -first.quantity, first.quantity, { backordered: left.backordered - 1 });
    effects.push(...fill(first, context));
  }
  if (end !== Number.POSITIVE_INFINITY && left.available > 0 && left.backordered > 0)
    effects.push(setTimer('inventory.fill', soon(context), {}));
  return [left, effects];
};

/** Those who wait, as the decision leaves them: its own writes are not among the rows yet. */
const lineOf = (effects: readonly Effect[], context: Context): InLine[] => {
  const written = new Map(effects.filter(isReservation).map(({ id, row }) => [id, row as Reservation]));
  const line = context.rows.all<Reservation>('reservation').filter(({ waiting }) => waiting && !written.has(waiting.orderKey));
  return [...line, ...written.values()].filter(inLine).sort((one, other) => one.place - other.place);
};
const isReservation = (effect: Effect): effect is Write => effect.kind === 'write' && effect.table === 'reservation';
const inLine = (row: Reservation): row is InLine => row.status === 'backordered' && typeof row.place === 'number' && !!row.waiting;

const fill = ({ waiting, ...row }: InLine, context: Context): Effect[] => {
  const { orderKey, holdMs, correlationId, traceparent } = waiting;
  const { orderId, quantity, owner } = row;
  const until = new Date(context.now.getTime() + holdMs).toISOString();
  return [
    save(orderKey, { ...row, status: 'active', expiresAt: until, place: null, waiting: null }),
    moved(context, { kind: 'reserved', quantity, onHand: 0, orderId }),
    ...inTrace(
      { correlationId, traceparent },
      publish('inventory.reserved', { orderKey, orderId, stockKey: context.key, quantity, until, ...owned(owner) }),
    ),
  ];
};

/** Low at the reorder level; no longer low only a fifth above it, so that a stock on the edge does not call again and again. */
const watch = (stock: Stock, before: Stock | undefined, context: Context): [Stock, Effect?] => {
  const { sku, locationId, available, incoming, reorderLevel } = stock;
  const left = available + incoming;
  const news = { stockKey: context.key, sku, locationId, available, incoming, reorderLevel };
  if (!stock.low && left <= reorderLevel) {
    // What is opened empty waits for its first receipt: nobody has sold any of it.
    if (!before && left === 0 && reorderLevel === 0) return [stock];
    return [{ ...stock, low: true }, publish('inventory.low_stock', news)];
  }
  if (stock.low && left * 5 > reorderLevel * 6) return [{ ...stock, low: false }, publish('inventory.replenished', news)];
  return [stock];
};
