/** Fulfilments, their parcels and what was heard of them, in sets: one statement to load, one to save, and one for each fact that is asked for. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import { type Fulfillment, type FulfillmentFacts, type Shipment, slotOf, type Tracking } from './fulfillment.state.ts';

/** Of an exchange's the order's; its own order's else, so that only exchanges look further. */
const HISTORY_KEY = `case when f.owner is null then f.order_key
  else coalesce((select o.correlation_id from orders o where o.id = f.order_id), f.order_key) end`;

const LOAD = `select id, order_key as "orderKey", order_id as "orderId", order_number as "orderNumber", owner, location_id as "locationId",
  customer_id as "customerId", address, lines, status, held_from as "heldFrom", bookings, shipment_status as "shipmentStatus", carrier,
  tracking_no as "trackingNo", reason, ${iso('shipped_at')} as "shippedAt", ${iso('delivered_at')} as "deliveredAt", version,
  ${HISTORY_KEY} as "historyKey"
from fulfillments f where id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Fulfillment, FulfillmentFacts>> => {
  const rows = await tx.query<Fulfillment>(LOAD, [keys.join('\x1e')]);
  return {
    states: new Map(rows.map((fulfillment) => [fulfillment.id, fulfillment])),
    rows: await loadTracking(tx, messages),
    facts: { holders: await loadHolders(tx, messages) },
  };
};

/** Only where a carrier's reports are to be told from repeats. */
const loadTracking = async (tx: Tx, messages: readonly Message[]): Promise<Map<string, Rows>> => {
  const rows = new Map<string, Rows>();
  const reports = messages.filter(({ name }) => name === 'fulfillment.tracked' || name === 'fulfillment.track-answered');
  if (reports.length === 0) return rows;
  const found = await tx.query<Tracking & { fulfillmentId: string; eventId: string }>(
    `select fulfillment_id as "fulfillmentId", event_id as "eventId", booking_key as "bookingKey", status, ${iso('at')} as at, location, note
     from tracking_events where fulfillment_id = any(string_to_array($1::text, E'\\x1e')::uuid[])`,
    [[...new Set(reports.map(({ key }) => key))].join('\x1e')],
  );
  for (const { fulfillmentId, eventId, ...tracking } of found) {
    const heard = rows.get(fulfillmentId) ?? new Rows();
    heard.loaded('tracking', eventId, tracking);
    rows.set(fulfillmentId, heard);
  }
  return rows;
};

/** Who holds the place of those that are to be made: one that is open, else the first that asks. */
const loadHolders = async (tx: Tx, messages: readonly Message[]): Promise<Map<string, string>> => {
  const holders = new Map<string, string>();
  const wanted = messages.flatMap(({ key, name, payload }) =>
    name === 'fulfillment.create' ? [{ id: key, ...(payload as { orderKey: string; locationId: string }) }] : [],
  );
  if (wanted.length === 0) return holders;
  const binds = new Binds();
  const open = await tx.query<{ id: string; orderKey: string; locationId: string }>(
    `select f.id, f.order_key as "orderKey", f.location_id as "locationId"
     from (select distinct * from ${binds.rows('asked', { orderKey: 'uuid', locationId: 'text' }, wanted)}) w
     join fulfillments f on f.order_key = w.orderKey and f.location_id = w.locationId where f.closed_at is null`,
    binds.values,
  );
  for (const holder of [...open, ...wanted]) if (!holders.has(slotOf(holder))) holders.set(slotOf(holder), holder.id);
  return holders;
};

const CHANGING = {
  id: 'uuid',
  status: 'text',
  address: 'json',
  heldFrom: 'text',
  bookings: 'smallint',
  shipmentStatus: 'text',
  trackingNo: 'text',
  reason: 'text',
  shippedAt: 'timestamptz',
  deliveredAt: 'timestamptz',
  open: 'boolean',
  version: 'integer',
};
const FIXED = {
  orderKey: 'uuid',
  orderId: 'bigint',
  orderNumber: 'text',
  owner: 'text',
  locationId: 'text',
  customerId: 'text',
  lines: 'json',
  carrier: 'text',
};
const SHIPMENT = { bookingKey: 'text', fulfillmentId: 'uuid', carrier: 'text', trackingNo: 'text', status: 'text', reason: 'text' };
const TRACKING = {
  fulfillmentId: 'uuid',
  eventId: 'text',
  bookingKey: 'text',
  status: 'text',
  at: 'timestamptz',
  location: 'text',
  note: 'text',
};

const cells = ({ state }: { state: Fulfillment }) => ({
  ...state,
  address: state.address && json(state.address),
  lines: json(state.lines),
  open: state.status !== 'delivered' && state.status !== 'cancelled',
});

const save = async (tx: Tx, changes: Changes<Fulfillment>): Promise<void> => {
  const binds = new Binds();
  const parts: string[] = [];
  const shipments = changes.rows<Shipment>('shipment').map(({ key, id, row }) => ({ bookingKey: id, fulfillmentId: key, ...row }));
  const heard = changes.rows<Tracking>('tracking').map(({ key, id, row }) => ({ fulfillmentId: key, eventId: id, ...row }));
  if (changes.created.length > 0) {
    const made = binds.rows('c', { ...CHANGING, ...FIXED }, changes.created.map(cells));
    parts.push(`made as (insert into fulfillments (id, status, address, held_from, bookings, shipment_status, tracking_no, reason, shipped_at,
        delivered_at, version, order_key, order_id, order_number, owner, location_id, customer_id, lines, carrier, closed_at)
      select id, status, address, heldFrom, bookings, shipmentStatus, trackingNo, reason, shippedAt, deliveredAt, version, orderKey, orderId,
        orderNumber, owner, locationId, customerId, lines, carrier, case when open then null else now() end
      from ${made} on conflict do nothing returning id)`);
  }
  if (changes.updated.length > 0) {
    parts.push(`changed as (update fulfillments f set status = u.status, address = u.address, held_from = u.heldFrom, bookings = u.bookings,
        shipment_status = u.shipmentStatus, tracking_no = u.trackingNo, reason = u.reason, shipped_at = u.shippedAt,
        delivered_at = u.deliveredAt, version = u.version, updated_at = now(),
        closed_at = case when u.open then null else coalesce(f.closed_at, now()) end
      from ${binds.rows('u', CHANGING, changes.updated.map(cells))} where f.id = u.id)`);
  }
  if (shipments.length > 0) {
    parts.push(`sent as (insert into shipments (booking_key, fulfillment_id, carrier, tracking_no, status, reason)
      select * from ${binds.rows('s', SHIPMENT, shipments)} on conflict (booking_key) do update
      set tracking_no = excluded.tracking_no, status = excluded.status, reason = excluded.reason, updated_at = now())`);
  }
  if (heard.length > 0) {
    parts.push(`heard as (insert into tracking_events (fulfillment_id, event_id, booking_key, status, at, location, note)
      select * from ${binds.rows('t', TRACKING, heard)} on conflict do nothing)`);
  }
  const [row] = await tx.query<{ made: string }>(
    `with ${parts.join(', ')} select ${changes.created.length > 0 ? '(select count(*) from made)' : '0'} as made`,
    binds.values,
  );
  if (Number(row?.made) < changes.created.length) throw new Raced('fulfillment');
};

export const fulfillmentStore: Store<Fulfillment, FulfillmentFacts> = { table: 'fulfillments', key: 'id', keyType: 'uuid', load, save };
