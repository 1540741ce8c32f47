/** The names of an event: what is said under which of them, and that nothing is said where nobody listens. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ServiceBroker, type ServiceSchema } from 'moleculer';
import { meshOf } from '../../mixins/mesh.ts';
import {
  announcedCommands,
  documentFields,
  type Envelope,
  fromDocument,
  namesWith,
  ORDER_STATUS_CHANGED,
  routes,
} from '../../models/events.ts';
import { orderMessages } from '../../models/order.ts';
import type { LoggedEvent } from '../../runtime/events.ts';
import { newHeaders } from '../../runtime/trace.ts';
import { words } from '../support/given.ts';

const names = namesWith({ acceptedQueue: 'OrderProcessed', processedQueue: 'OrdersProcessed' });
const AT = new Date('2026-03-02T08:00:00.000Z');
const headers = newHeaders('order/ada', { correlationId: '00000000-0000-4000-8000-000000000001', by: 'olga' });
const paid = { paymentId: 'p1', orderId: '7', orderNumber: 'ORD-1', amountCents: 12_345, currency: 'USD', status: 'captured' };
const said = (type: string, data: Record<string, unknown> = {}): LoggedEvent => ({
  type,
  at: AT,
  actor: 'order',
  key: 'ada',
  data,
  headers,
});

describe('an event that is announced', () => {
  let broker: ServiceBroker;
  const heard: { at: string; name: string; data: Record<string, unknown>; envelope: Envelope }[] = [];
  const listener = async (at: string, ...events: string[]): Promise<void> => {
    const hear = (ctx: { eventName: string; params: Record<string, unknown>; meta: { envelope: Envelope } }) =>
      void heard.push({ at, name: ctx.eventName, data: ctx.params, envelope: ctx.meta.envelope });
    await serve({ name: at, events: Object.fromEntries(events.map((event) => [event, hear])) });
  };
  const serve = async (schema: object): Promise<void> => {
    const { name } = broker.createService(schema as ServiceSchema);
    await broker.waitForServices(name);
  };

  beforeEach(async () => {
    heard.length = 0;
    broker = new ServiceBroker({ logger: false });
    await broker.start();
  });
  afterEach(() => broker.stop());
  const announce = async (...events: LoggedEvent[]): Promise<void> => {
    meshOf(broker, names).announce(events);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const heardAt = (at: string): string[] => heard.filter((one) => one.at === at).map(({ name }) => name);

  test('is heard once by each listener, under the name it listens to; a pattern hears our name only [B23, B24, B26, E10, E21]', async () => {
    await listener('ours', ORDER_STATUS_CHANGED, 'payment.confirmed');
    await listener('theirs', 'order.status_changed', 'PaymentProcessed');
    await listener('others', 'order.status.changed', 'payment.processed');
    await listener('pattern', 'payment.*', 'orders.**');
    await announce(said(ORDER_STATUS_CHANGED, { newStatus: 'pending' }), said('payment.confirmed', paid));
    expect(heardAt('ours')).toEqual([ORDER_STATUS_CHANGED, 'payment.confirmed']);
    expect(heardAt('theirs')).toEqual(['order.status_changed', 'PaymentProcessed']);
    expect(heardAt('others')).toEqual(['order.status.changed', 'payment.processed']);
    expect(heardAt('pattern')).toEqual([ORDER_STATUS_CHANGED, 'payment.confirmed']);
  });

  test('costs no emit where only our own actors listen, and none for a name nobody listens to', async () => {
    await serve({
      name: 'actors',
      events: {
        'payment.confirmed': { actors: true, handler: () => undefined },
        PaymentProcessed: { actors: true, handler: () => undefined },
      },
    });
    const emit = jest.spyOn(broker, 'emit');
    await announce(said('payment.confirmed', paid), said('order.created'));
    expect(emit).not.toHaveBeenCalled();
    await listener('ours', 'payment.confirmed');
    await announce(said('payment.confirmed', paid), said('order.created'));
    expect(emit.mock.calls.map(([name]) => name)).toEqual(['payment.confirmed']);
  });

  test('has its envelope: who, what, when, why and in which trace, and an id of its own [E33]', async () => {
    await listener('ours', 'order.created');
    await announce(said('order.cancelled'), said('order.created', { orderId: '7' }), said('order.created', { orderId: '7' }));
    const { envelope } = heard[0] as (typeof heard)[0];
    expect(envelope).toEqual({
      id: `${headers.traceparent.slice(3, 52)}-1`,
      type: 'order.created',
      version: 1,
      occurredAt: AT.toISOString(),
      correlationId: headers.correlationId,
      causationId: headers.causationId,
      aggregate: { type: 'order', id: 'ada' },
      actor: 'olga',
      data: { orderId: '7' },
      traceparent: headers.traceparent,
    });
    expect(new Set(heard.map((one) => one.envelope.id)).size).toBe(2);
  });
});

describe('the documents’ fields stand beside ours', () => {
  const enveloped = (type: string, data: Record<string, unknown>, actor = 'order/ada'): Envelope => ({
    id: '1',
    type,
    version: 1,
    occurredAt: AT.toISOString(),
    correlationId: headers.correlationId,
    aggregate: { type: 'payment', id: 'p1' },
    actor,
    data,
    traceparent: headers.traceparent,
  });

  test('in a change of status [B24]', () => {
    const data = { orderId: '7', orderNumber: 'ORD-1', oldStatus: 'pending', newStatus: 'cancelled', reason: 'rain' };
    const fields = {
      event_type: 'order.status_changed',
      order_id: '7',
      order_number: 'ORD-1',
      old_status: 'pending',
      new_status: 'cancelled',
      timestamp: AT.toISOString(),
      reason: 'rain',
    };
    expect(documentFields(enveloped(ORDER_STATUS_CHANGED, data))).toEqual(fields);
    expect(documentFields(enveloped(ORDER_STATUS_CHANGED, data, 'olga'))).toEqual({ ...fields, user_id: 'olga' });
  });

  test('in a payment, its amount in major units of its currency [B16, B19]', () => {
    const fields = { payment_id: 'p1', order_id: '7', order_number: 'ORD-1', amount: 123.45, currency: 'USD', timestamp: AT.toISOString() };
    const confirmed = { ...fields, event_type: 'payment.confirmed', status: 'captured', metadata: {} };
    expect(documentFields(enveloped('payment.confirmed', paid))).toEqual(confirmed);
    const failed = documentFields(enveloped('payment.failed', { ...paid, status: undefined, failureReason: 'no money' }));
    expect(failed).toEqual({ ...fields, event_type: 'payment.failed', failure_reason: 'no money' });
    expect(documentFields(enveloped('payment.confirmed', { ...paid, currency: 'JPY' }))).toMatchObject({ amount: 12_345 });
    expect(documentFields(enveloped('payment.confirmed', { ...paid, currency: undefined }))).toMatchObject({ amount: 123.45 });
  });

  test('in what was processed: the two ids, under their names [C7, C25]', () => {
    const processed = enveloped('order.processed', { correlationId: headers.correlationId, orderId: '7' });
    expect(documentFields(processed)).toEqual({ CorrelationId: headers.correlationId, OrderId: '7' });
  });
});

describe('the documents’ names', () => {
  test('the queues are settings: one in, one out [C2, C21]', () => {
    const renamed = namesWith({ acceptedQueue: 'in', processedQueue: 'out' });
    expect([renamed('order.accepted'), renamed('order.processed')]).toEqual([['OrderAccepted', 'in'], ['out']]);
    expect([names('order.accepted'), names('order.processed')]).toEqual([['OrderAccepted', 'OrderProcessed'], ['OrdersProcessed']]);
  });

  test('stand for one event each, and exchanges with their keys for events that are known under their contract [A29–A34]', () => {
    for (const { event, contract } of routes) expect(names(event.replace('*', 'T1'))).toContain(contract);
    expect(routes.map(({ group, event, contract }) => `${group} ${event} ${contract}`)).toEqual(
      expect.arrayContaining([
        'order-events order.created OrderCreatedEvent',
        'order-events order.cancelled OrderCancelledEvent',
        'order-events order.delivered OrderDeliveredEvent',
        'order-events order.truck.assigned TruckAssignedToOrderEvent',
        'truck-events truck.status.changed TruckStatusChangedEvent',
        'truck-commands truck.*.returntoplant ReturnToPlantCommand',
      ]),
    );
    for (const command of announcedCommands) expect(Object.values(words).some((messages) => command in messages)).toBe(true);
  });

  test('what comes as the documents write it is read in our words, and held against our schema [C24, C29]', () => {
    const form = { customerId: 'acme', paymentMethod: 'card', items: [{ sku: 'SAND-BULK', quantity: 1 }] };
    const correlationId = headers.correlationId;
    const theirs = {
      CorrelationId: correlationId,
      Payload: { CustomerId: 'acme', PaymentMethod: 'card', Items: [{ Sku: 'SAND-BULK', Quantity: 1 }] },
      Identity: { UserId: 'olga' },
    };
    const read = fromDocument('order.accepted', ['OrderAccepted'], theirs);
    expect(read).toEqual({ correlationId, ...form });
    expect(orderMessages['order.accepted'].safeParse(read).success).toBe(true);
    expect(orderMessages['order.accepted'].safeParse(fromDocument('order.accepted', [], { CorrelationId: correlationId })).success).toBe(
      false,
    );
    for (const odd of [null, undefined, 7, 'text', [theirs], { Payload: null }]) {
      expect(orderMessages['order.accepted'].safeParse(fromDocument('order.accepted', [], odd)).success).toBe(false);
    }
  });
});
