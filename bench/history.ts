import { openWorld, print, round, runOrders, type World } from './world.ts';

/** The same rate with a million finished orders in the tables, held against none, in turn. */
export const history = async (
  finished = Number(process.env.FINISHED ?? 1_000_000),
  orders = Number(process.env.ORDERS ?? 5_000),
  concurrency = Number(process.env.CONCURRENCY ?? 2_000),
): Promise<void> => {
  const empty = await openWorld();
  await runOrders(empty, 1_500, concurrency);
  const full = await openWorld();
  await finish(full, finished);
  await runOrders(full, 1_500, concurrency);
  const rates: { none: number; history: number }[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const none = (await runOrders(empty, orders, concurrency)).ordersPerSecond;
    rates.push({ none, history: (await runOrders(full, orders, concurrency)).ordersPerSecond });
  }
  const ratios = rates.map((rate) => rate.history / rate.none).sort((a, b) => a - b);
  print({ bench: 'history', finished, orders, rates, ratio: round(ratios[1] ?? 0, 2) });
  await empty.close();
  await full.close();
};

/** Rows as finished orders leave them, with the events of each. */
const finish = async ({ database }: World, count: number): Promise<void> => {
  const step = 50_000;
  for (let from = 0; from < count; from += step) {
    await database.query(`
      with made as (
        insert into orders (correlation_id, order_number, customer_id, kind, status, payment_method, currency, subtotal_cents, total_cents, plant_id,
          distance_miles, quantity, priority, stock, awaiting, version, delivered, closed_at, placed_at, created_at)
        select gen_random_uuid(), 'ORD-OLD-' || n, 'customer-' || n % 1000, 'goods', 'delivered', 'card', 'USD', 300, 300, 'plant-' || n % 10,
          5, 3, 50, '[{"stockKey":"SKU-1@plant-1","quantity":1},{"stockKey":"SKU-2@plant-1","quantity":2}]', '[]', 9, true, now(),
          now() - interval '1 day', now() - interval '1 day'
        from generate_series(${from + 1}, ${Math.min(from + step, count)}) n returning id, correlation_id
      ), items as (
        insert into order_items (order_id, sku, name, quantity, unit_price_cents) select id, 'SKU-' || s, 'Product', 1, 100 from made, generate_series(1, 2) s
      ), sagas as (
        insert into order_sagas (correlation_id, order_id, state) select correlation_id, id, 'Completed' from made
      ), held as (
        insert into reservations (stock_key, order_key, order_id, quantity, status) select 'SKU-' || s || '@plant-1', correlation_id, id, 1, 'consumed'
        from made, generate_series(1, 2) s
      ), moved as (
        insert into stock_movements (stock_key, kind, quantity, on_hand, order_id) select 'SKU-' || s || '@plant-1', 'consumed', 1, 0, id from made, generate_series(1, 6) s
      ), paid as (
        insert into payments (id, order_key, order_id, order_number, method, provider, status, amount_cents, captured_cents, currency, version)
        select gen_random_uuid(), correlation_id, id, 'ORD', 'card', 'sandbox', 'captured', 300, 300, 'USD', 2 from made
      ), driven as (
        insert into loads (id, job_id, order_key, order_id, plant_id, truck_id, status, assigned_at, closed_at)
        select gen_random_uuid(), gen_random_uuid(), correlation_id, id, 'plant-1', 'truck-1', 'delivered', now(), now() from made
      ), jobs as (
        insert into delivery_jobs (id, order_key, order_id, plant_id, status, priority, quantity, distance_miles, requested_at, traceparent)
        select gen_random_uuid(), correlation_id, id, 'plant-1', 'done', 50, 3, 5, now(), '' from made
      )
      insert into events (actor, key, said, correlation_id, traceparent)
      select 'order', correlation_id::text, '[{"type":"orders.order.status_changed","data":{"newStatus":"delivered"}}]', correlation_id, '' from made, generate_series(1, 16)`);
  }
  await database.query('vacuum analyze');
};
