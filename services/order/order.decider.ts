/**
 * The rules of an order, and of the saga that carries it: reserve, pay, confirm, dispatch, deliver; and back again when one says no.
 * The order orchestrates: it sends commands, and the answers come to it as events (models/subscriptions.ts).
 */
import { stockKeyOf } from '../../models/inventory.ts';
import type { OrderForm, OrderStatus, orderMessages, PaymentMethod, SagaState } from '../../models/order.ts';
import { MAX_CENTS } from '../../models/words.ts';
import {
  type Context,
  cancelTimer,
  type Decision,
  done,
  type Effect,
  ignore,
  type Message,
  type MessageOf,
  publish,
  refuse,
  setTimer,
  tell,
} from '../../runtime/decider.ts';

export interface Order {
  id: string;
  orderNumber: string;
  correlationId: string;
  status: OrderStatus;
  sagaState: SagaState;
  customerId: string;
  plantId: string;
  paymentMethod: PaymentMethod;
  paymentToken: string;
  currency: string;
  totalCents: number;
  distanceMiles: number;
  quantity: number;
  priority: number;
  requestedStart: string | null;
  /** What it asks of stock: one entry per product, its lines summed. */
  stock: { stockKey: string; quantity: number }[];
  /** Stock that has not answered yet. */
  awaiting: string[];
  paymentId: string | null;
  truckId: string | null;
  /** Where an assigned order goes back to when it loses its truck. */
  assignedFrom: OrderStatus | null;
  reason: string | null;
  version: number;
  /** Only on the way into the database: what is written once. */
  intake?: Intake;
}

export interface Intake {
  form: OrderForm;
  items: { sku: string; name: string; quantity: number; unitPriceCents: number }[];
  sagaExpiresAt: string;
}

export interface Product {
  sku: string;
  name: string;
  priceCents: number;
  currency: string;
}

/** What the store reads for orders that are new: the catalogue, a number from the database, and where there is stock. */
export interface OrderFacts {
  products: Map<string, Product>;
  plants: Set<string>;
  ids: Map<string, string>;
  /** Plants by key of an order that names none: those with the most of what it asks first. */
  stockedPlants: Map<string, string[]>;
}

export interface OrderSettings {
  sagaMs: number;
  defaultDistanceMiles: number;
}

type Heard = MessageOf<typeof orderMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
type Deciding = Context<OrderFacts>;

const STATUS_CHANGED = 'orders.order.status_changed';

export const orderDecider =
  (settings: OrderSettings) =>
  (order: Order | undefined, message: Message, context: Deciding): Decision<Order> => {
    const heard = message as unknown as Heard;
    if (heard.name === 'order.accepted') return accept(order, heard.payload, context, settings);
    if (!order) return refuse('order.not-found');
    switch (heard.name) {
      case 'order.cancel':
        return cancel(order, heard.payload);
      case 'inventory.reserved':
        return reserved(order, heard.payload, context);
      case 'inventory.rejected':
        return rejected(order, heard.payload);
      case 'payment.confirmed':
        return paid(order, heard.payload);
      case 'payment.failed':
        return unpaid(order, heard.payload);
      case 'order.truck.assigned':
        return assigned(order, heard.payload);
      case 'order.truck.unassigned':
        return unassigned(order, heard.payload);
      case 'order.status.intransit':
        return inTransit(order, heard.payload);
      case 'order.delivered':
        return delivered(order, heard.payload);
      case 'saga.expire':
        return expire(order);
    }
  };

/** Told by the gateway, or by anyone on the mesh who emits order.accepted. The same correlation id twice is one order. */
const accept = (order: Order | undefined, form: Payload<'order.accepted'>, context: Deciding, settings: OrderSettings): Decision<Order> => {
  if (order) return ignore('it is accepted already', processed(order));
  const fresh = place(form, context, settings);
  const problem = problemWith(form, context) ?? (fresh.totalCents > MAX_CENTS ? 'order.too-large' : undefined);
  if (problem) {
    const failed: Order = { ...fresh, status: 'failed', sagaState: 'Failed', reason: problem, stock: [], awaiting: [] };
    return done(failed, created(failed), statusEvent(failed, null, problem), processed(failed));
  }
  const { sagaExpiresAt } = fresh.intake as Intake;
  return done(
    fresh,
    created(fresh),
    statusEvent(fresh, null),
    processed(fresh),
    fresh.stock.map(({ stockKey, quantity }) =>
      tell('inventory', stockKey, 'inventory.reserve', { ...address(fresh), quantity, until: sagaExpiresAt }),
    ),
    setTimer('saga.expire', new Date(sagaExpiresAt), {}),
  );
};

const problemWith = ({ items, plantId }: Payload<'order.accepted'>, { facts }: Deciding): string | undefined => {
  if (items.some(({ sku }) => !facts.products.has(sku))) return 'order.unknown-sku';
  if (plantId !== undefined && !facts.plants.has(plantId)) return 'order.unknown-plant';
  const currencies = new Set(items.map(({ sku }) => facts.products.get(sku)?.currency));
  return currencies.size > 1 ? 'order.mixed-currencies' : undefined;
};

/** Prices come from the catalogue, never from the client. */
const place = (form: Payload<'order.accepted'>, context: Deciding, settings: OrderSettings): Order => {
  const { facts, now, key } = context;
  const id = facts.ids.get(key) as string;
  const items = form.items.map(({ sku, quantity }) => {
    const product = facts.products.get(sku);
    return { sku, quantity, name: product?.name ?? sku, unitPriceCents: product?.priceCents ?? 0 };
  });
  const plantId = form.plantId ?? facts.stockedPlants.get(key)?.[0] ?? [...facts.plants][0] ?? 'none';
  const stock = sumByStock(form.items, plantId);
  return {
    id,
    orderNumber: `ORD-${now.toISOString().slice(0, 10).replaceAll('-', '')}-${id.padStart(6, '0')}`,
    correlationId: key,
    status: 'pending',
    sagaState: 'Created',
    customerId: form.customerId ?? form.customer?.externalId ?? '',
    plantId,
    paymentMethod: form.paymentMethod,
    paymentToken: form.paymentToken ?? 'tok_ok',
    currency: facts.products.get(form.items[0]?.sku ?? '')?.currency ?? form.currency ?? 'USD',
    totalCents: items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0),
    distanceMiles: form.distanceMiles ?? settings.defaultDistanceMiles,
    quantity: form.items.reduce((sum, { quantity }) => sum + quantity, 0),
    priority: form.priority,
    requestedStart: form.requestedWindow?.start ?? null,
    stock,
    awaiting: stock.map(({ stockKey }) => stockKey),
    paymentId: null,
    truckId: null,
    assignedFrom: null,
    reason: null,
    version: 1,
    intake: { form, items, sagaExpiresAt: new Date(now.getTime() + settings.sagaMs).toISOString() },
  };
};

const sumByStock = (items: readonly { sku: string; quantity: number }[], plantId: string): Order['stock'] => {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of items) {
    const stockKey = stockKeyOf(sku, plantId);
    sums.set(stockKey, (sums.get(stockKey) ?? 0) + quantity);
  }
  return [...sums].map(([stockKey, quantity]) => ({ stockKey, quantity }));
};

/** All or nothing: only when the last line is held does the order go on to its payment. */
const reserved = (order: Order, { stockKey }: Payload<'inventory.reserved'>, context: Deciding): Decision<Order> => {
  if (order.status !== 'pending' || !order.awaiting.includes(stockKey)) return ignore('the order has moved on');
  const awaiting = order.awaiting.filter((key) => key !== stockKey);
  const waiting = { ...order, awaiting };
  if (awaiting.length > 0) return done(waiting);
  const validated = moved(waiting, 'validated', { sagaState: 'InventoryReserved' });
  const news = statusEvent(validated, order.status);
  if (order.paymentMethod === 'cod') return done(validated, news, cancelTimer('saga.expire'));
  if (order.paymentMethod === 'account') return confirmed(validated, news);
  const paymentId = context.newId();
  const paying = moved(validated, 'payment_processing', { paymentId, sagaState: 'PaymentProcessing' });
  return done(paying, news, statusEvent(paying, 'validated'), tell('payment', paymentId, 'payment.charge', bill(paying)));
};

const bill = (order: Order) => ({
  orderKey: order.correlationId,
  orderId: order.id,
  orderNumber: order.orderNumber,
  amountCents: order.totalCents,
  currency: order.currency,
  method: order.paymentMethod,
  token: order.paymentToken,
});

const rejected = (order: Order, { stockKey, reason }: Payload<'inventory.rejected'>): Decision<Order> => {
  if (order.status === 'cancelled' || order.status === 'failed') return ignore('the order is off');
  if (order.status !== 'pending') return exceptional(order, `stock ${stockKey} said ${reason}`);
  const failed = moved(order, 'failed', { reason, sagaState: 'Failed', awaiting: [] });
  return done(failed, statusEvent(failed, order.status, reason), releaseStock(order, reason, stockKey), cancelTimer('saga.expire'));
};

/** Money for an order that is no more is given back at once. */
const paid = (order: Order, { paymentId }: Payload<'payment.confirmed'>): Decision<Order> => {
  if (order.status !== 'payment_processing') {
    if (order.paymentId === paymentId && ['cancelled', 'failed', 'payment_failed'].includes(order.status)) {
      return exceptional(order, 'payment confirmed too late', tell('payment', paymentId, 'payment.cancel', { reason: 'the order is off' }));
    }
    return ignore('the order is past its payment');
  }
  const confirmedPayment = moved(order, 'payment_confirmed', { sagaState: 'Paid' });
  return confirmed(confirmedPayment, statusEvent(confirmedPayment, order.status, 'Payment confirmed', `Payment ID: ${paymentId}`));
};

/**
 * The confirmations leave in this commit, before the reservations' end: mailbox order puts them before any expiry, so stock
 * cannot refuse them, and the order need not wait for an answer (docs/adr/0009).
 */
const confirmed = (order: Order, ...news: Effect[]): Decision<Order> => {
  const ready = moved(order, 'confirmed', { sagaState: 'Paid' });
  return done(
    ready,
    news,
    statusEvent(ready, order.status),
    order.stock.map(({ stockKey }) => tell('inventory', stockKey, 'inventory.confirm', address(order))),
    tell('dispatch', order.plantId, 'dispatch.request', {
      ...address(order),
      quantity: order.quantity,
      distanceMiles: order.distanceMiles,
      priority: order.priority,
      ...(order.requestedStart ? { requestedStart: order.requestedStart } : {}),
    }),
    cancelTimer('saga.expire'),
  );
};

const unpaid = (order: Order, { failureReason }: Payload<'payment.failed'>): Decision<Order> => {
  if (order.status !== 'payment_processing') return ignore('the order is past its payment');
  const reason = `Payment failed: ${failureReason}`;
  const failed = moved(order, 'payment_failed', { reason: failureReason, sagaState: 'Failed' });
  return done(failed, statusEvent(failed, order.status, reason), releaseStock(order, reason), cancelTimer('saga.expire'));
};

const assigned = (order: Order, { truckId }: Payload<'order.truck.assigned'>): Decision<Order> => {
  if (order.status !== 'confirmed' && order.status !== 'validated') return ignore('the order is not waiting for a truck');
  const next = moved(order, 'assigned', { truckId, assignedFrom: order.status });
  return done(next, statusEvent(next, order.status, `Truck ${truckId}`));
};

const unassigned = (order: Order, { truckId, reason }: Payload<'order.truck.unassigned'>): Decision<Order> => {
  if (order.status !== 'assigned' || order.truckId !== truckId) return ignore('the order has not this truck');
  const back = moved(order, order.assignedFrom ?? 'confirmed', { truckId: null, assignedFrom: null });
  return done(back, statusEvent(back, order.status, reason));
};

const inTransit = (order: Order, { truckId }: Payload<'order.status.intransit'>): Decision<Order> => {
  if (order.status !== 'assigned') return ignore(`the order is ${order.status}`);
  const next = moved(order, 'shipped', { sagaState: 'Shipped' });
  return done(next, statusEvent(next, order.status, `Truck ${truckId}`));
};

const delivered = (order: Order, { truckId }: Payload<'order.delivered'>): Decision<Order> => {
  if (order.status !== 'shipped' && order.status !== 'assigned') return exceptional(order, `truck ${truckId} delivered it`);
  const next = moved(order, 'delivered', { sagaState: 'Completed' });
  return done(
    next,
    statusEvent(next, order.status, `Truck ${truckId}`),
    order.stock.map(({ stockKey }) => tell('inventory', stockKey, 'inventory.consume', address(order))),
  );
};

/** Asked by the gateway and the REPL, in any phase until something is delivered. */
const cancel = (order: Order, { reason, by, version }: Payload<'order.cancel'>): Decision<Order> => {
  if (version !== undefined && version !== order.version) return refuse('resource.changed', { version: order.version });
  if (order.status === 'delivered' || order.status === 'completed') return refuse(`order.already-${order.status}`);
  if (order.status === 'cancelled' || order.status === 'failed') return refuse(`order.already-${order.status}`);
  const next = moved(order, 'cancelled', { reason, sagaState: 'Failed', awaiting: [] });
  const off = { orderKey: order.correlationId, reason };
  return done(
    next,
    statusEvent(next, order.status, reason),
    publish('order.cancelled', { ...off, orderId: order.id, orderNumber: order.orderNumber, customerId: order.customerId, from: order.status, by }),
    order.status === 'payment_failed' ? undefined : releaseStock(order, reason),
    order.paymentId ? tell('payment', order.paymentId, 'payment.cancel', { reason }) : undefined,
    ['confirmed', 'assigned', 'shipped'].includes(order.status) ? tell('dispatch', order.plantId, 'dispatch.cancel', off) : undefined,
    cancelTimer('saga.expire'),
  );
};

/** Thirty minutes after the order was placed. One that is paid by then cancelled this timer, and one that fires late finds it so. */
const expire = (order: Order): Decision<Order> => {
  const timeout = publish('order.timeout', { ...address(order), status: order.status });
  if (order.status === 'pending') {
    const failed = moved(order, 'failed', { reason: 'order.timeout', sagaState: 'Failed', awaiting: [] });
    return done(failed, timeout, statusEvent(failed, order.status, 'order.timeout'), releaseStock(order, 'order.timeout'));
  }
  if (order.status !== 'payment_processing') return ignore('it was paid in time');
  const failed = moved(order, 'payment_failed', { reason: 'order.timeout', sagaState: 'Failed' });
  const payment = order.paymentId ? tell('payment', order.paymentId, 'payment.cancel', { reason: 'order.timeout' }) : undefined;
  return done(failed, timeout, statusEvent(failed, order.status, 'order.timeout'), releaseStock(order, 'order.timeout'), payment);
};

/** News that no longer fits: recorded for the operators, never applied. */
const exceptional = (order: Order, what: string, ...effects: Effect[]): Decision<Order> =>
  ignore(what, publish('order.exception', { ...address(order), status: order.status, what }), ...effects);

const moved = (order: Order, status: OrderStatus, change: Partial<Order> = {}): Order => ({
  ...order,
  ...change,
  status,
  version: order.version + 1,
});

const address = ({ correlationId, id }: Order) => ({ orderKey: correlationId, orderId: id });

const releaseStock = (order: Order, reason: string, except?: string): Effect[] =>
  order.stock
    .filter(({ stockKey }) => stockKey !== except)
    .map(({ stockKey }) => tell('inventory', stockKey, 'inventory.release', { ...address(order), reason }));

const created = (order: Order): Effect =>
  publish('order.created', {
    ...address(order),
    orderNumber: order.orderNumber,
    customerId: order.customerId,
    plantId: order.plantId,
    totalCents: order.totalCents,
    currency: order.currency,
    distanceMiles: order.distanceMiles,
    paymentMethod: order.paymentMethod,
  });

const processed = (order: Order): Effect => publish('order.processed', { correlationId: order.correlationId, orderId: order.id });

const statusEvent = (order: Order, from: OrderStatus | null, reason?: string, notes?: string): Effect =>
  publish(STATUS_CHANGED, {
    orderKey: order.correlationId,
    orderId: order.id,
    orderNumber: order.orderNumber,
    oldStatus: from,
    newStatus: order.status,
    reason,
    notes,
  });
