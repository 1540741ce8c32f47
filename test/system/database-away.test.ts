/** The database goes away and comes back: doors say so, nothing inside shows, and what was accepted goes on. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { orderForm } from '../support/http.ts';
import { until } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

describeWith('postgres')('with the database away', () => {
  let yard: Yard;
  let node: YardNode;
  let wire: Server;
  const open = new Set<Socket>();
  let cut = false;

  beforeAll(async () => {
    const { hostname, port } = new URL(servers.postgres as string);
    wire = createServer((socket) => {
      if (cut) return socket.destroy();
      const there = connect(Number(port || 5432), hostname);
      for (const [a, b] of [
        [socket, there],
        [there, socket],
      ] as const) {
        open.add(a);
        a.on('error', () => b.destroy()).on('close', () => b.destroy());
        a.pipe(b);
      }
    });
    await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
    yard = await openYard({ TRUCK_TIME_SCALE: '0.02' });
    const url = new URL(servers.postgres as string);
    url.host = `127.0.0.1:${(wire.address() as { port: number }).port}`;
    node = await yard.start({ DATABASE_URL: url.href });
  });
  afterAll(async () => {
    for (const socket of open) socket.destroy();
    await yard.close();
    await new Promise((resolve) => wire.close(resolve));
  });

  test('requests are answered 503 without a word about hosts, and everything goes on when it is back [C35, E53]', async () => {
    const { http: door } = node;
    const underway = await door.place({ distanceMiles: 1 });
    await door.until(underway, 'assigned', 'shipped');
    cut = true;
    for (const socket of open) socket.destroy();
    const { status, body, headers, text } = await door.post('/api/orders', orderForm());
    expect([status, body.code]).toEqual([503, 'service.unavailable']);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(text).not.toMatch(/127\.0\.0\.1|ECONN|sequelize|postgres|:\d{4,5}/i);
    expect((await door.get('/readyz')).status).toBe(503);
    expect((await door.get('/livez')).status).toBe(200);
    cut = false;
    await until(async () => (await door.get('/readyz')).status === 200);
    await door.until(underway, 'delivered');
    await door.until(await door.place({ distanceMiles: 1 }), 'delivered');
    expect(await yard.count('orders')).toBe(2);
  });
});
