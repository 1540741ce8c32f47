/** One node of the mesh, from its settings to running: what main.ts, the tests and the benchmarks start. */
import { createServer } from 'node:net';
import { ServiceBroker, type ServiceSchema } from 'moleculer';
import type { Config } from './config.ts';
import { meshOf } from './mixins/mesh.ts';
import { announcedCommands, namesWith } from './models/events.ts';
import { jobTypes } from './models/jobs.ts';
import { migrations } from './models/migrations/migrations.ts';
import { seed } from './models/seed.ts';
import { subscriptions } from './models/subscriptions.ts';
import { brokerOptions } from './moleculer.config.ts';
import { type Database, openDatabase } from './runtime/database.ts';
import { keepPartitions } from './runtime/events.ts';
import { holdRuntime } from './runtime/holder.ts';
import type { Logger } from './runtime/logger.ts';
import { migrate } from './runtime/migrate.ts';
import { Runtime } from './runtime/runtime.ts';
import { StartError } from './runtime/start-error.ts';
import cart from './services/cart/cart.service.ts';
import fulfillment from './services/fulfillment/fulfillment.service.ts';
import gateway from './services/gateway/gateway.service.ts';
import { seedOnce } from './services/inventory/catalogue.store.ts';
import inventory from './services/inventory/inventory.service.ts';
import product from './services/inventory/product.service.ts';
import order from './services/order/order.service.ts';
import payment from './services/payment/payment.service.ts';
import exchange from './services/returns/exchange.service.ts';
import returned from './services/returns/return.service.ts';
import returns from './services/returns/returns.service.ts';
import sendingBack from './services/returns/sending-back.service.ts';
import scheduler from './services/scheduler/scheduler.service.ts';
import dispatch from './services/truck/dispatch.service.ts';
import driver from './services/truck/driver.service.ts';
import truck from './services/truck/truck.service.ts';

/** What operators follow in the log: an order's beginning and end, and what went off its way. */
const MILESTONES = new Set([
  'order.created',
  'order.truck.assigned',
  'order.delivered',
  'order.cancelled',
  'order.timeout',
  'order.exception',
  'payment.failed',
  'payment.refunded',
  'inventory.rejected',
  'dispatch.no_truck',
  'dispatch.no_stock',
  'truck.stuck',
  'truck.forced',
  'load.overdue',
  'load.rejected',
  'plant.broken-down',
  'plant.repaired',
]);

/** The rooms of services/, and the Moleculer services each holds: `--services` names rooms. */
export const rooms: Record<string, ((config: Config) => ServiceSchema)[]> = {
  order: [order, sendingBack],
  inventory: [inventory, product],
  payment: [payment],
  fulfillment: [fulfillment],
  truck: [truck, dispatch, driver],
  cart: [cart],
  returns: [returned, exchange, returns],
  scheduler: [scheduler],
  gateway: [gateway],
};

export interface Node {
  broker: ServiceBroker;
  runtime: Runtime;
  database: Database;
  /** Finishes what is in flight and leaves. */
  stop(): Promise<void>;
}

/** @throws StartError with one line that names the setting to change */
export const startNode = async (config: Config): Promise<Node> => {
  const chosen = chooseRooms(config);
  // A setting that a service misses is said before anything is opened, and so is a mesh that is away.
  const schemas = chosen.flatMap((room) => (rooms[room] ?? []).map((service) => service(config)));
  if (chosen.includes('gateway')) await checkPort(config);
  if (config.natsUrl) await checkNats(config.natsUrl);
  const database = await openDatabase({
    url: config.databaseUrl,
    dataDir: config.dataDir,
    poolSize: config.databasePool,
    schema: config.databaseSchema,
    applicationName: `yardmaster ${config.nodeId ?? process.pid}`,
  });
  try {
    await prepare(database, config);
    // However the node is told to leave (a signal, the REPL's exit), the machine finishes its turns and jobs while its services still answer.
    let runtime: Runtime | undefined;
    const finishFirst = { name: 'FinishFirst', stopping: async () => runtime?.stop() };
    const broker = new ServiceBroker({ ...brokerOptions(config), middlewares: [finishFirst] });
    runtime = new Runtime({
      database,
      subscriptions,
      jobTypes,
      announced: announcedCommands,
      name: broker.nodeID,
      log: logOf(broker, config),
      host: {
        concurrency: config.turnConcurrency,
        atOnce: config.turnsAtOnce,
        sweepMs: config.sweepMs,
        slowMs: config.slowMs,
        milestones: MILESTONES,
        limits: {
          messages: config.batchMessages,
          messagesPerKey: Math.ceil(config.batchMessages / 2),
          bytes: 8_000_000,
        },
      },
      worker: { slots: config.workerSlots, queues: config.queues, drainMs: config.drainMs, slowMs: config.slowMs },
    });
    holdRuntime(broker, runtime);
    for (const schema of schemas) broker.createService(schema);
    runtime.connect(meshOf(broker, namesWith(config)));
    await broker.start();
    if (config.natsUrl) await offerNow(broker);
    if (config.workerMode !== 'cron') runtime.start();
    return { broker, runtime, database, stop: () => stopNode(broker, database) };
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
};

/** Left alone, Moleculer subscribes a node's services a second after the last has started: calls until then are lost and time out. */
const offerNow = async (broker: ServiceBroker): Promise<void> => {
  (broker.localServiceChanged as { cancel?(): void }).cancel?.();
  await broker.registry.discoverer.sendLocalNodeInfo();
};

const stopNode = async (broker: ServiceBroker, database: Database): Promise<void> => {
  await broker.stop();
  await database.close();
};

/** Migrates, and on an empty database outside production fills it: however many processes start together, once. */
export const prepare = (database: Database, config: Pick<Config, 'production' | 'eventRetentionMonths'>): Promise<unknown> =>
  migrate(database, migrations, async () => {
    await keepPartitions(database, database.now(), config.eventRetentionMonths);
    if (!config.production) await seedOnce(database, seed);
  });

const chooseRooms = ({ services }: Config): string[] => {
  const all = Object.keys(rooms);
  if (services.includes('all')) return all;
  const unknown = services.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new StartError(`SERVICES names ${unknown.join(', ')}, which is none of ${all.join(', ')}.`);
  return services;
};

const checkPort = ({ port, host }: Config): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken by another process' : `cannot be listened on (${error.code})`;
      reject(new StartError(`PORT=${port} on HOST=${host} ${why}: choose another.`));
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });

/** Moleculer would wait for ever for a mesh that is not there. */
const checkNats = async (url: string): Promise<void> => {
  const { connect } = await import('nats');
  try {
    const connection = await connect({ servers: url.split(','), maxReconnectAttempts: 0, timeout: 3_000 });
    await connection.close();
  } catch (error) {
    throw new StartError(`NATS at NATS_URL=${url} does not answer (${(error as Error).message}): check it, or unset it to run alone.`);
  }
};

/** The runtime's log lines: fields first for collectors, last for people. */
const logOf = (broker: ServiceBroker, { logFormat, logLevel }: Config): Logger => {
  const logger = broker.getLogger('runtime');
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: object): void => {
      if (!fields) logger[level](message);
      else if (logFormat === 'json') logger[level](fields, message);
      else logger[level](message, fields);
    };
  return {
    wordy: ['debug', 'trace'].includes(logLevel),
    quiet: ['warn', 'error', 'fatal'].includes(logLevel),
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
};
