/** The transient workflow state: forward only, for every process to read, and never waited for. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Logger } from '../../runtime/logger.ts';
import { memoryWorkflow, redisWorkflow, type Workflow, workflowStates } from '../../services/order/workflow.ts';
import { type Line, startProxy } from '../support/proxy.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { type OwnServer, ownRedis } from '../support/servers.ts';
import { describeWith, openYard, type Yard, type YardNode } from '../support/yard.ts';

const silent: Logger = { wordy: false, debug() {}, info() {}, warn() {}, error() {} };
const keyOf = (id: string): string => `order:status:${id}`;
const TTL = 1_800_000;
const took = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};
const everyOrder = [
  ['ACCEPTED', 'PROCESSING', 'COMPLETED'],
  ['COMPLETED', 'PROCESSING', 'ACCEPTED'],
  ['PROCESSING', 'ACCEPTED', 'COMPLETED'],
  ['COMPLETED', 'ACCEPTED', 'COMPLETED'],
] as const;

describe('in memory', () => {
  test('a state only moves forward, in whatever order it is told [C6, C20]', async () => {
    const workflow = memoryWorkflow(TTL);
    for (const [index, states] of everyOrder.entries()) {
      for (const state of states) workflow.advance([String(index)], state);
      expect(await workflow.read(String(index))).toBe('COMPLETED');
    }
  });

  test('and is forgotten after its time', async () => {
    const workflow = memoryWorkflow(0);
    workflow.advance(['gone'], 'ACCEPTED');
    expect(await workflow.read('gone')).toBeUndefined();
  });
});

describeWith('redis')('in Redis', () => {
  let server: OwnServer;
  let line: Line;
  let shown: Redis;
  let here: Workflow;
  let there: Workflow;

  beforeAll(async () => {
    server = (await ownRedis()) as OwnServer;
    line = await startProxy({ host: '127.0.0.1', port: server.port });
    shown = new Redis(server.port, { retryStrategy: () => 20 });
    shown.on('error', () => undefined);
    here = redisWorkflow(`redis://127.0.0.1:${line.port}`, TTL, silent);
    there = redisWorkflow(`redis://127.0.0.1:${server.port}`, TTL, silent);
    for (const workflow of [here, there]) await shows(workflow, 'ready', 'ACCEPTED');
  });
  afterAll(async () => {
    shown?.disconnect();
    await Promise.all([here?.close(), there?.close()]);
    await line?.close();
    await server?.kill();
  });
  const shows = (workflow: Workflow, id: string, state: string): Promise<void> => {
    if (state === 'ACCEPTED') workflow.advance([id], state);
    return until(async () => (await shown.get(keyOf(id)).catch(() => null)) === state, { what: () => `${id} is not shown as ${state}` });
  };

  test('a state only moves forward, whichever process tells it in whatever order, and lives for its time [C6, C20, C28]', async () => {
    for (const states of everyOrder) {
      const id = randomUUID();
      for (const [index, state] of states.entries()) {
        (index % 2 === 0 ? here : there).advance([id], state);
        const highest = states.slice(0, index + 1).sort((a, b) => workflowStates.indexOf(b) - workflowStates.indexOf(a))[0] as string;
        await until(async () => (await shown.get(keyOf(id))) === highest);
      }
      expect([await here.read(id), await there.read(id)]).toEqual(['COMPLETED', 'COMPLETED']);
      const left = await shown.pttl(keyOf(id));
      expect(left).toBeGreaterThan(TTL - 60_000);
      expect(left).toBeLessThanOrEqual(TTL);
    }
  });

  test('a thousand told in one breath are one command or a few', async () => {
    const before = await commands();
    const ids = Array.from({ length: 1_000 }, () => randomUUID());
    for (const id of ids) here.advance([id], 'ACCEPTED');
    await until(async () => (await shown.exists(...ids.map(keyOf))) === 1_000);
    expect((await commands()) - before).toBeLessThanOrEqual(5);
  });
  const commands = async (): Promise<number> => {
    const stats = await shown.info('commandstats');
    return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  };

  test('a Redis that does not answer costs one short wait, and then none [C30, C32]', async () => {
    const id = randomUUID();
    await shows(here, id, 'ACCEPTED');
    line.stall();
    const unsaid = randomUUID();
    here.advance([unsaid], 'PROCESSING');
    expect(await took(() => here.read(id))).toBeLessThan(2_000);
    expect(await took(() => Promise.all(Array.from({ length: 100 }, () => here.read(id))))).toBeLessThan(200);
    here.advance([id], 'COMPLETED');
    line.cut();
    line.restore();
    await shows(here, id, 'COMPLETED');
    await shows(here, unsaid, 'PROCESSING');
  });

  test('what was told while it was away is shown when it is back, with its furthest state [C32, C33]', async () => {
    const ids = Array.from({ length: 700 }, () => randomUUID());
    await server.kill();
    here.advance(ids, 'ACCEPTED');
    here.advance(ids.slice(0, 350), 'COMPLETED');
    here.advance(ids, 'PROCESSING');
    expect(await took(() => here.read(ids[0] as string))).toBeLessThan(1_000);
    await server.restart();
    await until(async () => (await shown.exists(...ids.map(keyOf)).catch(() => 0)) === ids.length);
    const states = await shown.mget(ids.map(keyOf));
    expect(states).toEqual(ids.map((_, index) => (index < 350 ? 'COMPLETED' : 'PROCESSING')));
  });
});

describeWith('postgres', 'redis')('an order and its workflow state', () => {
  let redis: OwnServer;
  let yard: Yard;
  let node: YardNode;
  let shown: Redis;
  let placed = 0;

  beforeAll(async () => {
    redis = (await ownRedis()) as OwnServer;
    yard = await openYard({ REDIS_URL: `redis://127.0.0.1:${redis.port}`, SWEEP_MS: '200' });
    node = await yard.start();
    shown = new Redis(redis.port, { retryStrategy: () => 20 });
    shown.on('error', () => undefined);
  });
  afterAll(async () => {
    shown?.disconnect();
    await yard?.close();
    await redis?.kill();
  });

  test('is accepted, processed by its first turn and completed by its commit; the client waits for none of it [C1, C6, C12, C17, C18, C20]', async () => {
    const watch = await shown.monitor();
    const said: string[] = [];
    watch.on('monitor', (_time: string, args: string[]) => void (/^evalsha$/i.test(args[0] ?? '') && said.push(args.join(' '))));
    // What is told while the command before is on its way goes out as its furthest: the state between is shown most times, not always.
    let correlationId = '';
    const told = (state: string): number => said.findIndex((line) => line.includes(correlationId) && line.includes(state));
    await until(async () => {
      correlationId = await node.http.place({ paymentMethod: 'transfer' });
      await until(() => told('COMPLETED') >= 0);
      return told('PROCESSING') >= 0 && told('PROCESSING') < told('COMPLETED');
    });
    watch.disconnect();
    expect(await shown.get(keyOf(correlationId))).toBe('COMPLETED');
    expect(await yard.count('orders', `correlation_id = '${correlationId}'`)).toBe(1);
    placed = await yard.count('orders');
  });

  test('goes on when Redis stops and comes back in the middle: none is lost or late, and their states are shown again [C10, C28, C33, C39]', async () => {
    const before = await Promise.all(Array.from({ length: 10 }, () => node.http.place()));
    await redis.kill();
    const during = await Promise.all(Array.from({ length: 20 }, () => node.http.place()));
    for (const id of [...before, ...during]) expect(await node.http.until(id, 'delivered')).toMatchObject({ correlationId: id });
    const status = (await node.http.get(`/api/orders/status/${during[0]}`)).body;
    expect(status).toMatchObject({ workflowStatus: 'COMPLETED', status: 'delivered' });
    await redis.restart();
    await until(async () => (await shown.exists(...during.map(keyOf)).catch(() => 0)) === during.length);
    expect(new Set(await shown.mget(during.map(keyOf)))).toEqual(new Set(['COMPLETED']));
    await untilQuiet(yard.database);
    expect(await yard.count('orders')).toBe(placed + 30);
    expect(await yard.count('dead_letters')).toBe(0);
  });
});
