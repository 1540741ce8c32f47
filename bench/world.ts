/** The world of the benchmarks: a schema of its own on a real Postgres, all services in this process, trucks that take no time. */
import { randomBytes } from 'node:crypto';
import { type Config, readConfig } from '../config.ts';
import { meshOf } from '../mixins/mesh.ts';
import { type Node, startNode } from '../node.ts';
import { newHeaders } from '../runtime/trace.ts';
import { freePort } from './ports.ts';

export const PLANTS = 10;
export const SKUS = 100;

export interface World extends Node {
  config: Config;
  schema: string;
  /** Resolves when the order is delivered; rejects when it ends otherwise. */
  ended(correlationId: string): Promise<void>;
  place(number: number, hotSku?: boolean): Promise<string>;
  close(): Promise<void>;
}

export const benchUrl = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

export const openWorld = async ({
  trucks = 1_000,
  services = 'all',
  schema = `bench_${randomBytes(4).toString('hex')}`,
} = {}): Promise<World> => {
  const config = readConfig([], {
    ...process.env,
    DATABASE_URL: benchUrl,
    DATABASE_SCHEMA: schema,
    TRUCK_TIME_SCALE: '0',
    NODE_ENV: 'development',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
    PORT: process.env.PORT ?? String(await freePort()),
    SERVICES: services,
  });
  const node = await startNode(config);
  await fill(node, trucks);
  const waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();
  const mesh = meshOf(node.broker);
  node.runtime.connect({
    ...mesh,
    announce(events) {
      for (const { type, data } of events) {
        if (type !== 'orders.order.status_changed') continue;
        const waiter = waiting.get(data.orderKey as string);
        if (!waiter) continue;
        if (data.newStatus === 'delivered') waiter.resolve();
        else if (data.newStatus === 'failed' || data.newStatus === 'payment_failed')
          waiter.reject(new Error(`order ${data.orderId} ${data.newStatus}: ${data.reason}`));
      }
      mesh.announce(events);
    },
  });
  return {
    ...node,
    config,
    schema,
    ended: (correlationId) =>
      new Promise<void>((resolve, reject) => waiting.set(correlationId, { resolve, reject })).then(
        () => void waiting.delete(correlationId),
      ),
    place: async (number, hotSku = false) => {
      const correlationId = node.runtime.newId();
      // The yardstick's own mix. The hot one: both lines of every order are the same product at the same plant.
      const skus = hotSku ? [0, 0] : [number % SKUS, (number * 7 + 3) % SKUS];
      const form = {
        customerId: `customer-${number % 1_000}`,
        paymentMethod: 'card',
        items: [
          { sku: `SKU-${skus[0]}`, quantity: 1 },
          { sku: `SKU-${skus[1]}`, quantity: 2 },
        ],
        plantId: `plant-${hotSku ? 0 : number % PLANTS}`,
        distanceMiles: 5,
      };
      await node.broker.call('order.accept', form, { meta: { headers: newHeaders('bench', { correlationId }) } });
      return correlationId;
    },
    close: async () => {
      await node.runtime.stop();
      if (!process.env.KEEP) await node.database.query(`drop schema "${schema}" cascade`);
      await node.stop();
    },
  };
};

const fill = async ({ database }: Node, trucks: number): Promise<void> => {
  const statements = [
    'truncate plants, trucks, products, stock_levels, stock_movements',
    `insert into plants (id, name) select 'plant-' || n, 'Plant ' || n from generate_series(0, ${PLANTS - 1}) n`,
    `insert into trucks (id, code, plant_id) select 'truck-' || n, 'T' || n, 'plant-' || n % ${PLANTS} from generate_series(0, ${trucks - 1}) n`,
    `insert into products (sku, name, price_cents, currency) select 'SKU-' || n, 'Product ' || n, 100, 'USD' from generate_series(0, ${SKUS - 1}) n`,
    `insert into stock_levels (key, sku, location_id, available) select 'SKU-' || n || '@' || p.id, 'SKU-' || n, p.id, 100000000
     from generate_series(0, ${SKUS - 1}) n, plants p`,
    'analyze',
  ];
  for (const sql of statements) await database.query(sql);
};

export interface Run {
  orders: number;
  seconds: number;
  ordersPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  messagesPerSecond: number;
  statementsPerOrder: number;
  rssMb: number;
}

/** Places `orders`, `concurrency` at a time, and waits for each until it is delivered. */
export const runOrders = async (world: World, orders: number, concurrency: number, hotSku = false): Promise<Run> => {
  const latencies: number[] = [];
  const messages = world.runtime.host.counts.messages;
  const statements = world.database.statements;
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(concurrency, orders) }, async () => {
      for (let number = next++; number < orders; number = next++) {
        const at = performance.now();
        await world.ended(await world.place(number, hotSku));
        latencies.push(performance.now() - at);
      }
    }),
  );
  return figures(world, orders, began, latencies, messages, statements);
};

export const figures = (world: World, orders: number, began: number, latencies: number[], messages: number, statements: number): Run => {
  const seconds = (performance.now() - began) / 1_000;
  latencies.sort((a, b) => a - b);
  const percentile = (share: number): number => round(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0);
  return {
    orders,
    seconds: round(seconds, 2),
    ordersPerSecond: round(orders / seconds),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    messagesPerSecond: round((world.runtime.host.counts.messages - messages) / seconds),
    statementsPerOrder: round((world.database.statements - statements) / orders, 2),
    rssMb: Math.round(process.memoryUsage.rss() / 1_048_576),
  };
};

export const round = (value: number, digits = 1): number => Number(value.toFixed(digits));
export const print = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`);
export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
