/** A worker that dies hands its jobs over as soon as the mesh knows, not only when their lease ends. */
import http, { type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { foreignBroker } from '../support/mesh.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

describeWith('postgres', 'nats')('a worker that goes', () => {
  let yard: Yard;
  let provider: Server;
  let door: YardNode;
  const asked: ServerResponse[] = [];

  beforeAll(async () => {
    provider = http.createServer((request, response) => {
      request.resume();
      if (request.method === 'GET') response.writeHead(404).end('{}');
      else asked.push(response);
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    yard = await openYard({
      NATS_URL: servers.nats as string,
      PAYMENT_URL: `http://127.0.0.1:${(provider.address() as { port: number }).port}`,
    });
    door = await yard.start({}, '--services', 'gateway,order,inventory,truck');
  });
  afterAll(async () => {
    await yard.close();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
  });

  test('killed and taken for gone, its jobs run elsewhere while their leases still stand', async () => {
    const first = await yard.start({ NODE_ID: 'first' }, '--services', 'payment');
    const placed = await Promise.all(Array.from({ length: 5 }, () => door.http.place()));
    await until(() => asked.length === 5);
    const second = await yard.start({ NODE_ID: 'second' }, '--services', 'payment');
    const watch = await foreignBroker(yard, 'watch');
    await watch.sees('payment', 2);
    await first.kill();
    await watch.broker.stop();
    // Nobody renews these any more; so far off, only the news of the death can free them.
    await yard.database.query(`update jobs set leased_until = now() + interval '1 hour' where worker = 'first' and state = 'running'`);
    await until(() => asked.length === 10, { timeoutMs: 25_000 });
    expect(await yard.count('jobs', `worker = 'second' and state = 'running' and attempt = 2`)).toBe(5);
    for (const response of asked.slice(5)) response.end(JSON.stringify({ status: 'captured', providerRef: 'ch_2' }));
    for (const id of placed) await door.http.until(id, 'delivered');
    await untilQuiet(yard.database);
    expect(await yard.count('payments', `status = 'captured'`)).toBe(5);
    expect(second.output()).toMatch(/took over 5 jobs of first/);
  });
});
