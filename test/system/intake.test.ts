/** The order process as a worker: what comes in is made once, in one transaction, numbered by the database, and told on; its log says of what it speaks. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until, untilQuiet } from '../support/quiet.ts';
import { answers } from '../support/servers.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

type Line = Record<string, unknown> & { msg?: string };

describeWith('postgres')('the order process', () => {
  let yard: Yard;
  let node: YardNode;
  beforeAll(async () => {
    yard = await openYard({ LOG_LEVEL: 'info', LOG_FORMAT: 'json', SLOW_MS: '0' });
    node = await yard.start();
  });
  afterAll(() => yard.close());

  const lines = (): Line[] =>
    node
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line);
  const logged = (text: RegExp, id?: string): Line | undefined =>
    lines().find(({ msg = '', correlationId }) => text.test(msg) && (id === undefined || correlationId === id));

  test('the door gives an order its correlation id, the database its number, from one sequence and in the order of their making [C5, C13, C14, C17]', async () => {
    const placed: string[] = [];
    for (let count = 0; count < 5; count++) {
      const correlationId = await node.http.place();
      // Orders that come at once are made in batches side by side, and numbered as these come to them.
      await until(async () => (await yard.count('orders', `correlation_id = '${correlationId}'`)) === 1);
      placed.push(correlationId);
    }
    const orders = await Promise.all(placed.map((id) => node.http.until(id, 'delivered')));
    const ids = orders.map(({ id }) => Number(id));
    expect([...ids].sort((a, b) => a - b)).toEqual(ids);
    expect(orders.map(({ correlationId }) => correlationId)).toEqual(placed);
    for (const { id, orderNumber } of orders) expect(orderNumber.endsWith(String(id).padStart(6, '0'))).toBe(true);
    const [next] = await yard.database.query<{ last: string }>('select last_value::text as last from orders_id_seq');
    expect(Number(next?.last)).toBeGreaterThanOrEqual(Math.max(...ids));
  });

  test('an order is there whole or not at all: its row, lines, saga, events and what it asks for are of one commit [C4, C11, C18, E28, E29]', async () => {
    const correlationId = await node.http.place({ items: [1, 2, 3].map((quantity) => ({ sku: 'SAND-BULK', quantity })) });
    const order = await node.http.until(correlationId, 'delivered');
    const [written] = await yard.database.query<{ transactions: string }>(
      `select count(distinct xmin::text) as transactions from order_items where order_id = $1`,
      [order.id],
    );
    expect(Number(written?.transactions)).toBe(1);
    expect(await yard.count('order_items', `order_id = ${order.id}`)).toBe(3);
    expect(await yard.count('order_sagas', `order_id = ${order.id} and correlation_id = '${correlationId}'`)).toBe(1);
    const types = (await node.http.history(order.id)).slice(0, 3).map(({ type }) => type);
    expect(types).toEqual(['order.created', 'orders.order.status_changed', 'order.processed']);
  });

  test('the database itself takes no second order of a correlation id [C3, C15]', async () => {
    const correlationId = await node.http.place();
    await node.http.until(correlationId, 'delivered');
    const again = yard.database.query(
      `insert into orders (correlation_id, order_number, customer_id, kind, status, payment_method, currency, subtotal_cents, total_cents,
         distance_miles, quantity, priority, stock, awaiting, version)
       select correlation_id, order_number, customer_id, kind, status, payment_method, currency, subtotal_cents, total_cents,
         distance_miles, quantity, priority, stock, awaiting, version from orders where correlation_id = $1`,
      [correlationId],
    );
    await expect(again).rejects.toThrow(/unique/);
  });

  test('a repeat makes nothing new and is told on again, so that who missed it hears it [C3, C15, C16]', async () => {
    const correlationId = randomUUID();
    const placeAgain = () => node.http.place({}, { 'X-Correlation-Id': correlationId });
    await placeAgain();
    const order = await node.http.until(correlationId, 'delivered');
    await placeAgain();
    const processed = async () => (await node.http.history(order.id)).filter(({ type }) => type === 'order.processed').length;
    await until(async () => (await processed()) === 2);
    await untilQuiet(yard.database);
    expect(await yard.count('orders', `correlation_id = '${correlationId}'`)).toBe(1);
    expect(await yard.count('payments', `order_key = '${correlationId}'`)).toBe(1);
  });

  test('the saga keeps its state and its end in the database, whichever node goes on with it [C28, E5, E18, E43]', async () => {
    const saga = async (correlationId: string) =>
      (
        await yard.database.query<{ state: string; minutes: string }>(
          `select state, round(extract(epoch from expires_at - created_at) / 60)::text as minutes from order_sagas where correlation_id = $1`,
          [correlationId],
        )
      )[0];
    const { correlationId, id } = await node.http.until(await node.http.place({ paymentMethod: 'transfer' }), 'payment_processing');
    expect(await saga(correlationId)).toEqual({ state: 'PaymentProcessing', minutes: '30' });
    await node.kill();
    node = await yard.start();
    expect(await saga(correlationId)).toMatchObject({ state: 'PaymentProcessing' });
    expect((await node.http.post(`/api/orders/${id}/cancel`, { reason: 'rain' })).status).toBe(200);
    await untilQuiet(yard.database);
    expect(await saga(correlationId)).toMatchObject({ state: 'Failed' });
    const driven = await node.http.until(await node.http.place(), 'delivered');
    expect(await saga(driven.correlationId)).toMatchObject({ state: 'Completed' });
  });

  test('milestones are logged in fields: creation, delivery, a shortage, a failed payment, each with its correlation [A26, A52, C8, C34, B48, E33, E37]', async () => {
    const good = await node.http.until(await node.http.place(), 'delivered');
    const declined = await node.http.until(await node.http.place({ paymentToken: 'tok_declined' }), 'payment_failed');
    const short = await node.http.place({ items: [{ sku: 'SAND-BULK', quantity: 1_000_000 }] });
    await node.http.until(short, 'failed');
    await until(() => [/order\.delivered/].every((text) => logged(text, good.correlationId)));
    expect(logged(/order\.created/, good.correlationId)).toMatchObject({ orderId: good.id, orderNumber: good.orderNumber });
    expect(logged(/payment\.failed/, declined.correlationId)).toMatchObject({
      paymentId: declined.paymentId,
      orderId: declined.id,
      amountCents: declined.totalCents,
      failureReason: expect.any(String),
      traceparent: expect.stringMatching(/^00-/),
    });
    expect(logged(/inventory\.rejected/, short)).toMatchObject({
      stockKey: expect.stringMatching(/^SAND-BULK@/),
      reason: 'inventory.short',
    });
  });

  test('what is slow is logged with its time: turns, which wait for the database, and jobs, which wait for the outside [E37]', async () => {
    const { correlationId } = await node.http.until(await node.http.place(), 'delivered');
    expect(logged(/^a batch of order took \d+ ms$/)).toMatchObject({ ms: expect.any(Number), actors: expect.any(Number) });
    await until(() => logged(/^job payment\.charge \S+ took \d+ ms$/, correlationId) !== undefined);
  });
});

describeWith('postgres', 'nats')('a node of the order process alone', () => {
  let yard: Yard;
  beforeAll(async () => {
    yard = await openYard({ NATS_URL: servers.nats as string });
  });
  afterAll(() => yard.close());

  test('opens no port and serves no client: others bring it work over the mesh [C1, C10, C38]', async () => {
    const alone = await yard.start({}, '--services', 'order');
    expect(await answers(alone.port)).toBe(false);
    const door = await yard.start({}, '--services', 'gateway,inventory,payment,truck');
    await until(async () => (await door.http.get('/api/orders')).status === 200);
    const order = await door.http.until(await door.http.place(), 'delivered');
    expect(order.status).toBe('delivered');
  });
});
