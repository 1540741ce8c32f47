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
  status: 'captured' | 'declined';
  amountCents: number;
  refunded: boolean;
}

export interface Expected {
  /** Correlation ids of the orders that a door accepted. */
  accepted?: readonly string[];
  /** What the provider took and gave back, where there is one outside the nodes. */
  ledger?: readonly LedgerLine[];
}

/** @returns the broken laws, in words; an empty list when all hold. Ask when it is quiet */
export const brokenLaws = async (tx: Tx, { accepted, ledger }: Expected = {}): Promise<string[]> => {
  const broken: string[] = [];
  for (const sql of [...stock, ...fleet, ...money, ...orders, ...rest, ...once]) {
    for (const { breach } of await tx.query<{ breach: string }>(`select breach from (${sql}) as found limit 20`)) broken.push(breach);
  }
  broken.push(...(await illegalHistories(tx)));
  if (accepted) broken.push(...(await lostOrders(tx, accepted)));
  if (ledger) broken.push(...(await wrongMoney(tx, ledger)));
  return broken;
};

const HELD = "('active', 'confirmed')";
const OPEN = "status not in ('delivered', 'completed', 'failed', 'payment_failed', 'cancelled')";

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
  `select format('order %s is delivered and its stock was not consumed: %s', o.id, coalesce(r.status, 'no reservation')) as breach
   from orders o cross join json_to_recordset(o.stock::json) as line("stockKey" text)
   left join reservations r on r.order_key = o.correlation_id and r.stock_key = line."stockKey"
   where o.status = 'delivered' and r.status is distinct from 'consumed'`,
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

const money = [
  `select format('payment %s is still %s', id, status) as breach from payments where status in ('capturing', 'refunding', 'authorizing')`,
  `select format('order %s has %s payments', order_id, count(*)) as breach from payments group by order_id having count(*) > 1`,
  `select format('payment %s holds %s cents and its order %s is %s', p.id, p.captured_cents - p.refunded_cents, o.id, o.status) as breach
   from payments p join orders o on o.correlation_id = p.order_key
   where p.captured_cents > p.refunded_cents and o.status in ('failed', 'payment_failed', 'cancelled')`,
  `select format('order %s is %s, and its card payment is %s', o.id, o.status, coalesce(p.status, 'missing')) as breach
   from orders o left join payments p on p.id = o.payment_id
   where o.payment_method = 'card' and o.status in ('confirmed', 'assigned', 'shipped', 'delivered', 'completed')
     and (p.captured_cents is distinct from p.amount_cents or p.refunded_cents > 0)`,
];

const orders = [
  `select format('order %s stopped at %s', id, status) as breach from orders where ${OPEN}`,
  `select format('order %s is %s without a reason', id, status) as breach
   from orders where status in ('failed', 'payment_failed', 'cancelled') and coalesce(reason, '') = ''`,
];

const rest = [
  `select format('mailbox: %s for %s/%s', name, actor, key) as breach from mailbox`,
  `select format('timer: %s of %s/%s, due %s', name, actor, key, due_at) as breach from timers`,
  `select format('job %s %s is %s', type, id, state) as breach from jobs where state not in ('completed', 'dead')`,
  `select format('dead letter: %s for %s/%s: %s', name, actor, key, error) as breach from dead_letters where state = 'open'`,
  `select format('paused: %s/%s: %s', actor, key, reason) as breach from paused`,
];

/** What an order does at most once, counted where it leaves a row each time. */
const once = [
  `select format('stock %s was %s %s times for order %s', stock_key, kind, count(*), order_id) as breach
   from stock_movements where order_id is not null group by stock_key, kind, order_id having count(*) > 1`,
  `select format('%s was published %s times for order %s', type, count(*), data->>'orderKey') as breach from event_log
   where type in ('order.created', 'order.cancelled', 'payment.confirmed', 'payment.failed', 'payment.refunded', 'order.truck.assigned', 'order.delivered')
   group by type, data->>'orderKey' having count(*) > 1`,
  `select format('order %s has %s delivery jobs', order_id, count(*)) as breach from delivery_jobs group by order_id having count(*) > 1`,
];

/** Each order's status events are one path of orderLife, no step twice, that ends where the order stands. */
const illegalHistories = async (tx: Tx): Promise<string[]> => {
  const rows = await tx.query<{ id: string; status: OrderStatus; steps: [OrderStatus | null, OrderStatus][] | null }>(
    `select o.id, o.status, h.steps from orders o left join lateral (
       select json_agg(json_build_array(e.data->>'oldStatus', e.data->>'newStatus') order by e.entry, e.place) as steps from event_log e
       where e.correlation_id::text = o.correlation_id::text and e.type = 'orders.order.status_changed') h on true`,
  );
  return rows.flatMap(({ id, status, steps }) => {
    const path = steps ?? [];
    const told = path.map(([from, to]) => `${from ?? ''}→${to}`).join(' ');
    const legal = path.every(([from, to], index) => {
      const before = path[index - 1]?.[1];
      return before === undefined ? from === null : from === before && (orderLife[before] as readonly string[]).includes(to);
    });
    const twice = new Set(path.map(String)).size < path.length;
    if (legal && !twice && path.at(-1)?.[1] === status) return [];
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

/** The provider's own books against ours. */
const wrongMoney = async (tx: Tx, ledger: readonly LedgerLine[]): Promise<string[]> => {
  const captured = Map.groupBy(
    ledger.filter(({ status }) => status === 'captured'),
    ({ paymentId }) => paymentId,
  );
  const broken: string[] = [];
  for (const [paymentId, lines] of captured) {
    if (lines.length > 1) broken.push(`payment ${paymentId} was captured ${lines.length} times: ${lines.map(({ key }) => key)}`);
  }
  const rows = await tx.query<{ id: string; kept: string; status: string }>(
    'select id, captured_cents - refunded_cents as kept, status from payments',
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const id of new Set([...known.keys(), ...captured.keys()])) {
    const taken = (captured.get(id) ?? []).reduce((sum, { amountCents, refunded }) => sum + (refunded ? 0 : amountCents), 0);
    const { kept, status } = known.get(id) ?? { kept: 0, status: 'unknown here' };
    if (taken !== Number(kept)) broken.push(`payment ${id} is ${status}: the provider keeps ${taken} cents, our books ${kept}`);
  }
  return broken;
};
