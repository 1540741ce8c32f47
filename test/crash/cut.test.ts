/** The line to Postgres is cut, stalled or hung up on, and nodes are told to leave, all under load: each helps itself. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pause } from '../../runtime/failure.ts';
import { Customers, crowd } from '../support/customers.ts';
import { type Line, startProxy } from '../support/proxy.ts';
import { until } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { postgresUrl } from '../support/servers.ts';
import { canCrash, type Life, makeWorld, type World } from '../support/world.ts';

const can = await canCrash('test/crash/cut');

(can ? describe : describe.skip)('a node whose line to Postgres breaks', () => {
  let proxy: Line;
  let world: World;
  let node: Life;
  let customers: Customers;
  let chance: Chance;

  beforeAll(async () => {
    chance = chanceOf('cut');
    const url = new URL((await postgresUrl()) as string);
    proxy = await startProxy({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${proxy.port}`;
    world = await makeWorld({ mesh: false, url: url.href });
    node = await world.node('node');
    await node.start();
    customers = new Customers([node.url]);
    await world.addTrucks(20);
  });
  afterAll(async () => {
    await world?.end();
    await proxy?.close();
  });

  /** Orders come in while it happens; afterwards it is to be as if nothing had. */
  const underLoad = async (orders: number, happen: () => Promise<void>): Promise<void> => {
    const placing = customers.placeAll(crowd(chance, orders), 8, 50);
    await Promise.all([placing, until(() => proxy.open > 2).then(happen)]);
    expect(await world.settle(customers.accepted, 45_000)).toEqual([]);
  };

  test('goes on when its connections are cut in the middle of what they do, again and again', () =>
    underLoad(40, async () => {
      for (let times = 0; times < 6; times++) {
        proxy.cut();
        await pause(chance.between(0, 400));
        proxy.restore();
        await pause(chance.between(100, 600));
      }
    }));

  test('goes on when Postgres hangs up, again and again', () =>
    underLoad(40, async () => {
      for (let times = 0; times < 6; times++) {
        await world.terminateBackends();
        await pause(chance.between(100, 600));
      }
    }));

  test('goes on after a line that carried nothing for longer than Postgres keeps an idle transaction', () =>
    underLoad(40, async () => {
      proxy.stall();
      await pause(6_000);
      proxy.restore();
    }));

  test('leaves a line that stays silent, and goes on when the next one carries', () =>
    underLoad(40, async () => {
      proxy.stall();
      await pause(1_000);
      proxy.cut();
      await pause(2_000);
      proxy.restore();
    }));
});

(can ? describe : describe.skip)('a node that is told to leave under load', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
    world.env.DRAIN_MS = '8000';
  });
  afterAll(() => world?.end());

  test('finishes what it has, loses nothing, and ends with 0', async () => {
    const chance = chanceOf('leave');
    const nodes = await Promise.all(['a', 'b'].map((name) => world.node(name)));
    const [leaving, staying] = nodes as [Life, Life];
    await Promise.all(nodes.map((node) => node.start()));
    await world.addTrucks(20);
    const customers = new Customers(nodes.map(({ url }) => url));

    const placing = customers.placeAll(crowd(chance, 80), 10, 20);
    await until(() => customers.accepted.length > 30);
    expect(await leaving.stop()).toBe(0);
    await placing;

    expect(await world.settle(customers.accepted)).toEqual([]);
    expect(await staying.stop()).toBe(0);
  });
});
