/**
 * Which event becomes a message, under its own name, to which actor: the choreography on one screen. The order actor
 * orchestrates by commands; this table brings it the answers, and news to whom it concerns.
 */
type Data = Record<string, unknown>;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const toTheOrder = (data: Data): string | undefined => text(data.orderKey);

export const subscriptions = [
  { event: 'inventory.reserved', actor: 'order', key: toTheOrder },
  { event: 'inventory.rejected', actor: 'order', key: toTheOrder },
  { event: 'payment.confirmed', actor: 'order', key: toTheOrder },
  { event: 'payment.failed', actor: 'order', key: toTheOrder },
  { event: 'order.truck.assigned', actor: 'order', key: toTheOrder },
  { event: 'order.truck.unassigned', actor: 'order', key: toTheOrder },
  { event: 'order.status.intransit', actor: 'order', key: toTheOrder },
  { event: 'order.delivered', actor: 'order', key: toTheOrder },
  // A truck that is free again: its plant's dispatcher sends it on.
  {
    event: 'truck.status.changed',
    actor: 'dispatch',
    key: (data: Data) => (data.to === 'available' ? text(data.plantId) : undefined),
  },
];
