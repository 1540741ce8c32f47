/** A database of one test file's own: a schema on the real Postgres, or an embedded one in memory. */
import { randomBytes } from 'node:crypto';
import { migrations } from '../../models/migrations/migrations.ts';
import { type Database, openDatabase } from '../../runtime/database.ts';
import { migrate } from '../../runtime/migrate.ts';
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
  const database = await openDatabase({ url, schema, dataDir: 'memory://', poolSize });
  await migrate(database, migrations);
  return {
    database,
    url,
    schema,
    drop: async () => {
      if (schema) await database.query(`drop schema "${schema}" cascade`);
      await database.close();
    },
  };
};
