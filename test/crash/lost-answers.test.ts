/**
 * The same seams from inside a living node: the connection is lost in each, before the commit (nothing has happened, and it is done again) or
 * after it (it has happened, and nobody was told). One node, alone, helps itself.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { type Node, startNode } from '../../node.ts';
import { type FailPoint, onFailPoint } from '../../runtime/fail-points.ts';
import { Customers, crowd } from '../support/customers.ts';
import { until } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { freePort } from '../support/servers.ts';
import { canCrash, makeWorld, type World } from '../support/world.ts';

const actors = ['order', 'inventory', 'payment', 'dispatch', 'truck', 'fulfillment'];
const turns: FailPoint[] = ['turn.taken', 'turn.decided', 'turn.saved', 'turn.sent', 'turn.committed'];
/** The seams of one run, and the actor types whose turns come by them. */
const runs: [of: string, seams: [FailPoint, actor: string][]][] = [
  ['a tell and a turn', [['tells.stored', ''], ...turns.flatMap((point) => actors.map((actor): [FailPoint, string] => [point, actor]))]],
  ['a job', (['jobs.claimed', 'jobs.done', 'jobs.ended'] as const).map((point) => [point, ''])],
];
const TIMES = 2;

const can = await canCrash('test/crash/lost-answers');

(can ? describe : describe.skip)('a node whose connection is lost at a seam', () => {
  let world: World;
  let node: Node;
  let chance: Chance;
  let customers: Customers;

  beforeAll(async () => {
    chance = chanceOf('lost answers');
    world = await makeWorld({ mesh: false });
    const port = await freePort();
    node = await startNode(readConfig([], { ...world.env, PORT: String(port), NODE_ID: 'alone', LOG_LEVEL: 'fatal' }));
    customers = new Customers([`http://127.0.0.1:${port}`]);
    await world.addTrucks(20);
  });
  afterEach(() => onFailPoint(undefined));
  afterAll(async () => {
    await node?.stop();
    await world?.end();
  });

  test.each(runs)('helps itself at every seam of %s [C4, C28]', async (_of, seams) => {
    const lost = new Map(seams.map(([point, actor]) => [`${point} ${actor}`, 0]));
    onFailPoint((name, actor = '') => {
      const seam = `${name} ${actor}`;
      const times = lost.get(seam);
      if (times === undefined || times >= TIMES) return;
      lost.set(seam, times + 1);
      throw Object.assign(new Error(`connection lost at ${seam}`), { code: 'ECONNRESET' });
    });

    await until(async () => {
      await customers.placeAll(crowd(chance, 24), 12);
      return ![...lost.values()].includes(0);
    });

    expect(await world.settle(customers.accepted, 40_000)).toEqual([]);
  });
});
