/** Clocks on two nodes over the mesh: each tick on one of them, the rooms called where they are, and what was gathered shown by all. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServiceSchema } from 'moleculer';
import { type Foreign, foreignBroker } from '../support/mesh.ts';
import { until } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard, type YardNode } from '../support/yard.ts';

const EVERY_SECOND = '* * * * * *';
const CALLED = {
  RESERVATION_CLEANUP: 'inventory.expire',
  PAYMENT_RECONCILE: 'payment.reconcile',
  INVENTORY_MONITORING: 'inventory.monitor',
};

describeWith('postgres', 'nats')('clocks on several nodes', () => {
  let yard: Yard;
  let nodes: YardNode[];
  let rooms: Foreign;
  const calls: Record<string, number> = {};

  /** The rooms that the clocks call, counting. */
  const counting = (name: string, ...actions: string[]): ServiceSchema =>
    ({
      name,
      actions: Object.fromEntries(
        actions.map((action) => [
          action,
          () => {
            const called = `${name}.${action}`;
            calls[called] = (calls[called] ?? 0) + 1;
            return { done: calls[called] };
          },
        ]),
      ),
    }) as ServiceSchema;

  beforeAll(async () => {
    yard = await openYard({
      NATS_URL: servers.nats as string,
      ...Object.fromEntries([...Object.keys(CALLED), 'METRICS_COLLECTION'].map((name) => [`CRON_${name}`, EVERY_SECOND])),
    });
    rooms = await foreignBroker(yard, 'rooms', counting('inventory', 'expire', 'monitor', 'figures'), counting('payment', 'reconcile'));
    nodes = await Promise.all(
      ['one', 'two'].map((NODE_ID) => yard.start({ NODE_ID, LOG_LEVEL: 'error' }, '--services', 'scheduler,gateway')),
    );
    await rooms.sees('scheduler', 2);
  }, 60_000);
  afterAll(async () => {
    await rooms?.broker.stop();
    await yard.close();
  });

  const firings = (where: string) => yard.count('schedule_firings', where);

  test('two nodes tick, and each tick calls its room once [B9, E19]', async () => {
    await until(async () => (await firings(`schedule = 'reservation_cleanup' and duration_ms is not null and error is null`)) >= 3);
    for (const [setting, action] of Object.entries(CALLED)) {
      const schedule = setting.toLowerCase();
      await until(async () => (await firings(`schedule = '${schedule}' and counts is not null`)) >= 3);
      // Each call follows the claim of its tick, and each tick has one row: a tick that two nodes fired would be a call too many.
      const called = calls[action] ?? 0;
      expect(called).toBeGreaterThanOrEqual(3);
      expect(called).toBeLessThanOrEqual(await firings(`schedule = '${schedule}'`));
    }
  });

  test('the figures of every room and node are gathered, and both nodes show the same [E19, B47, E41]', async () => {
    await until(async () => (await firings(`schedule = 'metrics_collection' and counts is not null`)) >= 2);
    const { items } = (await nodes[0]?.http.get('/api/schedules'))?.body ?? {};
    const collected = items.find(({ name }: { name: string }) => name === 'metrics_collection').lastFiring.counts;
    expect(collected).toMatchObject({
      rooms: { inventory: { done: expect.any(Number) } },
      pool: { open: expect.any(Number), inUse: expect.any(Number), waiting: expect.any(Number) },
      redis: 'none',
    });
    expect(Object.keys(collected.nodes)).toEqual(expect.arrayContaining(['one', 'two']));
    expect(collected.nodes.one).toMatchObject({ startedAt: expect.any(String), restarts: 0 });
    expect(await rooms.broker.call('scheduler.figures')).toMatchObject({ rooms: expect.any(Object), nodes: expect.any(Object) });
  });

  test('a node that came up again under its name is counted [B47]', async () => {
    // What differs by less than five seconds is taken for the same start.
    await until(async () => {
      const [row] = await yard.database.query<{ age: number }>(
        `select extract(epoch from now() - (counts->'nodes'->'two'->>'startedAt')::timestamptz) as age from schedule_firings
         where schedule = 'metrics_collection' and counts is not null order by scheduled_at desc limit 1`,
      );
      return Number(row?.age) > 6;
    });
    expect(await nodes[1]?.stop()).toBe(0);
    nodes.push(await yard.start({ NODE_ID: 'two', LOG_LEVEL: 'error' }, '--services', 'scheduler'));
    await until(async () => (await firings(`schedule = 'metrics_collection' and (counts->'nodes'->'two'->>'restarts')::int = 1`)) > 0);
  });

  test('a room that no node offers is said with the firing, and the clocks go on [B42]', async () => {
    await rooms.broker.stop();
    await until(async () => (await firings(`schedule = 'payment_reconcile' and error = 'no node offers payment.reconcile'`)) > 0);
    const before = await firings(`schedule = 'metrics_collection' and counts is not null`);
    await until(async () => (await firings(`schedule = 'metrics_collection' and counts is not null`)) > before);
    // Whichever node the tick fell to says so.
    await until(() => nodes.some((node) => /the schedule \w+ failed/.test(node.output())));
  });
});
