/** The laws by which the crash tests judge (support/invariants.ts) see each breach: what never complains proves nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { type Node, startNode } from '../../node.ts';
import { Customers } from '../support/customers.ts';
import { brokenLaws } from '../support/invariants.ts';
import { until } from '../support/quiet.ts';
import { freePort } from '../support/servers.ts';
import { canCrash, makeWorld, type World } from '../support/world.ts';

const WISH = { sku: 'SAND-BULK', plantId: 'north', quantity: 3, token: 'tok_ok' };
const delivered = (and: string): string => `(select min(id) from orders where status = 'delivered' and ${and})`;
const CARD = delivered(`payment_method = 'card' and delivery = 'truck'`);
const CARRIER = delivered(`delivery = 'carrier'`);
const COD = delivered(`payment_method = 'cod'`);
/** On three trucks, of which one broke down. */
const SEVERAL = `(select min(order_id) from loads group by order_id having count(*) > 3)`;
const OFF = `(select min(id) from orders where status = 'payment_failed')`;

/** What somebody broke, and how the laws say it. */
const breaches: [sql: string, said: RegExp][] = [
  [`update payments set refunded_cents = captured_cents where order_id = ${CARD}`, /costs \d+ and is delivered by card/],
  [`update payments set captured_cents = amount_cents, status = 'captured' where order_id = ${OFF}`, /holds \d+ cents, and its order/],
  [`update payments set order_key = gen_random_uuid() where order_id = ${CARD}`, /has no order/],
  [`update orders set payment_id = gen_random_uuid() where id = ${CARD}`, /keeps \d+ cents of order/],
  [`update payments set refunding_cents = 1 where order_id = ${CARD}`, /is still captured/],
  [
    `insert into refunds (payment_id, id, number, amount_cents, reason, status) select id, id, 1, 5, 'x', 'asked' from payments where order_id = ${CARD}`,
    /refund .* is still asked/,
  ],
  [
    `insert into refunds (payment_id, id, number, amount_cents, reason, status) select id, id, 1, 5, 'x', 'refunded' from payments where order_id = ${CARD}`,
    /gave back 0 cents, its refunds say 5/,
  ],
  [
    `insert into payment_attempts (idempotency_key, payment_id, operation, status) select 'k', id, 'undo', 'none' from payments where order_id = ${CARD}`,
    /the transfer .* was to go back/,
  ],
  [`update payments set amount_cents = 1 where order_id = ${COD}`, /COD order .* costs/],
  [`update order_sagas set state = 'Paid' where order_id = ${CARD}`, /its saga is Paid/],
  [`update order_sagas set compensations = '[{"step":"stock:x","done":null}]' where order_id = ${OFF}`, /stock:x is not undone/],
  [`update fulfillments set status = 'cancelled' where order_id = ${CARRIER}`, /with 0 delivered fulfilments/],
  [`update orders set delivery = 'carrier' where id = ${CARD}`, /goes by carrier and has a delivery job/],
  [
    `update orders set status = 'cancelled' where id = ${CARRIER}; update fulfillments set status = 'planned'`,
    /its fulfilment .* is planned/,
  ],
  [`update reservations set quantity = quantity + 1 where order_id = ${CARD}`, /its stock was not consumed/],
  [
    `insert into stock_movements (stock_key, kind, quantity, on_hand, order_id) select stock_key, 'released', 1, 0, order_id from reservations where order_id = ${CARD}`,
    /held, 1 came back/,
  ],
  [
    `insert into stock_movements (stock_key, kind, quantity, on_hand, order_id) select stock_key, 'reserved', 1, 0, order_id from reservations where order_id = ${CARD}`,
    /was reserved 2 times/,
  ],
  [
    `insert into stock_movements (stock_key, kind, quantity, on_hand, order_id)
     select stock_key, 'consumed', 1, 0, order_id from reservations where owner = 'load' and order_id = ${SEVERAL} limit 1`,
    /MATERIAL-\w+@east was consumed 4 times for order/,
  ],
  [
    `update reservations set status = 'confirmed' where owner = 'load' and order_key = (select id from loads where order_id = ${SEVERAL} and status = 'delivered' limit 1)`,
    /is closed, delivered, and its MATERIAL-\w+@east is confirmed/,
  ],
  [
    `insert into events (actor, key, said, correlation_id, traceparent) select actor, key, said, correlation_id, traceparent from events
     where actor = 'truck' and said like '%order.truck.assigned%' and correlation_id = (select correlation_id from orders where id = ${SEVERAL}) limit 1`,
    /order\.truck\.assigned was published 2 times for load/,
  ],
  [`delete from loads where order_id = ${CARD}`, /order\.truck\.assigned was published 1 times for order \S+, which has 0 loads/],
  [
    `update events set said = replace(said, 'order.truck.unassigned', 'nothing')`,
    /is delivered and its history is .*confirmed→assigned.*confirmed→assigned/,
  ],
  [`update stock_levels set backordered = 1 where key = 'SAND-BULK@north'`, /counts 1 in line, there are 0/],
];

const can = await canCrash('test/crash/invariants');

(can ? describe : describe.skip)('a law of a quiet world', () => {
  let world: World;
  let node: Node;
  let customers: Customers;

  beforeAll(async () => {
    world = await makeWorld({ mesh: false });
    const port = await freePort();
    node = await startNode(readConfig([], { ...world.env, PORT: String(port), NODE_ID: 'alone', LOG_LEVEL: 'fatal' }));
    customers = new Customers([`http://127.0.0.1:${port}`]);
    const wishes = [WISH, { ...WISH, address: '1 Quarry Road' }, { ...WISH, method: 'cod' as const }, { ...WISH, token: 'tok_declined' }];
    const several = customers.place({ sku: 'CONCRETE-C25', plantId: 'east', quantity: 25, token: 'tok_ok', method: 'account' });
    await customers.placeAll(wishes, wishes.length);
    await several;
    await breakDown(`http://127.0.0.1:${port}/api/trucks/truck-5`);
    expect(await world.settle(customers.accepted)).toEqual([]);
  });
  afterAll(async () => {
    await node?.stop();
    await world?.end();
  });

  /** While it loads, and it is mended at once. */
  const breakDown = async (truck: string): Promise<void> => {
    await until(async () => ((await (await fetch(truck)).json()) as { status: string }).status === 'loading', { everyMs: 5 });
    const post = (way: string, body: object) =>
      fetch(`${truck}/${way}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    expect((await post('out-of-service', { reason: 'gearbox', force: true })).status).toBe(200);
    await until(
      async () => (await world.database.query(`select from orders where plant_id = 'east' and status = 'confirmed'`)).length === 1,
    );
    expect((await post('back-in-service', {})).status).toBe(200);
  };

  test.each(breaches.map(([sql, said]) => [said.source, sql, said] as const))('is seen broken: %s [E52]', async (_words, sql, said) => {
    let broken: string[] = [];
    const undone = new Error('undone');
    const breaking = world.database.transaction(async (tx) => {
      for (const statement of sql.split(';').filter((one) => one.trim())) await tx.query(statement);
      if (sql.includes(`'undo'`)) await tx.query(`update payments set method = 'transfer'`);
      broken = await brokenLaws(tx);
      throw undone;
    });
    await expect(breaking).rejects.toBe(undone);
    expect(broken).toContainEqual(expect.stringMatching(said));
  });

  test('is seen broken by the books of the provider and of the carrier, and by an order that is lost [E52]', async () => {
    const ledger = await world.ledger();
    const [line] = ledger.filter(({ status }) => status === 'captured');
    const twice = [...ledger, { ...(line as (typeof ledger)[0]), key: 'again' }];
    expect(await brokenLaws(world.database, { ledger: twice })).toContainEqual(expect.stringMatching(/was captured 2 times/));
    expect(await brokenLaws(world.database, { ledger: [] })).toContainEqual(expect.stringMatching(/the provider keeps 0 cents/));
    const parcel = { key: 'one', reference: 'same', status: 'booked' as const };
    const parcels = [parcel, { ...parcel, key: 'two' }, { ...parcel, key: 'three', status: 'cancelled' as const }];
    expect(await brokenLaws(world.database, { parcels })).toEqual(['fulfilment same has 2 parcels: one,two']);
    const lost = '00000000-0000-4000-8000-000000000001';
    expect(await brokenLaws(world.database, { accepted: [lost] })).toEqual([`the accepted order ${lost} has 0 orders`]);
  });
});
