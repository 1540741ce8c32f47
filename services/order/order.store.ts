/** Orders, their items and sagas, in sets: one statement to load, one or two more for orders that are new, one to save. */

import type { z } from 'zod';
import type { orderAccepted } from '../../models/order.ts';
import { terminalOrderStatuses } from '../../models/order.ts';
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import type { Intake, Order, OrderFacts, Product } from './order.state.ts';

type Accepted = z.output<typeof orderAccepted>;

const LOAD = `select o.correlation_id as "correlationId", o.id, o.order_number as "orderNumber", o.status, s.state as "sagaState",
  o.customer_id as "customerId", o.plant_id as "plantId", o.payment_method as "paymentMethod", o.payment_token as "paymentToken", o.currency,
  o.total_cents::float as "totalCents", o.distance_miles as "distanceMiles", o.quantity, o.priority,
  ${iso('o.requested_start')} as "requestedStart", o.stock, o.awaiting, o.payment_id as "paymentId", o.truck_id as "truckId",
  o.assigned_from as "assignedFrom", o.reason, o.version
from orders o join order_sagas s using (correlation_id)
where o.correlation_id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Order, OrderFacts>> => {
  const states = new Map<string, Order>();
  for (const order of await tx.query<Order>(LOAD, [keys.join('\x1e')])) states.set(order.correlationId, order);
  const fresh = messages.filter(({ name, key }) => name === 'order.accepted' && !states.has(key)) as Message<string, Accepted>[];
  return { states, facts: await loadFacts(tx, fresh) };
};

/** What new orders are decided by. Their numbers come from the table's own sequence: Postgres numbers the order. */
const loadFacts = async (tx: Tx, fresh: readonly Message<string, Accepted>[]): Promise<OrderFacts> => {
  const facts: OrderFacts = { products: new Map(), plants: new Set(), ids: new Map(), stockedPlants: new Map() };
  if (fresh.length === 0) return facts;
  const keys = [...new Set(fresh.map(({ key }) => key))];
  const skus = [...new Set(fresh.flatMap(({ payload }) => payload.items.map(({ sku }) => sku)))];
  const [row] = await tx.query<{ products: Product[] | null; plants: string[] | null; ids: string[] }>(
    `select
      (select json_agg(json_build_object('sku', sku, 'name', name, 'priceCents', price_cents, 'currency', currency))
       from products where sku = any(string_to_array($1::text, E'\\x1e'))) as products,
      (select json_agg(id order by id) from plants) as plants,
      (select json_agg(nextval('orders_id_seq')::text) from generate_series(1, $2::int)) as ids`,
    [skus.join('\x1e'), keys.length],
  );
  for (const product of row?.products ?? []) facts.products.set(product.sku, product);
  for (const plant of row?.plants ?? []) facts.plants.add(plant);
  for (const [index, key] of keys.entries()) facts.ids.set(key, row?.ids[index] as string);
  const placeless = fresh.filter(({ payload }) => payload.plantId === undefined);
  if (placeless.length > 0) await loadStockedPlants(tx, placeless, facts.stockedPlants);
  return facts;
};

/** Plants that have all an order asks for, the fullest first. */
const loadStockedPlants = async (tx: Tx, fresh: readonly Message<string, Accepted>[], plants: Map<string, string[]>): Promise<void> => {
  const binds = new Binds();
  const lines = fresh.flatMap(({ key, payload }) => payload.items.map(({ sku, quantity }) => ({ key, sku, quantity })));
  const rows = await tx.query<{ key: string; plants: string[] }>(
    `with lines as (select key, sku, sum(quantity) as quantity from ${binds.rows('raw', { key: 'text', sku: 'text', quantity: 'bigint' }, lines)} group by key, sku),
     fitting as (
       select l.key, s.location_id, min(s.available) as least from lines l join stock_levels s on s.sku = l.sku and s.available >= l.quantity
       group by l.key, s.location_id having count(*) = (select count(*) from lines n where n.key = l.key))
     select key, json_agg(location_id order by least desc, location_id) as plants from fitting group by key`,
    binds.values,
  );
  for (const row of rows) plants.set(row.key, row.plants);
};

const save = async (tx: Tx, { created, updated }: Changes<Order>): Promise<void> => {
  const binds = new Binds();
  const parts = [...(created.length > 0 ? inserts(binds, created) : []), ...(updated.length > 0 ? updates(binds, updated) : [])];
  const rows = await tx.query<{ created: string }>(
    `with ${parts.join(', ')} select ${created.length > 0 ? '(select count(*) from new_orders)' : '0'} as created`,
    binds.values,
  );
  if (Number(rows[0]?.created) < created.length) throw new Raced('order');
};

const inserts = (binds: Binds, created: readonly { state: Order }[]): string[] => {
  const rows = created.map(({ state }) => {
    const { form } = state.intake as Intake;
    return {
      ...row(state),
      id: state.id,
      orderNumber: state.orderNumber,
      customerId: state.customerId,
      kind: form.kind,
      paymentMethod: state.paymentMethod,
      paymentToken: state.paymentToken,
      currency: state.currency,
      totalCents: state.totalCents,
      shippingAddress: form.shippingAddress ? json(form.shippingAddress) : undefined,
      plantId: state.plantId,
      distanceMiles: state.distanceMiles,
      quantity: state.quantity,
      requestedStart: form.requestedWindow?.start,
      requestedEnd: form.requestedWindow?.end,
      priority: state.priority,
      stock: json(state.stock),
      sagaExpiresAt: (state.intake as Intake).sagaExpiresAt,
    };
  });
  const items = created.flatMap(({ state }) => (state.intake as Intake).items.map((item) => ({ ...item, orderId: state.id })));
  const customers = new Map(
    created.map(({ state }) => {
      const { customer } = (state.intake as Intake).form;
      return [state.customerId, { id: state.customerId, name: customer?.name, email: customer?.email }];
    }),
  );
  return [
    `raw_orders as (select * from ${binds.rows('o', ORDER_COLUMNS, rows)})`,
    `new_orders as (
      insert into orders (correlation_id, id, order_number, customer_id, kind, status, payment_method, payment_token, currency, subtotal_cents,
        total_cents, shipping_address, plant_id, distance_miles, quantity, requested_start, requested_end, priority, stock, awaiting, payment_id,
        truck_id, assigned_from, reason, version, closed_at)
      select correlationId, id, orderNumber, customerId, kind, status, paymentMethod, paymentToken, currency, totalCents,
        totalCents, shippingAddress, plantId, distanceMiles, quantity, requestedStart, requestedEnd, priority, stock, awaiting, paymentId,
        truckId, assignedFrom, reason, version, case when closed then now() end
      from raw_orders on conflict do nothing returning id)`,
    `new_sagas as (
      insert into order_sagas (correlation_id, order_id, state, expires_at) select correlationId, id, sagaState, sagaExpiresAt from raw_orders
      on conflict do nothing)`,
    `new_items as (
      insert into order_items (order_id, sku, name, quantity, unit_price_cents)
      select * from ${binds.rows('i', { orderId: 'bigint', sku: 'text', name: 'text', quantity: 'integer', unitPriceCents: 'bigint' }, items)})`,
    // Ordered by id, so that two batches never wait for each other's customers.
    `new_customers as (
      insert into customers (id, name, email) select * from ${binds.rows('c', { id: 'text', name: 'text', email: 'text' }, [...customers.values()])}
      order by id on conflict do nothing)`,
  ];
};

const updates = (binds: Binds, updated: readonly { state: Order }[]): string[] => {
  const rows = updated.map(({ state }) => row(state));
  return [
    `changed as materialized (select * from ${binds.rows('u', CHANGING_COLUMNS, rows)})`,
    `changed_orders as (
      update orders o set status = c.status, awaiting = c.awaiting, payment_id = c.paymentId, truck_id = c.truckId,
        assigned_from = c.assignedFrom, reason = c.reason, version = c.version, updated_at = now(),
        delivered = o.delivered or c.status = 'delivered',
        delivery_proof_at = case when c.status = 'delivered' then coalesce(o.delivery_proof_at, now()) else o.delivery_proof_at end,
        closed_at = case when c.closed then coalesce(o.closed_at, now()) end
      from changed c where o.correlation_id = c.correlationId)`,
    `changed_sagas as (
      update order_sagas s set state = c.sagaState, updated_at = now(),
        expires_at = case when c.sagaState in ('Created', 'InventoryReserved', 'PaymentProcessing') then s.expires_at end
      from changed c where s.correlation_id = c.correlationId and s.state <> c.sagaState)`,
  ];
};

/** Delivered orders leave the list of open ones too, though they are completed later. */
const CLOSED = new Set<string>([...terminalOrderStatuses, 'delivered']);

const row = (order: Order) => ({
  correlationId: order.correlationId,
  status: order.status,
  sagaState: order.sagaState,
  awaiting: json(order.awaiting),
  paymentId: order.paymentId,
  truckId: order.truckId,
  assignedFrom: order.assignedFrom,
  reason: order.reason,
  version: order.version,
  closed: CLOSED.has(order.status),
});

const CHANGING_COLUMNS = {
  correlationId: 'uuid',
  status: 'text',
  sagaState: 'text',
  awaiting: 'json',
  paymentId: 'uuid',
  truckId: 'text',
  assignedFrom: 'text',
  reason: 'text',
  version: 'integer',
  closed: 'boolean',
};

const ORDER_COLUMNS = {
  ...CHANGING_COLUMNS,
  id: 'bigint',
  orderNumber: 'text',
  customerId: 'text',
  kind: 'text',
  paymentMethod: 'text',
  paymentToken: 'text',
  currency: 'text',
  totalCents: 'bigint',
  shippingAddress: 'json',
  plantId: 'text',
  distanceMiles: 'float',
  quantity: 'integer',
  requestedStart: 'timestamptz',
  requestedEnd: 'timestamptz',
  priority: 'smallint',
  stock: 'json',
  sagaExpiresAt: 'timestamptz',
};

export const orderStore: Store<Order, OrderFacts> = {
  table: 'orders',
  key: 'correlation_id',
  keyType: 'uuid',
  load,
  save,
};
