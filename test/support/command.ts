/** Commands as a person would run them: their two streams apart, their exit code, and what is typed into them. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { COMPILED } from './nodes.ts';
import { until } from './quiet.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Command {
  pid: number;
  stdout(): string;
  stderr(): string;
  type(line: string): void;
  says(words: RegExp, timeoutMs?: number): Promise<void>;
  /** To the command and all that it started. */
  signal(name: NodeJS.Signals): void;
  /** Waits for its end. @returns the exit code; null when a signal ended it */
  end(timeoutMs?: number): Promise<number | null>;
}

const started = new Set<(name: NodeJS.Signals) => void>();
process.once('exit', () => {
  for (const signal of started) signal('SIGKILL');
});

export const command = (file: string, args: string[], env: Record<string, string> = {}): Command => {
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...COMPILED, ...env },
    stdio: 'pipe',
    detached: true,
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += stripVTControlCharacters(text);
    });
  }
  child.stdin.on('error', () => undefined);
  let closed = false;
  child.once('close', () => {
    closed = true;
    started.delete(signal);
  });
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid as number), name);
    } catch {}
  };
  started.add(signal);
  const all = (): string => said.stdout + said.stderr;
  return {
    pid: child.pid as number,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    type: (line) => void child.stdin.write(`${line}\n`),
    says: (words, timeoutMs = 15_000) =>
      until(() => words.test(all()) || closed, { timeoutMs, what: () => `it does not say ${words}:\n${all()}` }).then(() => {
        if (!words.test(all())) throw new Error(`it ended without saying ${words}:\n${all()}`);
      }),
    signal,
    async end(timeoutMs = 30_000) {
      await until(() => closed, { timeoutMs, what: () => `it does not end:\n${all()}` });
      return child.exitCode;
    },
  };
};

/** `npm start`, without npm in between. */
export const main = (env: Record<string, string>, ...args: string[]): Command =>
  command(process.execPath, ['main.ts', ...args], { LOG_LEVEL: 'warn', ...env });
