/** A node freezes with work open, others take the work over, and the node comes back: what it then writes changes nothing. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Customers, type Wish } from '../support/customers.ts';
import { until } from '../support/quiet.ts';
import { canCrash, type Life, makeWorld, type World } from '../support/world.ts';

/** Idle transactions end after 4 s, a lost lease after 10 s and a look once a second: with some room for a slow machine. */
const TURN_TAKEN_OVER_MS = 5_500;
const JOBS_TAKEN_OVER_MS = 13_000;
/** A call to the provider with tok_slow. */
const CALL_MS = 5_000;
/** Long before Postgres ends the frozen node's transaction. */
const AT_ONCE_MS = 1_500;

const hot = (count: number, token = 'tok_ok'): Wish[] =>
  Array.from({ length: count }, () => ({ sku: 'CONCRETE-C25', plantId: 'north', quantity: 1, token }));

const isFrozen = ({ child }: Life): boolean =>
  /^T/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(child?.process.pid)], { encoding: 'utf8' }).stdout);

const can = await canCrash('test/crash/zombie');

(can ? describe : describe.skip)('a node that freezes and comes back', () => {
  let world: World;
  let healthy: Life;
  let customers: Customers;
  let placing: Promise<unknown>[] = [];

  beforeAll(async () => {
    world = await makeWorld();
    world.env.PAYMENT_CALL_MS = '9000';
    // One batch at a time: should it wait for the frozen node's rows, everything does.
    healthy = await world.node('healthy', { env: { TURN_CONCURRENCY: '1' } });
    await healthy.start();
    customers = new Customers([healthy.url]);
    await world.addTrucks(20);
  });
  afterAll(() => world?.end());

  /** A node that freezes itself at a seam. */
  const sleeper = async (name: string, ...at: string[]): Promise<Life> => {
    const node = await world.node(name, { script: 'test/support/failing-node.ts', args: at });
    await node.start();
    return node;
  };

  /** Orders come in until the node is frozen: nobody waits for their answers, since some are in its hands. */
  const orderUntilFrozen = async (node: Life): Promise<void> => {
    const frozen = (): boolean => {
      if (isFrozen(node)) return true;
      placing.push(customers.placeAll(hot(5), 5));
      return false;
    };
    await until(frozen, { everyMs: 150 });
    node.state = 'frozen';
  };

  const isPending = async (correlationId: string): Promise<boolean> => {
    const [order] = await world.database.query<{ status: string }>('select status from orders where correlation_id = $1::uuid', [
      correlationId,
    ]);
    return (order?.status ?? 'pending') === 'pending';
  };

  /** @returns how long it took until none of the accepted orders is in one of these states */
  const timeToLeave = async (...states: string[]): Promise<number> => {
    const since = Date.now();
    const left = async (): Promise<boolean> => {
      const [row] = await world.database.query<{ still: string }>(
        `select (select count(*) from unnest(string_to_array($1::text, ',')) as a(id)
           left join orders o on o.correlation_id = a.id::uuid where o.id is null or o.status = any(string_to_array($2::text, ','))) as still`,
        [customers.accepted.join(','), states.join(',')],
      );
      return Number(row?.still) === 0;
    };
    await until(left, { timeoutMs: 30_000 });
    return Date.now() - since;
  };

  /** Thaws it, lets all come to rest that can, and ends it. @returns what it counted */
  const wake = async (node: Life): Promise<{ stale: number; batchRetries: number }> => {
    node.thaw();
    await Promise.all(placing);
    placing = [];
    expect(await world.settle(customers.accepted, 40_000)).toEqual([]);
    expect(await node.stop()).toBe(0);
    return JSON.parse(/counts (.*)/.exec(node.child?.output() ?? '')?.[1] ?? '{}');
  };

  test('with a turn open on the hot product: the others go on in under five seconds, and its commit fails', async () => {
    const node = await sleeper('turning', 'turn.sent', 'SIGSTOP', 'inventory');
    await orderUntilFrozen(node);

    const taken = timeToLeave('pending');
    // Other products do not wait at all: the hot one's row is locked, and passed over.
    const others = Array.from({ length: 6 }, () => customers.place({ sku: 'SAND-BULK', plantId: 'north', quantity: 1, token: 'tok_ok' }));
    placing.push(...others);
    const bystander = await Promise.any(others);
    await until(async () => !(await isPending(bystander)), {
      timeoutMs: AT_ONCE_MS,
      what: () => 'another product waits for the frozen node',
    });

    const takenOverMs = await taken;
    expect(takenOverMs).toBeGreaterThan(AT_ONCE_MS);
    expect(takenOverMs).toBeLessThan(TURN_TAKEN_OVER_MS);

    expect((await wake(node)).batchRetries).toBeGreaterThan(0);
  });

  test('with a job done and not ended, and another in the middle of a call to the provider: others do them again under the same keys, the money is taken once, and the late results are stale', async () => {
    const [ending, calling] = await Promise.all([sleeper('ending', 'jobs.done', 'SIGSTOP'), sleeper('calling', 'never', 'SIGSTOP')]);
    const isCalling = async (): Promise<boolean> =>
      (await world.database.query(`select from jobs where state = 'running' and worker = $1`, [calling.name])).length > 0;
    await until(async () => {
      await customers.placeAll(hot(10, 'tok_slow'), 10);
      return isCalling();
    });
    calling.freeze();
    await orderUntilFrozen(ending);

    expect(await timeToLeave('pending', 'validated', 'payment_processing')).toBeLessThan(JOBS_TAKEN_OVER_MS + CALL_MS);

    expect((await wake(ending)).stale).toBeGreaterThan(0);
    expect((await wake(calling)).stale).toBeGreaterThan(0);
  });
});
