/** How orders read to people and to the older systems. */
import type { OrderStatus } from '../../models/order.ts';
import type { StoredEvent } from '../../runtime/events.ts';

/** The status in the words of one of the documents (model 3.3). */
const LEGACY: Record<OrderStatus, { s0: string; s1: string; s4: string }> = {
  draft: { s0: 'Pending', s1: 'pending', s4: 'Pending' },
  pending: { s0: 'Pending', s1: 'pending', s4: 'Pending' },
  validated: { s0: 'Pending', s1: 'pending', s4: 'Validated' },
  payment_processing: { s0: 'Pending', s1: 'pending', s4: 'PaymentProcessing' },
  payment_confirmed: { s0: 'Pending', s1: 'payment_confirmed', s4: 'Paid' },
  payment_failed: { s0: 'Pending', s1: 'payment_failed', s4: 'PaymentProcessing' },
  confirmed: { s0: 'Pending', s1: 'confirmed', s4: 'Paid' },
  assigned: { s0: 'Assigned', s1: 'confirmed', s4: 'Paid' },
  shipped: { s0: 'InTransit', s1: 'shipped', s4: 'Shipped' },
  delivered: { s0: 'Delivered', s1: 'delivered', s4: 'Delivered' },
  completed: { s0: 'Delivered', s1: 'delivered', s4: 'Delivered' },
  cancelled: { s0: 'Cancelled', s1: 'cancelled', s4: 'Cancelled' },
  failed: { s0: 'Cancelled', s1: 'cancelled', s4: 'Cancelled' },
};

export const legacyStatus = (status: string, view: 's0' | 's1' | 's4'): string => LEGACY[status as OrderStatus][view];

const FROM = ['from', 'oldStatus'] as const;
const TO = ['to', 'newStatus'] as const;
const REASON = ['reason', 'failureReason', 'what'] as const;

/**
 * The order's events as history entries: when, what, from where to where, why, and who. What no message caused was asked for at a door:
 * unless the door knew by whom, nobody is named, for the actor did not do it by itself.
 */
export const timeline = (events: readonly StoredEvent[]) =>
  events.map(({ id, at, type, actor, key, data, correlationId, causationId, traceparent, by }) => ({
    id,
    at: new Date(at).toISOString(),
    type,
    ...optional('from', first(data, FROM)),
    ...optional('to', first(data, TO)),
    ...optional('reason', first(data, REASON)),
    ...optional('by', by ?? (causationId ? `${actor}/${key}` : undefined)),
    correlationId,
    causationId,
    traceparent,
    data,
  }));

const first = (data: Record<string, unknown>, names: readonly string[]): unknown =>
  names.map((name) => data[name]).find((value) => value !== undefined && value !== null);

const optional = (name: string, value: unknown): Record<string, unknown> => (value === undefined ? {} : { [name]: value });
