/** One node asks another: calls, refusals and rings over the mesh, with the real broker of a node in this process. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { type Node, startNode } from '../../node.ts';
import { orderForm } from '../support/http.ts';
import { type Foreign, foreignBroker } from '../support/mesh.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard } from '../support/yard.ts';

describeWith('postgres', 'nats')('calls over the mesh', () => {
  let yard: Yard;
  let here: Node;
  let foreign: Foreign;

  beforeAll(async () => {
    // Its sweep is slow: what moves at once was rung.
    yard = await openYard({ NATS_URL: servers.nats as string, SWEEP_MS: '600000' });
    await yard.start({}, '--services', 'order,payment');
    here = await startNode(
      readConfig(['--services', 'inventory,truck'], { ...yard.env, LOG_LEVEL: 'fatal', NODE_ID: `${yard.env.MESH_NAMESPACE}-here` }),
    );
    foreign = await foreignBroker(yard, 'foreign');
    await Promise.all([foreign.sees('order'), foreign.sees('inventory')]);
  });
  afterAll(async () => {
    await foreign?.broker.stop();
    await here?.stop();
    await yard.close();
  });

  test('a node that has no orders can place, read and cancel them [E13]', async () => {
    const { correlationId } = await here.broker.call<{ correlationId: string }, object>(
      'order.accept',
      orderForm({ paymentMethod: 'transfer' }),
    );
    const status = () => here.broker.call<{ status: string; orderId: string }, object>('order.status', { correlationId });
    await until(async () => (await status()).status === 'payment_processing');
    const { orderId } = await status();
    const cancelled = await here.broker.call('order.cancel', { id: orderId, reason: 'from afar' });
    expect(cancelled).toMatchObject({ id: orderId, status: 'cancelled', reason: 'from afar' });
  });

  test('a refusal keeps its type, code and data on its way between nodes [E13, C29]', async () => {
    const call = (action: string, params: object) => foreign.broker.call(action, params);
    await expect(call('order.get', { id: '987654321' })).rejects.toMatchObject({
      type: 'order.not-found',
      code: 404,
      data: { id: '987654321' },
      retryable: false,
    });
    await expect(call('order.accept', { ...orderForm(), items: [] })).rejects.toMatchObject({
      type: 'request.invalid',
      code: 422,
      data: { errors: [expect.objectContaining({ pointer: '/items' })] },
    });
    await expect(
      call('inventory.adjust', { sku: 'SAND-BULK', locationId: 'north', quantity: -1_000_000, reason: 'x' }),
    ).rejects.toMatchObject({
      type: 'inventory.below-zero',
      code: 409,
      data: { available: 10_000 },
    });
    await expect(call('order.nothing', {})).rejects.toMatchObject({ type: 'SERVICE_NOT_FOUND' });
  });

  test('headers that come with a call go on with everything it causes [E33, C34]', async () => {
    const correlationId = randomUUID();
    const trace = 'ab'.repeat(16);
    const headers = { correlationId, traceparent: `00-${trace}-${'cd'.repeat(8)}-01`, sender: 'foreign' };
    await foreign.broker.call('order.accept', orderForm(), { meta: { headers } });
    await until(async () => (await yard.count('orders', `correlation_id = '${correlationId}' and status = 'delivered'`)) === 1);
    await untilQuiet(yard.database);
    expect(await yard.count('event_log', `correlation_id = '${correlationId}'`)).toBeGreaterThan(10);
    expect(await yard.count('event_log', `correlation_id = '${correlationId}' and traceparent not like '00-${trace}-%'`)).toBe(0);
  });

  test('rings reach the node that hosts the actor: an order crosses the nodes without waiting for a sweep [A63]', async () => {
    const turns = here.runtime.host.counts.turns;
    await Promise.all(Array.from({ length: 5 }, () => foreign.broker.call('order.accept', orderForm({ customerId: 'rung' }))));
    await until(async () => (await yard.count('orders', `customer_id = 'rung' and status = 'delivered'`)) === 5, { timeoutMs: 15_000 });
    expect(here.runtime.host.counts.turns).toBeGreaterThan(turns);
  });

  test('an emitted ring for what is not there does no harm', async () => {
    await foreign.broker.emit('order.mailbox', { keys: [randomUUID()] });
    await foreign.broker.emit('inventory.mailbox', { keys: ['NOTHING@nowhere'] });
    await foreign.broker.emit('payment.charge.jobs', {});
    await untilQuiet(yard.database);
    expect(await yard.count('dead_letters')).toBe(0);
    await foreign.broker.call('order.accept', orderForm({ customerId: 'after' }));
    await until(async () => (await yard.count('orders', `customer_id = 'after' and status = 'delivered'`)) === 1);
  });

  test('a node that says it runs answers at once: its services are on the mesh by then', async () => {
    const env = { ...yard.env, MESH_NAMESPACE: `${yard.env.MESH_NAMESPACE}-alone`, LOG_LEVEL: 'fatal', NODE_ID: 'alone' };
    const alone = await startNode(readConfig(['--services', 'inventory', '--mode', 'cron'], env));
    try {
      const health = alone.broker.call('inventory.health', {}, { timeout: 900 });
      await expect(health).resolves.toMatchObject({ status: 'pass' });
    } finally {
      await alone.stop();
    }
  });
});
