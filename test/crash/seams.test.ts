/** A node dies at each seam of a turn, a job and a tell, one by one; another one takes over. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FailPoint } from '../../runtime/fail-points.ts';
import { Customers, crowd } from '../support/customers.ts';
import { until } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { canCrash, type Life, makeWorld, type World } from '../support/world.ts';

const seams: [FailPoint, of: string, when: string][] = [
  ['tells.stored', '', 'after a tell is stored and before its ring'],
  ['turn.taken', 'order', 'after the messages are taken'],
  ['turn.decided', 'inventory', 'after the decisions and before the save'],
  ['turn.saved', 'dispatch', 'after the save and before what is sent'],
  ['turn.sent', 'payment', 'after what is sent and before the commit'],
  ['turn.sent', 'truck', 'after what is sent and before the commit'],
  ['turn.committed', 'order', 'after the commit and before the rings'],
  ['turn.committed', 'dispatch', 'after the commit and before the rings'],
  ['jobs.claimed', '', 'after jobs are claimed'],
  ['jobs.done', '', 'after a handler is through and before its job is ended'],
  ['jobs.ended', '', 'after jobs are ended and before their rings'],
];

const can = await canCrash('test/crash/seams');

(can ? describe : describe.skip)('a node that dies at a seam', () => {
  let world: World;
  let chance: Chance;
  let survivor: Life;
  const accepted: string[] = [];

  beforeAll(async () => {
    chance = chanceOf('seams');
    world = await makeWorld();
    survivor = await world.node('survivor');
    await survivor.start();
    await world.addTrucks(20);
  });
  afterAll(() => world?.end());

  test.each(seams)('loses and repeats nothing: %s %s, %s', async (point, of) => {
    const script = 'test/support/failing-node.ts';
    const dying = await world.node(`${point}-${of}`, { script, args: [point, 'SIGKILL', of] });
    await dying.start();
    const customers = new Customers([survivor.url, dying.url]);
    const dead = (): boolean => dying.child?.process.signalCode === 'SIGKILL';

    await until(async () => dead() || customers.placeAll(crowd(chance, 10), 10).then(dead));
    accepted.push(...customers.accepted);

    const broken = await world.settle(accepted, 40_000);
    expect(broken).toEqual([]);
  });
});
