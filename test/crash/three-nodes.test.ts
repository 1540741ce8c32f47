/** Three nodes, 300 orders, and bad weather: kills, freezes, a NATS that restarts and a Postgres that hangs up. CRASH_SEED has a run again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pause } from '../../runtime/failure.ts';
import { Customers, crowd } from '../support/customers.ts';
import { until } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { canCrash, type Life, makeWorld, type World } from '../support/world.ts';

const BURSTS = 10;
const BURST = 30;
const ORDERS = BURSTS * BURST;
const FAULTS = 10;

interface Fault {
  afterMs: number;
  kind: 'kill' | 'freeze' | 'nats' | 'postgres';
  node: number;
  /** How long it is away, or frozen: freezes outlast the 4 s after which Postgres ends an idle transaction. */
  forMs: number;
}

const forecast = (chance: Chance): Fault[] => {
  const faults = Array.from({ length: FAULTS }, (): Fault => {
    const kind = chance.pick(['kill', 'freeze'] as const);
    const forMs = kind === 'kill' ? chance.between(0, 2_000) : chance.between(4_500, 6_000);
    return { afterMs: chance.between(800, 2_800), kind, node: chance.whole(0, 2), forMs };
  });
  for (const kind of ['nats', 'postgres', 'postgres'] as const) {
    faults.splice(chance.whole(1, faults.length), 0, { afterMs: chance.between(300, 1_500), kind, node: 0, forMs: 0 });
  }
  return faults;
};

const can = await canCrash('test/crash/three-nodes');

(can ? describe : describe.skip)('three nodes in bad weather', () => {
  const chance = chanceOf('three nodes');
  let world: World;
  let nodes: Life[];
  const coming: Promise<void>[] = [];

  beforeAll(async () => {
    world = await makeWorld();
    nodes = await Promise.all(['a', 'b', 'c'].map((name) => world.node(name)));
    await Promise.all(nodes.map((node) => node.start()));
    await world.addTrucks(20);
  });
  afterAll(() => world?.end());

  const strike = async ({ kind, node, forMs }: Fault): Promise<string> => {
    if (kind === 'nats') return world.nats?.restart().then(() => 'NATS restarts') ?? '';
    if (kind === 'postgres') return `Postgres ends ${await world.terminateBackends()} connections`;
    const up = (): Life[] => nodes.filter(({ state }) => state === 'up');
    await until(() => up().length >= 2, { timeoutMs: 30_000 });
    const chosen = nodes[node] as Life;
    const struck = chosen.state === 'up' ? chosen : (up()[0] as Life);
    if (kind === 'freeze') struck.freeze();
    else await struck.kill();
    coming.push(pause(forMs).then(() => (kind === 'freeze' ? struck.thaw() : struck.start())));
    return `${kind} ${struck.name} for ${Math.round(forMs)} ms`;
  };

  const storm = async (): Promise<void> => {
    for (const fault of forecast(chance.branch('faults'))) {
      await pause(fault.afterMs);
      process.stdout.write(`  ${await strike(fault)}\n`);
    }
    await Promise.all(coming);
  };

  /** In bursts, so that the nodes meet at the hot product: without the row lock that breaks its stock. */
  const rush = async (customers: Customers): Promise<void> => {
    const wishes = crowd(chance.branch('orders'), ORDERS);
    const bursts = Array.from({ length: BURSTS }, async (_, burst) => {
      await pause(burst * 3_000);
      await customers.placeAll(wishes.slice(burst * BURST, (burst + 1) * BURST), BURST);
    });
    await Promise.all(bursts);
  };

  test('loses nothing, does nothing twice and leaves nothing stuck [C1, C39, E52, E53]', async () => {
    const customers = new Customers(nodes.map(({ url }) => url));
    const ended = await Promise.allSettled([rush(customers), storm()]);
    const failed = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failed) throw new Error(`${failed.reason}\n${world.said()}`);

    expect(await world.settle(customers.accepted, 60_000)).toEqual([]);
    expect(customers.accepted).toHaveLength(ORDERS);
    const ends = await world.database.query<{ status: string; orders: string }>(
      'select status, count(*) as orders from orders group by status',
    );
    process.stdout.write(`  ${ends.map(({ status, orders }) => `${status} ${orders}`).join(', ')}\n`);
    expect(Number(ends.find(({ status }) => status === 'delivered')?.orders)).toBeGreaterThan(ORDERS / 2);
    expect(await Promise.all(nodes.map((node) => node.stop()))).toEqual([0, 0, 0]);
  }, 180_000);
});
