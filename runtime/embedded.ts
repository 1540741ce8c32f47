/**
 * The embedded default: PGlite, a Postgres in WebAssembly inside this process, through the ordinary `pg` driver. It survives
 * `kill -9` (no acknowledged row was lost), not a power cut: it cannot fsync. Nothing but our lock file keeps a second process
 * from opening the same directory and corrupting it, so the lock names its holder.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { StartError } from './start-error.ts';

export interface Embedded {
  dialectModule: object;
  close(): Promise<void>;
}

export const openEmbedded = async (dataDir: string): Promise<Embedded> => {
  const unlock = lock(dataDir);
  try {
    // Loaded only when used: 15 MB of WebAssembly that a node with a real Postgres has no need of.
    const [{ PGlite }, { createPgConfig }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite/node-postgres'),
    ]);
    const lite = await PGlite.create(path.join(dataDir, 'postgres'));
    class Client extends pg.Client {
      constructor(config: pg.ClientConfig) {
        super({ ...config, ...createPgConfig(lite) } as pg.ClientConfig);
      }
    }
    return {
      dialectModule: { Client, Pool: pg.Pool, types: pg.types, defaults: pg.defaults },
      close: async () => {
        await lite.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
};

const heldHere = new Set<string>();

/** Takes the directory's lock file; a lock whose process is gone is taken over. */
const lock = (dataDir: string): (() => void) => {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new StartError(`DATA_DIR=${dataDir} cannot be made (${(error as NodeJS.ErrnoException).code}).`);
  }
  const file = path.resolve(dataDir, 'lock');
  if (heldHere.has(file)) throw new StartError(`DATA_DIR=${dataDir} is already open in this process.`);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(file, 'wx');
      writeSync(handle, `${process.pid}\n`);
      closeSync(handle);
      heldHere.add(file);
      const release = (): void => {
        heldHere.delete(file);
        rmSync(file, { force: true });
      };
      process.once('exit', release);
      return () => {
        process.removeListener('exit', release);
        release();
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new StartError(`DATA_DIR=${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code}).`);
      }
      const holder = Number(readFileSync(file, 'utf8'));
      if (isAlive(holder)) {
        throw new StartError(`DATA_DIR=${dataDir} is in use by process ${holder}: stop it, or give this one another DATA_DIR.`);
      }
      rmSync(file, { force: true });
    }
  }
  throw new StartError(`DATA_DIR=${dataDir} cannot be locked: another process keeps taking it.`);
};

const isAlive = (pid: number): boolean => {
  if (!pid || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Ended, but not yet reaped by its parent: it holds nothing any more. */
const isZombie = (pid: number): boolean => {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ')'));
  } catch {
    return false;
  }
};
