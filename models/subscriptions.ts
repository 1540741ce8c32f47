/**
 * Which event becomes a message, under its own name, to which actor: the choreography on one screen. The order actor
 * orchestrates by commands; this table brings it the answers, and news to whom it concerns.
 */
type Data = Record<string, unknown>;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
/** `owner` tells whose key `orderKey` is when it is not an order's: an exchange's. */
const toTheOrder = (data: Data): string | undefined => (data.owner === undefined ? text(data.orderKey) : undefined);
const toTheExchange = (data: Data): string | undefined => (data.owner === 'exchange' ? text(data.orderKey) : undefined);
const toTheLoad = (data: Data): string | undefined => (data.owner === 'load' ? plantOf(data.stockKey) : undefined);
const plantOf = (stockKey: unknown): string | undefined => text(stockKey)?.split('@')[1];
/** A truck's dispatcher hears when it is free, or lost, and of a plant with few loading places, when its place is. */
const whenItHelps = (data: Data): string | undefined =>
  data.to === 'available' || data.to === 'out_of_service' || data.slotted ? text(data.plantId) : undefined;
/** What an order must hear of its fulfilment beside shipped and delivered: only what stops it. */
const whenItStops = (data: Data): string | undefined =>
  ['failed', 'on_hold', 'cancelled'].includes(String(data.to)) ? toTheOrder(data) : undefined;

export const subscriptions = [
  { event: 'inventory.reserved', actor: 'order', key: toTheOrder },
  { event: 'inventory.rejected', actor: 'order', key: toTheOrder },
  { event: 'inventory.backordered', actor: 'order', key: toTheOrder },
  { event: 'inventory.reservation.released', actor: 'order', key: toTheOrder },
  { event: 'inventory.reservation.expired', actor: 'order', key: toTheOrder },
  { event: 'payment.confirmed', actor: 'order', key: toTheOrder },
  { event: 'payment.failed', actor: 'order', key: toTheOrder },
  { event: 'payment.refunded', actor: 'order', key: toTheOrder },
  { event: 'payment.voided', actor: 'order', key: toTheOrder },
  { event: 'payment.cod.collected', actor: 'order', key: toTheOrder },
  { event: 'order.truck.assigned', actor: 'order', key: toTheOrder },
  { event: 'order.truck.unassigned', actor: 'order', key: toTheOrder },
  { event: 'order.status.intransit', actor: 'order', key: toTheOrder },
  { event: 'order.load.delivered', actor: 'order', key: toTheOrder },
  { event: 'order.shipped', actor: 'order', key: toTheOrder },
  { event: 'order.delivered', actor: 'order', key: toTheOrder },
  { event: 'fulfillment.status_changed', actor: 'order', key: whenItStops },
  { event: 'order.return.completed', actor: 'order', key: toTheOrder },
  { event: 'order.return.rejected', actor: 'order', key: toTheOrder },
  { event: 'order.exchange.completed', actor: 'order', key: toTheOrder },
  { event: 'order.exchange.rejected', actor: 'order', key: toTheOrder },
  // What an exchange asked for in its own name: its replacement.
  { event: 'inventory.reserved', actor: 'exchange', key: toTheExchange },
  { event: 'inventory.rejected', actor: 'exchange', key: toTheExchange },
  { event: 'inventory.backordered', actor: 'exchange', key: toTheExchange },
  { event: 'inventory.reservation.expired', actor: 'exchange', key: toTheExchange },
  { event: 'payment.confirmed', actor: 'exchange', key: toTheExchange },
  { event: 'payment.failed', actor: 'exchange', key: toTheExchange },
  { event: 'order.shipped', actor: 'exchange', key: toTheExchange },
  { event: 'order.delivered', actor: 'exchange', key: toTheExchange },
  {
    event: 'fulfillment.status_changed',
    actor: 'exchange',
    key: (data: Data) => (['failed', 'on_hold', 'cancelled'].includes(String(data.to)) ? toTheExchange(data) : undefined),
  },
  { event: 'truck.status.changed', actor: 'dispatch', key: whenItHelps },
  // Of an order that one truck brings, the truck itself says that it is delivered.
  { event: 'truck.pouring.completed', actor: 'dispatch', key: (data: Data) => (data.part ? text(data.plantId) : undefined) },
  // Of what its plant counts only.
  { event: 'truck.materials.loaded', actor: 'dispatch', key: (data: Data) => (data.materials ? text(data.plantId) : undefined) },
  { event: 'load.rejected', actor: 'dispatch', key: (data: Data) => text(data.plantId) },
  // What loads are made of.
  { event: 'inventory.reserved', actor: 'dispatch', key: toTheLoad },
  { event: 'inventory.rejected', actor: 'dispatch', key: toTheLoad },
  { event: 'inventory.reservation.released', actor: 'dispatch', key: toTheLoad },
  {
    event: 'inventory.stock.changed',
    actor: 'dispatch',
    key: (data: Data) => (Number(data.quantity) > 0 ? plantOf(data.stockKey) : undefined),
  },
];
