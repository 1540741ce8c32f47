/**
 * Events and their names: ours, and those under which the documents know them. A name of theirs is an alias: what we publish is said
 * under it to whoever listens to it, and what comes from the mesh under it is heard as ours. Theirs too are the fields beside ours.
 */
type Data = Record<string, unknown>;

/** The one spelling of a change of an order's status; the documents' others are its aliases. */
export const ORDER_STATUS_CHANGED = 'orders.order.status_changed';

export const aliases: Readonly<Record<string, readonly string[]>> = {
  'order.accepted': ['OrderAccepted'],
  'order.created': ['OrderCreated', 'OrderCreatedEvent'],
  'order.cancelled': ['OrderCancelledEvent'],
  'order.shipped': ['OrderShipped'],
  'order.status.intransit': ['OrderShipped', 'OrderInTransitEvent'],
  'order.delivered': ['OrderDeliveredEvent', 'ShippingCompleted'],
  'order.timeout': ['OrderTimeoutEvent'],
  'order.shipping.requested': ['OrderShippingRequested'],
  'order.truck.assigned': ['TruckAssignedToOrderEvent'],
  [ORDER_STATUS_CHANGED]: ['order.status_changed', 'order.status.changed'],
  // Commands, but the documents know them as something that happened.
  'dispatch.request': ['order.shipping.requested', 'OrderShippingRequested'],
  'inventory.reserve': ['inventory.reservation.requested', 'InventoryReservationRequested'],
  'inventory.reserved': ['InventoryReserved'],
  'payment.charge': ['payment.processing.requested', 'PaymentProcessingRequested'],
  'payment.confirmed': ['payment.processed', 'PaymentProcessed'],
  'truck.status.changed': ['TruckStatusChangedEvent'],
  'truck.materials.loaded': ['MaterialsLoadedEvent'],
  'truck.arrived.jobsite': ['ArrivedAtJobSiteEvent'],
  'truck.pouring.started': ['PouringStartedEvent'],
  'truck.pouring.completed': ['PouringCompletedEvent'],
  'truck.returned.plant': ['ReturnedToPlantEvent'],
  'truck.wash.started': ['WashStartedEvent'],
  'truck.wash.completed': ['WashCompletedEvent'],
  'truck.idle': ['TruckIdleEvent'],
};

/** Commands that are announced to the mesh as events are, after the commit that sends them. They stand in no log. */
export const announcedCommands: readonly string[] = ['inventory.reserve', 'payment.charge', 'dispatch.request'];

/** Where the documents have an exchange and a routing key, here are a group and an event; `*` is one changing part. */
export const routes: readonly { group: string; event: string; contract: string }[] = [
  { group: 'order-events', event: 'order.created', contract: 'OrderCreatedEvent' },
  { group: 'order-events', event: 'order.cancelled', contract: 'OrderCancelledEvent' },
  { group: 'order-events', event: 'order.delivered', contract: 'OrderDeliveredEvent' },
  { group: 'order-events', event: 'order.truck.assigned', contract: 'TruckAssignedToOrderEvent' },
  { group: 'order-events', event: 'order.status.intransit', contract: 'OrderInTransitEvent' },
  { group: 'truck-events', event: 'truck.status.changed', contract: 'TruckStatusChangedEvent' },
  { group: 'truck-events', event: 'truck.materials.loaded', contract: 'MaterialsLoadedEvent' },
  { group: 'truck-events', event: 'truck.arrived.jobsite', contract: 'ArrivedAtJobSiteEvent' },
  { group: 'truck-events', event: 'truck.pouring.started', contract: 'PouringStartedEvent' },
  { group: 'truck-events', event: 'truck.pouring.completed', contract: 'PouringCompletedEvent' },
  { group: 'truck-events', event: 'truck.returned.plant', contract: 'ReturnedToPlantEvent' },
  { group: 'truck-events', event: 'truck.wash.started', contract: 'WashStartedEvent' },
  { group: 'truck-events', event: 'truck.wash.completed', contract: 'WashCompletedEvent' },
  { group: 'truck-events', event: 'truck.idle', contract: 'TruckIdleEvent' },
  { group: 'truck-commands', event: 'truck.*.returntoplant', contract: 'ReturnToPlantCommand' },
];

/** Queue names of the order process, which are settings: `accepted` in, `processed` out. */
export interface QueueNames {
  acceptedQueue: string;
  processedQueue: string;
}

export type NamesOf = (event: string) => readonly string[];

/** Every other name of an event, the queues' included. */
export const namesWith = ({ acceptedQueue, processedQueue }: QueueNames): NamesOf => {
  const all = new Map(Object.entries(aliases));
  all.set('order.accepted', [...(all.get('order.accepted') ?? []), acceptedQueue]);
  all.set('order.processed', [...(all.get('order.processed') ?? []), processedQueue]);
  return (event) => all.get(event) ?? (/^truck\.[^.]+\.returntoplant$/.test(event) ? ['ReturnToPlantCommand'] : []);
};

/** What goes with an event, whoever hears it: in `ctx.meta.envelope` on the mesh. */
export interface Envelope {
  id: string;
  type: string;
  version: number;
  occurredAt: string;
  correlationId: string;
  causationId?: string | undefined;
  aggregate: { type: string; id: string };
  /** On whose behalf, or else the sender. */
  actor: string;
  data: Data;
  traceparent: string;
}

/** The documents' fields of an event, to stand beside ours. Money is in major units there. */
export const documentFields = ({ type, data, occurredAt, actor, aggregate }: Envelope): Data => {
  if (type === ORDER_STATUS_CHANGED) {
    return {
      event_type: 'order.status_changed',
      order_id: data.orderId,
      order_number: data.orderNumber,
      old_status: data.oldStatus,
      new_status: data.newStatus,
      timestamp: occurredAt,
      ...(actor.includes('/') ? {} : { user_id: actor }),
      ...(data.reason ? { reason: data.reason } : {}),
    };
  }
  if (type === 'payment.confirmed' || type === 'payment.failed') {
    return {
      event_type: type,
      payment_id: data.paymentId ?? aggregate.id,
      order_id: data.orderId,
      ...(data.orderNumber ? { order_number: data.orderNumber } : {}),
      amount: major(data.amountCents, data.currency),
      currency: data.currency,
      timestamp: occurredAt,
      ...(type === 'payment.failed' ? { failure_reason: data.failureReason } : { status: data.status, metadata: {} }),
    };
  }
  if (type === 'truck.status.changed') return { previousStatus: data.from, newStatus: data.to };
  if (type === 'truck.pouring.completed') return { amountPoured: data.poured };
  if (type === 'order.processed') return { CorrelationId: data.correlationId, OrderId: data.orderId };
  return {};
};

const major = (cents: unknown, currency: unknown): number => Number(cents) / 10 ** minorDigits(String(currency));

const digits = new Map<string, number>();
/** Two for dollars, none for yen. */
const minorDigits = (currency: string): number => {
  const known = digits.get(currency) ?? (/^[A-Z]{3}$/.test(currency) ? digitsOf(currency) : 2);
  digits.set(currency, known);
  return known;
};
const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/**
 * A message as the documents write it, in our words: `{ CorrelationId, Payload: { … }, Identity? }` for an accepted order, whose
 * fields may begin with a capital; and an event that calls itself by an alias is called by our name.
 */
export const fromDocument = (event: string, names: readonly string[], given: unknown): unknown => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const data = event === 'order.accepted' ? accepted(given as Data) : (given as Data);
  return typeof data.event_type === 'string' && names.includes(data.event_type) ? { ...data, event_type: event } : data;
};

const accepted = (given: Data): Data => {
  const { payload, identity: _, ...rest } = uncapitalised(given);
  return typeof payload === 'object' && payload !== null ? { ...rest, ...(uncapitalised(payload) as Data) } : rest;
};

/** On whose behalf a message of the documents comes, where it says so. */
export const identityIn = (given: unknown): string | undefined => {
  if (typeof given !== 'object' || given === null) return undefined;
  const { identity } = uncapitalised(given as Data);
  if (typeof identity === 'string') return identity;
  const { userId, sub } = (identity ?? {}) as Data;
  return [userId, sub].find((id) => typeof id === 'string') as string | undefined;
};

/** CorrelationId becomes correlationId, at every depth. */
const uncapitalised = <T>(value: T): T & Data => {
  if (Array.isArray(value)) return value.map(uncapitalised) as unknown as T & Data;
  if (typeof value !== 'object' || value === null) return value as T & Data;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.charAt(0).toLowerCase() + name.slice(1), uncapitalised(inner)]),
  ) as T & Data;
};
