/**
 * The rules of one product's stock at one location. Reserve holds back, confirm makes the hold last, consume takes it away, release
 * gives it back. Reserved is the sum of open reservations; available + reserved is what lies there, the sum of all movements.
 */
import type { inventoryMessages, MovementKind, ReservationStatus } from '../../models/inventory.ts';
import {
  type Context,
  type Decision,
  done,
  type Effect,
  ignore,
  type Message,
  type MessageOf,
  publish,
  refuse,
  write,
} from '../../runtime/decider.ts';

export interface Stock {
  sku: string;
  locationId: string;
  available: number;
  reserved: number;
  reorderLevel: number;
  version: number;
}

export interface Reservation {
  orderId: string;
  quantity: number;
  status: ReservationStatus;
  expiresAt: string | null;
  confirmedAt: string | null;
}

export interface Movement {
  kind: MovementKind;
  quantity: number;
  /** By how much what lies there changed. */
  onHand: number;
  orderId?: string;
  reason?: string;
  by?: string;
}

type Heard = MessageOf<typeof inventoryMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];

export const decide = (stock: Stock | undefined, message: Message, context: Context): Decision<Stock> => {
  const heard = message as unknown as Heard;
  if (heard.name === 'inventory.stock') return open(stock, heard.payload, context);
  if (!stock) return unknownStock(heard, context);
  switch (heard.name) {
    case 'inventory.reserve':
      return reserve(stock, heard.payload, context);
    case 'inventory.confirm':
      return confirm(stock, heard.payload, context);
    case 'inventory.release':
      return release(stock, heard.payload, context);
    case 'inventory.consume':
      return consume(stock, heard.payload, context);
    case 'inventory.receive':
      return receive(stock, heard.payload, message, context);
    case 'inventory.adjust':
      return adjust(stock, heard.payload, message, context);
  }
};

const reserve = (stock: Stock, { orderKey, orderId, quantity, until }: Payload<'inventory.reserve'>, context: Context) => {
  const before = context.rows.get<Reservation>('reservation', orderKey);
  if (before && ['active', 'confirmed', 'consumed'].includes(before.status)) return ignore('it is reserved already');
  if (stock.available < quantity) return rejected(context.key, orderKey, 'inventory.short', { available: stock.available, quantity });
  return done(
    changed(stock, -quantity, quantity),
    write('reservation', orderKey, { orderId, quantity, status: 'active', expiresAt: until, confirmedAt: null }),
    moved(context, { kind: 'reserved', quantity, onHand: 0, orderId }),
    publish('inventory.reserved', { orderKey, orderId, stockKey: context.key, quantity, until }),
  );
};

/** From now on the hold has no end. The order sends this before `until`, so it stands in the mailbox before any expiry. */
const confirm = (stock: Stock, { orderKey, orderId }: Payload<'inventory.confirm'>, context: Context): Decision<Stock> => {
  const held = context.rows.get<Reservation>('reservation', orderKey);
  if (held?.status === 'confirmed' || held?.status === 'consumed') return ignore('it is confirmed already');
  if (held?.status !== 'active') return rejected(context.key, orderKey, 'inventory.reservation-lapsed', { status: held?.status ?? 'none' });
  return done(
    stock,
    write('reservation', orderKey, {
      ...held,
      status: 'confirmed',
      expiresAt: null,
      confirmedAt: context.now.toISOString(),
    }),
    moved(context, { kind: 'confirmed', quantity: held.quantity, onHand: 0, orderId }),
  );
};

const release = (stock: Stock, { orderKey, orderId, reason }: Payload<'inventory.release'>, context: Context): Decision<Stock> => {
  const held = context.rows.get<Reservation>('reservation', orderKey);
  if (held?.status !== 'active' && held?.status !== 'confirmed') return ignore('nothing is held');
  return done(
    changed(stock, held.quantity, -held.quantity),
    write('reservation', orderKey, { ...held, status: 'released', expiresAt: null }),
    moved(context, { kind: 'released', quantity: held.quantity, onHand: 0, orderId, reason }),
    publish('inventory.reservation.released', {
      orderKey,
      orderId,
      stockKey: context.key,
      quantity: held.quantity,
      reason,
    }),
  );
};

const consume = (stock: Stock, { orderKey, orderId }: Payload<'inventory.consume'>, context: Context): Decision<Stock> => {
  const held = context.rows.get<Reservation>('reservation', orderKey);
  if (held?.status === 'consumed') return ignore('it is consumed already');
  if (held?.status !== 'active' && held?.status !== 'confirmed')
    return rejected(context.key, orderKey, 'inventory.reservation-lapsed', { status: held?.status ?? 'none' });
  return done(
    changed(stock, 0, -held.quantity),
    write('reservation', orderKey, { ...held, status: 'consumed', expiresAt: null }),
    moved(context, { kind: 'consumed', quantity: held.quantity, onHand: -held.quantity, orderId }),
  );
};

const receive = (stock: Stock, { quantity }: Payload<'inventory.receive'>, { headers }: Message, context: Context): Decision<Stock> =>
  done(
    changed(stock, quantity, 0),
    moved(context, { kind: 'received', quantity, onHand: quantity, by: headers.by }),
    publish('inventory.stock.changed', {
      stockKey: context.key,
      kind: 'received',
      quantity,
      available: stock.available + quantity,
    }),
  );

const adjust = (
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

/** The first word about a product at a location: it is kept there, and this much lies there. */
const open = (stock: Stock | undefined, form: Payload<'inventory.stock'>, context: Context): Decision<Stock> => {
  if (stock) return ignore('it is stocked already');
  const { sku, locationId, quantity, reorderLevel } = form;
  return done(
    { sku, locationId, available: quantity, reserved: 0, reorderLevel, version: 1 },
    quantity > 0 ? moved(context, { kind: 'received', quantity, onHand: quantity }) : undefined,
  );
};

const unknownStock = (heard: Heard, context: Context): Decision<Stock> =>
  heard.name === 'inventory.reserve'
    ? rejected(context.key, heard.payload.orderKey, 'inventory.unknown-stock')
    : refuse('inventory.unknown-stock');

const rejected = (stockKey: string, orderKey: string, reason: string, data: Record<string, unknown> = {}): Decision<Stock> =>
  refuse(reason, data, publish('inventory.rejected', { orderKey, stockKey, reason, ...data }));

const changed = (stock: Stock, available: number, reserved: number): Stock => ({
  ...stock,
  available: stock.available + available,
  reserved: stock.reserved + reserved,
  version: stock.version + 1,
});

const moved = (context: Context, movement: Movement): Effect => write('movement', context.newId(), movement);
