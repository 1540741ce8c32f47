/** What orders say, and the commands several of their rules send. */
import type { OrderStatus } from '../../models/order.ts';
import { type Effect, publish, tell } from '../../runtime/decider.ts';
import { address, type Order } from './order.state.ts';

/** Canonical; the documents' other spellings are aliases (model X8). */
const STATUS_CHANGED = 'orders.order.status_changed';

export const releaseStock = (order: Order, reason: string, except?: string): Effect[] =>
  order.stock
    .filter(({ stockKey }) => stockKey !== except)
    .map(({ stockKey }) => tell('inventory', stockKey, 'inventory.release', { ...address(order), reason }));

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
