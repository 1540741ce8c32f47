/** Returns and exchanges in batches: as many statements for six hundred as for three, each row read back as it was written. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jobTypes } from '../../models/jobs.ts';
import { exchangeMessages, returnMessages } from '../../models/returns.ts';
import { subscriptions } from '../../models/subscriptions.ts';
import type { AnyActor } from '../../runtime/actor.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { newHeaders } from '../../runtime/trace.ts';
import { runBatch } from '../../runtime/turn.ts';
import { exchangeStore } from '../../services/returns/exchange.store.ts';
import { returnStore } from '../../services/returns/return.store.ts';
import { askForExchange, askForReturn, exchangeRules, returnRules } from '../rules/returns-cases.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';

const actors: Record<string, { actor: AnyActor; ask: object }> = {
  return: { actor: { ...returnRules, messages: returnMessages, store: returnStore, onPoison: 'park' }, ask: askForReturn },
  exchange: { actor: { ...exchangeRules, messages: exchangeMessages, store: exchangeStore, onPoison: 'park' }, ask: askForExchange },
};

describe('a batch', () => {
  let world: TestDatabase;
  let runtime: Runtime;
  beforeAll(async () => {
    world = await openTestDatabase('real');
    runtime = new Runtime({ database: world.database, subscriptions, jobTypes, name: 'counting' });
    for (const { actor } of Object.values(actors)) runtime.register(actor);
  });
  afterAll(() => world?.drop());

  const statementsFor = async (type: string, keys: readonly string[], said: [name: string, payload: object][]): Promise<number> => {
    const headers = newHeaders('test');
    await world.database.query('delete from mailbox');
    for (const [name, payload] of said) await Promise.all(keys.map((key) => runtime.tell(type, key, name, payload, { headers })));
    const parts = { database: world.database, vocabulary: runtime.vocabulary, newId: runtime.newId, random: Math.random };
    const before = world.database.statements;
    const { actor } = actors[type] as (typeof actors)[string];
    const result = await runBatch(parts, actor, keys, { messages: 5_000, messagesPerKey: 1_000, bytes: 1e9 });
    expect(result.failures).toEqual([]);
    expect(result.handled).toBe(keys.length * said.length);
    return world.database.statements - before;
  };
  const keys = (count: number): string[] => Array.from({ length: count }, () => randomUUID());

  test.each(Object.keys(actors))('of any size costs a %s the same number of statements', async (type) => {
    const { ask } = actors[type] as (typeof actors)[string];
    const few = keys(3);
    const many = keys(600);
    const begin: [string, object][] = [
      [`${type}.request`, ask],
      [`${type}.booked`, {}],
      [`${type}.approve`, {}],
      [`${type}.receive`, { condition: 'ok' }],
    ];
    expect(await statementsFor(type, many, begin)).toBe(await statementsFor(type, few, begin));
    const end: [string, object][] = [[`${type}.complete`, {}]];
    const forMany = await statementsFor(type, many, end);
    expect(forMany).toBe(await statementsFor(type, few, end));
    expect(forMany).toBeLessThanOrEqual(7);
  });

  test.each(Object.keys(actors))('of a %s is read back as it was decided', async (type) => {
    const { ask, actor } = actors[type] as (typeof actors)[string];
    const [key] = keys(1) as [string];
    const asked = await runtime.ask(type, key, `${type}.request`, ask);
    await runtime.ask(type, key, `${type}.booked`, {});
    const approved = await runtime.ask(type, key, `${type}.approve`, {});
    expect(asked.kind).toBe('done');
    const { states } = await actor.store.load(world.database, [key], []);
    expect(states.get(key)).toEqual((approved as { state: unknown }).state);
  });
});
