/**
 * The tests' own actor: a ledger that does what its messages say and writes a line for each, so that order, repeats and overlaps can be
 * read afterwards. Nodes are runtimes on one database.
 */
import type { Actor, Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, json } from '../../runtime/columns.ts';
import type { Database, Tx } from '../../runtime/database.ts';
import { type Decision, done, type Effect, ignore, type Message, refuse, setTimer, write } from '../../runtime/decider.ts';
import type { Subscription } from '../../runtime/events.ts';
import { Raced } from '../../runtime/failure.ts';
import type { HostSettings, Mesh } from '../../runtime/host.ts';
import type { JobType } from '../../runtime/jobs.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { JobHandler } from '../../runtime/perform.ts';
import { Runtime } from '../../runtime/runtime.ts';
import type { Headers } from '../../runtime/trace.ts';
import type { WorkerSettings } from '../../runtime/worker.ts';
import type { TestDatabase } from './database.ts';

/** What a message tells the ledger to do. `number` is how the tests know it again; below zero it breaks the table's constraint. */
export interface Saying {
  number: number;
  /** Throws with these words until the number is among the cured. */
  throws?: string;
  /** Throws on so many tries. */
  fails?: number;
  refuses?: string;
  ignores?: string;
  effects?: Effect[];
  /** Sets a timer that comes back as a message of this name. */
  remind?: { name: string; inMs: number; number: number };
}

export interface Ledger {
  version: number;
  /** As it was when the turn began. */
  loaded: number;
  total: number;
}

export interface Line {
  key: string;
  place: number;
  number: number;
  name: string;
  node: string;
  headers: Headers;
}

/** What the tests do to a ledger from outside its rules. */
export interface Hands {
  node: string;
  /** Numbers that throw no more. */
  cured: Set<number>;
  /** Turns that met another turn of the same key. */
  overlaps: string[];
  /** Goes out with every decision. */
  adding?: Effect[];
  loading?(keys: readonly string[], tx: Tx): Promise<void> | void;
  saving?(keys: readonly string[], tx: Tx): Promise<void> | void;
}

const TABLES = [
  `create table if not exists ledgers (
    key text collate "C" primary key, version integer not null, total bigint not null check (total >= 0))`,
  `create table if not exists ledger_lines (
    key text collate "C", place integer, number integer not null, name text not null, node text not null, headers text not null,
    primary key (key, place))`,
];

const decide =
  (hands: Hands) =>
  (state: Ledger | undefined, { name, payload, headers, attempts }: Message, { now }: { now: Date }): Decision<Ledger> => {
    const { number = 0, throws, fails = 0, refuses, ignores, effects = [], remind } = payload as Partial<Saying>;
    if (throws && !hands.cured.has(number)) throw new Error(throws);
    if (attempts < fails) throw new Error(`try ${attempts + 1} fails`);
    if (refuses) return refuse(refuses, { number });
    if (ignores) return ignore(ignores);
    const { version, loaded, total } = state ?? { version: 0, loaded: 0, total: 0 };
    const line = { number, name, node: hands.node, headers: json(headers) };
    const timer = remind && setTimer(remind.name, new Date(now.getTime() + remind.inMs), { number: remind.number });
    return done(
      { version: version + 1, loaded, total: total + number },
      write('line', String(version + 1), line),
      [...effects],
      hands.adding,
      timer,
    );
  };

const store = (hands: Hands): Store<Ledger> => ({
  table: 'ledgers',
  key: 'key',
  keyType: 'text',
  async load(tx, keys): Promise<Loaded<Ledger, undefined>> {
    const rows = await tx.query<{ key: string; version: number; total: string }>(
      `select key, version, total from ledgers where key = any(string_to_array($1::text, E'\\x1e'))`,
      [keys.join('\x1e')],
    );
    await hands.loading?.(keys, tx);
    return {
      states: new Map(rows.map(({ key, version, total }) => [key, { version, loaded: version, total: Number(total) }])),
      facts: undefined,
    };
  },
  async save(tx, changes): Promise<void> {
    await hands.saving?.(
      [...changes.created, ...changes.updated].map(({ key }) => key),
      tx,
    );
    await create(tx, changes);
    await update(tx, changes, hands);
  },
});

const create = async (tx: Tx, { created }: Changes<Ledger>): Promise<void> => {
  if (created.length === 0) return;
  const binds = new Binds();
  const rows = created.map(({ key, state }) => ({ key, ...state }));
  const made = await tx.query(
    `insert into ledgers (key, version, total)
     select * from ${binds.rows('new', { key: 'text', version: 'integer', total: 'bigint' }, rows)} on conflict do nothing returning key`,
    binds.values,
  );
  if (made.length < created.length) throw new Raced('ledger');
};

/** Whoever finds another version than it loaded was not alone with the key. */
const update = async (tx: Tx, changes: Changes<Ledger>, hands: Hands): Promise<void> => {
  const binds = new Binds();
  const rows = changes.updated.map(({ key, state }) => ({ key, ...state }));
  const lines = changes.rows<Omit<Line, 'key' | 'place'>>('line').map(({ key, id, row }) => ({ key, place: id, ...row }));
  const places = { key: 'text', place: 'integer', number: 'integer', name: 'text', node: 'text', headers: 'text' };
  const [row] = await tx.query<{ changed: string }>(
    `with changed as (
       update ledgers l set version = u.version, total = u.total
       from ${binds.rows('u', { key: 'text', version: 'integer', loaded: 'integer', total: 'bigint' }, rows)}
       where l.key = u.key and l.version = u.loaded returning l.key
     ), lines as (insert into ledger_lines (key, place, number, name, node, headers) select * from ${binds.rows('n', places, lines)})
     select count(*) as changed from changed`,
    binds.values,
  );
  if (Number(row?.changed) === rows.length) return;
  hands.overlaps.push(hands.node);
  throw new Error(`two turns at once: ${rows.map(({ key }) => key)}`);
};

type Patience = Partial<Pick<Actor<Ledger>, 'type' | 'onPoison' | 'maxAttempts' | 'retryBaseMs' | 'settle'>>;

/** An actor type of ledgers; parks, and gives up after three tries, unless told otherwise. */
export const ledgerActor = (hands: Hands, patience: Patience = {}): Actor<Ledger> => ({
  type: 'ledger',
  messages: {},
  decide: decide(hands),
  store: store(hands),
  onPoison: 'park',
  maxAttempts: 3,
  retryBaseMs: 4,
  ...patience,
});

export interface NodeOptions extends Patience {
  name?: string;
  database?: Database;
  host?: Partial<HostSettings>;
  worker?: Partial<WorkerSettings>;
  hands?: Partial<Hands>;
  subscriptions?: Subscription[];
  jobTypes?: JobType[];
  handlers?: JobHandler[];
  mesh?: Partial<Mesh>;
  log?: Logger;
  /** Hosts no actor. */
  idle?: boolean;
  /** Default true. */
  start?: boolean;
}

/** A log that one can read afterwards. */
export interface Lines extends Logger {
  lines: { level: string; message: string; fields: Record<string, unknown> }[];
}
export const readableLog = (): Lines => {
  const lines: Lines['lines'] = [];
  const line =
    (level: string) =>
    (message: string, fields: object = {}): void =>
      void lines.push({ level, message, fields: fields as Record<string, unknown> });
  return { lines, debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
};

/** All ledgers of one test file, and the nodes that work them. */
export class Ledgers {
  readonly database: Database;
  readonly cured = new Set<number>();
  readonly overlaps: string[] = [];
  readonly #test: TestDatabase;
  #nodes: Runtime[] = [];
  #named = 0;

  constructor(test: TestDatabase) {
    this.#test = test;
    this.database = test.database;
  }

  static async open(open: () => Promise<TestDatabase>): Promise<Ledgers> {
    const test = await open();
    for (const sql of TABLES) await test.database.query(sql);
    return new Ledgers(test);
  }

  get schema(): string | undefined {
    return this.#test.schema;
  }
  get url(): string | undefined {
    return this.#test.url;
  }

  hands(node: string, more: Partial<Hands> = {}): Hands {
    return { node, cured: this.cured, overlaps: this.overlaps, ...more };
  }

  /** A node that hosts ledgers, started unless told otherwise. Its sweep is slow, so that what a test sees is the ring's doing. */
  node({ name = `node-${++this.#named}`, database = this.database, ...options }: NodeOptions = {}): Runtime {
    const { hands, subscriptions = [], jobTypes = [], handlers = [], mesh, log, idle, start = true, host, worker, ...patience } = options;
    const runtime = new Runtime({
      database,
      subscriptions,
      jobTypes,
      name,
      ...(log && { log }),
      host: { sweepMs: 60_000, ...host },
      worker: { pollMs: 60_000, ...worker },
    });
    if (!idle) runtime.register(ledgerActor(this.hands(name, hands), patience));
    for (const handler of handlers) runtime.handle(handler);
    if (mesh) runtime.connect({ ring() {}, ringJobs() {}, announce() {}, ...mesh });
    this.#nodes.push(runtime);
    if (start) runtime.start();
    return runtime;
  }

  /** Ends the nodes of one test. */
  async rest(): Promise<void> {
    const nodes = this.#nodes;
    this.#nodes = [];
    await Promise.all(nodes.map((node) => node.stop()));
    this.cured.clear();
    this.overlaps.length = 0;
    for (const table of ['mailbox', 'paused', 'timers', 'jobs', 'dead_letters', 'events', 'inbox'])
      await this.database.query(`delete from ${table}`);
  }

  async close(): Promise<void> {
    await this.rest();
    await this.#test.drop();
  }

  /** What was handled, by key, in the order it was. */
  async lines(key?: string): Promise<Line[]> {
    const rows = await this.database.query<Omit<Line, 'headers'> & { headers: string }>(
      'select * from ledger_lines where key = $1 or $1 is null order by key, place',
      [key ?? null],
    );
    return rows.map((row) => ({ ...row, headers: JSON.parse(row.headers) }));
  }
  async numbers(key: string): Promise<number[]> {
    return (await this.lines(key)).map(({ number }) => number);
  }
  async count(table: string, where = 'true'): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(`select count(*) from ${table} where ${where}`);
    return Number(row?.count);
  }
}

/** 1 to `last`. */
export const oneTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** Told one after the other, so that their order is the sender's. */
export const tellAll = async (node: Runtime, key: string, sayings: readonly (number | Saying)[], type = 'ledger'): Promise<void> => {
  await Promise.all(sayings.map((saying) => node.tell(type, key, 'ledger.add', typeof saying === 'number' ? { number: saying } : saying)));
};
