/** Nodes die at the seams of a turn, a job and a tell, several at a time, each at its own; one that never dies takes over. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FailPoint } from '../../runtime/fail-points.ts';
import { Customers, crowd } from '../support/customers.ts';
import { until } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { canCrash, type Life, makeWorld, type World } from '../support/world.ts';

/** Those of one wave live and die beside each other: the start of a node and the end of a lease are waited for once. */
const waves: [when: string, seams: [FailPoint, of: string][]][] = [
  [
    'after a tell is stored, after messages are taken, and before and after the save',
    [
      ['tells.stored', ''],
      ['turn.taken', 'order'],
      ['turn.decided', 'inventory'],
      ['turn.saved', 'dispatch'],
    ],
  ],
  [
    'after what is sent and before the commit, and after the commit and before the rings',
    [
      ['turn.sent', 'payment'],
      ['turn.sent', 'truck'],
      ['turn.committed', 'order'],
      ['turn.committed', 'dispatch'],
      ['turn.committed', 'fulfillment'],
    ],
  ],
  [
    'after jobs are claimed, after a handler is through, and after jobs are ended and before their rings',
    [
      ['jobs.claimed', ''],
      ['jobs.done', ''],
      ['jobs.ended', ''],
    ],
  ],
];

const can = await canCrash('test/crash/seams');

(can ? describe : describe.skip)('nodes that die at their seams', () => {
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

  test.each(waves)('lose and repeat nothing: %s [C4, C19, C28, C39]', async (_when, seams) => {
    const script = 'test/support/failing-node.ts';
    const dying = await Promise.all(
      seams.map(([point, of]) => world.node(`${point}-${of}`, { script, args: [point, 'SIGKILL', of], env: { DATABASE_POOL: '4' } })),
    );
    await Promise.all(dying.map((node) => node.start()));
    const living = (): Life[] => dying.filter(({ child }) => child?.process.signalCode !== 'SIGKILL');

    const customers = new Customers([survivor, ...dying].map(({ url }) => url));
    await until(async () => living().length === 0 || customers.placeAll(crowd(chance, 12), 12).then(() => living().length === 0), {
      what: () => `${living().map(({ name }) => name)} did not come to their seams`,
    });
    accepted.push(...customers.accepted);

    expect(await world.settle(accepted, 40_000)).toEqual([]);
  });
});
