/** A hold from its making to its end. One that finds too little waits in line, where the stock allows that. */
import { type Decision, done, type Effect, ignore, type Message, publish, tell } from '../../runtime/decider.ts';
import { type Context, changed, moved, owned, type Payload, type Reservation, rejected, type Stock, save } from './inventory.state.ts';

type OpenReservation = Reservation & { status: 'active' | 'confirmed' };
const isOpen = (held: Reservation | undefined): held is OpenReservation => held?.status === 'active' || held?.status === 'confirmed';
const holdOf = (context: Context, orderKey: string): Reservation | undefined => context.rows.get<Reservation>('reservation', orderKey);

export const reserve = (stock: Stock, form: Payload<'inventory.reserve'>, message: Message, context: Context): Decision<Stock> => {
  const { orderKey, orderId, quantity, until, owner } = form;
  const before = holdOf(context, orderKey);
  if (isOpen(before) || before?.status === 'consumed') return ignore('it is reserved already');
  if (before?.status === 'backordered') return ignore('it waits in line already');
  // Who comes later does not overtake who waits, though there may be enough for the smaller wish.
  if (stock.available < quantity || stock.backordered > 0) {
    if (stock.allowBackorder) return waitInLine(stock, form, message, context);
    return rejected(context.key, form, 'inventory.short', { available: stock.available, quantity });
  }
  return done(
    changed(stock, -quantity, quantity),
    save(orderKey, { orderId, quantity, status: 'active', expiresAt: until, confirmedAt: null, ...owned(owner) }),
    moved(context, { kind: 'reserved', quantity, onHand: 0, orderId }),
    publish('inventory.reserved', { orderKey, orderId, stockKey: context.key, quantity, until, ...owned(owner) }),
  );
};

const waitInLine = (
  stock: Stock,
  { orderKey, orderId, quantity, until, owner }: Payload<'inventory.reserve'>,
  { headers: { correlationId, traceparent } }: Message,
  context: Context,
): Decision<Stock> => {
  const next = changed(stock, 0, 0, { backordered: stock.backordered + 1 });
  const holdMs = Math.max(0, Date.parse(until) - context.now.getTime());
  return done(
    next,
    save(orderKey, {
      orderId,
      quantity,
      status: 'backordered',
      expiresAt: null,
      confirmedAt: null,
      ...owned(owner),
      // Each who joins makes a version of the stock: they stand in the order in which they came.
      place: next.version,
      waiting: { orderKey, holdMs, correlationId, traceparent },
    }),
    publish('inventory.backordered', { orderKey, orderId, stockKey: context.key, quantity, available: stock.available, ...owned(owner) }),
  );
};

/** From now on the hold has no end. The order sends this before `until`, so it stands in the mailbox before any expiry. */
export const confirm = (stock: Stock, form: Payload<'inventory.confirm'>, context: Context): Decision<Stock> => {
  const held = holdOf(context, form.orderKey);
  if (held?.status === 'confirmed' || held?.status === 'consumed') return ignore('it is confirmed already');
  if (held?.status !== 'active') return lapsed(form, held, context);
  return done(
    stock,
    save(form.orderKey, { ...held, status: 'confirmed', expiresAt: null, confirmedAt: context.now.toISOString() }),
    moved(context, { kind: 'confirmed', quantity: held.quantity, onHand: 0, orderId: form.orderId }),
  );
};

export const consume = (stock: Stock, form: Payload<'inventory.consume'>, context: Context): Decision<Stock> => {
  const held = holdOf(context, form.orderKey);
  if (held?.status === 'consumed') return ignore('it is consumed already');
  if (!held) return lapsed(form, held, context);
  if (!isOpen(held)) return goneWithout(stock, form, held, context);
  return done(
    changed(stock, 0, -held.quantity),
    save(form.orderKey, { ...held, status: 'consumed', expiresAt: null }),
    moved(context, { kind: 'consumed', quantity: held.quantity, onHand: -held.quantity, orderId: form.orderId }),
  );
};

/**
 * It has left the house while nothing was held for it: given back, run out, or still in line. What is there of it is taken up again, and
 * consumed in a turn of its own, since only what is held can be consumed (models/inventory.ts). What is missing was never in the books, and is said.
 */
const goneWithout = (stock: Stock, form: Payload<'inventory.consume'>, held: Reservation, context: Context): Decision<Stock> => {
  const quantity = Math.min(held.quantity, stock.available);
  const missing = quantity < held.quantity ? lapsed(form, held, context) : undefined;
  const waited = held.status === 'backordered';
  if (quantity === 0 && waited) return also(leaveLine(stock, form.orderKey, held, WITHOUT, context), missing);
  if (quantity === 0) return lapsed(form, held, context);
  const taken: Reservation = { ...held, ...(waited ? { place: null, waiting: null } : {}), quantity, status: 'active', expiresAt: null };
  const took = done(
    changed(stock, -quantity, quantity, waited ? { backordered: stock.backordered - 1 } : {}),
    save(form.orderKey, taken),
    waited ? released(form.orderKey, held, WITHOUT, context) : undefined,
    moved(context, { kind: 'reserved', quantity, onHand: 0, orderId: form.orderId, reason: WITHOUT }),
    tell('inventory', context.key, 'inventory.consume', form),
  );
  return also(took, missing);
};

const WITHOUT = 'it was delivered without';
const also = (decision: Decision<Stock>, more: Decision<Stock> | undefined): Decision<Stock> =>
  more ? { ...decision, effects: [...decision.effects, ...more.effects] } : decision;

const lapsed = (form: Payload<'inventory.confirm'>, held: Reservation | undefined, context: Context): Decision<Stock> =>
  rejected(context.key, form, 'inventory.reservation-lapsed', { status: held?.status ?? 'none' });

export const release = (stock: Stock, { orderKey, orderId, reason }: Payload<'inventory.release'>, context: Context): Decision<Stock> => {
  const held = holdOf(context, orderKey);
  if (held?.status === 'backordered') return leaveLine(stock, orderKey, held, reason, context);
  if (!isOpen(held)) return ignore('nothing is held');
  return done(
    changed(stock, held.quantity, -held.quantity),
    save(orderKey, { ...held, status: 'released', expiresAt: null }),
    moved(context, { kind: 'released', quantity: held.quantity, onHand: 0, orderId, reason }),
    released(orderKey, held, reason, context),
  );
};

/** It held nothing: nothing moves. */
const leaveLine = (stock: Stock, orderKey: string, held: Reservation, reason: string, context: Context): Decision<Stock> =>
  done(
    changed(stock, 0, 0, { backordered: stock.backordered - 1 }),
    save(orderKey, { ...held, status: 'released', place: null, waiting: null }),
    released(orderKey, held, reason, context),
  );

/** The hold of an order of which a part is off becomes smaller; of a whole that is off, nothing is left to hold. */
export const reduce = (stock: Stock, form: Payload<'inventory.reduce'>, context: Context): Decision<Stock> => {
  const { orderKey, orderId, quantity, reason } = form;
  const held = holdOf(context, orderKey);
  if (held?.status === 'released' || held?.status === 'expired') return ignore('nothing is held', ...wantedLess(form, held));
  if (!isOpen(held) && held?.status !== 'backordered') return ignore('nothing is held');
  if (quantity >= held.quantity) return release(stock, form, context);
  const left = held.quantity - quantity;
  const smaller = save(orderKey, { ...held, quantity: left });
  const news = { orderKey, orderId, stockKey: context.key, quantity, left, reason, ...owned(held.owner) };
  const said = publish('inventory.reservation.reduced', news);
  if (held.status === 'backordered') return done(changed(stock, 0, 0), smaller, said);
  return done(
    changed(stock, quantity, -quantity),
    smaller,
    moved(context, { kind: 'released', quantity, onHand: 0, orderId, reason }),
    said,
  );
};

/** Should it leave the house all the same, no more than this will have left. */
const wantedLess = ({ orderKey, quantity }: Payload<'inventory.reduce'>, held: Reservation): Effect[] =>
  quantity < held.quantity ? [save(orderKey, { ...held, quantity: held.quantity - quantity })] : [];

/** The clock's word may be late: what was confirmed, released or held anew meanwhile stays as it is. */
export const expire = (stock: Stock, { orderKey, orderId }: Payload<'inventory.expire'>, context: Context): Decision<Stock> => {
  const held = holdOf(context, orderKey);
  if (held?.status !== 'active') return ignore('no hold runs out');
  if (held.expiresAt !== null && Date.parse(held.expiresAt) > context.now.getTime()) return ignore('its end has not come yet');
  const { quantity, owner } = held;
  return done(
    changed(stock, quantity, -quantity),
    save(orderKey, { ...held, status: 'expired', expiresAt: null }),
    moved(context, { kind: 'expired', quantity, onHand: 0, orderId }),
    publish('inventory.reservation.expired', { orderKey, orderId, stockKey: context.key, quantity, ...owned(owner) }),
  );
};

const released = (orderKey: string, { orderId, quantity, owner }: Reservation, reason: string, context: Context): Effect =>
  publish('inventory.reservation.released', { orderKey, orderId, stockKey: context.key, quantity, reason, ...owned(owner) });
