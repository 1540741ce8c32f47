/** Nodes as child processes, and what can befall them: stop, kill, freeze, continue. */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from './quiet.ts';
import { freePort } from './servers.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Each start costs half: what one process has compiled the next one takes. */
export const COMPILED = { NODE_COMPILE_CACHE: path.join(tmpdir(), 'yardmaster-compiled') };

export interface ChildNode {
  process: ChildProcess;
  port: number;
  url: string;
  output(): string;
  /** SIGTERM, and waits for its end. @returns the exit code */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** Starts main.ts and waits until it runs. `env` wins over what the tests' own process has. */
export const startChild = async (env: Record<string, string>, args: string[] = [], script = 'main.ts'): Promise<ChildNode> => {
  const port = Number(env.PORT ?? (await freePort()));
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      ...COMPILED,
      LOG_LEVEL: 'warn',
      DATABASE_POOL: '6',
      HOST: '127.0.0.1',
      PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const endToo = (): boolean => child.kill('SIGKILL');
  process.once('exit', endToo);
  child.once('exit', () => process.removeListener('exit', endToo));
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (): Promise<number | null> => {
    await until(ended, { timeoutMs: 40_000, what: () => `the node did not end:\n${output}` });
    return child.exitCode;
  };
  await until(() => /Yardmaster (runs at|node .* runs)/.test(output) || ended(), {
    timeoutMs: 60_000,
    what: () => `the node did not start:\n${output}`,
  });
  if (ended()) throw new Error(`the node ended at its start:\n${output}`);
  return {
    process: child,
    port,
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    stop: () => {
      child.kill('SIGTERM');
      return end();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await end();
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
};

/** Runs main.ts to its end. */
export const runToEnd = async (env: Record<string, string>, args: string[] = []): Promise<{ code: number | null; output: string }> => {
  try {
    const child = await startChild(env, args);
    await child.kill();
    return { code: null, output: child.output() };
  } catch (error) {
    return { code: 1, output: (error as Error).message };
  }
};
