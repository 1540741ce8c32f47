/**
 * The transient workflow state of an order, `order:status:{correlationId}` in Redis or in memory: shown to waiting clients, never
 * trusted. It only moves forward, and Redis away means it is not shown, nothing more.
 */
import { Redis } from 'ioredis';
import type { Logger } from '../../runtime/logger.ts';

export const workflowStates = ['ACCEPTED', 'PROCESSING', 'COMPLETED'] as const;
export type WorkflowState = (typeof workflowStates)[number];

export interface Workflow {
  /** Moves forward to a state; a state further on stays. Never fails and never waits long. */
  advance(correlationId: string, state: WorkflowState): Promise<void>;
  read(correlationId: string): Promise<WorkflowState | undefined>;
  close(): Promise<void>;
}

const rank = (state: string): number => workflowStates.indexOf(state as WorkflowState);
const keyOf = (correlationId: string): string => `order:status:${correlationId}`;

export const memoryWorkflow = (ttlMs: number): Workflow => {
  const states = new Map<string, { state: WorkflowState; until: number }>();
  const forget = (): void => {
    // Entries are in the order of their last change, so the expired ones come first.
    for (const [id, { until }] of states) {
      if (until > Date.now()) return;
      states.delete(id);
    }
  };
  return {
    async advance(correlationId, state) {
      forget();
      const known = states.get(correlationId);
      if (known && rank(known.state) >= rank(state)) return;
      states.delete(correlationId);
      states.set(correlationId, { state, until: Date.now() + ttlMs });
    },
    async read(correlationId) {
      forget();
      return states.get(correlationId)?.state;
    },
    async close() {
      states.clear();
    },
  };
};

/** KEYS[1] the order's key; ARGV[1] the new state, ARGV[2] its rank, ARGV[3] the time to live in ms. */
const ADVANCE = `
local ranks = { ACCEPTED = 0, PROCESSING = 1, COMPLETED = 2 }
local known = ranks[redis.call('GET', KEYS[1]) or '']
if known == nil or known < tonumber(ARGV[2]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) end`;

export const redisWorkflow = (url: string, ttlMs: number, log: Logger): Workflow => {
  const redis = new Redis(url, {
    commandTimeout: 1_000,
    connectTimeout: 1_000,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
  });
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.warn('Redis is away: workflow states are read from Postgres', { error: error.message });
    away = true;
  });
  redis.on('ready', () => {
    away = false;
  });
  redis.defineCommand('advance', { numberOfKeys: 1, lua: ADVANCE });
  const commands = redis as Redis & { advance(key: string, state: string, rank: number, ttl: number): Promise<null> };
  return {
    async advance(correlationId, state) {
      await commands.advance(keyOf(correlationId), state, rank(state), ttlMs).catch(() => undefined);
    },
    async read(correlationId) {
      const state = await redis.get(keyOf(correlationId)).catch(() => null);
      return state !== null && rank(state) >= 0 ? (state as WorkflowState) : undefined;
    },
    async close() {
      redis.disconnect();
    },
  };
};
