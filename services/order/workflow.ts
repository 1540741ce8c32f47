/**
 * The transient workflow state of an order, `order:status:{correlationId}` in Redis or in memory: shown to waiting clients, never
 * trusted. It only moves forward, and Redis away means that it is not shown until Redis is back, nothing more.
 */
import { Redis } from 'ioredis';
import type { Logger } from '../../runtime/logger.ts';

export const workflowStates = ['ACCEPTED', 'PROCESSING', 'COMPLETED'] as const;
export type WorkflowState = (typeof workflowStates)[number];

export interface Workflow {
  /** Moves these orders forward to a state; one further on stays. Never fails and is not waited for. */
  advance(correlationIds: readonly string[], state: WorkflowState): void;
  read(correlationId: string): Promise<WorkflowState | undefined>;
  close(): Promise<void>;
}

const rank = (state: string | undefined): number => workflowStates.indexOf(state as WorkflowState);
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
    advance(correlationIds, state) {
      forget();
      for (const id of correlationIds) {
        if (rank(states.get(id)?.state) >= rank(state)) continue;
        states.delete(id);
        states.set(id, { state, until: Date.now() + ttlMs });
      }
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

/** KEYS the orders' keys; ARGV[1] the time to live in ms, ARGV[2…] their new states. One compare-and-set each, in one round trip. */
const ADVANCE = `
local ranks = { ACCEPTED = 0, PROCESSING = 1, COMPLETED = 2 }
for i, key in ipairs(KEYS) do
  local known = ranks[redis.call('GET', key) or '']
  if known == nil or known < ranks[ARGV[i + 1]] then redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1]) end
end`;

/** No longer than this for one command: who waits for an answer is better served from Postgres. */
const COMMAND_MS = 500;
/** After one that was not answered, none is tried for as long. */
const REST_MS = 1_000;
const AT_ONCE = 500;
/** So many orders' states are kept for when Redis is back; of more, the oldest are not shown. */
const MOST_KEPT = 10_000;

type Commands = Redis & { advance(count: number, ...keysAndValues: (string | number)[]): Promise<null> };

export const redisWorkflow = (url: string, ttlMs: number, log: Logger): Workflow => {
  const redis = new Redis(url, {
    commandTimeout: COMMAND_MS,
    connectTimeout: 1_000,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    // What was not said is kept here, in its furthest state.
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(times * 50, 1_000),
  });
  redis.defineCommand('advance', { lua: ADVANCE });
  const unsaid = new Map<string, { state: WorkflowState; until: number }>();
  let restsUntil = 0;
  let sending = false;
  let away = false;
  let closed = false;

  const unanswered = (error: Error): void => {
    restsUntil = Date.now() + REST_MS;
    if (!away) log.warn('Redis is away: workflow states are read from Postgres', { error: error.message });
    away = true;
  };
  redis.on('error', unanswered);
  redis.on('ready', () => {
    if (away) log.info('Redis is back', { unsaid: unsaid.size });
    away = false;
    restsUntil = 0;
    sendSoon();
  });

  const keep = (id: string, state: WorkflowState, until: number): void => {
    if (rank(unsaid.get(id)?.state) >= rank(state)) return;
    unsaid.set(id, { state, until });
    if (unsaid.size > MOST_KEPT) unsaid.delete(unsaid.keys().next().value as string);
  };

  /** What is said in one breath goes out together; what comes meanwhile, after it. */
  const sendSoon = (): void => {
    if (sending || closed) return;
    sending = true;
    setImmediate(async () => {
      while (unsaid.size > 0 && !closed && redis.status === 'ready' && Date.now() >= restsUntil) await sendSome();
      sending = false;
      if (unsaid.size > 0 && redis.status === 'ready' && !closed) setTimeout(sendSoon, REST_MS).unref();
    });
  };

  const sendSome = async (): Promise<void> => {
    const some = [...unsaid].slice(0, AT_ONCE);
    for (const [id] of some) unsaid.delete(id);
    const fresh = some.filter(([, { until }]) => until > Date.now());
    const keys = fresh.map(([id]) => keyOf(id));
    const states = fresh.map(([, { state }]) => state);
    try {
      if (keys.length > 0) await (redis as Commands).advance(keys.length, ...keys, ttlMs, ...states);
    } catch (error) {
      unanswered(error as Error);
      for (const [id, { state, until }] of fresh) keep(id, state, until);
    }
  };

  return {
    advance(correlationIds, state) {
      const until = Date.now() + ttlMs;
      for (const id of correlationIds) keep(id, state, until);
      if (redis.status === 'ready') sendSoon();
    },
    async read(correlationId) {
      if (redis.status !== 'ready' || Date.now() < restsUntil) return unsaid.get(correlationId)?.state;
      try {
        const state = (await redis.get(keyOf(correlationId))) ?? undefined;
        return rank(state) >= 0 ? (state as WorkflowState) : undefined;
      } catch (error) {
        unanswered(error as Error);
        return unsaid.get(correlationId)?.state;
      }
    },
    async close() {
      if (redis.status === 'ready' && Date.now() >= restsUntil) await sendSome();
      closed = true;
      redis.disconnect();
    },
  };
};
