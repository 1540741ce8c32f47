import { expect, test } from '@jest/globals';
import type { Runtime } from '../../runtime/runtime.ts';
import { oneTo, type Saying, tellAll } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

const KEYS = 20;
const MESSAGES = 30;
/** Small batches and an eager sweep: as much competition as can be had. */
const host = { batchKeys: 4, limits: { messages: 12, messagesPerKey: 5, bytes: 1_000_000 }, sweepMs: 50 };

export const orderLaws: Laws = (given) => {
  const three = () => ['one', 'two', 'three'].map((name) => given().node({ name, host }));
  const keysOf = (title: string): string[] => oneTo(KEYS).map((number) => `${title}-${number}`);
  /** Everyone is told of every key, so that all want all. */
  const ringAll = (nodes: ReturnType<typeof three>, keys: string[]) => {
    for (const node of nodes) node.host.ring('ledger', keys);
  };
  const inOrder = async (keys: string[], expected = oneTo(MESSAGES)): Promise<void> => {
    const handled = await Promise.all(keys.map((key) => given().numbers(key)));
    expect(handled).toEqual(keys.map(() => expected));
    expect(given().overlaps).toEqual([]);
  };

  test('messages of a key are handled in the order sent, once, however many nodes compete; new actors included [A62, C1, C2, C16, E51]', async () => {
    const nodes = three();
    const keys = keysOf('compete');
    for (const number of oneTo(MESSAGES)) {
      await Promise.all(keys.map((key, index) => nodes[(index + number) % 3]?.tell('ledger', key, 'ledger.add', { number })));
      ringAll(nodes, keys);
    }
    await untilQuiet(given().database);
    await inOrder(keys);
    const workers = new Set((await given().lines()).map(({ node }) => node));
    expect(workers.size).toBeGreaterThan(1);
  });

  test('the order holds through retries [C16, C30]', async () => {
    const nodes = three();
    const keys = keysOf('retry');
    const sayings = oneTo(MESSAGES).map((number) => ({ number, fails: number % 7 === 0 ? 2 : 0 }));
    await Promise.all(keys.map((key, index) => tellAll(nodes[index % 3] as Runtime, key, sayings)));
    ringAll(nodes, keys);
    await untilQuiet(given().database);
    await inOrder(keys);
    expect(await given().count('dead_letters')).toBe(0);
  });

  test('the order holds through dead letters and their replay [C16, C23]', async () => {
    const nodes = three();
    const keys = keysOf('dead');
    const sayings: Saying[] = oneTo(MESSAGES).map((number) => (number === 10 || number === 20 ? { number, throws: 'broken' } : { number }));
    await Promise.all(keys.map((key, index) => tellAll(nodes[index % 3] as Runtime, key, sayings)));
    for (const broken of [10, 20]) {
      await until(async () => (await given().count('dead_letters', `state = 'open'`)) === KEYS);
      await inOrder(keys, oneTo(broken - 1));
      given().cured.add(broken);
      const letters = await given().database.query<{ id: string }>(`select id from dead_letters where state = 'open'`);
      await Promise.all(letters.map(({ id }, index) => nodes[index % 3]?.replay(id, 'ada')));
    }
    await untilQuiet(given().database);
    await inOrder(keys);
  });
};
