/** Nodes that keep stock, on one schema: the inventory actor in as many runtimes as a test wants, and its books read as rows. */
import { inventoryMessages } from '../../models/inventory.ts';
import type { Database } from '../../runtime/database.ts';
import type { HostSettings } from '../../runtime/host.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { decide } from '../../services/inventory/inventory.decider.ts';
import { inventoryStore } from '../../services/inventory/inventory.store.ts';
import { drifts } from '../../services/inventory/inventory.views.store.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';

/** So that the nodes take turns often. */
const SMALL_TURNS = { messages: 12, messagesPerKey: 12, bytes: 1_000_000 };

export class StockNodes {
  readonly database: Database;
  readonly #test: TestDatabase;
  readonly #nodes: Runtime[] = [];

  constructor(test: TestDatabase) {
    this.#test = test;
    this.database = test.database;
  }

  static async open(kind: 'real' | 'embedded' = 'real'): Promise<StockNodes> {
    return new StockNodes(await openTestDatabase(kind, 12));
  }

  /** It sees what others told by its sweep: no mesh rings it. Nobody hears what it publishes. */
  node(name: string, database = this.database, host: Partial<HostSettings> = {}): Runtime {
    const runtime = new Runtime({ database, subscriptions: [], jobTypes: [], name, host: { sweepMs: 30, limits: SMALL_TURNS, ...host } });
    runtime.register({ type: 'inventory', messages: inventoryMessages, decide, store: inventoryStore, onPoison: 'skip' });
    this.#nodes.push(runtime);
    runtime.start();
    return runtime;
  }

  async one<Row>(sql: string, binds: unknown[] = []): Promise<Row> {
    return (await this.database.query<Row>(sql, binds))[0] as Row;
  }

  /** Reservations of a stock by status. */
  async held(stockKey: string): Promise<Record<string, number>> {
    const rows = await this.database.query<{ status: string; count: number }>(
      'select status, count(*)::integer as count from reservations where stock_key = $1 group by status',
      [stockKey],
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  /** The keys of what was published of this type, in the order it was. */
  async published(type: string): Promise<string[]> {
    const rows = await this.database.query<{ key: string }>(
      `select data->>'orderKey' as key from event_log where type = $1 order by entry, place`,
      [type],
    );
    return rows.map(({ key }) => key);
  }

  drifts = () => drifts(this.database, 100);

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await this.#test.drop();
  }
}
