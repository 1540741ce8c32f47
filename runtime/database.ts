/**
 * One Postgres per process: a real server, or the embedded one. Everything above speaks to it through `query` and
 * `transaction`; with the embedded pool of one, a query outside the open transaction would wait for ever, so the transaction
 * is passed everywhere.
 *
 * The connections are Sequelize's, as its models need them; our own statements go straight to the driver, since what Sequelize does to
 * each (binds rewritten, results scanned, errors wrapped) was a twentieth of a busy process.
 */
import pg from 'pg';
import { Sequelize } from 'sequelize';
import { openEmbedded } from './embedded.ts';
import { codeOf } from './failure.ts';
import { StartError } from './start-error.ts';

export interface DatabaseSettings {
  /** `postgres://…`; none means the embedded Postgres in `dataDir`. */
  url?: string;
  dataDir: string;
  poolSize: number;
  /** Puts all tables in a schema of its own: for tests and benchmarks. */
  schema?: string;
  applicationName?: string;
}

/** Where statements are sent: an open transaction, or the database itself for a statement that stands alone. */
export interface Tx {
  query<Row = Record<string, unknown>>(sql: string, binds?: unknown[]): Promise<Row[]>;
}

export interface Database extends Tx {
  readonly sequelize: Sequelize;
  readonly embedded: boolean;
  /** Statements sent so far, transaction brackets included. */
  readonly statements: number;
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** @throws when it does not answer */
  ping(): Promise<void>;
  /** The database's clock, as last heard: nodes never compare their own clocks. */
  now(): Date;
  hear(databaseTime: Date): void;
  close(): Promise<void>;
}

/** A frozen or dead node must lose its open turn in under 5 s, so that others take over. */
const SESSION = { statement_timeout: 10_000, idle_in_transaction_session_timeout: 4_000 };

/**
 * The hot tables are small and in memory: with the default cost of a random page the planner takes bitmap scans with a sort, which read a
 * queue's dead rows again and again (activate: 33 buffers a key instead of 5). JIT costs more than any of our statements takes.
 */
const PLANNER = ['random_page_cost=1.1', 'jit=off'];

const statementNames = new Map<string, string>();

/**
 * Prepares every statement that has parameters, once per connection: ours are few and long, and parsing and planning them anew was a fifth
 * of the server's time. Sequelize has no way to name a statement, so the driver's client does.
 */
class PreparingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg declares a dozen overloads; this passes all but one through
  override query(text: any, values?: any, callback?: any): any {
    if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return super.query(text, values, callback);
    let name = statementNames.get(text);
    if (!name) {
      name = `y${statementNames.size}`;
      statementNames.set(text, name);
    }
    return super.query({ name, text, values }, callback);
  }
}

/** @throws StartError with one line that names the variable to change */
export const openDatabase = async (settings: DatabaseSettings): Promise<Database> => {
  const embedded = settings.url ? undefined : await openEmbedded(settings.dataDir);
  const sequelize = embedded
    ? new Sequelize({
        dialect: 'postgres',
        dialectModule: embedded.dialectModule,
        logging: false,
        pool: { max: 1, min: 1, idle: 1e9, acquire: 60_000 },
      })
    : new Sequelize(settings.url as string, {
        dialect: 'postgres',
        dialectModule: { Client: PreparingClient, Pool: pg.Pool, types: pg.types, defaults: pg.defaults },
        logging: false,
        pool: { max: settings.poolSize, min: 0, idle: 30_000, acquire: 15_000 },
        dialectOptions: {
          ...SESSION,
          application_name: settings.applicationName ?? 'yardmaster',
          options: [...PLANNER, ...(settings.schema ? [`search_path=${settings.schema}`] : [])].map((option) => `-c ${option}`).join(' '),
        },
      });
  try {
    const database = new OpenDatabase(sequelize, embedded?.close);
    if (settings.schema) await database.query(`create schema if not exists "${settings.schema}"`);
    const [row] = await database.query<{ now: Date }>('select clock_timestamp() as now');
    database.hear(row?.now ?? new Date());
    return database;
  } catch (error) {
    await sequelize.close().catch(() => undefined);
    await embedded?.close();
    throw unreachable(settings, error);
  }
};

const unreachable = (settings: DatabaseSettings, error: unknown): StartError => {
  const reason = codeOf(error) ?? (error as Error).message;
  if (!settings.url) return new StartError(`The embedded Postgres in DATA_DIR=${settings.dataDir} does not open: ${reason}.`);
  let where = 'it';
  try {
    const { hostname, port, pathname } = new URL(settings.url);
    where = `${hostname}:${port || 5432}${pathname}`;
  } catch {
    return new StartError('DATABASE_URL is not an address: give postgres://user:password@host:port/database.');
  }
  return new StartError(`Postgres at ${where} does not answer (${reason}): check DATABASE_URL, or unset it for the embedded one.`);
};

/** What Sequelize does not declare of its pool: the raw connections, by its guide of the same name. */
interface Connections {
  getConnection(): Promise<pg.Client>;
  releaseConnection(connection: pg.Client): void;
  pool: { destroy(connection: pg.Client): Promise<void> };
}

class OpenDatabase implements Database {
  readonly sequelize: Sequelize;
  readonly embedded: boolean;
  statements = 0;
  #offsetMs = 0;
  readonly #connections: Connections;
  readonly #closeEmbedded: (() => Promise<void>) | undefined;

  constructor(sequelize: Sequelize, closeEmbedded?: () => Promise<void>) {
    this.sequelize = sequelize;
    this.#connections = sequelize.connectionManager as unknown as Connections;
    this.embedded = closeEmbedded !== undefined;
    this.#closeEmbedded = closeEmbedded;
  }

  async query<Row>(sql: string, binds: unknown[] = []): Promise<Row[]> {
    const connection = await this.#connections.getConnection();
    try {
      return await this.#send<Row>(connection, sql, binds);
    } finally {
      this.#connections.releaseConnection(connection);
    }
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const connection = await this.#connections.getConnection();
    let usable = true;
    try {
      await this.#send(connection, 'begin', []);
      const result = await work({ query: <Row>(sql: string, binds: unknown[] = []) => this.#send<Row>(connection, sql, binds) });
      await this.#send(connection, 'commit', []);
      return result;
    } catch (error) {
      await connection.query('rollback').catch(() => {
        usable = false;
      });
      throw error;
    } finally {
      if (usable) this.#connections.releaseConnection(connection);
      else void this.#connections.pool.destroy(connection).catch(() => undefined); // A dead line may never say that it is closed.
    }
  }

  async #send<Row>(connection: pg.Client, sql: string, binds: unknown[]): Promise<Row[]> {
    this.statements++;
    // Without parameters the driver takes the simple protocol: one round trip, and no statement kept.
    const { rows } = binds.length > 0 ? await connection.query(sql, binds) : await connection.query(sql);
    return rows as Row[];
  }

  async ping(): Promise<void> {
    await this.query('select 1');
  }

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  hear(databaseTime: Date): void {
    this.#offsetMs = new Date(databaseTime).getTime() - Date.now();
  }

  async close(): Promise<void> {
    await this.sequelize.close();
    await this.#closeEmbedded?.();
  }
}
