/** Brings the schema up to date: umzug's list of migrations, run by one process at a time under an advisory lock. */
import { Umzug } from 'umzug';
import type { Database, Tx } from './database.ts';
import { pause } from './failure.ts';

export interface Migration {
  name: string;
  up(tx: Tx): Promise<unknown>;
}

const LOCK_KEY = 7_262_001;

/**
 * @param afterwards what else is to be done once before any node works: partitions, first data. It must be safe to repeat
 * @returns the names of the migrations that ran; nodes that start together do this one after the other, and all wait until it is done
 */
export const migrate = (database: Database, migrations: readonly Migration[], afterwards?: () => Promise<unknown>): Promise<string[]> =>
  oneAtATime(database, async () => {
    await database.query('create table if not exists migrations (name text primary key)');
    const umzug = new Umzug({
      migrations: migrations.map((migration) => ({ name: migration.name, up: () => step(database, migration) })),
      storage: {
        executed: async () => (await database.query<{ name: string }>('select name from migrations')).map(({ name }) => name),
        logMigration: async () => undefined, // Written by the step itself.
        unlogMigration: () => Promise.reject(new Error('the schema goes forward only')),
      },
      logger: undefined,
    });
    const ran = await umzug.up();
    await afterwards?.();
    return ran.map(({ name }) => name);
  });

/** A step and its record are one commit: a process that dies in it has done nothing. */
const step = (database: Database, { name, up }: Migration): Promise<unknown> =>
  database.transaction(async (tx) => {
    await up(tx);
    await tx.query('insert into migrations (name) values ($1)', [name]);
  });

const oneAtATime = async <T>(database: Database, work: () => Promise<T>): Promise<T> => {
  if (database.embedded) return work();
  for (;;) {
    const unlock = await tryLock(database);
    if (!unlock) {
      await pause(100);
      continue;
    }
    try {
      return await work();
    } finally {
      await unlock();
    }
  }
};

/** The lock lives in a transaction of its own, so that it falls with the process that held it. */
const tryLock = async (database: Database): Promise<(() => Promise<void>) | undefined> => {
  const transaction = await database.sequelize.transaction();
  await database.sequelize.query('set local idle_in_transaction_session_timeout = 0', { transaction });
  const [rows] = await database.sequelize.query(`select pg_try_advisory_xact_lock(${LOCK_KEY}, hashtext(current_schema())) as locked`, {
    transaction,
  });
  if ((rows as { locked: boolean }[])[0]?.locked) return () => transaction.commit();
  await transaction.rollback();
  return undefined;
};
