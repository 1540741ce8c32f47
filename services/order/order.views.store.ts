/** How orders are shown: one statement each. */
import { Binds, iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface OrderCard extends Record<string, unknown> {
  id: string;
  correlationId: string;
  status: string;
  version: number;
}

/** A truck's phase in the words of deliveryStatus (model 3.3). */
const DELIVERY_STATUS = `case
  when o.delivered or o.status in ('delivered', 'completed') then 'delivered'
  when o.status in ('cancelled', 'failed') then 'cancelled'
  when t.status is not null then case t.status when 'at_job_site' then 'at_site' when 'returning' then 'delivered' when 'washing' then 'delivered' else t.status end
  when o.status = 'assigned' then 'assigned'
  when o.status = 'shipped' then 'en_route'
  when o.status = 'confirmed' then 'queued'
  when o.status = 'validated' and o.marks->>'early' is not null then o.marks->>'early'
  else 'none' end`;

/** Cash that people gave back stands in the amounts alone: the payment stays collected, or paid in. */
const PAYMENT_STATUS = `coalesce(case
  when p.status in ('cod_collected', 'cod_remitted') and p.refunded_cents > 0 and p.refunded_cents >= p.captured_cents then 'refunded'
  when p.status in ('captured', 'refunding', 'cod_collected', 'cod_remitted') and p.refunded_cents > 0 then 'partially_refunded'
  when p.status in ('captured', 'refunding') then 'paid'
  when p.status in ('refunded', 'voided', 'failed', 'authorized', 'partially_refunded', 'cod_due', 'cod_collected') then p.status
  when p.status = 'capturing' and (o.marks->>'authorized')::boolean then 'authorized'
  when p.status = 'voiding' then 'authorized'
  when p.status = 'cod_remitted' then 'cod_collected'
  when p.status = 'expired' then 'failed'
  when p.id is null and o.payment_id is not null and o.payment_method = 'cod' then 'cod_due' end, 'none')`;

/**
 * What the order says, and how far its own fulfilment is. A hold can stop neither what is at the carrier already nor a truck that has the
 * order: there it holds nothing.
 */
const FULFILLMENT_STATUS = `case
  when o.status in ('delivered', 'completed') then case
    when exists (select from order_items i where i.order_id = o.id and i.quantity_cancelled > 0) then 'partial' else 'fulfilled' end
  when o.status in ('cancelled', 'failed') then 'cancelled'
  when o.status = 'shipped' or f.status in ('ready', 'shipped', 'delivered', 'failed') then 'in_progress'
  when f.status = 'on_hold' or (o.blocked > 0 and o.status <> 'assigned') then 'on_hold'
  when json_array_length(o.marks->'backordered') > 0 then 'backordered'
  when f.status in ('picking', 'packed') then 'in_progress'
  when o.status in ('assigned', 'confirmed') then 'scheduled'
  else 'unfulfilled' end`;

const RETURN_STATUS = `coalesce((select case
    when bool_or(r.status = 'requested') then 'requested'
    when bool_or(r.status = 'completed' and r.kind = 'exchange') then 'exchanged'
    when not bool_or(r.status = 'completed') then 'none'
    when (select bool_and(i.quantity_returned = i.quantity - i.quantity_cancelled) from order_items i where i.order_id = o.id) then 'returned'
    else 'partial' end
  from order_returns r where r.order_key = o.correlation_id having count(*) > 0), 'none')`;

const CARD = `
select o.id, o.order_number as "orderNumber", o.correlation_id as "correlationId", o.customer_id as "customerId", o.kind, o.delivery, o.status,
  ${PAYMENT_STATUS} as "paymentStatus", ${FULFILLMENT_STATUS} as "fulfillmentStatus", ${DELIVERY_STATUS} as "deliveryStatus",
  ${RETURN_STATUS} as "returnStatus", o.payment_method as "paymentMethod", o.payment_id as "paymentId", o.fulfillment_id as "fulfillmentId",
  o.currency, o.subtotal_cents::float as "subtotalCents", o.tax_cents::float as "taxCents", o.shipping_cents::float as "shippingCents",
  o.discount_cents::float as "discountCents", o.total_cents::float as "totalCents", o.shipping_address as "shippingAddress",
  o.plant_id as "plantId", o.truck_id as "truckId", o.distance_miles as "distanceMiles", o.priority, o.delivered,
  ${iso('o.delivery_proof_at')} as "deliveryProofAt",
  case when o.requested_start is null then null else
    json_build_object('start', ${iso('o.requested_start')}, 'end', ${iso('o.requested_end')}) end as "requestedWindow",
  o.reason, o.version, ${iso('o.placed_at')} as "placedAt", ${iso('o.updated_at')} as "updatedAt",
  coalesce((select json_agg(json_build_object('id', h.id, 'kind', h.kind, 'severity', h.severity, 'source', h.source, 'note', h.note, 'by', h.by,
      'placedAt', ${iso('h.placed_at')}, 'releasedAt', ${iso('h.released_at')}, 'releasedBy', h.released_by) order by h.placed_at, h.id)
    from order_holds h where h.order_key = o.correlation_id), '[]'::json) as holds,
  json_build_object('state', s.state, 'expiresAt', ${iso('s.expires_at')}, 'compensations', s.compensations) as saga,
  (select json_agg(json_build_object('id', i.id::text, 'sku', i.sku, 'name', i.name, 'quantity', i.quantity,
     'unitPriceCents', i.unit_price_cents, 'quantityCancelled', i.quantity_cancelled, 'quantityReturned', i.quantity_returned) order by i.id)
   from order_items i where i.order_id = o.id) as items
from orders o
join order_sagas s on s.correlation_id = o.correlation_id
left join payments p on p.id = o.payment_id
left join fulfillments f on f.id = o.fulfillment_id
left join lateral (select t.status from trucks t where t.order_key = o.correlation_id order by t.phase_since desc, t.id limit 1) t on true`;

export const orderById = async (tx: Tx, id: string): Promise<OrderCard | undefined> =>
  (await tx.query<OrderCard>(`${CARD} where o.id = $1`, [id]))[0];

export const correlationOf = async (tx: Tx, id: string): Promise<string | undefined> =>
  (await tx.query<{ key: string }>('select correlation_id as key from orders where id = $1', [id]))[0]?.key;

export interface OrderProgress {
  correlationId: string;
  orderId: string;
  orderNumber: string;
  status: string;
  reason: string | null;
}

/** Where orders stand, by correlation id. */
export const progressOf = (tx: Tx, correlationIds: readonly string[]): Promise<OrderProgress[]> =>
  tx.query<OrderProgress>(
    `select correlation_id as "correlationId", id as "orderId", order_number as "orderNumber", status, reason
     from orders where correlation_id = any(string_to_array($1::text, E'\\x1e')::uuid[])`,
    [correlationIds.join('\x1e')],
  );

/** Whether an accepted order still lies in the mailbox, or among the dead letters: what is known before the row exists. */
export const waitsInMailbox = async (tx: Tx, correlationId: string): Promise<boolean> => {
  const rows = await tx.query(
    `select from mailbox where actor = 'order' and key = $1
     union all select from dead_letters where actor = 'order' and key = $1 and state = 'open' limit 1`,
    [correlationId],
  );
  return rows.length > 0;
};

/** Which of these products and plants there are. */
export const knownNames = async (
  tx: Tx,
  skus: readonly string[],
  plants: readonly string[],
): Promise<{ products: { sku: string; currency: string }[]; plants: string[] }> => {
  const rows = await tx.query<{ sku: string | null; currency: string; plant: string | null }>(
    `select sku, currency, null as plant from products where sku = any(string_to_array($1::text, E'\\x1e'))
     union all select null, null, id from plants where id = any(string_to_array($2::text, E'\\x1e'))`,
    [skus.join('\x1e'), plants.join('\x1e')],
  );
  return {
    products: rows.flatMap(({ sku, currency }) => (sku ? { sku, currency } : [])),
    plants: rows.flatMap(({ plant }) => plant ?? []),
  };
};

export interface OrderFilter {
  status?: string;
  customerId?: string;
  paymentMethod?: string;
  plantId?: string;
  createdAfter?: string;
  createdBefore?: string;
  q?: string;
}

/** Newest first. Open orders are found by orders_open, a customer's by orders_customer, the rest by the primary key. */
export const listOrders = (tx: Tx, filter: OrderFilter, before: string | undefined, limit: number): Promise<OrderCard[]> => {
  const binds = new Binds();
  const where: string[] = [];
  const equal = (column: string, value: string | undefined): void => {
    if (value !== undefined) where.push(`o.${column} = ${binds.add(value)}`);
  };
  equal('status', filter.status);
  equal('customer_id', filter.customerId);
  equal('payment_method', filter.paymentMethod);
  equal('plant_id', filter.plantId);
  if (filter.status && !['delivered', 'completed', 'cancelled', 'failed'].includes(filter.status)) where.push('o.closed_at is null');
  if (filter.createdAfter) where.push(`o.created_at >= ${binds.add(filter.createdAfter)}::timestamptz`);
  if (filter.createdBefore) where.push(`o.created_at < ${binds.add(filter.createdBefore)}::timestamptz`);
  if (filter.q) {
    const asked = binds.add(filter.q);
    where.push(`(o.order_number = ${asked} or o.customer_id = ${asked} or o.correlation_id::text = ${asked} or o.id::text = ${asked})`);
  }
  if (before) where.push(`o.id < ${binds.add(before)}::bigint`);
  const condition = where.length > 0 ? `where ${where.join(' and ')}` : '';
  return tx.query<OrderCard>(`${CARD} ${condition} order by o.id desc limit ${binds.add(limit)}`, binds.values);
};

/** What needs a person: exceptions nobody has seen, of orders that have not moved on since. Uses order_holds_exceptions. */
export const openExceptions = (tx: Tx) =>
  tx.query<{ kind: string; id: string; actor: string; key: string; since: string; reason: string }>(
    `select 'order.exception' as kind, h.id, 'order' as actor, h.order_key as key, ${iso('h.placed_at')} as since, h.note as reason
     from order_holds h join orders o on o.correlation_id = h.order_key and o.version = h.order_version
     where h.source = 'exception' and h.released_at is null order by h.placed_at limit 500`,
  );

export interface OrderFigures {
  byStatus: Record<string, number>;
  sagasOverdue: number;
  sagasOrphaned: number;
  compensating: number;
  stalled: number;
}

/**
 * The health of orders (E38, E40), over those that are open. Stalled: nothing has happened to it for an hour, though it waits for no person.
 * Orphaned: an order without its saga; the consistency check looks for the other kind too.
 */
export const orderFigures = async (tx: Tx): Promise<OrderFigures> => {
  const [row] = await tx.query<Record<keyof OrderFigures, string> & { byStatus: Record<string, number> | null }>(
    `with open as materialized (
       select o.correlation_id, o.status, o.updated_at, o.payment_method, o.blocked, s.state, s.expires_at, s.compensations::text as compensations
       from orders o left join order_sagas s using (correlation_id) where o.closed_at is null)
     select (select json_object_agg(status, n) from (select status, count(*) as n from open group by status) as counted) as "byStatus",
       count(*) filter (where state in ('Created', 'InventoryReserved', 'PaymentProcessing') and expires_at < now() - interval '1 minute') as "sagasOverdue",
       count(*) filter (where state is null) as "sagasOrphaned",
       count(*) filter (where compensations like '%"done":null%') as compensating,
       count(*) filter (where updated_at < now() - interval '1 hour' and blocked = 0
         and status in ('pending', 'payment_processing', 'payment_confirmed', 'assigned', 'shipped')) as stalled
     from open`,
  );
  return {
    byStatus: row?.byStatus ?? {},
    sagasOverdue: Number(row?.sagasOverdue),
    sagasOrphaned: Number(row?.sagasOrphaned),
    compensating: Number(row?.compensating),
    stalled: Number(row?.stalled),
  };
};

/** Sagas without an order, and orders without a saga (E40). Reads both tables whole: for the consistency check. */
export const orphanedSagas = (tx: Tx, limit = 100) =>
  tx.query<{ correlationId: string; missing: 'order' | 'saga' }>(
    `select coalesce(o.correlation_id, s.correlation_id) as "correlationId", case when o.correlation_id is null then 'order' else 'saga' end as missing
     from orders o full join order_sagas s using (correlation_id) where o.correlation_id is null or s.correlation_id is null limit ${limit}`,
  );
