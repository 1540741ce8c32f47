/** Plain Moleculer events, in from a foreign broker and out to foreign services. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Context, ServiceSchema } from 'moleculer';
import { type Foreign, foreignBroker } from '../support/mesh.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

interface Heard {
  at: string;
  type: string;
  data: Record<string, unknown>;
  meta: Record<string, unknown>;
}

describeWith('postgres', 'nats')('events over the mesh', () => {
  let yard: Yard;
  let nodes: YardNode[];
  let one: Foreign;
  let two: Foreign;
  const heard: Heard[] = [];

  const listener = (at: string): ServiceSchema =>
    ({
      name: 'books',
      events: Object.fromEntries(
        ['order.created', 'orders.order.status_changed', 'payment.confirmed', 'order.delivered'].map((type) => [
          type,
          (ctx: Context<Record<string, unknown>, Record<string, unknown>>) =>
            void heard.push({ at, type, data: ctx.params, meta: ctx.meta }),
        ]),
      ),
    }) as ServiceSchema;

  beforeAll(async () => {
    yard = await openYard({ NATS_URL: servers.nats as string });
    nodes = await Promise.all([yard.start({}, '--services', 'order,gateway'), yard.start({}, '--services', 'inventory,payment,truck')]);
    [one, two] = await Promise.all([foreignBroker(yard, 'one', listener('one')), foreignBroker(yard, 'two', listener('two'))]);
    await Promise.all([one.sees('order'), one.sees('books', 2), two.sees('books', 2), one.sees('truck')]);
  });
  afterAll(async () => {
    await Promise.all([one?.broker.stop(), two?.broker.stop()]);
    await yard.close();
  });

  const accepted = (correlationId: string, form: object = {}) => ({
    correlationId,
    customerId: 'emitted',
    paymentMethod: 'card',
    items: [{ sku: 'SAND-BULK', quantity: 1 }],
    ...form,
  });
  const order = (correlationId: string) => nodes[0]?.http.until(correlationId, 'delivered');

  test('an order.accepted that anybody emits is stored and becomes one order, however often it comes [C2, C3, C15]', async () => {
    const id = randomUUID();
    for (let times = 0; times < 3; times++) await one.broker.emit('order.accepted', accepted(id));
    await two.broker.emit('order.accepted', accepted(id));
    expect(await order(id)).toMatchObject({ customerId: 'emitted', correlationId: id });
    await untilQuiet(yard.database);
    expect(await yard.count('orders', `correlation_id = '${id}'`)).toBe(1);
    expect(await yard.count('payments', `order_key = '${id}'`)).toBe(1);
  });

  test('one that does not fit is refused in the log with its fields, and nothing is stored [C29, E14]', async () => {
    const output = (): string => nodes.map((node) => node.output()).join('');
    const rows = async (): Promise<number[]> =>
      Promise.all(['orders', 'events', 'inbox', 'mailbox', 'dead_letters'].map((table) => yard.count(table)));
    await untilQuiet(yard.database);
    const before = await rows();
    await one.broker.emit('order.accepted', accepted(randomUUID(), { items: [{ sku: 'SAND-BULK', quantity: -7 }] }));
    await until(() => /order\.accepted is refused/.test(output()) && /\/items\/0\/quantity/.test(output()));
    await one.broker.emit('payment.failed', { payment_id: 'nobody' });
    await until(() => /payment\.failed is refused/.test(output()) && /\/payment_id/.test(output()));
    await untilQuiet(yard.database);
    expect(await rows()).toEqual(before);
  });

  test('a payment.confirmed from outside pays the order once, whatever amount it names [B16, C3]', async () => {
    const { http } = nodes[0] as YardNode;
    const waiting = await http.until(await http.place({ paymentMethod: 'transfer' }), 'payment_processing');
    const report = {
      event_id: randomUUID(),
      payment_id: waiting.paymentId,
      order_id: waiting.id,
      amount: 0.01,
      currency: 'USD',
      timestamp: new Date().toISOString(),
    };
    await one.broker.emit('payment.confirmed', report);
    await two.broker.emit('payment.confirmed', report);
    await order(waiting.correlationId);
    await untilQuiet(yard.database);
    expect((await http.get(`/api/payments/${waiting.paymentId}`)).body).toMatchObject({ capturedCents: waiting.totalCents });
    expect(await yard.count('inbox', `message_id like '%${report.event_id}'`)).toBe(1);
  });

  test('what happened arrives at a foreign group once, after its commit, under its own name and correlation [B23, B26, C7, C14]', async () => {
    const { http } = nodes[0] as YardNode;
    const placed = await Promise.all(Array.from({ length: 10 }, () => http.place({ paymentMethod: 'account' })));
    for (const id of placed) await http.until(id, 'delivered');
    await untilQuiet(yard.database);
    const of = (id: string, type: string): Heard[] => heard.filter((event) => event.type === type && event.data.orderKey === id);
    await until(() => placed.every((id) => of(id, 'order.delivered').length > 0));
    for (const id of placed) {
      expect(of(id, 'order.created')).toHaveLength(1);
      expect(of(id, 'order.delivered')).toHaveLength(1);
      const told = of(id, 'orders.order.status_changed').map(({ data }) => data.newStatus);
      const logged = await yard.database.query<{ status: string }>(
        `select data::json->>'newStatus' as status from event_log where type = 'orders.order.status_changed' and correlation_id = $1 order by entry, place`,
        [id],
      );
      expect([...told].sort()).toEqual(logged.map(({ status }) => status).sort());
      expect(of(id, 'order.created')[0]?.meta.headers).toMatchObject({ correlationId: id });
    }
    expect(new Set(heard.map(({ at }) => at))).toEqual(new Set(['one', 'two']));
  });

  test('our own events do not come back as messages: nothing is told twice, and nothing is refused', async () => {
    const { http } = nodes[0] as YardNode;
    const before = nodes.map((node) => node.output()).join('');
    const paid = await http.until(await http.place(), 'delivered');
    await untilQuiet(yard.database);
    const types = (await http.history(paid.id)).map(({ type }) => type);
    expect(types.filter((type) => type === 'payment.confirmed')).toHaveLength(1);
    expect(types).not.toContain('order.exception');
    expect(await yard.count('inbox', `message_id like '%${paid.paymentId}%'`)).toBe(0);
    expect(nodes.map((node) => node.output()).join('')).toBe(before);
  });
});
