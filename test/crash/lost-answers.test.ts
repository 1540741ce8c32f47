/**
 * The same seams from inside a living node: the connection is lost in each, before the commit (nothing has happened, and it is done again) or
 * after it (it has happened, and nobody was told). One node, alone, helps itself.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { type Node, startNode } from '../../node.ts';
import { type FailPoint, onFailPoint } from '../../runtime/fail-points.ts';
import { Customers, crowd } from '../support/customers.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { freePort } from '../support/servers.ts';
import { canCrash, makeWorld, type World } from '../support/world.ts';

const actors = ['order', 'inventory', 'payment', 'dispatch', 'truck'];
/** Each seam, and the actor types whose turns come by it. */
const seams: [FailPoint, of: string[]][] = [
  ['tells.stored', ['']],
  ['turn.taken', actors],
  ['turn.decided', actors],
  ['turn.saved', actors],
  ['turn.sent', actors],
  ['turn.committed', actors],
  ['jobs.claimed', ['']],
  ['jobs.done', ['']],
  ['jobs.ended', ['']],
];

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

  test.each(seams)('helps itself: %s', async (point, of) => {
    const lost = new Map(of.map((actor) => [actor, 0]));
    onFailPoint((name, actor = '') => {
      const times = lost.get(actor);
      if (name !== point || times === undefined || times >= 2) return;
      lost.set(actor, times + 1);
      throw Object.assign(new Error(`connection lost at ${name}`), { code: 'ECONNRESET' });
    });

    await customers.placeAll(crowd(chance, 24), 6);

    const broken = await world.settle(customers.accepted, 40_000);
    expect([...lost.values()]).not.toContain(0);
    expect(broken).toEqual([]);
  });
});
