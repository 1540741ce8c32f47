/** Orders, their items and sagas, in sets: one statement to load, one or two more for orders that are new, one to save. */

import type { z } from 'zod';
import type { orderAccepted } from '../../models/order.ts';
import { terminalOrderStatuses } from '../../models/order.ts';
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import { childParts, keysOf, loadAges, loadChildren } from './order.rows.store.ts';
import type { Intake, Order, OrderFacts, OwnPlant, Product } from './order.state.ts';

type Accepted = z.output<typeof orderAccepted>;

const LOAD = `select o.correlation_id as "correlationId", o.id, o.order_number as "orderNumber", o.status, s.state as "sagaState",
  ${iso('s.expires_at')} as "sagaExpiresAt", s.compensations, o.customer_id as "customerId", o.plant_id as "plantId", o.delivery,
  case when o.delivery = 'carrier' then o.shipping_address end as address, o.fulfillment_id as "fulfillmentId",
  o.payment_method as "paymentMethod", o.payment_token as "paymentToken", o.currency, o.total_cents::float as "totalCents",
  o.distance_miles as "distanceMiles", o.quantity, o.priority, ${iso('o.requested_start')} as "requestedStart", o.stock, o.awaiting,
  o.payment_id as "paymentId", o.truck_id as "truckId", o.assigned_from as "assignedFrom", o.blocked,
  ${iso('o.delivery_proof_at')} as "deliveredAt", o.marks, o.reason, o.version
from orders o join order_sagas s using (correlation_id)
where o.correlation_id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Order, OrderFacts>> => {
  const states = new Map<string, Order>();
  for (const order of await tx.query<Order>(LOAD, [keys.join('\x1e')])) states.set(order.correlationId, order);
  const fresh = messages.filter(({ name, key }) => name === 'order.accepted' && !states.has(key)) as Message<string, Accepted>[];
  const facts = await loadFacts(tx, fresh);
  const aged = keysOf(messages, ['order.auto-cancel', 'order.prove-delivery']);
  if (aged.length > 0) facts.ages = await loadAges(tx, aged);
  return { states, rows: await loadChildren(tx, messages), facts };
};

/** What new orders are decided by. Their numbers come from the table's own sequence: Postgres numbers the order. */
const loadFacts = async (tx: Tx, fresh: readonly Message<string, Accepted>[]): Promise<OrderFacts> => {
  const facts: OrderFacts = { products: new Map(), plants: new Map(), ids: new Map(), stockedPlants: new Map() };
  if (fresh.length === 0) return facts;
  const keys = [...new Set(fresh.map(({ key }) => key))];
  const skus = [...new Set(fresh.flatMap(({ payload }) => payload.items.map(({ sku }) => sku)))];
  const [row] = await tx.query<{ products: Product[] | null; plants: ({ id: string } & OwnPlant)[] | null; ids: string[] }>(
    `select
      (select json_agg(json_build_object('sku', sku, 'name', name, 'priceCents', price_cents, 'currency', currency, 'kind', kind))
       from products where sku = any(string_to_array($1::text, E'\\x1e'))) as products,
      (select json_agg(json_build_object('id', id, 'broken', broken_since is not null, 'place', case when latitude is null or longitude is null
         then null else json_build_object('latitude', latitude, 'longitude', longitude) end) order by id) from plants) as plants,
      (select json_agg(nextval('orders_id_seq')::text) from generate_series(1, $2::int)) as ids`,
    [skus.join('\x1e'), keys.length],
  );
  for (const product of row?.products ?? []) facts.products.set(product.sku, product);
  for (const { id, ...plant } of row?.plants ?? []) facts.plants.set(id, plant);
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

const save = async (tx: Tx, { created, updated, rows: written }: Changes<Order>): Promise<void> => {
  const binds = new Binds();
  const parts = [
    ...(created.length > 0 ? inserts(binds, created) : []),
    ...(updated.length > 0 ? updates(binds, updated) : []),
    ...childParts(binds, written),
  ];
  if (parts.length === 0) return;
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
      ...amendedRow(state),
      id: state.id,
      orderNumber: state.orderNumber,
      customerId: state.customerId,
      kind: form.kind ?? 'goods',
      delivery: state.delivery,
      paymentMethod: state.paymentMethod,
      currency: state.currency,
      shippingAddress: form.shippingAddress ? json(form.shippingAddress) : undefined,
      plantId: state.plantId,
      distanceMiles: state.distanceMiles,
      requestedStart: form.requestedWindow?.start,
      requestedEnd: form.requestedWindow?.end,
      priority: state.priority,
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
        truck_id, assigned_from, reason, version, closed_at, delivery, fulfillment_id, blocked, marks, delivered, delivery_proof_at)
      select correlationId, id, orderNumber, customerId, kind, status, paymentMethod, paymentToken, currency, totalCents,
        totalCents, shippingAddress, plantId, distanceMiles, quantity, requestedStart, requestedEnd, priority, stock, awaiting, paymentId,
        truckId, assignedFrom, reason, version, case when closed then now() end, delivery, fulfillmentId, blocked, marks,
        deliveredAt is not null, deliveredAt
      from raw_orders on conflict do nothing returning id)`,
    `new_sagas as (
      insert into order_sagas (correlation_id, order_id, state, expires_at, compensations)
      select correlationId, id, sagaState, sagaExpiresAt, coalesce(compensations, '[]') from raw_orders
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

const CHANGED = `status = c.status, awaiting = c.awaiting, payment_id = c.paymentId, truck_id = c.truckId,
        assigned_from = c.assignedFrom, reason = c.reason, version = c.version, updated_at = now(),
        delivered = c.deliveredAt is not null, delivery_proof_at = c.deliveredAt,
        closed_at = case when c.closed then coalesce(o.closed_at, now()) end`;

/** What seldom changes is written only where it has changed. */
const updates = (binds: Binds, updated: readonly { state: Order }[]): string[] => {
  const [seldom, mostly] = [updated.filter(({ state }) => state.amended), updated.filter(({ state }) => !state.amended)];
  const sagas: string[] = [];
  const parts: string[] = [];
  if (mostly.length > 0) {
    const rows = binds.rows(
      'u',
      CHANGING_COLUMNS,
      mostly.map(({ state }) => row(state)),
    );
    sagas.push('changed');
    parts.push(`changed as materialized (select * from ${rows})`);
    parts.push(`changed_orders as (update orders o set ${CHANGED} from changed c where o.correlation_id = c.correlationId)`);
  }
  if (seldom.length > 0) {
    const rows = binds.rows(
      'a',
      AMENDED_COLUMNS,
      seldom.map(({ state }) => amendedRow(state)),
    );
    sagas.push('amended');
    parts.push(`amended as materialized (select * from ${rows})`);
    parts.push(`amended_orders as (
      update orders o set ${CHANGED}, stock = c.stock, quantity = c.quantity, subtotal_cents = o.subtotal_cents - (o.total_cents - c.totalCents),
        total_cents = c.totalCents, payment_token = c.paymentToken, fulfillment_id = c.fulfillmentId, blocked = c.blocked, marks = c.marks
      from amended c where o.correlation_id = c.correlationId)`);
  }
  const saga = sagas.map((name) => `select correlationId, sagaState, sagaExpiresAt, compensations from ${name}`).join(' union all ');
  parts.push(`changed_sagas as (
      update order_sagas s set state = c.sagaState, updated_at = now(), expires_at = c.sagaExpiresAt,
        compensations = coalesce(c.compensations, s.compensations)
      from (${saga}) c where s.correlation_id = c.correlationId
        and (s.state <> c.sagaState or s.expires_at is distinct from c.sagaExpiresAt or c.compensations is not null))`);
  return parts;
};

/** Delivered orders leave the list of open ones too, though they are completed later. */
const CLOSED = new Set<string>([...terminalOrderStatuses, 'delivered']);

const row = (order: Order) => ({
  correlationId: order.correlationId,
  status: order.status,
  sagaState: order.sagaState,
  sagaExpiresAt: order.sagaExpiresAt,
  compensations: order.compensations.length > 0 ? json(order.compensations) : null,
  awaiting: json(order.awaiting),
  paymentId: order.paymentId,
  truckId: order.truckId,
  assignedFrom: order.assignedFrom,
  deliveredAt: order.deliveredAt,
  reason: order.reason,
  version: order.version,
  closed: CLOSED.has(order.status),
});

const amendedRow = (order: Order) => ({
  ...row(order),
  stock: json(order.stock),
  quantity: order.quantity,
  totalCents: order.totalCents,
  paymentToken: order.paymentToken,
  fulfillmentId: order.fulfillmentId,
  blocked: order.blocked,
  marks: order.marks && json(order.marks),
});

const CHANGING_COLUMNS = {
  correlationId: 'uuid',
  status: 'text',
  sagaState: 'text',
  sagaExpiresAt: 'timestamptz',
  compensations: 'json',
  awaiting: 'json',
  paymentId: 'uuid',
  truckId: 'text',
  assignedFrom: 'text',
  deliveredAt: 'timestamptz',
  reason: 'text',
  version: 'integer',
  closed: 'boolean',
};

const AMENDED_COLUMNS = {
  ...CHANGING_COLUMNS,
  stock: 'json',
  quantity: 'integer',
  totalCents: 'bigint',
  paymentToken: 'text',
  fulfillmentId: 'uuid',
  blocked: 'smallint',
  marks: 'json',
};

const ORDER_COLUMNS = {
  ...AMENDED_COLUMNS,
  id: 'bigint',
  orderNumber: 'text',
  customerId: 'text',
  kind: 'text',
  delivery: 'text',
  paymentMethod: 'text',
  currency: 'text',
  shippingAddress: 'json',
  plantId: 'text',
  distanceMiles: 'float',
  requestedStart: 'timestamptz',
  requestedEnd: 'timestamptz',
  priority: 'smallint',
};

export const orderStore: Store<Order, OrderFacts> = {
  table: 'orders',
  key: 'correlation_id',
  keyType: 'uuid',
  load,
  save,
};
