/** The mesh: only what differs from Moleculer's defaults, and why. */
import { hostname } from 'node:os';
import type { BrokerOptions } from 'moleculer';
import type { Config } from './config.ts';

export const brokerOptions = (config: Config): BrokerOptions => ({
  namespace: config.meshNamespace,
  nodeID: config.nodeId ?? `${hostname()}-${process.pid}`,
  logger:
    config.logFormat === 'json'
      ? { type: 'Pino', options: { pino: { options: { base: null } } } }
      : { type: 'Console', options: { formatter: 'short' } },
  logLevel: config.logLevel as 'info',
  ...(config.natsUrl
    ? {
        transporter: {
          type: 'NATS',
          options: { servers: config.natsUrl.split(','), maxReconnectAttempts: -1, reconnectTimeWait: 500 },
        },
        // NATS queue groups deliver: after a node was killed 40 of 40 events arrived, with the built-in balancer 20 of 40.
        disableBalancer: true,
      }
    : {}),
  serializer: 'JSONExt',
  requestTimeout: 5_000,
  maxCallLevel: 32,
  heartbeatInterval: 2,
  heartbeatTimeout: 6,
  // The runtime is the only retrier; with queue groups the built-in one would run a handler up to 43 times.
  retryPolicy: { enabled: false },
  circuitBreaker: { enabled: false },
  tracking: { enabled: true, shutdownTimeout: 10_000 },
  registry: { stopDelay: config.natsUrl ? 1_000 : 0 },
  skipProcessEventRegistration: true,
});
