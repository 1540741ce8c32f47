import { createServer } from 'node:net';

/**
 * Below the range from which the system gives outgoing connections their ports (32768 upward): one taken from there was often in use again
 * before the server that it was for had started.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** A port of loopback that nobody listens on. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
