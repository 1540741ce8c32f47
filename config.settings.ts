/** Every setting once: what it does, its variable, its default. config.ts reads them; docs/settings.md is drawn from here. */
import { clockSettings } from './config.clocks.ts';

type Kind = 'text' | 'number' | 'list' | 'weights' | 'flag';
export interface Setting {
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
    doc: 'Multiplies the simulated phase times of trucks; 60 is real time, 0 is at once',
    kind: 'number',
    default: '1',
  },
  TRUCK_WASH_UNLOADED: {
    doc: 'Whether a truck that was called back before it loaded is washed all the same',
    kind: 'text',
    default: 'false',
    oneOf: ['true', 'false'],
  },
  TRUCK_STUCK_MINUTES: {
    doc: 'A truck that is in a phase for longer is listed under attention',
    kind: 'weights',
    default: 'assigned:15,loading:30,en_route:120,at_job_site:60,delivering:60,returning:120,washing:30',
  },
  DISCHARGE_LIMIT_MINUTES: { doc: 'From batching, a load is to be poured within this time', kind: 'number', default: '90' },
  DELIVERY_COMPLETE_ON: {
    doc: 'When an order by truck is delivered: when it is poured, or when its truck is available again',
    kind: 'text',
    default: 'pour_completed',
    oneOf: ['pour_completed', 'truck_available'],
  },
  DISPATCH_STRATEGY: {
    doc: 'How a truck is chosen where the plant has no strategy of its own',
    kind: 'text',
    default: 'first',
    oneOf: ['first', 'nearest', 'plantPool', 'capacity', 'scored'],
  },
  DISPATCH_AHEAD_MS: {
    doc: 'An order with a requested window gets its truck at most this long before the truck would have to leave',
    kind: 'number',
    default: '900000',
  },
  DISPATCH_HOLD_MS: {
    doc: 'An order taken off its truck by hand waits this long for what a person says instead',
    kind: 'number',
    default: '30000',
  },
  DISPATCH_ATTENTION_MS: { doc: 'An order that waits for a truck for longer is listed under attention', kind: 'number', default: '900000' },
  DEFAULT_DISTANCE_MILES: { doc: 'For orders that give no distance', kind: 'number', default: '5' },
  SAGA_TIMEOUT_MS: { doc: 'An order must be paid within this time', kind: 'number', default: '1800000' },
  WORKFLOW_TTL_MS: {
    doc: 'How long the transient workflow state of an order is kept',
    kind: 'number',
    default: '1800000',
  },
  ACCEPTED_QUEUE: {
    doc: 'Event of the mesh that brings accepted orders, besides order.accepted',
    kind: 'text',
    default: 'OrderProcessed',
  },
  PROCESSED_QUEUE: {
    doc: 'Event of the mesh under which processed orders are announced, besides order.processed',
    kind: 'text',
    default: 'OrdersProcessed',
  },
  PAYMENT_URL: {
    doc: 'The payment provider. Unset outside production: a sandbox in this process',
    kind: 'text',
    default: undefined,
  },
  PAYMENT_CALL_MS: { doc: 'One call to the provider may take this long', kind: 'number', default: '120000' },
  PAYMENT_CALLBACK_URL: { doc: 'Where the sandbox calls back. Unset: this gateway', kind: 'text', default: undefined },
  PAYMENT_WEBHOOK_SECRET: { doc: 'Signs the provider’s webhooks', kind: 'text', default: 'sandbox-secret' },
  SHIPPING_URL: {
    doc: 'The carrier. Unset outside production: a sandbox in this process',
    kind: 'text',
    default: undefined,
  },
  SHIPPING_CALL_MS: { doc: 'One call to the carrier may take this long', kind: 'number', default: '300000' },
  SHIPPING_POLL_MS: { doc: 'How often a parcel under way is asked for, in case its callbacks are lost', kind: 'number', default: '60000' },
  SHIPPING_CALLBACK_URL: { doc: 'Where the sandbox carrier calls back. Unset: this gateway', kind: 'text', default: undefined },
  SHIPPING_WEBHOOK_SECRET: { doc: 'Signs the carrier’s webhooks', kind: 'text', default: 'sandbox-secret' },
  SHIPPING_TIME_SCALE: { doc: 'Multiplies the sandbox carrier’s times; 0 is at once', kind: 'number', default: '1' },
  FULFILLMENT_AUTO: {
    doc: 'true: fulfilments are picked and packed by themselves; false: they wait for people',
    kind: 'text',
    default: 'true',
    oneOf: ['true', 'false'],
  },
  PAYMENT_CAPTURE: {
    doc: 'immediate: a card is charged at once; on_delivery: authorised at once, charged when the order is delivered',
    kind: 'text',
    default: 'immediate',
    oneOf: ['immediate', 'on_delivery'],
  },
  PAYMENT_WINDOW_MS: { doc: 'A payment must be made within this time of being asked for', kind: 'number', default: '900000' },
  PAYMENT_BREAKER_PERCENT: {
    doc: 'So many calls in a hundred must fail for the provider’s circuit breaker to open',
    kind: 'number',
    default: '50',
  },
  PAYMENT_BREAKER_CALLS: { doc: 'The circuit breaker judges from this many calls in 10 s on', kind: 'number', default: '20' },
  PAYMENT_BREAKER_RESET_MS: { doc: 'An open circuit breaker lets one call try after this time', kind: 'number', default: '5000' },
  STRIPE_API_KEY: { doc: 'Cards are charged by Stripe with this key. Unset: by PAYMENT_URL', kind: 'text', default: undefined },
  STRIPE_API_BASE: { doc: 'Another address for Stripe’s API, as for tests', kind: 'text', default: undefined },
  STRIPE_WEBHOOK_SECRET: { doc: 'Signs Stripe’s webhooks', kind: 'text', default: undefined },
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
  SLOW_MS: { doc: 'A batch of turns or a job that takes longer is logged', kind: 'number', default: '2000' },
  DRAIN_MS: { doc: 'How long a stop waits for jobs in flight', kind: 'number', default: '20000' },
  EVENT_RETENTION_MONTHS: { doc: 'Months of the event log that are kept', kind: 'number', default: '24' },
  SESSION_TTL_MS: { doc: 'A session that is not seen for this long is deleted', kind: 'number', default: '86400000' },
  CART_TTL_MS: { doc: 'A cart that is not touched for this long is deleted', kind: 'number', default: '604800000' },
  ORDER_AUTO_CANCEL_MS: { doc: 'An order that is still pending after this time is cancelled', kind: 'number', default: '86400000' },
  ORDER_AUTO_CANCEL_SPARES: {
    doc: 'Which old pending orders are not cancelled: open-job, delivered, future-window',
    kind: 'list',
    default: 'open-job,delivered,future-window',
  },
  ORDER_COMPLETION_MS: { doc: 'A delivered order is completed after this time', kind: 'number', default: '2592000000' },
  COD_DISPATCH_BEFORE_CONFIRM: {
    doc: 'true: an order by truck that is paid on delivery gets its truck when its stock is held; false: when it is confirmed',
    kind: 'text',
    default: 'false',
    oneOf: ['true', 'false'],
  },
  ...clockSettings,
} as const satisfies Record<string, Setting>;
