/** A start that cannot succeed ends with one line that names what to change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { startNode } from '../../node.ts';
import { StartError } from '../../runtime/start-error.ts';
import { type Command, main } from '../support/command.ts';
import { freePort } from '../support/servers.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yardmaster-start-'));
const file = path.join(dir, 'file');
let taken: Server;
let nobody: number;
let free: number;

beforeAll(async () => {
  writeFileSync(file, '');
  [nobody, free] = [await freePort(), await freePort()];
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => taken.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

type Wrong = [what: string, env: () => Record<string, string>, args: string[], line: RegExp];
const oneLine = (said: string, line: RegExp): void => {
  expect(said).toMatch(line);
  expect(said.split('\n')).toHaveLength(1);
  expect(said).not.toContain('word');
};

/** Here, in this process: each process costs a second, and what main.ts makes of them is one thing. */
describe('a start with a wrong setting', () => {
  const wrongs: Wrong[] = [
    ['a port that is no number', () => ({ PORT: 'abc' }), [], /^PORT=abc is not a number/],
    ['an address of another machine', () => ({ HOST: '192.0.2.1' }), [], /HOST=192\.0\.2\.1 cannot be listened on/],
    ['a database that is no address', () => ({ DATABASE_URL: 'localhost/orders' }), [], /^DATABASE_URL/],
    ['a database of another kind', () => ({ DATABASE_URL: 'mysql://localhost/orders' }), [], /^DATABASE_URL/],
    [
      'a database that is away',
      () => ({ DATABASE_URL: `postgres://secret:word@127.0.0.1:${nobody}/x` }),
      [],
      /Postgres at 127\.0\.0\.1:\d+\/x .*DATABASE_URL/,
    ],
    ['a mesh that is no address', () => ({ NATS_URL: '127.0.0.1' }), [], /^NATS_URL/],
    ['a Redis that is no address', () => ({ REDIS_URL: 'redis' }), [], /^REDIS_URL/],
    ['an unknown mode', () => ({ WORKER_MODE: 'sometimes' }), [], /^WORKER_MODE=sometimes is not one of cron, event, all/],
    ['an unknown mode as a flag', () => ({}), ['--mode', 'sometimes'], /^WORKER_MODE=sometimes/],
    ['an unknown service', () => ({ SERVICES: 'order,pigeons' }), [], /^SERVICES names pigeons.*order/],
    ['an unknown flag', () => ({}), ['--colour'], /--colour.*--services/],
    ['a log level that is none', () => ({ LOG_LEVEL: 'loud' }), [], /^LOG_LEVEL=loud/],
    ['queues without weights', () => ({ QUEUES: 'critical' }), [], /^QUEUES=critical/],
    ['a data directory that is a file', () => ({ DATA_DIR: file }), [], /^DATA_DIR=\S+ cannot be made/],
    ['production without a payment provider', () => ({ NODE_ENV: 'production' }), [], /^PAYMENT_URL is not set/],
    ['production without a carrier', () => ({ NODE_ENV: 'production', SERVICES: 'fulfillment' }), [], /^SHIPPING_URL is not set/],
  ];
  test.each(wrongs)('with %s is refused in one line', async (_, env, args, line) => {
    const all = { DATA_DIR: path.join(dir, 'data'), PORT: String(free), LOG_LEVEL: 'fatal', ...env() };
    const refused = await (async () => startNode(readConfig(args, all)))().catch((error: Error) => error);
    expect(refused).toBeInstanceOf(StartError);
    oneLine((refused as Error).message, line);
  });
});

describe('npm start with a wrong setting', () => {
  const takenPort = (): string => String((taken.address() as { port: number }).port);
  const wrongs: Wrong[] = [
    ['a setting that is none', () => ({ PORT: 'abc' }), [], /^PORT=abc is not a number/],
    ['a port that is taken', () => ({ PORT: takenPort() }), [], /^PORT=\d+ .*taken by another process/],
    ['a mesh that is away', () => ({ NATS_URL: `nats://127.0.0.1:${nobody}` }), [], /NATS_URL=nats:\S+ does not answer/],
    ['a job’s queue without a weight', () => ({ QUEUES: 'default:1' }), [], /QUEUES/],
  ];
  const started = new Map<string, Command>();
  // All at once: they mostly wait.
  beforeAll(() => {
    for (const [index, [what, env, args]] of wrongs.entries())
      started.set(what, main({ DATA_DIR: path.join(dir, `data-${index}`), PORT: String(free), ...env() }, ...args));
  });

  test.each(wrongs)('with %s ends in one line', async (what, _env, _args, line) => {
    const start = started.get(what) as Command;
    expect(await start.end()).toBe(1);
    oneLine(start.stderr().trimEnd(), line);
    expect(start.stdout()).toBe('');
  });
});
