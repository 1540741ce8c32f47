/** A start that cannot succeed ends with one line that names what to change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { main } from '../support/command.ts';
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

describe('a start with a wrong setting', () => {
  const takenPort = (): string => String((taken.address() as { port: number }).port);
  test.each<[string, () => Record<string, string>, string[], RegExp]>([
    ['a port that is taken', () => ({ PORT: takenPort() }), [], /^PORT=\d+ .*taken by another process/],
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
    ['a mesh that is away', () => ({ NATS_URL: `nats://127.0.0.1:${nobody}` }), [], /NATS_URL=nats:\S+ does not answer/],
    ['a Redis that is no address', () => ({ REDIS_URL: 'redis' }), [], /^REDIS_URL/],
    ['an unknown mode', () => ({ WORKER_MODE: 'sometimes' }), [], /^WORKER_MODE=sometimes is not one of cron, event, all/],
    ['an unknown mode as a flag', () => ({}), ['--mode', 'sometimes'], /^WORKER_MODE=sometimes/],
    ['an unknown service', () => ({ SERVICES: 'order,pigeons' }), [], /^SERVICES names pigeons.*order/],
    ['an unknown flag', () => ({}), ['--colour'], /--colour.*--services/],
    ['a log level that is none', () => ({ LOG_LEVEL: 'loud' }), [], /^LOG_LEVEL=loud/],
    ['queues without weights', () => ({ QUEUES: 'critical' }), [], /^QUEUES=critical/],
    ['a job’s queue without a weight', () => ({ QUEUES: 'default:1' }), [], /QUEUES/],
    ['a data directory that is a file', () => ({ DATA_DIR: file }), [], /^DATA_DIR=\S+ cannot be made/],
    ['production without a payment provider', () => ({ NODE_ENV: 'production' }), [], /^PAYMENT_URL is not set/],
  ])('with %s ends in one line', async (_, env, args, line) => {
    const start = main({ DATA_DIR: path.join(dir, 'data'), PORT: String(free), ...env() }, ...args);
    expect(await start.end()).toBe(1);
    expect(start.stderr()).toMatch(line);
    expect(start.stderr().trimEnd().split('\n')).toHaveLength(1);
    expect(start.stderr()).not.toContain('word');
    expect(start.stdout()).toBe('');
  });
});
