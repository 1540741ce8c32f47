/**
 * MetricsCollection: every minute the figures of all rooms in one place, with what the process and its mesh stand on. They are kept with the
 * firing, so that every node can show them, and the last here, for this node's health.
 */
import type { ServiceBroker } from 'moleculer';
import type { Database } from '../../runtime/database.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { currentHeaders } from '../../runtime/trace.ts';
import type { RedisLink } from './redis-link.ts';

export interface NodeFigures {
  startedAt: string;
  /** How often a node of this name came up again while somebody looked. */
  restarts: number;
  memoryMb: number;
  seenAt: string;
}

export interface Figures {
  at: string;
  /** By room: whatever its `figures` action answers; null when it did not. */
  rooms: Record<string, unknown>;
  nodes: Record<string, NodeFigures>;
  /** Connections of this process to Postgres. */
  pool: PoolUsage;
  redis: 'connected' | 'away' | 'none';
}

export interface PoolUsage {
  open: number;
  inUse: number;
  waiting: number;
}

const CALL_MS = 3_000;
const OWN = 'scheduler.figures';

export const collectFigures = async (broker: ServiceBroker, redis: RedisLink, before: Figures | undefined): Promise<Figures> => {
  const { database } = runtimeOf(broker);
  const [rooms, nodes, link] = await Promise.all([roomFigures(broker), nodeFigures(broker, before?.nodes ?? {}), redis.state()]);
  return { at: database.now().toISOString(), rooms, nodes, pool: poolUsage(database), redis: link };
};

/** Every room that offers figures, wherever it runs. */
const roomFigures = async (broker: ServiceBroker): Promise<Record<string, unknown>> => {
  const offered = broker.registry.getActionList({ onlyAvailable: true, skipInternal: true }) as { name: string }[];
  const names = offered.map(({ name }) => name).filter((name) => name.endsWith('.figures') && name !== OWN);
  const asked = [...new Set(names)].map(async (name) => [name.slice(0, -'.figures'.length), await quietly(broker, name)]);
  return Object.fromEntries(await Promise.all(asked));
};

/** A node's age comes from its own process; one that is younger than it was has been started again. */
const nodeFigures = async (broker: ServiceBroker, before: Record<string, NodeFigures>): Promise<Record<string, NodeFigures>> => {
  const now = runtimeOf(broker).database.now();
  const nodes = broker.registry.getNodeList({ onlyAvailable: true }) as { id: string }[];
  const asked = nodes.map(async ({ id }): Promise<[string, NodeFigures][]> => {
    const health = (await quietly(broker, '$node.health', id)) as NodeHealth | null;
    if (!health) return [];
    const startedAt = new Date(now.getTime() - health.process.uptime * 1_000);
    const restarts = restartsOf(before[id], startedAt);
    return [[id, { startedAt: startedAt.toISOString(), restarts, memoryMb: megabytes(health), seenAt: now.toISOString() }]];
  });
  const missed = Object.entries(before).filter(([, { seenAt }]) => now.getTime() - new Date(seenAt).getTime() < REMEMBER_MS);
  return { ...Object.fromEntries(missed), ...Object.fromEntries((await Promise.all(asked)).flat()) };
};

interface NodeHealth {
  process: { uptime: number; memory: { rss: number } };
}

/** A node that is away is remembered, so that its coming back is known as such. */
const REMEMBER_MS = 86_400_000;

const megabytes = ({ process: { memory } }: NodeHealth): number => Math.round(memory.rss / 1_048_576);

/** Clocks of two machines, and the call's own time: what differs by less is the same start. */
const SAME_START_MS = 5_000;

const restartsOf = (before: NodeFigures | undefined, startedAt: Date): number => {
  if (!before) return 0;
  const again = startedAt.getTime() - new Date(before.startedAt).getTime() > SAME_START_MS;
  return before.restarts + (again ? 1 : 0);
};

const quietly = async (broker: ServiceBroker, action: string, nodeID?: string): Promise<unknown> => {
  try {
    return await broker.call(action, {}, { meta: { headers: currentHeaders() }, timeout: CALL_MS, ...(nodeID ? { nodeID } : {}) });
  } catch {
    return null;
  }
};

/** What Sequelize does not declare of its pool (sequelize-pool). */
interface Pool {
  size: number;
  using: number;
  waiting: number;
}

export const poolUsage = ({ sequelize }: Database): PoolUsage => {
  const { size, using, waiting } = (sequelize.connectionManager as unknown as { pool: Pool }).pool;
  return { open: size, inUse: using, waiting };
};
