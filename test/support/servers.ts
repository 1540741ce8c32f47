/**
 * The servers that tests need: from their variable, else on their default port, else started from the binary on PATH on a free port.
 * What a test kills or freezes it starts itself, with the `own…` functions, and stops again.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../bench/ports.ts';

export { freePort };

export const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (is: boolean) => () => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });

const onPath = (binary: string): string | undefined => {
  const found = spawnSync('which', [binary], { encoding: 'utf8' }).stdout.trim();
  if (found) return found;
  const debian = '/usr/lib/postgresql';
  if (binary !== 'postgres' || !existsSync(debian)) return undefined;
  const [version] = readdirSync(debian).sort().reverse();
  return version && path.join(debian, version, 'bin', 'postgres');
};

/** Says, at the end of the run, that something could not run here. */
export const couldNotRun = (what: string): void => appendFileSync(path.join(tmpdir(), 'yardmaster-could-not-run'), `${what}\n`);

/** Undefined when there is no real Postgres: the embedded one serves then. */
export const postgresUrl = async (): Promise<string | undefined> => {
  if (process.env.TEST_DATABASE_URL) return process.env.TEST_DATABASE_URL;
  if (await answers(5432)) return 'postgres://postgres@127.0.0.1:5432/postgres';
  return undefined;
};

const located = async (
  variable: string,
  scheme: string,
  port: number,
  start: () => Promise<OwnServer | undefined>,
): Promise<string | undefined> => {
  if (process.env[variable]) return process.env[variable];
  if (await answers(port)) return `${scheme}://127.0.0.1:${port}`;
  const own = await start();
  return own && `${scheme}://127.0.0.1:${own.port}`;
};

export const natsUrl = (): Promise<string | undefined> => located('TEST_NATS_URL', 'nats', 4222, ownNats);
export const redisUrl = (): Promise<string | undefined> => located('TEST_REDIS_URL', 'redis', 6379, ownRedis);

export interface OwnServer {
  port: number;
  process: ChildProcess;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
  /** The same port again. */
  restart(): Promise<void>;
}

export const ownNats = (): Promise<OwnServer | undefined> => own('nats-server', (port) => ['-a', '127.0.0.1', '-p', String(port)]);
export const ownRedis = (): Promise<OwnServer | undefined> =>
  own('redis-server', (port) => [
    '--port',
    String(port),
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    mkdtempSync(path.join(tmpdir(), 'redis-')),
  ]);

const own = async (binary: string, args: (port: number) => string[]): Promise<OwnServer | undefined> => {
  const file = onPath(binary);
  if (!file) return undefined;
  const port = await freePort();
  const begin = async (): Promise<ChildProcess> => {
    const child = spawn(file, args(port), { stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${binary} ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return child;
  };
  const server: OwnServer = {
    port,
    process: await begin(),
    kill: () =>
      new Promise((resolve) => {
        if (server.process.exitCode !== null || server.process.signalCode !== null) return resolve();
        server.process.once('exit', () => resolve());
        server.process.kill('SIGKILL');
      }),
    restart: async () => {
      await server.kill();
      server.process = await begin();
    },
  };
  return server;
};
