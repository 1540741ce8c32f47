import { expect, test } from '@jest/globals';
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

  test('a lost ring is made up for by the sweep', async () => {
    given().node({ host: { sweepMs: 100 } });
    await tellAll(given().node({ idle: true }), 'unrung', oneTo(5));
    await untilQuiet(given().database);
    expect(await given().numbers('unrung')).toEqual(oneTo(5));
  });

  test('what a dead node left behind is taken over by another', async () => {
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

  test('a node that stops finishes the turns it has begun', async () => {
    const going: (() => void)[] = [];
    const node = given().node({ hands: { saving: () => new Promise<void>((resolve) => going.push(resolve)) } });
    await tellAll(node, 'begun', [1]);
    await until(() => going.length === 1);
    let stopped = false;
    const stopping = node.stop().then(() => {
      stopped = true;
    });
    await tellAll(node, 'not-begun', [1]);
    expect(stopped).toBe(false);
    going[0]?.();
    await stopping;
    expect(await given().numbers('begun')).toEqual([1]);
    expect(await given().numbers('not-begun')).toEqual([]);
    expect(await given().count('mailbox')).toBe(1);
  });

  test('a batch keeps to its limits of keys, messages and bytes, and the rest follows', async () => {
    const seen: number[] = [];
    const limited = async (title: string, host: { batchKeys?: number; limits?: object }): Promise<number[]> => {
      seen.length = 0;
      const outside = given().node({ idle: true });
      await Promise.all(oneTo(6).map((key) => tellAll(outside, `${title}-${key}`, oneTo(10))));
      const limits = { messages: 1_000, messagesPerKey: 500, bytes: 1_000_000, ...host.limits };
      const settings = { batchKeys: 500, concurrency: 1, atOnce: 1, ...host, limits };
      const node = given().node({ host: settings, start: false });
      node.host.ring(
        'ledger',
        oneTo(6).map((key) => `${title}-${key}`),
      );
      let before = 0;
      const counting = setInterval(() => undefined, 1_000);
      clearInterval(counting);
      node.start();
      await untilQuiet(given().database);
      await node.stop();
      before = node.host.counts.messages;
      expect(before).toBe(60);
      for (const key of oneTo(6)) expect(await given().numbers(`${title}-${key}`)).toEqual(oneTo(10));
      return [node.host.counts.turns];
    };
    const [free] = await limited('free', {});
    const [byKeys] = await limited('by-keys', { batchKeys: 2 });
    const [byMessages] = await limited('by-messages', { limits: { messages: 7 } });
    const [perKey] = await limited('per-key', { limits: { messagesPerKey: 4 } });
    const [byBytes] = await limited('by-bytes', { limits: { bytes: 60 } });
    expect(free).toBe(1);
    expect(byKeys).toBeGreaterThanOrEqual(3);
    expect(byMessages).toBeGreaterThanOrEqual(Math.ceil(60 / 7));
    expect(perKey).toBeGreaterThanOrEqual(3);
    // {"number":1} is 12 bytes: five of them, and the first may be one too many.
    expect(byBytes).toBeGreaterThanOrEqual(60 / 6);
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
