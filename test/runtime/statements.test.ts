/** The gain is the batch, and this is what keeps it: a batch's statements are counted, for the real actors. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jobTypes } from '../../models/jobs.ts';
import { subscriptions } from '../../models/subscriptions.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { newHeaders } from '../../runtime/trace.ts';
import { runBatch } from '../../runtime/turn.ts';
import { domain, fillTheWorld } from '../support/actors-of-the-domain.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

let world: TestDatabase;
let runtime: Runtime;

beforeAll(async () => {
  world = await openTestDatabase('real');
  await fillTheWorld(world.database);
  runtime = new Runtime({ database: world.database, subscriptions, jobTypes, name: 'counting' });
});
afterAll(() => world?.drop());

/** Sends the messages, runs them in one batch, and counts. */
const statementsFor = async (type: string, count: number): Promise<number> => {
  const { actor, messages } = domain[type] as (typeof domain)[string];
  await world.database.query('delete from mailbox'); // What the batches before sent on.
  const sent = messages(count);
  const headers = newHeaders('test');
  await Promise.all(sent.map(({ key, name, payload }) => runtime.tell(type, key, name, payload, { headers })));
  const parts = { database: world.database, vocabulary: runtime.vocabulary, newId: runtime.newId, random: Math.random };
  const before = world.database.statements;
  const result = await runBatch(parts, actor, [...new Set(sent.map(({ key }) => key))], {
    messages: 1_000,
    messagesPerKey: 1_000,
    bytes: 1e9,
  });
  expect(result.failures).toEqual([]);
  expect(result.handled).toBe(count);
  return world.database.statements - before;
};

describe('a batch costs the same number of statements whatever its size', () => {
  test.each(Object.keys(domain))('%s', async (type) => {
    const forThree = await statementsFor(type, 3);
    const forMany = await statementsFor(type, 600);
    expect(forMany).toBe(forThree);
    expect(forMany).toBeLessThanOrEqual(10);
  });
});
