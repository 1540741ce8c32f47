/** The first five minutes of a newcomer: `npm start` with nothing else, an order, a crash, a start again. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Command, command, main } from '../support/command.ts';
import { type Body, type Http, http } from '../support/http.ts';
import { until } from '../support/quiet.ts';
import { freePort } from '../support/servers.ts';

const dataDir = mkdtempSync(path.join(tmpdir(), 'yardmaster-'));
const traceOf = (traceparent: string | null): string => (traceparent ?? '').split('-')[1] ?? '';

/** npm's child outlives npm by a moment. */
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('npm start, alone', () => {
  let node: Command;
  let yard: Http;
  let env: Record<string, string>;

  const start = async (): Promise<void> => {
    node = command('npm', ['start', '--silent'], env);
    await node.says(/Yardmaster runs at (http:\S+)/, 60_000);
    yard = http(/Yardmaster runs at (http:\S+)/.exec(node.stdout())?.[1] as string);
  };

  beforeAll(async () => {
    env = { DATA_DIR: dataDir, PORT: String(await freePort()), TRUCK_TIME_SCALE: '0.01', LOG_LEVEL: 'warn' };
    await start();
  });
  afterAll(async () => {
    node.signal('SIGKILL');
    await node.end();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('the banner’s curl line places an order when it is pasted, and the order is delivered', async () => {
    const line = /^\s*(curl .*)$/m.exec(node.stdout())?.[1] as string;
    const pasted = command('sh', ['-c', line]);
    expect(await pasted.end()).toBe(0);
    const { correlationId, statusUrl } = JSON.parse(pasted.stdout());
    expect(statusUrl).toBe(`/api/orders/status/${correlationId}`);
    const order = await yard.until(correlationId, 'delivered');
    expect(order).toMatchObject({
      status: 'delivered',
      customerId: 'demo',
      totalCents: 29_000,
      currency: 'USD',
      truckId: expect.any(String),
    });
    expect(order.items).toEqual([expect.objectContaining({ sku: 'CONCRETE-C25', quantity: 2, unitPriceCents: 14_500 })]);
  });

  test('an accepted order answers 202 with its status address, and Prefer: wait follows it to its delivery [C12, C20]', async () => {
    const accepted = await yard.post('/api/orders', {
      customerId: 'acme',
      paymentMethod: 'card',
      items: [{ sku: 'SAND-BULK', quantity: 1 }],
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe(accepted.body.statusUrl);
    const seen: string[] = [];
    let last: Body = {};
    while (last.status !== 'delivered' && seen.length < 20) {
      const { status, headers, body } = await yard.get(accepted.body.statusUrl, { Prefer: 'wait=5' });
      expect(status).toBe(200);
      expect(headers.get('preference-applied')).toBe('wait=5');
      expect(body.status).not.toBe(last.status);
      seen.push(body.status);
      last = body;
    }
    expect(last).toMatchObject({ workflowStatus: 'COMPLETED', orderNumber: expect.stringMatching(/^ORD-\d{8}-\d{6,}$/) });
    expect((await yard.get(`/api/orders/${last.orderId}`)).body).toMatchObject({ id: last.orderId, orderNumber: last.orderNumber });
  });

  test('lists go page by page without a gap or a repeat, newest first', async () => {
    const mine = { customerId: 'pages' };
    const placed = [await yard.place(mine), await yard.place(mine), await yard.place(mine)];
    for (const correlationId of placed) await yard.until(correlationId, 'delivered');
    const first = await yard.get('/api/orders?customerId=pages&limit=2');
    expect(first.body.items).toHaveLength(2);
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] as string;
    expect(next).toContain(`cursor=${first.body.nextCursor}`);
    const second = await yard.get(next);
    expect(second.body.nextCursor).toBeNull();
    expect(second.headers.get('link')).toBeNull();
    const all = [...first.body.items, ...second.body.items].map(({ correlationId }: Body) => correlationId);
    expect([...all].sort()).toEqual([...placed].sort());
    const ids = [...first.body.items, ...second.body.items].map(({ id }: Body) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
  });

  test('filters narrow a list, and a parameter it does not know is refused', async () => {
    const correlationId = await yard.place({ customerId: 'filtered', paymentToken: 'tok_declined', plantId: 'south' });
    const order = await yard.until(correlationId, 'payment_failed');
    const found = async (query: string) => (await yard.get(`/api/orders?${query}`)).body.items.map(({ id }: Body) => id);
    expect(await found('status=payment_failed')).toEqual([order.id]);
    expect(await found('plantId=south&customerId=filtered')).toEqual([order.id]);
    expect(await found(`q=${order.orderNumber}`)).toEqual([order.id]);
    expect(await found('customerId=nobody')).toEqual([]);
    expect(await found(`createdBefore=2020-01-01T00:00:00Z`)).toEqual([]);
    expect(await found('paymentMethod=cod')).toEqual([]);
    const refused = await yard.get('/api/orders?colour=red');
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([expect.objectContaining({ pointer: '/colour' })]);
  });

  test('the history tells the whole way in order, under one correlation and one trace [A15, A71, E12, E33, C8]', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const correlationId = randomUUID();
    const sent = { 'X-Correlation-Id': correlationId, traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const answer = await yard.post(
      '/api/orders',
      { customerId: 'traced', paymentMethod: 'card', items: [{ sku: 'REBAR-12', quantity: 5 }] },
      sent,
    );
    expect(answer.headers.get('x-correlation-id')).toBe(correlationId);
    expect(traceOf(answer.headers.get('traceparent'))).toBe(trace);
    expect(answer.headers.get('traceparent')).not.toBe(sent.traceparent);
    const { id } = await yard.until(correlationId, 'delivered');
    const entries = await yard.history(id);
    expect(new Set(entries.map((entry) => entry.correlationId))).toEqual(new Set([correlationId]));
    expect(new Set(entries.map(({ traceparent }) => traceOf(traceparent)))).toEqual(new Set([trace]));
    const times = entries.map(({ at }) => at);
    expect(times).toEqual([...times].sort());
    const statuses = entries.filter(({ type }) => type === 'orders.order.status_changed').map(({ to }) => to);
    expect(statuses).toEqual([
      'pending',
      'validated',
      'payment_processing',
      'payment_confirmed',
      'confirmed',
      'assigned',
      'shipped',
      'delivered',
    ]);
    const types = entries.map(({ type }) => type);
    expect(types[0]).toBe('order.created');
    expect(types).toEqual(expect.arrayContaining(['inventory.reserved', 'payment.confirmed', 'order.truck.assigned', 'order.delivered']));
  });

  test('the same correlation id twice is one order, and another one is another [C13, C15]', async () => {
    const correlationId = randomUUID();
    const twice = { customerId: 'twice' };
    expect(await yard.place(twice, { 'X-Correlation-Id': correlationId })).toBe(correlationId);
    expect(await yard.place(twice, { 'X-Correlation-Id': correlationId.toUpperCase() })).toBe(correlationId);
    await yard.until(correlationId, 'delivered');
    await yard.until(await yard.place(twice), 'delivered');
    expect((await yard.get('/api/orders?customerId=twice')).body.items).toHaveLength(2);
  });

  test('a second process on the same data ends with one line that names who holds it', async () => {
    const second = main({ ...env, PORT: String(await freePort()) });
    expect(await second.end()).toBe(1);
    expect(second.stderr()).toMatch(/^DATA_DIR=\S+ is in use by process \d+: .*\n$/);
    expect(second.stdout()).toBe('');
    expect((await yard.get('/readyz')).status).toBe(200);
  });

  test('what was answered before kill -9 is there after it, and what was on its way arrives [C17, C28]', async () => {
    const before = (await yard.get('/api/orders?limit=200')).body.items;
    await until(async () => (await yard.stock('CONCRETE-C25', 'north')).reserved === 0);
    const stock = await yard.stock('CONCRETE-C25', 'north');
    const underway = await yard.place({ customerId: 'underway', distanceMiles: 30, plantId: 'east' });
    await yard.until(underway, 'assigned', 'shipped');
    const holder = Number(readFileSync(path.join(dataDir, 'lock'), 'utf8'));
    node.signal('SIGKILL');
    await node.end();
    await until(() => !alive(holder));
    await start();
    const after = (await yard.get('/api/orders?limit=200')).body.items;
    expect(after.slice(1).map(({ id, status }: Body) => [id, status])).toEqual(before.map(({ id, status }: Body) => [id, status]));
    expect(await yard.stock('CONCRETE-C25', 'north')).toEqual(stock);
    expect(await yard.until(underway, 'delivered')).toMatchObject({ customerId: 'underway' });
  });
});
