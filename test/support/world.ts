/**
 * A small world for nodes to crash in: a schema of its own on the real Postgres, a NATS of its own where asked for, and one payment
 * provider and one carrier outside all nodes, so that money taken twice and parcels sent twice are seen. Nodes keep their name and port
 * over their lives.
 */
import { startCarrier } from '../../services/fulfillment/carrier.ts';
import { type Mishap, type Sandbox, startSandbox } from '../../services/payment/sandbox.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { brokenLaws, type LedgerLine, type Parcel } from './invariants.ts';
import { type ChildNode, startChild } from './nodes.ts';
import { until, untilQuiet } from './quiet.ts';
import { couldNotRun, freePort, type OwnServer, ownNats, postgresUrl } from './servers.ts';

const SECRET = 'sandbox-secret';
/** The times of trucks and carriers, of what they are in the real world. */
const TIME_SCALE = 0.02;

/** False, and said at the end of the run, where there is no real Postgres or no nats-server. */
export const canCrash = async (title: string): Promise<boolean> => {
  const nats = await ownNats();
  await nats?.kill();
  if (nats && (await postgresUrl())) return true;
  couldNotRun(`${title}: needs a real Postgres and nats-server`);
  return false;
};

export interface Life {
  readonly name: string;
  readonly url: string;
  state: 'down' | 'up' | 'frozen';
  child: ChildNode | undefined;
  /** Starts it, again and again as a supervisor would, until it runs. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** @returns its exit code */
  stop(): Promise<number | null>;
  freeze(): void;
  thaw(): void;
}

export interface World extends TestDatabase {
  nats: OwnServer | undefined;
  /** The payment provider. */
  sandbox: Sandbox;
  env: Record<string, string>;
  node(name: string, settings?: { env?: Record<string, string>; script?: string; args?: string[] }): Promise<Life>;
  /** Adds so many trucks to each plant. */
  addTrucks(perPlant: number): Promise<void>;
  ledger(): Promise<LedgerLine[]>;
  /** Waits until nothing moves. @returns the broken laws */
  settle(accepted: readonly string[], timeoutMs?: number): Promise<string[]>;
  /** Ends the connections that these nodes have to Postgres, and no others. @returns how many */
  terminateBackends(): Promise<number>;
  /** What the nodes said last, for a failed test. */
  said(): string;
  end(): Promise<void>;
}

interface Wanted {
  mesh?: boolean;
  /** Another way to Postgres. */
  url?: string;
  /** What befalls a call to the payment provider. */
  mishap?: (operation: string, key: string) => Mishap;
}

export const makeWorld = async ({ mesh = true, url, mishap }: Wanted = {}): Promise<World> => {
  const base = await openTestDatabase('real', 4);
  const nats = mesh ? await ownNats() : undefined;
  const sandbox = await startSandbox({ secret: SECRET, ...(mishap ? { mishap } : {}) });
  const carrier = await startCarrier({ secret: SECRET, timeScale: TIME_SCALE });
  const tag = (base.schema as string).slice(-6);
  const lives = new Map<string, Life>();
  const env = {
    DATABASE_URL: url ?? (base.url as string),
    DATABASE_SCHEMA: base.schema as string,
    DATABASE_POOL: '8',
    ...(nats ? { NATS_URL: `nats://127.0.0.1:${nats.port}` } : {}),
    MESH_NAMESPACE: base.schema as string,
    PAYMENT_URL: sandbox.url,
    PAYMENT_CALL_MS: '1500',
    PAYMENT_WEBHOOK_SECRET: SECRET,
    SHIPPING_URL: carrier.url,
    SHIPPING_CALL_MS: '1500',
    SHIPPING_POLL_MS: '1000',
    SHIPPING_WEBHOOK_SECRET: SECRET,
    TRUCK_TIME_SCALE: String(TIME_SCALE),
  };

  const node: World['node'] = async (name, { env: own = {}, script, args } = {}) => {
    const port = await freePort();
    const life: Life = {
      name: `${name}-${tag}`,
      url: `http://127.0.0.1:${port}`,
      state: 'down',
      child: undefined,
      async start() {
        const starting = async (): Promise<boolean> => {
          life.child = await startChild({ ...env, NODE_ID: life.name, PORT: String(port), ...own }, args, script).catch(() => undefined);
          return life.child !== undefined;
        };
        await until(starting, { timeoutMs: 60_000, what: () => `${life.name} does not start` });
        life.state = 'up';
      },
      async kill() {
        life.state = 'down';
        await life.child?.kill();
      },
      async stop() {
        life.state = 'down';
        return (await life.child?.stop()) ?? null;
      },
      freeze() {
        life.state = 'frozen';
        life.child?.freeze();
      },
      thaw() {
        life.child?.thaw();
        life.state = 'up';
      },
    };
    lives.set(name, life);
    return life;
  };

  const ledgerOf = async <Line>(at: string) => (await (await fetch(`${at}/ledger`)).json()) as Line[];
  const ledger = () => ledgerOf<LedgerLine>(sandbox.url);

  return {
    ...base,
    nats,
    sandbox,
    env,
    node,
    addTrucks: async (perPlant) => {
      await base.database.query(
        `insert into trucks (id, code, plant_id) select p.id || '-' || n, p.id || '-' || n, p.id from plants p cross join generate_series(1, $1) n`,
        [perPlant],
      );
    },
    ledger,
    async settle(accepted, timeoutMs = 60_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        await untilQuiet(base.database, { timeoutMs: Math.max(1_000, deadline - Date.now()), horizonMs: 24 * 3_600_000 });
        const broken = await brokenLaws(base.database, { accepted, ledger: await ledger(), parcels: await ledgerOf<Parcel>(carrier.url) });
        // A node that was thawed may say after the quiet what it had begun before: then it was not quiet yet.
        if (Date.now() > deadline || !broken.some((law) => law.startsWith('mailbox: '))) return broken;
      }
    },
    async terminateBackends() {
      const names = [...lives.values()].map((life) => `yardmaster ${life.name}`);
      const ended = await base.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = any(string_to_array($1::text, ','))`,
        [names.join(',')],
      );
      return ended.length;
    },
    said: () => [...lives.values()].map(({ name, state, child }) => `--- ${name} is ${state}\n${child?.output().slice(-3_000)}`).join('\n'),
    async end() {
      for (const life of lives.values()) await life.kill();
      await nats?.kill();
      await sandbox.close();
      await carrier.close();
      await base.drop();
    },
  };
};
