/** The only reader of process.env: what the settings (config.settings.ts) say, checked and typed; flags win over variables. */
import { parseArgs } from 'node:util';
import { clockNames } from './config.clocks.ts';
import { type Setting, settings } from './config.settings.ts';
import { StartError } from './runtime/start-error.ts';

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
  truckWashUnloaded: boolean;
  /** Minutes by phase. */
  truckStuckMinutes: Record<string, number>;
  dischargeLimitMinutes: number;
  deliveryCompleteOn: 'pour_completed' | 'truck_available';
  dispatchStrategy: 'first' | 'nearest' | 'plantPool' | 'capacity' | 'scored';
  dispatchAheadMs: number;
  dispatchHoldMs: number;
  dispatchAttentionMs: number;
  defaultDistanceMiles: number;
  sagaTimeoutMs: number;
  workflowTtlMs: number;
  acceptedQueue: string;
  processedQueue: string;
  paymentUrl: string | undefined;
  paymentCallMs: number;
  paymentCallbackUrl: string;
  paymentWebhookSecret: string;
  paymentCapture: 'immediate' | 'on_delivery';
  paymentWindowMs: number;
  paymentBreaker: { percent: number; calls: number; resetMs: number };
  stripeApiKey: string | undefined;
  stripeApiBase: string | undefined;
  stripeWebhookSecret: string | undefined;
  shippingUrl: string | undefined;
  shippingCallMs: number;
  shippingPollMs: number;
  shippingCallbackUrl: string;
  shippingWebhookSecret: string;
  shippingTimeScale: number;
  fulfillmentAuto: boolean;
  queues: Record<string, number>;
  workerSlots: number;
  turnConcurrency: number;
  turnsAtOnce: number;
  batchMessages: number;
  sweepMs: number;
  slowMs: number;
  drainMs: number;
  eventRetentionMonths: number;
  sessionTtlMs: number;
  cartTtlMs: number;
  orderAutoCancelMs: number;
  orderAutoCancelSpares: string[];
  orderCompletionMs: number;
  codDispatchBeforeConfirm: boolean;
  /** Schedules by the clock's name, as in session_cleanup. */
  clocks: Record<string, string>;
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
  const schedule = (name: Name): string => {
    const given = text(name).trim();
    if (!/^(\S+\s+){4,5}\S+$/.test(given)) throw new StartError(`${name}=${given} is not a schedule of five or six fields.`);
    return given;
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
    truckWashUnloaded: value('TRUCK_WASH_UNLOADED') === 'true',
    truckStuckMinutes: readWeights('TRUCK_STUCK_MINUTES', text('TRUCK_STUCK_MINUTES')),
    dischargeLimitMinutes: number('DISCHARGE_LIMIT_MINUTES'),
    deliveryCompleteOn: text('DELIVERY_COMPLETE_ON') as Config['deliveryCompleteOn'],
    dispatchStrategy: text('DISPATCH_STRATEGY') as Config['dispatchStrategy'],
    dispatchAheadMs: number('DISPATCH_AHEAD_MS'),
    dispatchHoldMs: number('DISPATCH_HOLD_MS'),
    dispatchAttentionMs: number('DISPATCH_ATTENTION_MS'),
    defaultDistanceMiles: number('DEFAULT_DISTANCE_MILES'),
    sagaTimeoutMs: number('SAGA_TIMEOUT_MS'),
    workflowTtlMs: number('WORKFLOW_TTL_MS'),
    acceptedQueue: text('ACCEPTED_QUEUE'),
    processedQueue: text('PROCESSED_QUEUE'),
    paymentUrl: url('PAYMENT_URL', ['http:', 'https:']),
    paymentCallMs: number('PAYMENT_CALL_MS'),
    paymentCallbackUrl: value('PAYMENT_CALLBACK_URL') ?? `http://127.0.0.1:${number('PORT')}/api/payments/webhooks/sandbox`,
    paymentWebhookSecret: text('PAYMENT_WEBHOOK_SECRET'),
    paymentCapture: text('PAYMENT_CAPTURE') as Config['paymentCapture'],
    paymentWindowMs: number('PAYMENT_WINDOW_MS'),
    paymentBreaker: {
      percent: number('PAYMENT_BREAKER_PERCENT'),
      calls: number('PAYMENT_BREAKER_CALLS'),
      resetMs: number('PAYMENT_BREAKER_RESET_MS'),
    },
    stripeApiKey: value('STRIPE_API_KEY'),
    stripeApiBase: url('STRIPE_API_BASE', ['http:', 'https:']),
    stripeWebhookSecret: value('STRIPE_WEBHOOK_SECRET'),
    shippingUrl: url('SHIPPING_URL', ['http:', 'https:']),
    shippingCallMs: number('SHIPPING_CALL_MS'),
    shippingPollMs: number('SHIPPING_POLL_MS'),
    shippingCallbackUrl: value('SHIPPING_CALLBACK_URL') ?? `http://127.0.0.1:${number('PORT')}/api/shipments/webhooks/sandbox`,
    shippingWebhookSecret: text('SHIPPING_WEBHOOK_SECRET'),
    shippingTimeScale: number('SHIPPING_TIME_SCALE'),
    fulfillmentAuto: value('FULFILLMENT_AUTO') === 'true',
    queues: readWeights('QUEUES', text('QUEUES')),
    workerSlots: number('WORKER_SLOTS'),
    turnConcurrency: number('TURN_CONCURRENCY'),
    turnsAtOnce: number('TURNS_AT_ONCE'),
    batchMessages: number('BATCH_MESSAGES'),
    sweepMs: number('SWEEP_MS'),
    slowMs: number('SLOW_MS'),
    drainMs: number('DRAIN_MS'),
    eventRetentionMonths: number('EVENT_RETENTION_MONTHS'),
    sessionTtlMs: number('SESSION_TTL_MS'),
    cartTtlMs: number('CART_TTL_MS'),
    orderAutoCancelMs: number('ORDER_AUTO_CANCEL_MS'),
    orderAutoCancelSpares: text('ORDER_AUTO_CANCEL_SPARES')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
    orderCompletionMs: number('ORDER_COMPLETION_MS'),
    codDispatchBeforeConfirm: value('COD_DISPATCH_BEFORE_CONFIRM') === 'true',
    clocks: Object.fromEntries(clockNames.map((name) => [name.slice('CRON_'.length).toLowerCase(), schedule(name)])),
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

/** Pairs of a name and a whole number. */
const readWeights = (name: Name, text: string): Record<string, number> => {
  const weights: Record<string, number> = {};
  for (const pair of text.split(',')) {
    const [queue, weight] = pair.split(':');
    if (!queue || !Number.isInteger(Number(weight)) || Number(weight) < 1) {
      throw new StartError(`${name}=${text} is not a list as in ${settings[name].default}.`);
    }
    weights[queue.trim()] = Number(weight);
  }
  return weights;
};
