/** The runtime by itself, in a schema of its own: for what needs no orders. */
import { randomBytes } from 'node:crypto';
import { migrations } from '../models/migrations/migrations.ts';
import { openDatabase } from '../runtime/database.ts';
import type { JobType } from '../runtime/jobs.ts';
import { migrate } from '../runtime/migrate.ts';
import type { JobHandler } from '../runtime/perform.ts';
import { Runtime } from '../runtime/runtime.ts';
import { benchUrl } from './world.ts';

export const openTestWorld = async (jobTypes: JobType[], handlers: JobHandler[]): Promise<{ runtime: Runtime; close(): Promise<void> }> => {
  const schema = `bench_${randomBytes(4).toString('hex')}`;
  const database = await openDatabase({ url: benchUrl, schema, dataDir: '', poolSize: 10 });
  await migrate(database, migrations);
  const runtime = new Runtime({ database, subscriptions: [], jobTypes, name: 'bench', worker: { slots: 1_000 } });
  for (const handler of handlers) runtime.handle(handler);
  runtime.start();
  return {
    runtime,
    close: async () => {
      await runtime.stop();
      await database.query(`drop schema "${schema}" cascade`);
      await database.close();
    },
  };
};
