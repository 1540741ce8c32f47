/** A world of one test file's own: a schema on the real Postgres, a mesh namespace, and the nodes that live in it as child processes. */
import { describe } from '@jest/globals';
import { type Database, openDatabase } from '../../runtime/database.ts';
import { newSchemaName } from './database.ts';
import { type Http, http } from './http.ts';
import { type ChildNode, startChild } from './nodes.ts';
import { couldNotRun, natsUrl, postgresUrl, redisUrl } from './servers.ts';

// Each child process has a listener of its own for this one's end.
process.setMaxListeners(50);

export const servers = { postgres: await postgresUrl(), nats: await natsUrl(), redis: await redisUrl() };

/** `describe` where these servers are there; else a skip that is listed at the end. */
export const describeWith = (...needed: (keyof typeof servers)[]) => {
  const missing = needed.filter((name) => !servers[name]);
  return (title: string, body: () => void): void => {
    if (missing.length > 0) couldNotRun(`${title}: no ${missing.join(', no ')}`);
    (missing.length > 0 ? describe.skip : describe)(title, body);
  };
};

export interface YardNode extends ChildNode {
  http: Http;
}

export interface Yard {
  /** What every node of it is started with. */
  env: Record<string, string>;
  database: Database;
  start(env?: Record<string, string>, ...args: string[]): Promise<YardNode>;
  count(table: string, where?: string): Promise<number>;
  /** Ends what still runs, and leaves nothing behind. @throws Error with what a node said that fell on its own */
  close(): Promise<void>;
}

/** Trucks drive at once and nothing is on the mesh, unless `env` says otherwise. */
export const openYard = async (env: Record<string, string> = {}): Promise<Yard> => {
  const schema = newSchemaName();
  const url = servers.postgres as string;
  const database = await openDatabase({ url, schema, dataDir: '', poolSize: 2 });
  const nodes: YardNode[] = [];
  const all = { DATABASE_URL: url, DATABASE_SCHEMA: schema, DATABASE_POOL: '4', MESH_NAMESPACE: schema, TRUCK_TIME_SCALE: '0', ...env };
  return {
    env: all,
    database,
    async start(more = {}, ...args) {
      const child = await startChild({ ...all, ...more }, args);
      const node = { ...child, http: http(child.url) };
      nodes.push(node);
      return node;
    },
    async count(table, where = 'true') {
      const [row] = await database.query<{ count: string }>(`select count(*) from ${table} where ${where}`);
      return Number(row?.count);
    },
    async close() {
      const fallen = nodes.filter(({ process: { exitCode } }) => exitCode !== null && exitCode !== 0);
      await Promise.all(nodes.map((node) => node.kill()));
      await database.query(`drop schema "${schema}" cascade`);
      await database.close();
      if (fallen.length > 0) throw new Error(`a node fell:\n${fallen.map((node) => node.output()).join('\n')}`);
    },
  };
};
