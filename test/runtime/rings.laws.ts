import { describe, expect, test } from '@jest/globals';
import type { Limits } from '../../runtime/mailbox.ts';
import { oneTo, tellAll } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import type { Laws } from './both.ts';

export const ringLaws: Laws = (given) => {
  test('who does not host an actor rings once for all its keys, and who hosts it works at once', async () => {
    const host = given().node();
    const rings: string[][] = [];
    const ring = (actor: string, keys: string[]) => {
      rings.push([actor, ...keys.sort()]);
      host.host.ring(actor, keys);
    };
    const door = given().node({ idle: true, mesh: { ring } });
    await Promise.all(['b', 'a', 'a', 'b'].map((key, number) => door.tell('ledger', `rung-${key}`, 'ledger.add', { number })));
    await untilQuiet(given().database, { timeoutMs: 900 });
    expect(rings).toEqual([['ledger', 'rung-a', 'rung-b']]);
  });

  test('a lost ring is made up for by the sweep [C19, C30]', async () => {
    given().node({ host: { sweepMs: 100 } });
    await tellAll(given().node({ idle: true }), 'unrung', oneTo(5));
    await untilQuiet(given().database);
    expect(await given().numbers('unrung')).toEqual(oneTo(5));
  });

  test('what a dead node left behind is taken over by another [A64, C28]', async () => {
    const dead = given().node({ host: { batchKeys: 1 } });
    const keys = oneTo(30).map((number) => `left-${number}`);
    for (const key of keys) await dead.tell('ledger', key, 'ledger.add', { number: 1 });
    await dead.stop();
    await tellAll(dead, 'left-31', [1, 2]);
    const left = await given().count('mailbox');
    expect(left).toBeGreaterThan(0);
    given().node({ name: 'heir', host: { sweepMs: 100 } });
    await untilQuiet(given().database);
    expect((await given().lines()).filter(({ node, key }) => node === 'heir' && key.startsWith('left-'))).toHaveLength(left);
  });

  test('a node that stops finishes the turns it has begun, and begins no more', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    let saving = 0;
    const hold = async () => {
      saving++;
      await held;
    };
    const host = { batchKeys: 1, concurrency: 1, atOnce: 1 };
    const node = given().node({ hands: { saving: hold }, host, start: false });
    await tellAll(node, 'begun', [1]);
    await tellAll(node, 'not-begun', [1]);
    node.start();
    await until(() => saving === 1);
    const stopping = node.stop();
    go();
    await stopping;
    expect(await given().numbers('begun')).toEqual([1]);
    expect(await given().numbers('not-begun')).toEqual([]);
    expect(await given().count('mailbox')).toBe(1);
  });

  describe('a batch keeps to its limits, and the rest follows', () => {
    const KEYS = 6;
    const EACH = 10;
    const unlimited = { messages: 1_000, messagesPerKey: 500, bytes: 1_000_000 };
    /** @returns how many turns it took */
    const turns = async (title: string, { limits = {}, ...host }: { batchKeys?: number; limits?: Partial<Limits> }): Promise<number> => {
      const node = given().node({ start: false, host: { concurrency: 1, atOnce: 1, ...host, limits: { ...unlimited, ...limits } } });
      const keys = oneTo(KEYS).map((key) => `${title}-${key}`);
      await Promise.all(keys.map((key) => tellAll(node, key, oneTo(EACH))));
      node.start();
      await untilQuiet(given().database);
      await node.stop();
      expect(node.host.counts.messages).toBe(KEYS * EACH);
      expect(await Promise.all(keys.map((key) => given().numbers(key)))).toEqual(keys.map(() => oneTo(EACH)));
      return node.host.counts.turns;
    };

    test('none: one turn takes all', async () => expect(await turns('all', {})).toBe(1));
    test('of keys', async () => expect(await turns('keys', { batchKeys: 2 })).toBeGreaterThanOrEqual(3));
    test('of messages', async () => expect(await turns('messages', { limits: { messages: 7 } })).toBeGreaterThanOrEqual(60 / 7));
    test('of messages of a key', async () => expect(await turns('per-key', { limits: { messagesPerKey: 4 } })).toBeGreaterThanOrEqual(3));
    // {"number":1} is 12 bytes: five of them fill 60.
    test('of bytes', async () => expect(await turns('bytes', { limits: { bytes: 60 } })).toBeGreaterThanOrEqual(60 / 5));
  });

  test('a message larger than the limit goes alone', async () => {
    const limits = { messages: 100, messagesPerKey: 100, bytes: 50 };
    const node = given().node({ host: { limits } });
    const large = { number: 2, ignored: 'x'.repeat(1_000) };
    await tellAll(node, 'large', [1, large, 3]);
    await untilQuiet(given().database);
    expect(await given().numbers('large')).toEqual([1, 2, 3]);
  });
};
