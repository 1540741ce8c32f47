/** Which process does what: clocks here, work there; and how each leaves. */
import { once } from 'node:events';
import http, { type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('modes', () => {
  let yard: Yard;
  beforeEach(async () => {
    yard = await openYard({ SWEEP_MS: '100' });
  });
  afterEach(() => yard.close());

  test('clocks only: missed ticks fire once, and orders wait for a node that works; work only: no tick fires [B2, B3, B5]', async () => {
    const cron = await yard.start({}, '--mode', 'cron');
    const fired = await yard.count('schedule_firings');
    await yard.database.query(`update schedules set last_tick = now() - interval '1 day'`);
    await yard.database.query(
      `insert into schedules (name, last_tick) values ('forget', now() - interval '1 day') on conflict (name) do update set last_tick = excluded.last_tick`,
    );
    const correlationId = await cron.http.place();
    const waiting = await cron.http.get(`/api/orders/status/${correlationId}`, { Prefer: 'wait=1' });
    expect(waiting.body).toMatchObject({ workflowStatus: 'ACCEPTED' });
    expect(waiting.body.orderId).toBeUndefined();
    expect([await yard.count('mailbox'), await yard.count('orders')]).toEqual([1, 0]);

    const works = await yard.start({}, '--mode', 'event');
    await works.http.until(correlationId, 'delivered');
    await untilQuiet(yard.database);
    expect(await yard.count('schedule_firings', `schedule = 'forget'`)).toBe(0);
    expect(await yard.count('schedule_firings', `node = '${works.process.pid}' or node like '%-${works.process.pid}'`)).toBe(0);

    await Promise.all([yard.start({}, '--mode', 'cron'), yard.start({}, '--mode', 'cron')]);
    expect(await yard.count('schedule_firings', `schedule = 'forget'`)).toBe(1);
    expect(await yard.count('schedule_firings')).toBeGreaterThan(fired);
  });

  test('several processes on an empty database migrate and fill it once', async () => {
    await Promise.all([yard.start(), yard.start({}, '--services', 'order'), yard.start({}, '--services', 'truck,inventory')]);
    expect([await yard.count('plants'), await yard.count('trucks'), await yard.count('products')]).toEqual([3, 5, 6]);
    expect(await yard.count('stock_movements')).toBe(27);
  });

  test('production fills nothing by itself [E50, E53]', async () => {
    await yard.start({ NODE_ENV: 'production', PAYMENT_URL: 'http://127.0.0.1:9', SHIPPING_URL: 'http://127.0.0.1:9' });
    expect([await yard.count('plants'), await yard.count('products')]).toEqual([0, 0]);
  });
});

describeWith('postgres')('leaving', () => {
  let yard: Yard;
  let provider: Server;
  let asked: ServerResponse[];
  const captured = JSON.stringify({ status: 'captured', providerRef: 'ch_1' });

  beforeEach(async () => {
    asked = [];
    provider = http.createServer((request, response) => {
      request.resume();
      asked.push(response);
    });
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    yard = await openYard({ PAYMENT_URL: `http://127.0.0.1:${(provider.address() as { port: number }).port}` });
  });
  const close = async (): Promise<void> => {
    await yard.close();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  };
  afterEach(close);

  test('told to stop, a node ends what it began, with idle clients connected, and says 0 [A72, B44, C28, E53]', async () => {
    const node = await yard.start();
    await node.http.place();
    await until(() => asked.length === 1);
    const idle = connect(node.port, '127.0.0.1');
    idle.on('error', () => undefined);
    await once(idle, 'connect');
    const stopped = node.stop();
    await until(() => /SIGTERM: finishing/.test(node.output()));
    asked[0]?.end(captured);
    expect(await stopped).toBe(0);
    idle.destroy();
    const [job] = await yard.database.query(`select state, attempt, result::text from jobs`);
    expect(job).toMatchObject({ state: 'completed', attempt: 1, result: expect.stringContaining('ch_1') });
  });

  test('what does not end within the drain time is let go, and another node does it', async () => {
    const node = await yard.start({ DRAIN_MS: '300' });
    const correlationId = await node.http.place();
    await until(() => asked.length === 1);
    expect(await node.stop()).toBe(0);
    const next = await yard.start();
    await until(() => asked.length > 1, { timeoutMs: 20_000 });
    for (const response of asked.slice(1)) response.end(captured);
    await next.http.until(correlationId, 'delivered');
    expect(await yard.count('payments', `status = 'captured'`)).toBe(1);
  });
});
