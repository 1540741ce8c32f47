/** What lies there: received, counted, taken back, watched, and set right. */
import { type Decision, done, ignore, type Message, publish, refuse, write } from '../../runtime/decider.ts';
import { type Context, changed, moved, type Payload, type Stock, type TakeBack } from './inventory.state.ts';

/** The first word about a product at a location: it is kept there, and this much lies there. */
export const open = (stock: Stock | undefined, form: Payload<'inventory.stock'>, context: Context): Decision<Stock> => {
  if (stock) return ignore('it is stocked already');
  const { sku, locationId, quantity, reorderLevel } = form;
  const watched = { incoming: 0, reorderLevel, allowBackorder: false, backordered: 0, low: false };
  return done(
    { sku, locationId, available: quantity, reserved: 0, ...watched, version: 1 },
    quantity > 0 ? moved(context, { kind: 'received', quantity, onHand: quantity }) : undefined,
  );
};

/** What comes in is no longer on its way. */
export const receive = (
  stock: Stock,
  { quantity }: Payload<'inventory.receive'>,
  { headers }: Message,
  context: Context,
): Decision<Stock> =>
  done(
    changed(stock, quantity, 0, { incoming: Math.max(0, stock.incoming - quantity) }),
    moved(context, { kind: 'received', quantity, onHand: quantity, by: headers.by }),
    publish('inventory.stock.changed', {
      stockKey: context.key,
      kind: 'received',
      quantity,
      available: stock.available + quantity,
    }),
  );

export const adjust = (
  stock: Stock,
  { quantity, reason }: Payload<'inventory.adjust'>,
  { headers }: Message,
  context: Context,
): Decision<Stock> => {
  if (stock.available + quantity < 0) return refuse('inventory.below-zero', { available: stock.available });
  return done(
    changed(stock, quantity, 0),
    moved(context, { kind: 'adjusted', quantity: Math.abs(quantity), onHand: quantity, reason, by: headers.by }),
    publish('inventory.stock.changed', {
      stockKey: context.key,
      kind: 'adjusted',
      quantity,
      reason,
      available: stock.available + quantity,
    }),
  );
};

/** Once for each return. What cannot be sold again is written off: it was consumed, and never lies here. */
export const takeBack = (
  stock: Stock,
  { orderId, returnId, quantity, restock, reason }: Payload<'inventory.take-back'>,
  { headers }: Message,
  context: Context,
): Decision<Stock> => {
  if (context.rows.get<TakeBack>('takeBack', returnId)) return ignore('it was taken back already');
  const onHand = restock ? quantity : 0;
  const kind = restock ? 'returned' : 'written_off';
  return done(
    changed(stock, onHand, 0),
    write('takeBack', returnId, { orderId, quantity, restock } satisfies TakeBack),
    moved(context, { kind, quantity, onHand, orderId, reason, by: headers.by }),
    publish('inventory.stock.changed', {
      stockKey: context.key,
      kind,
      quantity: onHand,
      ...(reason ? { reason } : {}),
      available: stock.available + onHand,
      returnId,
    }),
  );
};

export const limits = (stock: Stock, form: Payload<'inventory.limits'>, context: Context): Decision<Stock> => {
  const { reorderLevel = stock.reorderLevel, incoming = stock.incoming, allowBackorder = stock.allowBackorder } = form;
  if (reorderLevel === stock.reorderLevel && incoming === stock.incoming && allowBackorder === stock.allowBackorder)
    return ignore('these are its limits already');
  return done(
    changed(stock, 0, 0, { reorderLevel, incoming, allowBackorder }),
    publish('inventory.limits.changed', { stockKey: context.key, reorderLevel, incoming, allowBackorder }),
  );
};

const REPAIRED = 'set right from its reservations and movements';

/** By as much as the level was wrong when it was read: what this turn did since then stands. */
export const repair = (stock: Stock, { headers }: Message, context: Context): Decision<Stock> => {
  const sums = context.facts?.sums.get(context.key);
  if (!sums || context.rows.get('repair', context.key)) return ignore('nothing is to be set right');
  const { level } = sums;
  const reserved = stock.reserved + sums.reserved - level.reserved;
  const backordered = stock.backordered + sums.backordered - level.backordered;
  const onHand = stock.available + stock.reserved + sums.onHand - (level.available + level.reserved);
  // More is promised than ever lay there: it must be somewhere, and a count will say.
  const missing = Math.max(0, reserved - onHand);
  const available = onHand + missing - reserved;
  const right = reserved === stock.reserved && available === stock.available && backordered === stock.backordered && missing === 0;
  if (right) return ignore('its figures are right');
  const quantity = available - stock.available;
  return done(
    changed(stock, quantity, reserved - stock.reserved, { backordered }),
    write('repair', context.key, {}),
    moved(context, { kind: 'adjusted', quantity: Math.abs(quantity), onHand: missing, reason: REPAIRED, by: headers.by }),
    publish('inventory.stock.changed', { stockKey: context.key, kind: 'adjusted', quantity, reason: REPAIRED, available, reserved }),
  );
};
