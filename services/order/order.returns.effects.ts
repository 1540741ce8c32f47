/** What of an order may be sent back. The returns room asks, and says later what came of it; the order keeps the quantities. */
import { done, type Effect, ignore, refuse, write } from '../../runtime/decider.ts';
import { isDelivered } from './order.effects.ts';
import type { Decided, Deciding, Item, Order, Payload, SentBack } from './order.state.ts';

/** Once per id. Books the quantities, so that two askers never send back the same goods. */
export const sendBack = (order: Order, { id, kind, lines, reason }: Payload<'order.send-back'>, context: Deciding): Decided => {
  if (context.rows.get<SentBack>('order_returns', id)) return ignore('it is booked already');
  if (!isDelivered(order) || !order.deliveredAt) return refuse('order.not-delivered');
  const end = new Date(order.deliveredAt).getTime() + context.settings.returnWindowMs;
  if (context.now.getTime() > end) return refuse('return.window-passed', { until: new Date(end).toISOString() });
  const items = booked(lines, context, ({ quantitySentBack }, quantity) => ({ quantitySentBack: quantitySentBack + quantity }));
  if (typeof items === 'string') return refuse('order.item-not-found', { itemId: items });
  for (const [itemId, { quantity, quantityCancelled, quantitySentBack }] of items) {
    if (quantitySentBack > quantity - quantityCancelled) return refuse('return.too-many', { itemId });
  }
  const row: SentBack = { kind, lines, status: 'requested', reason };
  return done(order, write('order_returns', id, row), rowsOf(items));
};

/** It came: what was received is returned, and what was announced and did not come may be announced again. */
export const cameBack = (order: Order, { id, lines }: Payload<'order.return.completed'>, context: Deciding): Decided => {
  const row = context.rows.get<SentBack>('order_returns', id);
  if (row?.status !== 'requested') return ignore('it is not booked, or ended already');
  const came = new Map(lines.map(({ itemId, quantity }) => [itemId, quantity]));
  const items = booked(row.lines, context, (item, quantity) => {
    const received = Math.min(came.get(item.itemId) ?? 0, quantity);
    return {
      quantitySentBack: item.quantitySentBack - quantity + received,
      quantityReturned: item.quantityReturned + received,
    };
  });
  if (typeof items === 'string') return ignore('an item is missing');
  return done(order, write('order_returns', id, { ...row, status: 'completed' }), rowsOf(items));
};

export const stays = (order: Order, { id }: Payload<'order.return.rejected'>, context: Deciding): Decided => {
  const row = context.rows.get<SentBack>('order_returns', id);
  if (row?.status !== 'requested') return ignore('it is not booked, or ended already');
  const items = booked(row.lines, context, ({ quantitySentBack }, quantity) => ({ quantitySentBack: quantitySentBack - quantity }));
  if (typeof items === 'string') return ignore('an item is missing');
  return done(order, write('order_returns', id, { ...row, status: 'rejected' }), rowsOf(items));
};

type Items = Map<string, Item>;
type Change = (item: Item & { itemId: string }, quantity: number) => Partial<Item>;

/** @returns the items changed line by line, or the id of one that is not there */
const booked = (lines: SentBack['lines'], { rows }: Deciding, change: Change): Items | string => {
  const items: Items = new Map();
  for (const { itemId, quantity } of lines) {
    const item = items.get(itemId) ?? rows.get<Item>('order_items', itemId);
    if (!item) return itemId;
    items.set(itemId, { ...item, ...change({ ...item, itemId }, quantity) });
  }
  return items;
};

const rowsOf = (items: Items): Effect[] => [...items].map(([itemId, item]) => write('order_items', itemId, item));
