import type { Database, Tx } from '../../runtime/database.ts';

/** What can befall a database's statements and commits: each may throw. */
export interface Mishaps {
  /** Sends this instead. */
  instead?(sql: string): string;
  /** Before the statement is sent. */
  statement?(sql: string): Promise<void> | void;
  /** After a statement that stands alone has taken effect. */
  answered?(sql: string): Promise<void> | void;
  /** Instead of the commit: nothing has happened. */
  commit?(): Promise<void> | void;
  /** After the commit, before anybody heard of it. */
  committed?(): Promise<void> | void;
}

export const withMishaps = (database: Database, mishaps: Mishaps): Database => {
  const sending =
    (tx: Tx, alone: boolean) =>
    async <Row>(sql: string, binds: unknown[] = []): Promise<Row[]> => {
      await mishaps.statement?.(sql);
      const rows = await tx.query<Row>(mishaps.instead?.(sql) ?? sql, binds);
      if (alone) await mishaps.answered?.(sql);
      return rows;
    };
  return {
    sequelize: database.sequelize,
    embedded: database.embedded,
    get statements() {
      return database.statements;
    },
    now: () => database.now(),
    hear: (time) => database.hear(time),
    ping: () => database.ping(),
    close: () => database.close(),
    query: sending(database, true),
    async transaction(work) {
      const result = await database.transaction(async (tx) => {
        const worked = await work({ query: sending(tx, false) });
        await mishaps.commit?.();
        return worked;
      });
      await mishaps.committed?.();
      return result;
    },
  };
};

export const connectionLost = (): Error => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
