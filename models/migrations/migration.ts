/** A step of the schema. Written for Postgres 15 and later; run once, in order, by runtime/migrate.ts. */
interface Runs {
  query(sql: string): Promise<unknown>;
}

export interface Migration {
  name: string;
  up(database: Runs): Promise<void>;
}

export const statements =
  (...all: string[]) =>
  async (database: Runs): Promise<void> => {
    for (const sql of all) await database.query(sql);
  };
