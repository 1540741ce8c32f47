/** What orders say, and the commands several of their rules send. */
import { type OrderStatus, orderLife, terminalOrderStatuses } from '../../models/order.ts';
import { type Effect, ignore, publish, refuse, tell, write } from '../../runtime/decider.ts';
import { address, type Decided, type Deciding, type Hold, type Order } from './order.state.ts';

/** Canonical; the documents' other spellings are aliases (model X8). */
const STATUS_CHANGED = 'orders.order.status_changed';

export const reserveStock = (order: Order, until: string, only?: readonly string[]): Effect[] =>
  order.stock
    .filter(({ stockKey }) => !only || only.includes(stockKey))
    .map(({ stockKey, quantity }) => tell('inventory', stockKey, 'inventory.reserve', { ...address(order), quantity, until }));

export const confirmStock = (order: Order): Effect[] =>
  order.stock.map(({ stockKey }) => tell('inventory', stockKey, 'inventory.confirm', address(order)));

export const consumeStock = (order: Order): Effect[] =>
  order.stock.map(({ stockKey }) => tell('inventory', stockKey, 'inventory.consume', address(order)));

/** What is mixed for it is drawn from its plant's materials: only then its trucks must know what it is. */
export const requestTruck = (order: Order): Effect => {
  const { concrete, ...asked } = order.marks?.truck ?? {};
  const items = order.stock.map(({ stockKey, quantity }) => ({ sku: stockKey.slice(0, stockKey.lastIndexOf('@')), quantity }));
  return tell('dispatch', order.plantId, 'dispatch.request', {
    ...address(order),
    quantity: order.quantity,
    distanceMiles: order.distanceMiles,
    priority: order.priority,
    ...(order.requestedStart ? { requestedStart: order.requestedStart } : {}),
    ...asked,
    ...(concrete && { items }),
  });
};

export const created = (order: Order): Effect =>
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

export const processed = (order: Order): Effect => publish('order.processed', { correlationId: order.correlationId, orderId: order.id });

export const statusEvent = (order: Order, from: OrderStatus | null, reason?: string, notes?: string): Effect =>
  publish(STATUS_CHANGED, {
    orderKey: order.correlationId,
    orderId: order.id,
    orderNumber: order.orderNumber,
    oldStatus: from,
    newStatus: order.status,
    reason,
    notes,
  });

/** News that no longer fits: never applied, and listed for the operators until they have seen it or the order moves on. */
export const exceptional = (order: Order, context: Deciding, what: string, ...effects: Effect[]): Decided => {
  const id = context.newId();
  const hold: Hold = {
    kind: 'operational',
    severity: 'advisory',
    source: 'exception',
    note: what,
    by: null,
    orderVersion: order.version,
    releasedAt: null,
    releasedBy: null,
  };
  return ignore(
    what,
    publish('order.exception', { ...address(order), status: order.status, what, holdId: id }),
    write('order_holds', id, hold),
    ...effects,
  );
};

/** Whether the table of models/order.ts knows the step. */
export const leadsTo = ({ status }: Order, to: OrderStatus): boolean => (orderLife[status] as readonly OrderStatus[]).includes(to);

export const isOver = ({ status }: Order): boolean => terminalOrderStatuses.includes(status);
export const isDelivered = ({ status }: Order): boolean => status === 'delivered' || status === 'completed';

/** The answer to a caller who saw an older version, if this is one. */
export const staleFor = (order: Order, version: number | undefined): Decided | undefined =>
  version !== undefined && version !== order.version ? refuse('resource.changed', { version: order.version }) : undefined;
/** The refusal of what no longer can be done. */
export const already = ({ status }: Order): Decided => refuse(`order.already-${status}`);
