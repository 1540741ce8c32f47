/** The documents' names over a real mesh: a foreign team hears ours under theirs, and is heard. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Context, ServiceSchema } from 'moleculer';
import { type Foreign, foreignBroker } from '../support/mesh.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

interface Heard {
  name: string;
  data: Record<string, unknown>;
  meta: { envelope?: { id: string; type: string; correlationId: string; causationId?: string; actor: string } };
}

const NAMES = [
  'order.status_changed',
  'order.status.changed',
  'payment.processed',
  'PaymentProcessed',
  'PaymentProcessingRequested',
  'OrderCreated',
  'OrderCreatedEvent',
  'InventoryReserved',
  'InventoryReservationRequested',
  'OrderShippingRequested',
  'OrderShipped',
  'OrderDeliveredEvent',
  'ShippingCompleted',
  'TruckAssignedToOrderEvent',
  'OrderCancelledEvent',
  'processed.out',
];
/** Of trucks; these come many times for an order. */
const TRUCK_NAMES = ['TruckStatusChangedEvent', 'ReturnToPlantCommand', 'truck.yard-1.returntoplant'];

describeWith('postgres', 'nats')('the documents’ names over the mesh', () => {
  let yard: Yard;
  let door: YardNode;
  let one: Foreign;
  let two: Foreign;
  const heard: Heard[] = [];

  const papers = (): ServiceSchema =>
    ({
      name: 'papers',
      events: Object.fromEntries(
        [...NAMES, ...TRUCK_NAMES].map((name) => [
          name,
          (ctx: Context<Record<string, unknown>, Record<string, unknown>>) =>
            void heard.push({ name, data: ctx.params, meta: ctx.meta as Heard['meta'] }),
        ]),
      ),
    }) as ServiceSchema;

  beforeAll(async () => {
    yard = await openYard({ NATS_URL: servers.nats as string, ACCEPTED_QUEUE: 'accepted.in', PROCESSED_QUEUE: 'processed.out' });
    [door] = await Promise.all([yard.start({}, '--services', 'order,gateway'), yard.start({}, '--services', 'inventory,payment,truck')]);
    [one, two] = await Promise.all([foreignBroker(yard, 'one', papers()), foreignBroker(yard, 'two', papers())]);
    await Promise.all([one.sees('order'), one.sees('payment'), one.sees('papers', 2), two.sees('papers', 2)]);
  });
  afterAll(async () => {
    await Promise.all([one?.broker.stop(), two?.broker.stop()]);
    await yard.close();
  });

  const of = (id: string, name: string): Heard[] =>
    heard.filter((event) => event.name === name && event.meta.envelope?.correlationId === id);
  const accepted = (correlationId: string) => ({
    CorrelationId: correlationId,
    Payload: { CustomerId: 'papers', PaymentMethod: 'account', Items: [{ Sku: 'SAND-BULK', Quantity: 1 }] },
    Identity: { UserId: 'olga' },
  });

  test('a foreign group hears each step of an order once under each of their names, with their fields [A2, A7, A29, A31, A32, B16, B24, B25, B26, C7, C14, C25, E10, E21, E33]', async () => {
    const { http } = door;
    const id = await http.place();
    const order = await http.until(id, 'delivered');
    await untilQuiet(yard.database);
    await until(() => of(id, 'OrderDeliveredEvent').length > 0 && of(id, 'order.status_changed').length > 5);
    const once = NAMES.filter((name) => !/status|Cancelled/.test(name));
    expect(once.map((name) => [name, of(id, name).length])).toEqual(once.map((name) => [name, 1]));
    const statuses = (name: string) =>
      of(id, name)
        .map(({ data }) => data.new_status)
        .sort();
    expect(statuses('order.status_changed')).toEqual(statuses('order.status.changed'));
    expect(statuses('order.status_changed')).toEqual(
      expect.arrayContaining(['pending', 'payment_confirmed', 'confirmed', 'shipped', 'delivered']),
    );
    expect(new Set(statuses('order.status_changed')).size).toBe(statuses('order.status_changed').length);
    expect(of(id, 'order.status_changed')[0]?.data).toMatchObject({ order_id: order.id, order_number: order.orderNumber });
    expect(of(id, 'PaymentProcessed')[0]?.data).toMatchObject({
      event_type: 'payment.confirmed',
      payment_id: order.paymentId,
      order_id: order.id,
      amount: order.totalCents / 100,
      currency: 'USD',
    });
    // The order's way to its truck begins with what was made of it.
    const types = (await http.history(order.id)).map(({ type }) => type);
    expect([types[0], types.indexOf('order.truck.assigned') > 0]).toEqual(['order.created', true]);
    expect(of(id, 'TruckAssignedToOrderEvent')[0]?.data).toMatchObject({ orderId: order.id, truckId: order.truckId });
    expect(of(id, 'processed.out')[0]?.data).toMatchObject({ CorrelationId: id, OrderId: order.id });
    expect(of(id, 'InventoryReservationRequested')[0]?.data).toMatchObject({ orderKey: id, to: expect.stringMatching(/^CONCRETE-C25@/) });
    expect(new Set(heard.map(({ meta }) => `${meta.envelope?.id} ${meta.envelope?.type}`)).size).toBeLessThan(heard.length);
  });

  test('a cancelled one is told under theirs, with who it was [A30]', async () => {
    const { http } = door;
    const order = await http.until(await http.place({ paymentMethod: 'transfer' }), 'payment_processing');
    await http.post(`/api/orders/${order.id}/cancel`, { reason: 'rain' });
    await until(() => of(order.correlationId, 'OrderCancelledEvent').length > 0);
    await until(() => of(order.correlationId, 'order.status_changed').some(({ data }) => data.new_status === 'cancelled'));
    const cancelled = of(order.correlationId, 'order.status_changed').find(({ data }) => data.new_status === 'cancelled');
    expect(cancelled?.data).toMatchObject({ old_status: 'payment_processing', reason: 'rain', event_type: 'order.status_changed' });
  });

  test('a truck is told under theirs: that it has an order, each phase, and that it is called back when the order is off [A11, A30, A32–A34]', async () => {
    const { http } = door;
    await http.post('/api/plants', { id: 'theirs', name: 'Theirs' });
    await http.post('/api/inventory/SAND-BULK/theirs/receive', { quantity: 10 });
    await http.post('/api/trucks', { id: 'yard-1', code: 'Y-1', plantId: 'theirs', reporting: 'reported' });
    const items = [{ sku: 'SAND-BULK', quantity: 1 }];
    const order = await http.until(await http.place({ plantId: 'theirs', paymentMethod: 'account', items }), 'assigned');
    await http.post('/api/trucks/yard-1/status', { status: 'loading' });
    await http.post('/api/trucks/yard-1/status', { status: 'en_route' });
    await http.until(order.correlationId, 'shipped');
    await http.post(`/api/orders/${order.id}/cancel`, { reason: 'rain' });
    await until(() => of(order.correlationId, 'TruckStatusChangedEvent').length === 4);
    await until(() => of(order.correlationId, 'truck.yard-1.returntoplant').length === 1);
    const told = (name: string) => of(order.correlationId, name).map(({ data }) => data);
    expect(told('TruckAssignedToOrderEvent')).toEqual([expect.objectContaining({ truckId: 'yard-1', orderId: order.id })]);
    const phases = told('TruckStatusChangedEvent').map(({ truckId, newStatus }) => `${truckId} ${newStatus}`);
    expect(phases.sort()).toEqual(['yard-1 assigned', 'yard-1 en_route', 'yard-1 loading', 'yard-1 returning']);
    expect(told('ReturnToPlantCommand')).toEqual([expect.objectContaining({ truckId: 'yard-1', reason: 'rain' })]);
    expect(told('OrderCancelledEvent')).toHaveLength(1);
  });

  test('an accepted order comes in under their name or by the queue of the settings, in their shape, and is one order [C2, C3, C15, C21, C24]', async () => {
    const id = randomUUID();
    await one.broker.emit('accepted.in', accepted(id));
    await two.broker.emit('accepted.in', accepted(id));
    await one.broker.emit('OrderAccepted', accepted(id));
    await one.broker.emit('order.accepted', accepted(id));
    await door.http.until(id, 'delivered');
    await untilQuiet(yard.database);
    expect(await yard.count('orders', `correlation_id = '${id}' and customer_id = 'papers'`)).toBe(1);
    const [first] = await yard.database.query<{ by: string }>(
      `select by from event_log where correlation_id = $1 and type = 'order.created'`,
      [id],
    );
    expect(first?.by).toBe('olga');
  });

  test('a payment that is reported under their name, and again under ours, is heard once [B16, C3, E16]', async () => {
    const { http } = door;
    const waiting = await http.until(await http.place({ paymentMethod: 'transfer' }), 'payment_processing');
    const report = {
      event_type: 'payment.processed',
      event_id: randomUUID(),
      payment_id: waiting.paymentId,
      order_id: waiting.id,
      amount: 1,
      currency: 'USD',
      timestamp: new Date().toISOString(),
    };
    await one.broker.emit('payment.processed', report);
    await two.broker.emit('PaymentProcessed', { ...report, event_type: 'PaymentProcessed' });
    await two.broker.emit('payment.confirmed', { ...report, event_type: 'payment.confirmed' });
    await http.until(waiting.correlationId, 'delivered');
    await untilQuiet(yard.database);
    expect((await http.get(`/api/payments/${waiting.paymentId}`)).body).toMatchObject({ capturedCents: waiting.totalCents });
    expect(await yard.count('inbox', `message_id like '%${report.event_id}'`)).toBe(1);
  });
});
