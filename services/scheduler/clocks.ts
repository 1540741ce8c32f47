/**
 * What is to happen again and again. A clock decides nothing: it finds who may be concerned, and tells them or calls their room. So a tick
 * that is missed, or comes twice, does no harm.
 */
import type { ServiceBroker } from 'moleculer';
import type { Config } from '../../config.ts';
import type { ClockSchedule } from '../../mixins/cron.mixin.ts';
import { lastCounts } from '../../runtime/cron.ts';
import { keepPartitions } from '../../runtime/events.ts';
import { forget, vacuumHotTables } from '../../runtime/housekeeping.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import {
  deleteCarts,
  deleteSessions,
  deliveredOrders,
  idleCarts,
  overdueSagas,
  pendingOrders,
  provenCodOrders,
  queuesToSweep,
  trucksToWatch,
} from './scheduler.store.ts';

type Run = ClockSchedule['run'];
type Clock = [name: string, catchUp: ClockSchedule['catchUp'], run: Run];

/** How long a saga's own timer may be late before it is taken for lost. */
const LOST_TIMER_MS = 300_000;
const CALL_MS = 60_000;
/** The hour (UTC) in which the deliveries of all time are looked through, for orders that could not be completed when they were due. */
const THOROUGH_HOUR = 3;

/** @param collect gathers the figures of all rooms */
export const clocks = (config: Config, collect: (broker: ServiceBroker) => Promise<unknown>): ClockSchedule[] => {
  const table: Clock[] = [
    ['session_cleanup', 'once', async ({ database }) => ({ sessions: await deleteSessions(database) })],
    ['cart_cleanup', 'once', (runtime) => cleanCarts(runtime, config)],
    [
      'order_cleanup',
      'once',
      async (runtime) => ({
        orders: await tellOrders(runtime, 'order.auto-cancel', pendingOrders(runtime.database, ago(runtime, config.orderAutoCancelMs))),
      }),
    ],
    ['reservation_cleanup', 'skip', calling('inventory.expire')],
    [
      'cod_auto_confirm',
      'once',
      async (runtime) => ({
        orders: await tellOrders(runtime, 'order.confirm', [await provenCodOrders(runtime.database)], { auto: true }),
      }),
    ],
    ['order_completion', 'once', (runtime, at) => completeOrders(runtime, at, config)],
    [
      'order_timeout',
      'once',
      async (runtime) => ({
        sagas: await tellOrders(runtime, 'saga.expire', overdueSagas(runtime.database, ago(runtime, LOST_TIMER_MS))),
      }),
    ],
    ['payment_reconcile', 'skip', calling('payment.reconcile')],
    ['inventory_monitoring', 'skip', calling('inventory.monitor')],
    ['metrics_collection', 'skip', (_runtime, _at, broker) => collect(broker)],
    ['reassign_sweep', 'skip', (runtime) => sweepYards(runtime, config)],
    ['vacuum', 'skip', ({ database }) => vacuumHotTables(database)],
    ['forget', 'once', ({ database }) => forget(database)],
    [
      'partitions',
      'once',
      async ({ database }) => ({ dropped: (await keepPartitions(database, database.now(), config.eventRetentionMonths)).length }),
    ],
  ];
  return table.map(([name, catchUp, run]) => ({ name, cronTime: config.clocks[name] as string, catchUp, run }));
};

const ago = ({ database }: Runtime, ms: number): Date => new Date(database.now().getTime() - ms);

/** Each order in its own correlation, so that its history shows what came of it. @returns how many were told */
const tellOrders = async (
  runtime: Runtime,
  name: string,
  pages: AsyncIterable<string[]> | Iterable<string[]>,
  payload: object = {},
): Promise<number> => {
  let told = 0;
  for await (const keys of pages) {
    const sender = currentHeaders()?.sender ?? 'cron';
    await Promise.all(
      keys.map((key) => runtime.tell('order', key, name, payload, { headers: newHeaders(sender, { correlationId: key, by: sender }) })),
    );
    told += keys.length;
  }
  return told;
};

/** A cart that outlived its session is left behind; one that nobody came back to is deleted. */
const cleanCarts = async (runtime: Runtime, config: Config): Promise<{ carts: number; abandoned: number }> => {
  const idleSince = ago(runtime, config.sessionTtlMs);
  const carts = await deleteCarts(runtime.database, ago(runtime, config.cartTtlMs));
  let abandoned = 0;
  for await (const keys of idleCarts(runtime.database, idleSince)) {
    await Promise.all(keys.map((key) => runtime.tell('cart', key, 'cart.abandon', { idleSince: idleSince.toISOString() })));
    abandoned += keys.length;
  }
  return { carts, abandoned };
};

/** Each delivery is looked at once, when it is old enough; once a day all of them are. */
const completeOrders = async (runtime: Runtime, at: Date, config: Config): Promise<{ orders: number; upTo: string }> => {
  const { database } = runtime;
  const before = ago(runtime, config.orderCompletionMs);
  const last = at.getUTCHours() === THOROUGH_HOUR ? undefined : await lastCounts<{ upTo: string }>(database, 'order_completion');
  const from = new Date(last?.upTo ?? 0);
  const orders = await tellOrders(runtime, 'order.auto-complete', deliveredOrders(database, from, before));
  return { orders, upTo: before.toISOString() };
};

/** Queues are drained again, whatever news was lost; trucks that stand too long, or whose loads get old, look at themselves, for their orders. */
const sweepYards = async (runtime: Runtime, { truckStuckMinutes, dischargeLimitMinutes }: Config) => {
  const { database } = runtime;
  const sender = currentHeaders()?.sender ?? 'cron';
  const [plants, trucks] = await Promise.all([queuesToSweep(database), trucksToWatch(database, truckStuckMinutes, dischargeLimitMinutes)]);
  await Promise.all([
    ...plants.map((plant) => runtime.tell('dispatch', plant, 'dispatch.sweep', {})),
    ...trucks.map(({ id, orderKey }) =>
      runtime.tell('truck', id, 'truck.watch', {}, { headers: newHeaders(sender, { correlationId: orderKey, by: sender }) }),
    ),
  ]);
  return { plants: plants.length, trucks: trucks.length };
};

/** What a room knows best how to do: its action is called, and answers counts. @throws Error when no node offers it */
const calling =
  (action: string): Run =>
  async (_runtime, _at, broker) => {
    const offered = broker.registry.getActionList({ onlyAvailable: true }) as { name: string }[];
    if (!offered.some(({ name }) => name === action)) throw new Error(`no node offers ${action}`);
    return broker.call(action, {}, { meta: { headers: currentHeaders() }, timeout: CALL_MS });
  };
