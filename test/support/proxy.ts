/** A TCP proxy between a node and a server, and what can befall the line: cut, stall, restore. */
import { connect, createServer, type Socket } from 'node:net';

export interface Line {
  port: number;
  /** Lines open now. */
  readonly open: number;
  /** Resets every line; new ones are refused until `restore`. */
  cut(): void;
  /** Lines stay open and carry nothing, either way: what is sent meanwhile is held back until `restore`. */
  stall(): void;
  restore(): void;
  close(): Promise<void>;
}

export const startProxy = async (to: { host: string; port: number }): Promise<Line> => {
  const lines = new Set<[Socket, Socket]>();
  let state: 'through' | 'cut' | 'stalled' = 'through';

  const server = createServer({ allowHalfOpen: true }, (near) => {
    if (state === 'cut') return void near.resetAndDestroy();
    const far = connect({ ...to, allowHalfOpen: true });
    const line: [Socket, Socket] = [near, far];
    lines.add(line);
    const end = (): void => {
      lines.delete(line);
      near.destroy();
      far.destroy();
    };
    for (const [from, into] of [line, [far, near]] as const) {
      from.on('error', end).on('close', end);
      from.pipe(into);
      if (state === 'stalled') from.unpipe(into).pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as { port: number }).port,
    get open() {
      return lines.size;
    },
    cut() {
      state = 'cut';
      for (const [near, far] of lines) {
        near.resetAndDestroy();
        far.resetAndDestroy();
      }
    },
    stall() {
      state = 'stalled';
      for (const [near, far] of lines) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    restore() {
      const wasStalled = state === 'stalled';
      state = 'through';
      if (!wasStalled) return;
      for (const [near, far] of lines) {
        near.pipe(far);
        far.pipe(near);
      }
    },
    close: () =>
      new Promise((resolve) => {
        for (const [near, far] of lines) {
          near.destroy();
          far.destroy();
        }
        server.close(() => resolve());
      }),
  };
};
