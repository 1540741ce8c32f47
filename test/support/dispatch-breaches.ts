/** What somebody could break of dispatch's books when all is quiet, and how the laws (dispatch-laws.ts) say it. */

interface Breach {
  sql: string;
  said: RegExp;
}

/** A delivered job that any truck of its plant could have carried; and the one that came last. */
const job = (order: string): string =>
  `(select j.id from delivery_jobs j join loads l on l.job_id = j.id
    where j.status = 'done' and j.quantity < 8 and j.plant_id = 'north' and j.special is null and l.materials is null order by l.number ${order} limit 1)`;
const [FIRST, LAST] = [job('asc'), job('desc')];
const ANY = '(select id from loads order by number limit 1)';
const POURED = `(select id from loads where status = 'delivered' and materials is not null order by number limit 1)`;
const waits = (reason: string, more = ''): string =>
  `update delivery_jobs set status = 'queued', taken = 0, reason = ${reason}${more} where id = ${FIRST}`;

/** An event that somebody wrote into the log. */
const said = (actor: string, key: string, type: string, data: string, from: string): string =>
  `insert into events (actor, key, said, correlation_id, traceparent)
   select '${actor}', ${key}, json_build_array(json_build_object('type', '${type}', 'data', json_build_object(${data})))::text, correlation_id, '' ${from}`;
const CANCELLED = `from orders where id = (select min(o.id) from orders o where o.status = 'cancelled'
  and not exists (select from event_log e where e.correlation_id = o.correlation_id and e.type = 'order.exception'))`;
const DELIVERED = `from orders where id = (select min(id) from orders where status = 'delivered')`;

/** Of a moment. */
export const untrue: Breach[] = [
  { sql: waits('null'), said: /waits without a reason/ },
  { sql: waits(`'on_hold'`), said: /waits at north for on_hold/ },
  { sql: waits(`'no_truck'`), said: /waits with no_truck, and .* is free at north/ },
  { sql: waits(`'capacity'`), said: /waits with capacity, and .* at north suits it/ },
  { sql: waits(`'skill'`, `, special = '{"skills":["pump"]}'`), said: /waits with skill, and .* at north suits it/ },
  {
    sql: `${waits(`'capacity'`, ', quantity = 14.5')}; update trucks set capacity = 14`,
    said: /with capacity at north, where the largest truck in service that may take it carries 14/,
  },
  { sql: waits(`'loading_slot'`), said: /with loading_slot: 0 stand/ },
  { sql: waits(`'no_stock'`), said: /with no_stock, and there is enough/ },
  { sql: `update loads set closed_at = null where id = ${ANY}`, said: /is open, and its truck .* is free/ },
  {
    sql: `update trucks set status = 'loading', load_id = ${ANY} where id = (select truck_id from loads where id = ${ANY})`,
    said: /is loading with load .*, which is closed/,
  },
  {
    sql: `drop index loads_one_open_per_truck; update loads set closed_at = null where truck_id = 'truck-1'`,
    said: /truck-1 has \d+ open loads/,
  },
];

/** Of the whole story. */
export const broken: Breach[] = [
  { sql: `update orders set status = 'shipped' where id = (select max(id) from orders)`, said: /order \d+ is shipped/ },
  { sql: `update orders set reason = null where status = 'cancelled'`, said: /is cancelled without a reason/ },
  { sql: `update loads set status = 'assigned' where id = ${POURED}`, said: /has no end: assigned/ },
  { sql: `update loads set poured = poured / 2 where id = ${POURED}`, said: /is delivered with .* poured/ },
  { sql: `update loads set status = 'cancelled' where id = ${POURED}`, said: /is delivered: its job says done/ },
  { sql: `update delivery_jobs set status = 'in_progress' where id = ${FIRST}`, said: /is in_progress/ },
  {
    sql: `update delivery_jobs set order_key = (select order_key from delivery_jobs where id = ${LAST}), order_id = 1`,
    said: /order 1 has \d+ jobs/,
  },
  {
    sql: `update delivery_jobs set status = 'done' where order_key = (select correlation_id ${CANCELLED}); update delivery_jobs set status = 'done' where status = 'cancelled'`,
    said: /is cancelled and its job is done/,
  },
  { sql: `update trucks set status = 'washing' where id = 'truck-1'`, said: /truck-1 is washing/ },
  {
    sql: `update loads set assigned_at = now() + interval '1 hour' where job_id in (select id from delivery_jobs where status = 'cancelled')`,
    said: /was sent for order \d+, which had been cancelled/,
  },
  { sql: `update loads set closed_at = closed_at + interval '1 hour' where id = ${ANY}`, said: /had load .* before load .* was closed/ },
  {
    sql: said(
      'order',
      'correlation_id::text',
      'orders.order.status_changed',
      `'oldStatus', 'cancelled', 'newStatus', 'delivered'`,
      CANCELLED,
    ),
    said: /went from cancelled to delivered/,
  },
  {
    sql: said('truck', `'truck-1'`, 'order.delivered', `'orderId', id`, CANCELLED),
    said: /is cancelled and was said to be delivered 1 times/,
  },
  { sql: said('truck', `'truck-1'`, 'order.delivered', `'orderId', id`, DELIVERED), said: /was said to be delivered 2 times/ },
  {
    sql: said('truck', `'truck-1'`, 'truck.pouring.completed', `'loadId', 'x'`, DELIVERED),
    said: /truck-1 is available with load null and poured load x/,
  },
  {
    sql: [1, 2]
      .map((load) =>
        said('truck', `'truck-1'`, 'truck.status.changed', `'from', 'available', 'to', 'assigned', 'loadId', '${load}'`, DELIVERED),
      )
      .join(';'),
    said: /truck-1 is assigned with load 1 and went from available to assigned with 2/,
  },
  {
    sql: `update events set at = at + interval '1 minute' where actor = 'truck' and said like '%truck.pouring.completed%';
      insert into events (actor, key, said, correlation_id, traceparent, at) select 'dispatch', 'north', json_build_array(json_build_object('type',
        'truck.x.returntoplant', 'data', json_build_object('loadId', data->>'loadId')))::text, correlation_id, '', at - interval '10 s'
      from event_log where type = 'truck.pouring.completed' limit 1`,
    said: /poured load .* after it was called back/,
  },
  { sql: `update reservations set status = 'active' where order_key = ${POURED}`, said: /is delivered and its .* is active/ },
  {
    sql: `delete from reservations where order_key = ${POURED} and stock_key like '%SAND%'`,
    said: /is delivered and drew 2 of 3 materials/,
  },
  {
    sql: `update delivery_jobs set requested_at = (select min(requested_at) from delivery_jobs) where id = ${LAST}`,
    said: /waited at north, and .* went for order/,
  },
];
