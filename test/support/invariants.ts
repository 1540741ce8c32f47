/**
 * What must be true of a schema when it is quiet, whatever befell its nodes. Each law is one statement that finds its breaches and
 * says each in plain words: nothing lost, nothing twice, nothing stuck.
 */
import { type OrderStatus, orderLife } from '../../models/order.ts';
import type { Tx } from '../../runtime/database.ts';

/** One line of the sandbox provider's GET /ledger. */
export interface LedgerLine {
  key: string;
  paymentId: string;
  status: 'captured' | 'authorized' | 'declined' | 'voided';
  amountCents: number;
  refundedCents: number;
}

/** One line of the sandbox carrier's GET /ledger. */
export interface Parcel {
  key: string;
  /** The fulfilment. */
  reference: string;
  status: 'booked' | 'declined' | 'cancelled';
}

export interface Expected {
  /** Correlation ids of the orders that a door accepted. */
  accepted?: readonly string[];
  /** What the provider took and gave back, where there is one outside the nodes. */
  ledger?: readonly LedgerLine[];
  /** What the carrier was given, where there is one outside the nodes. */
  parcels?: readonly Parcel[];
}

/** @returns the broken laws, in words; an empty list when all hold. Ask when it is quiet */
export const brokenLaws = async (tx: Tx, { accepted, ledger, parcels }: Expected = {}): Promise<string[]> => {
  const broken: string[] = [];
  for (const sql of [...stock, ...fleet, ...carriers, ...money, ...orders, ...sagas, ...rest, ...once]) {
    for (const { breach } of await tx.query<{ breach: string }>(`select breach from (${sql}) as found limit 20`)) broken.push(breach);
  }
  broken.push(...(await illegalHistories(tx)));
  if (accepted) broken.push(...(await lostOrders(tx, accepted)));
  if (ledger) broken.push(...(await wrongMoney(tx, ledger)));
  if (parcels) broken.push(...sentTwice(parcels));
  return broken;
};

const HELD = "('active', 'confirmed')";
const OPEN = "status not in ('delivered', 'completed', 'failed', 'payment_failed', 'cancelled')";
const OFF = "status in ('failed', 'payment_failed', 'cancelled')";
const THERE = "status in ('delivered', 'completed')";

const stock = [
  `select format('stock %s says %s reserved, its reservations hold %s', s.key, s.reserved, coalesce(sum(r.quantity), 0)) as breach
   from stock_levels s left join reservations r on r.stock_key = s.key and r.status in ${HELD}
   group by s.key having s.reserved <> coalesce(sum(r.quantity), 0)`,
  `select format('stock %s has %s, its movements make %s', s.key, s.available + s.reserved, coalesce(sum(m.on_hand), 0)) as breach
   from stock_levels s left join stock_movements m on m.stock_key = s.key
   group by s.key having s.available + s.reserved <> coalesce(sum(m.on_hand), 0)`,
  `select format('stock %s is below zero', key) as breach from stock_levels where available < 0 or reserved < 0`,
  `select format('order %s is %s and its stock %s is still %s', o.id, o.status, r.stock_key, r.status) as breach
   from orders o join reservations r on r.order_key = o.correlation_id
   where r.status in ${HELD} and not o.${OPEN}`,
  `select format('order %s is delivered and its stock was not consumed: %s %s of %s', o.id, coalesce(r.status, 'no reservation'), r.quantity, line.quantity) as breach
   from orders o cross join json_to_recordset(o.stock::json) as line("stockKey" text, quantity int)
   left join reservations r on r.order_key = o.correlation_id and r.stock_key = line."stockKey"
   where o.${THERE} and (r.status is distinct from 'consumed' or r.quantity <> line.quantity)`,
  // What a load is made of is held in the load's name.
  `select format('load %s is closed, %s, and its %s is %s', l.id, l.status, r.stock_key, r.status) as breach
   from loads l join reservations r on r.order_key = l.id
   where l.closed_at is not null and (r.status in ${HELD} or (l.status = 'delivered' and r.status <> 'consumed'))`,
  // However often it was reserved: what went out to a hold has come back, has left for good, or is held.
  `select format('order %s: of %s %s were held, %s came back, %s left', m.order_id, m.stock_key, m.held, m.back, m.gone) as breach
   from (select order_id, stock_key,
       coalesce(sum(quantity) filter (where kind = 'reserved'), 0) as held,
       coalesce(sum(quantity) filter (where kind in ('released', 'expired')), 0) as back,
       coalesce(sum(quantity) filter (where kind = 'consumed'), 0) as gone
     from stock_movements where order_id is not null and kind in ('reserved', 'released', 'expired', 'consumed') group by 1, 2) m
   cross join lateral (select coalesce(sum(quantity), 0) as quantity from reservations r
     where r.order_id = m.order_id and r.stock_key = m.stock_key and r.status in ${HELD}) r
   where m.held - m.back - m.gone <> r.quantity`,
  `select format('stock %s counts %s in line, there are %s', s.key, s.backordered, count(r.order_key)) as breach
   from stock_levels s left join reservations r on r.stock_key = s.key and r.status = 'backordered'
   group by s.key having s.backordered <> count(r.order_key)`,
];

const fleet = [
  `select format('truck %s has %s open loads', truck_id, count(*)) as breach
   from loads where closed_at is null group by truck_id having count(*) > 1`,
  `select format('load %s is open and its truck %s is available', l.id, t.id) as breach
   from loads l join trucks t on t.id = l.truck_id where l.closed_at is null and t.status = 'available'`,
  `select format('truck %s is available and has the load %s', id, load_id) as breach
   from trucks where status = 'available' and load_id is not null`,
  `select format('truck %s is %s and nothing will move it', id, status) as breach from trucks
   where status not in ('available', 'out_of_service', 'on_break')
     and not exists (select from timers where actor = 'truck' and key = trucks.id)`,
  `select format('delivery job %s waits at %s, where truck %s is free', j.id, j.plant_id, t.id) as breach
   from delivery_jobs j join trucks t on t.plant_id = j.plant_id and t.status = 'available' where j.status = 'queued'`,
];

const OURS = 'f.order_key = o.correlation_id and f.owner is null';
const carriers = [
  `select format('carrier order %s is %s with %s delivered fulfilments', o.id, o.status, count(f.id)) as breach
   from orders o left join fulfillments f on ${OURS} and f.status = 'delivered'
   where o.delivery = 'carrier' and o.${THERE} group by o.id having count(f.id) <> 1`,
  `select format('order %s is %s and its fulfilment %s is %s', o.id, o.status, f.id, f.status) as breach
   from orders o join fulfillments f on ${OURS}
   where (o.${OFF} and f.status not in ('cancelled', 'delivered', 'failed'))
      or (f.status = 'delivered' and not o.${THERE} and o.status <> 'cancelled')`,
  `select format('order %s is sent %s times', o.id, count(*)) as breach
   from orders o join fulfillments f on ${OURS} and f.status <> 'cancelled' group by o.id having count(*) > 1`,
  `select format('order %s goes by %s and has a %s', o.id, o.delivery, case when f.id is null then 'delivery job' else 'fulfilment' end) as breach
   from orders o left join fulfillments f on ${OURS} left join delivery_jobs j on j.order_key = o.correlation_id
   where (o.delivery = 'truck' and f.id is not null) or (o.delivery = 'carrier' and j.id is not null)`,
];

/** What stays with us of a payment. */
const KEPT = '(p.captured_cents - p.refunded_cents)';
/** The reason of refunds that people give to a customer who keeps the goods. */
export const GOODWILL = 'goodwill';
const BY_HAND = `(select coalesce(sum(amount_cents), 0) from refunds where payment_id = p.id and status = 'refunded' and reason = '${GOODWILL}')`;
const money = [
  `select format('payment %s is still %s', id, status) as breach
   from payments where status in ('created', 'authorizing', 'capturing', 'refunding', 'voiding') or refunding_cents <> 0`,
  `select format('refund %s of payment %s is still %s', id, payment_id, status) as breach
   from refunds where status in ('waiting', 'asked', 'stuck')`,
  `select format('payment %s gave back %s cents, its refunds say %s', p.id, p.refunded_cents, sum(r.amount_cents)) as breach
   from payments p join refunds r on r.payment_id = p.id and r.status = 'refunded'
   group by p.id having sum(r.amount_cents) > p.refunded_cents or (p.status = 'partially_refunded' and sum(r.amount_cents) <> p.refunded_cents)`,
  // After a retry an order has several: one of them is the order's, and no other keeps anything.
  `select format('payment %s keeps %s cents of order %s, which is paid by %s', p.id, ${KEPT}, o.id, coalesce(o.payment_id::text, 'none')) as breach
   from payments p join orders o on o.correlation_id = p.order_key
   where p.owner is null and p.id is distinct from o.payment_id and (${KEPT} > 0 or p.status = 'authorized')`,
  `select format('payment %s is %s and has no order', p.id, p.status) as breach
   from payments p left join orders o on o.correlation_id = p.order_key where p.owner is null and o.id is null`,
  `select format('payment %s is %s, holds %s cents, and its order %s is %s', p.id, p.status, ${KEPT}, o.id, o.status) as breach
   from payments p join orders o on o.correlation_id = p.order_key
   where o.${OFF} and (${KEPT} > 0 or p.status = 'authorized')`,
  `select format('order %s costs %s and is %s by %s: its payment is %s and keeps %s cents',
     o.id, o.total_cents, o.status, o.payment_method, coalesce(p.status, 'missing'), ${KEPT}) as breach
   from orders o left join payments p on p.id = o.payment_id
   where o.payment_method in ('card', 'transfer') and o.status in ('confirmed', 'assigned', 'shipped', 'delivered', 'completed')
     and (p.id is null or ${KEPT} + ${BY_HAND} <> o.total_cents)`,
  `select format('COD order %s costs %s and is %s: %s cents are %s', o.id, o.total_cents, o.status, p.amount_cents, coalesce(p.status, 'missing')) as breach
   from orders o left join payments p on p.id = o.payment_id
   where o.payment_method = 'cod' and o.${THERE}
     and (p.status is null or p.status not in ('cod_due', 'cod_collected', 'cod_remitted') or p.amount_cents <> o.total_cents)`,
  // A bank's money is in no provider's ledger, so that a provider may say that there is nothing to give back.
  `select format('the transfer %s was to go back: the %s is %s', p.id, a.operation, a.status) as breach
   from payments p join payment_attempts a on a.payment_id = p.id
   where p.method = 'transfer' and a.operation in ('undo', 'refund') and a.status <> 'refunded'`,
];

const orders = [
  `select format('order %s stopped at %s', id, status) as breach from orders where ${OPEN}`,
  `select format('order %s is %s without a reason', id, status) as breach
   from orders where ${OFF} and coalesce(reason, '') = ''`,
];

const sagas = [
  `select format('order %s is %s and its saga is %s', o.id, o.status, coalesce(s.state, 'missing')) as breach
   from orders o left join order_sagas s using (correlation_id)
   where (o.${THERE} and s.state is distinct from 'Completed') or (o.${OFF} and s.state is distinct from 'Failed')`,
  `select format('order %s is %s and %s is not undone', o.id, o.status, c.value->>'step') as breach
   from orders o join order_sagas s using (correlation_id) cross join json_array_elements(s.compensations) c
   where not o.${OPEN} and c.value->>'done' is null`,
];

const rest = [
  `select format('mailbox: %s for %s/%s', name, actor, key) as breach from mailbox`,
  `select format('timer: %s of %s/%s, due %s', name, actor, key, due_at) as breach from timers`,
  `select format('job %s %s is %s', type, id, state) as breach from jobs where state not in ('completed', 'dead')`,
  `select format('dead letter: %s for %s/%s: %s', name, actor, key, error) as breach from dead_letters where state = 'open'`,
  `select format('paused: %s/%s: %s', actor, key, reason) as breach from paused`,
];

/** What an order does at most once, counted where it leaves a row each time. */
const AGAIN = "('order.payment.retried', 'inventory.reservation.expired', 'order.exception')";
/** Who holds of a stock for an order: the order itself, or each of its loads. */
const holders = (which = 'true'): string =>
  `greatest(1, (select count(*) from reservations r where r.order_id = m.order_id and r.stock_key = m.stock_key and ${which}))`;
const LEFT_ALL_THE_SAME = `(reason is not distinct from 'it was delivered without'
  and exists (select from reservations l where l.order_id = v.order_id and l.stock_key = v.stock_key and l.owner = 'load' and l.status = 'consumed'))`;
const once = [
  `select format('stock %s was %s %s times for order %s', m.stock_key, m.kind, m.times, m.order_id) as breach
   from (select stock_key, kind, order_id, count(*) as times from stock_movements
     where order_id is not null and kind in ('consumed', 'confirmed') group by 1, 2, 3 having count(*) > 1) m
   where m.times > ${holders(`(m.kind <> 'consumed' or r.status = 'consumed')`)}`,
  // It is held again only after what took the first hold away, or when a truck that was called back had left with its load: that is booked with its leaving.
  `select format('stock %s was reserved %s times for order %s', m.stock_key, m.times, m.order_id) as breach
   from (select stock_key, order_id, count(*) as times from stock_movements v where order_id is not null and kind = 'reserved' and not ${LEFT_ALL_THE_SAME} group by 1, 2 having count(*) > 1) m
   where m.times > ${holders()} + (select count(*) from event_log e where e.data->>'orderId' = m.order_id::text
     and (e.type in ${AGAIN} or (e.type = 'orders.order.status_changed' and e.data->>'oldStatus' = 'payment_failed')))`,
  `select format('%s was published %s times for order %s', type, count(*), data->>'orderKey') as breach from event_log
   where type in ('order.created', 'order.cancelled', 'order.delivered', 'order.shipped')
   group by type, data->>'orderKey' having count(*) > 1`,
  // A truck for each of its loads: several when one truck is not enough, or one was lost.
  `select format('order.truck.assigned was published %s times for load %s of order %s', count(*), data->>'loadId', data->>'orderId') as breach
   from event_log where type = 'order.truck.assigned' group by data->>'loadId', data->>'orderId' having count(*) > 1`,
  `select format('order.truck.assigned was published %s times for order %s, which has %s loads', e.times, order_key, coalesce(l.loads, 0)) as breach
   from (select data->>'orderKey' as order_key, count(*) as times from event_log where type = 'order.truck.assigned' group by 1) e
   left join (select order_key::text as order_key, count(*) as loads from loads group by 1) l using (order_key) where e.times > coalesce(l.loads, 0)`,
  `select format('%s was published %s times for payment %s', type, count(*), data->>'paymentId') as breach from event_log
   where type in ('payment.processing.requested', 'payment.confirmed', 'payment.failed', 'payment.captured', 'payment.voided', 'payment.refunded')
   group by type, data->>'paymentId', data->>'refundId' having count(*) > 1`,
  `select format('order %s has %s delivery jobs', order_id, count(*)) as breach from delivery_jobs group by order_id having count(*) > 1`,
];

type Step = [from: OrderStatus | null, to: OrderStatus];

/** How often an order that lost so many trucks may go a step; a payment may fail again and again. */
const mostTimes = ([from, to]: Step, lost: number): number => {
  if (from === 'payment_failed' || to === 'payment_failed') return Number.POSITIVE_INFINITY;
  if (to === 'assigned') return 1 + lost;
  return from === 'assigned' && !['shipped', 'delivered', 'cancelled'].includes(to) ? Math.max(1, lost) : 1;
};

/** Each order's status events are one path of orderLife, no step twice unless a truck was lost, that ends where the order stands. */
const illegalHistories = async (tx: Tx): Promise<string[]> => {
  const rows = await tx.query<{ id: string; status: OrderStatus; steps: Step[] | null; lost: number }>(
    `select o.id, o.status, h.steps, coalesce(h.lost, 0) as lost from orders o left join (
       select correlation_id::text as key, count(*) filter (where type = 'order.truck.unassigned')::int as lost,
         json_agg(json_build_array(data->>'oldStatus', data->>'newStatus') order by entry, place) filter (where type = 'orders.order.status_changed') as steps
       from event_log where type in ('orders.order.status_changed', 'order.truck.unassigned') group by 1) h on h.key = o.correlation_id::text`,
  );
  return rows.flatMap(({ id, status, steps, lost }) => {
    const path = steps ?? [];
    const told = path.map(([from, to]) => `${from ?? ''}→${to}`).join(' ');
    const legal = path.every(([from, to], index) => {
      const before = path[index - 1]?.[1];
      return before === undefined ? from === null : from === before && (orderLife[before] as readonly string[]).includes(to);
    });
    const tooOften = [...Map.groupBy(path, String).values()].some((same) => same.length > mostTimes(same[0] as Step, lost));
    if (legal && !tooOften && path.at(-1)?.[1] === status) return [];
    return [`order ${id} is ${status} and its history is ${told || 'empty'}`];
  });
};

const lostOrders = async (tx: Tx, accepted: readonly string[]): Promise<string[]> => {
  const rows = await tx.query<{ correlation: string; orders: string }>(
    `select a.correlation, count(o.id) as orders from unnest(string_to_array($1::text, ',')) as a(correlation)
     left join orders o on o.correlation_id = a.correlation::uuid group by a.correlation having count(o.id) <> 1`,
    [accepted.join(',')],
  );
  return rows.map(({ correlation, orders: found }) => `the accepted order ${correlation} has ${found} orders`);
};

/** The provider's own books against ours. Banks and drivers have books of their own. */
const wrongMoney = async (tx: Tx, ledger: readonly LedgerLine[]): Promise<string[]> => {
  const captured = Map.groupBy(
    ledger.filter(({ status }) => status === 'captured'),
    ({ paymentId }) => paymentId,
  );
  const broken: string[] = [];
  for (const [paymentId, lines] of captured) {
    if (lines.length > 1) broken.push(`payment ${paymentId} was captured ${lines.length} times: ${lines.map(({ key }) => key)}`);
  }
  for (const { key, paymentId, status } of ledger) {
    if (status === 'authorized') broken.push(`payment ${paymentId} is still authorised under ${key}`);
  }
  const rows = await tx.query<{ id: string; orderKey: string; kept: string; status: string }>(
    `select id, order_key as "orderKey", case when method = 'card' then captured_cents - refunded_cents else 0 end as kept, status from payments`,
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const holders = new Map<string, number>();
  for (const id of new Set([...known.keys(), ...captured.keys()])) {
    const taken = (captured.get(id) ?? []).reduce((sum, { amountCents, refundedCents }) => sum + amountCents - refundedCents, 0);
    const { kept, status, orderKey } = known.get(id) ?? { kept: 0, status: 'unknown here', orderKey: id };
    if (taken !== Number(kept)) broken.push(`payment ${id} is ${status}: the provider keeps ${taken} cents, our books ${kept}`);
    if (taken > 0) holders.set(orderKey, (holders.get(orderKey) ?? 0) + 1);
  }
  for (const [orderKey, times] of holders) if (times > 1) broken.push(`${times} payments of order ${orderKey} keep money at the provider`);
  return broken;
};

/** A parcel whose booking was declined, or called off, may be followed by another one. */
const sentTwice = (parcels: readonly Parcel[]): string[] => {
  const booked = Map.groupBy(
    parcels.filter(({ status }) => status === 'booked'),
    ({ reference }) => reference,
  );
  return [...booked]
    .filter(([, parcelsOfOne]) => parcelsOfOne.length > 1)
    .map(
      ([reference, parcelsOfOne]) => `fulfilment ${reference} has ${parcelsOfOne.length} parcels: ${parcelsOfOne.map(({ key }) => key)}`,
    );
};
