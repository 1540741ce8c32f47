/** Every setting once: what it does, its variable, its default. The only reader of process.env; flags win over variables. */
import { parseArgs } from 'node:util';
import { StartError } from './runtime/start-error.ts';

type Kind = 'text' | 'number' | 'list' | 'weights' | 'flag';
interface Setting {
  doc: string;
  kind: Kind;
  default: string | undefined;
  flag?: string;
  oneOf?: readonly string[];
}

export const settings = {
  DATABASE_URL: { doc: 'Postgres, 15 or later. Unset: the embedded one in DATA_DIR', kind: 'text', default: undefined },
  DATABASE_SCHEMA: {
    doc: 'Schema for all tables, made when missing. Unset: the connection’s own',
    kind: 'text',
    default: undefined,
  },
  DATABASE_POOL: { doc: 'Connections of this process', kind: 'number', default: '6' },
  DATA_DIR: { doc: 'Where the embedded Postgres keeps its files', kind: 'text', default: '.data', flag: 'data-dir' },
  NATS_URL: {
    doc: 'nats://host:port of the mesh, comma separated. Unset: all services in this process',
    kind: 'text',
    default: undefined,
  },
  REDIS_URL: {
    doc: 'redis://host:port for the transient workflow state. Unset: in memory',
    kind: 'text',
    default: undefined,
  },
  MESH_NAMESPACE: { doc: 'Only nodes of one namespace see each other', kind: 'text', default: 'yardmaster' },
  NODE_ID: { doc: 'This node’s name in the mesh. Unset: host and process id', kind: 'text', default: undefined },
  SERVICES: { doc: 'The services this process runs', kind: 'list', default: 'all', flag: 'services' },
  WORKER_MODE: {
    doc: 'cron: only the clocks; event: only messages and jobs; all: both',
    kind: 'text',
    default: 'all',
    flag: 'mode',
    oneOf: ['cron', 'event', 'all'],
  },
  HOST: { doc: 'Where the gateway listens', kind: 'text', default: '127.0.0.1' },
  PORT: { doc: 'Where the gateway listens', kind: 'number', default: '3000', flag: 'port' },
  NODE_ENV: {
    doc: 'production: no seed data, and no sandbox provider of its own',
    kind: 'text',
    default: 'development',
  },
  LOG_LEVEL: {
    doc: 'fatal, error, warn, info, debug or trace',
    kind: 'text',
    default: 'info',
    oneOf: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
  },
  LOG_FORMAT: {
    doc: 'json: one line each, for collectors; text: for people',
    kind: 'text',
    default: undefined,
    oneOf: ['json', 'text'],
  },
  TRUCK_TIME_SCALE: {
    doc: 'Multiplies the simulated phase times of trucks; 0 is at once',
    kind: 'number',
    default: '1',
  },
  DEFAULT_DISTANCE_MILES: { doc: 'For orders that give no distance', kind: 'number', default: '5' },
  SAGA_TIMEOUT_MS: { doc: 'An order must be paid within this time', kind: 'number', default: '1800000' },
  WORKFLOW_TTL_MS: {
    doc: 'How long the transient workflow state of an order is kept',
    kind: 'number',
    default: '1800000',
  },
  PAYMENT_URL: {
    doc: 'The payment provider. Unset outside production: a sandbox in this process',
    kind: 'text',
    default: undefined,
  },
  PAYMENT_CALL_MS: { doc: 'One call to the provider may take this long', kind: 'number', default: '120000' },
  PAYMENT_CALLBACK_URL: { doc: 'Where the sandbox calls back. Unset: this gateway', kind: 'text', default: undefined },
  PAYMENT_WEBHOOK_SECRET: { doc: 'Signs the provider’s webhooks', kind: 'text', default: 'sandbox-secret' },
  QUEUES: {
    doc: 'Job queues and their weights',
    kind: 'weights',
    default: 'critical:6,pattern:2,compliance:1,default:1',
  },
  WORKER_SLOTS: { doc: 'Jobs at once in this process', kind: 'number', default: '100' },
  TURN_CONCURRENCY: { doc: 'Batches in flight per actor type', kind: 'number', default: '2' },
  TURNS_AT_ONCE: { doc: 'Batches in flight in all', kind: 'number', default: '3' },
  BATCH_MESSAGES: { doc: 'Messages in one batch at the most', kind: 'number', default: '2000' },
  SWEEP_MS: { doc: 'About how often a node looks for what a lost ring left behind', kind: 'number', default: '1000' },
  DRAIN_MS: { doc: 'How long a stop waits for jobs in flight', kind: 'number', default: '20000' },
  EVENT_RETENTION_MONTHS: { doc: 'Months of the event log that are kept', kind: 'number', default: '24' },
} as const satisfies Record<string, Setting>;

type Name = keyof typeof settings;

export interface Config {
  databaseUrl: string | undefined;
  databaseSchema: string | undefined;
  databasePool: number;
  dataDir: string;
  natsUrl: string | undefined;
  redisUrl: string | undefined;
  meshNamespace: string;
  nodeId: string | undefined;
  services: string[];
  workerMode: 'cron' | 'event' | 'all';
  host: string;
  port: number;
  production: boolean;
  logLevel: string;
  logFormat: 'json' | 'text';
  truckTimeScale: number;
  defaultDistanceMiles: number;
  sagaTimeoutMs: number;
  workflowTtlMs: number;
  paymentUrl: string | undefined;
  paymentCallMs: number;
  paymentCallbackUrl: string;
  paymentWebhookSecret: string;
  queues: Record<string, number>;
  workerSlots: number;
  turnConcurrency: number;
  turnsAtOnce: number;
  batchMessages: number;
  sweepMs: number;
  drainMs: number;
  eventRetentionMonths: number;
  repl: boolean;
  migrateOnly: boolean;
}

/** @throws StartError with one line that names the variable and what it may be */
export const readConfig = (argv: readonly string[] = process.argv.slice(2), env: NodeJS.ProcessEnv = process.env): Config => {
  const flags = readFlags(argv);
  const value = (name: Name): string | undefined => {
    const setting: Setting = settings[name];
    const given = (setting.flag && flags.values[setting.flag]) || env[name] || setting.default;
    if (given !== undefined && setting.oneOf && !setting.oneOf.includes(String(given))) {
      throw new StartError(`${name}=${given} is not one of ${setting.oneOf.join(', ')}.`);
    }
    return given === undefined ? undefined : String(given);
  };
  const text = (name: Name): string => value(name) ?? '';
  const number = (name: Name): number => {
    const parsed = Number(text(name));
    if (!Number.isFinite(parsed) || parsed < 0) throw new StartError(`${name}=${text(name)} is not a number of 0 or more.`);
    return parsed;
  };
  const url = (name: Name, protocols: readonly string[]): string | undefined => {
    const given = value(name);
    for (const part of given?.split(',') ?? []) {
      const protocol = URL.canParse(part) ? new URL(part).protocol : '';
      if (!protocols.includes(protocol)) throw new StartError(`${name}=${given} is not an address: give ${protocols[0]}//host:port.`);
    }
    return given;
  };
  const production = text('NODE_ENV') === 'production';
  return {
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    databaseSchema: value('DATABASE_SCHEMA'),
    databasePool: number('DATABASE_POOL'),
    dataDir: text('DATA_DIR'),
    natsUrl: url('NATS_URL', ['nats:', 'tls:']),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    meshNamespace: text('MESH_NAMESPACE'),
    nodeId: value('NODE_ID'),
    services: text('SERVICES')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
    workerMode: text('WORKER_MODE') as Config['workerMode'],
    host: text('HOST'),
    port: number('PORT'),
    production,
    logLevel: text('LOG_LEVEL'),
    logFormat: (value('LOG_FORMAT') ?? (production ? 'json' : 'text')) as Config['logFormat'],
    truckTimeScale: number('TRUCK_TIME_SCALE'),
    defaultDistanceMiles: number('DEFAULT_DISTANCE_MILES'),
    sagaTimeoutMs: number('SAGA_TIMEOUT_MS'),
    workflowTtlMs: number('WORKFLOW_TTL_MS'),
    paymentUrl: url('PAYMENT_URL', ['http:', 'https:']),
    paymentCallMs: number('PAYMENT_CALL_MS'),
    paymentCallbackUrl: value('PAYMENT_CALLBACK_URL') ?? `http://127.0.0.1:${number('PORT')}/api/payments/webhooks/sandbox`,
    paymentWebhookSecret: text('PAYMENT_WEBHOOK_SECRET'),
    queues: readWeights(text('QUEUES')),
    workerSlots: number('WORKER_SLOTS'),
    turnConcurrency: number('TURN_CONCURRENCY'),
    turnsAtOnce: number('TURNS_AT_ONCE'),
    batchMessages: number('BATCH_MESSAGES'),
    sweepMs: number('SWEEP_MS'),
    drainMs: number('DRAIN_MS'),
    eventRetentionMonths: number('EVENT_RETENTION_MONTHS'),
    repl: flags.values.repl === true,
    migrateOnly: flags.values.migrate === true,
  };
};

const readFlags = (argv: readonly string[]) => {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        services: { type: 'string' },
        mode: { type: 'string' },
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        repl: { type: 'boolean' },
        migrate: { type: 'boolean' },
      },
    }) as { values: Record<string, string | boolean | undefined> };
  } catch (error) {
    throw new StartError(`${(error as Error).message} Flags are --services, --mode, --port, --data-dir, --repl and --migrate.`);
  }
};

const readWeights = (text: string): Record<string, number> => {
  const weights: Record<string, number> = {};
  for (const pair of text.split(',')) {
    const [queue, weight] = pair.split(':');
    if (!queue || !Number.isInteger(Number(weight)) || Number(weight) < 1) {
      throw new StartError(`QUEUES=${text} is not a list of queue:weight, as in critical:6,default:1.`);
    }
    weights[queue.trim()] = Number(weight);
  }
  return weights;
};
