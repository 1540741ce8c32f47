/** How orders are shown: one statement each. */
import { Binds, iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface OrderCard extends Record<string, unknown> {
  id: string;
  correlationId: string;
  status: string;
  version: number;
}

/** A truck's phase in the words of deliveryStatus. */
const DELIVERY_STATUS = `case
  when o.status in ('delivered', 'completed') then 'delivered'
  when o.status in ('cancelled', 'failed') then 'cancelled'
  when t.status is not null then case t.status when 'at_job_site' then 'at_site' when 'returning' then 'delivered' when 'washing' then 'delivered' else t.status end
  when o.status = 'assigned' then 'assigned'
  when o.status = 'confirmed' then 'queued'
  else 'none' end`;

const PAYMENT_STATUS = `coalesce(case p.status
  when 'captured' then 'paid' when 'refunded' then 'refunded' when 'refunding' then 'paid' when 'voided' then 'voided'
  when 'failed' then 'failed' when 'authorized' then 'authorized' when 'partially_refunded' then 'partially_refunded' else 'none' end, 'none')`;

const FULFILLMENT_STATUS = `case
  when o.status in ('delivered', 'completed') then 'fulfilled'
  when o.status in ('cancelled', 'failed') then 'cancelled'
  when o.status = 'shipped' then 'in_progress'
  when o.status in ('assigned', 'confirmed') then 'scheduled'
  else 'unfulfilled' end`;

const CARD = `
select o.id, o.order_number as "orderNumber", o.correlation_id as "correlationId", o.customer_id as "customerId", o.kind, o.status,
  ${PAYMENT_STATUS} as "paymentStatus", ${FULFILLMENT_STATUS} as "fulfillmentStatus", ${DELIVERY_STATUS} as "deliveryStatus", 'none' as "returnStatus",
  o.payment_method as "paymentMethod", o.payment_id as "paymentId", o.currency, o.subtotal_cents::float as "subtotalCents",
  o.tax_cents::float as "taxCents", o.shipping_cents::float as "shippingCents", o.discount_cents::float as "discountCents",
  o.total_cents::float as "totalCents", o.shipping_address as "shippingAddress", o.plant_id as "plantId", o.truck_id as "truckId",
  o.distance_miles as "distanceMiles", o.priority, o.delivered, ${iso('o.delivery_proof_at')} as "deliveryProofAt",
  case when o.requested_start is null then null else
    json_build_object('start', ${iso('o.requested_start')}, 'end', ${iso('o.requested_end')}) end as "requestedWindow",
  o.reason, o.version, ${iso('o.placed_at')} as "placedAt", ${iso('o.updated_at')} as "updatedAt", '[]'::json as holds,
  json_build_object('state', s.state, 'expiresAt', ${iso('s.expires_at')}) as saga,
  (select json_agg(json_build_object('id', i.id::text, 'sku', i.sku, 'name', i.name, 'quantity', i.quantity,
     'unitPriceCents', i.unit_price_cents, 'quantityCancelled', i.quantity_cancelled) order by i.id)
   from order_items i where i.order_id = o.id) as items
from orders o
join order_sagas s on s.correlation_id = o.correlation_id
left join payments p on p.id = o.payment_id
left join trucks t on t.order_key = o.correlation_id`;

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
): Promise<{ skus: string[]; plants: string[] }> => {
  const rows = await tx.query<{ sku: string | null; plant: string | null }>(
    `select sku, null as plant from products where sku = any(string_to_array($1::text, E'\\x1e'))
     union all select null, id from plants where id = any(string_to_array($2::text, E'\\x1e'))`,
    [skus.join('\x1e'), plants.join('\x1e')],
  );
  return { skus: rows.flatMap(({ sku }) => sku ?? []), plants: rows.flatMap(({ plant }) => plant ?? []) };
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
