/** A database of one test file's own: a schema on the real Postgres, or an embedded one in a directory of its own. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { migrations } from '../../models/migrations/migrations.ts';
import { type Database, openDatabase } from '../../runtime/database.ts';
import { migrate } from '../../runtime/migrate.ts';
import { newDataDir } from './data-dir.ts';
import { postgresUrl } from './servers.ts';

export interface TestDatabase {
  database: Database;
  url: string | undefined;
  schema: string | undefined;
  /** Drops it. */
  drop(): Promise<void>;
}

export const newSchemaName = (): string => `test_${randomBytes(6).toString('hex')}`;

/** @param kind `real` falls back to the embedded one only where there is no Postgres at all */
export const openTestDatabase = async (kind: 'real' | 'embedded' = 'real', poolSize = 8): Promise<TestDatabase> => {
  const url = kind === 'real' ? await postgresUrl() : undefined;
  const schema = url ? newSchemaName() : undefined;
  const dataDir = url ? '' : await newDataDir();
  const database = await openDatabase({ url, schema, dataDir, poolSize });
  await migrate(database, migrations);
  return {
    database,
    url,
    schema,
    drop: async () => {
      if (schema) await database.query(`drop schema "${schema}" cascade`);
      await database.close();
      if (dataDir) await rm(dataDir, { recursive: true });
    },
  };
};
