/**
 * All rooms together. Whatever is ordered, called off in whole or in part, declined, delivered, lost, sent back or exchanged, and in
 * whatever order the mailboxes are served: what must be true stays true. A failure prints its seed and path: run it again with SEED=… SEED_PATH=…, more of them with RUNS=….
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Order } from '../../services/order/order.state.ts';
import { cardMoods, transferMoods } from './bank.ts';
import { always } from './books.ts';
import { parcelMoods } from './carriers.ts';
import { mishaps } from './mishaps.ts';
import { acts } from './people.ts';
import { atQuiet } from './quiet-books.ts';
import { type Plan, type PlannedOrder, play } from './scheduler.ts';

const { SEED, SEED_PATH, RUNS } = process.env;
const RUN = {
  numRuns: Number(RUNS ?? 200),
  ...(SEED ? { seed: Number(SEED) } : {}),
  ...(SEED_PATH ? { path: SEED_PATH } : {}),
};

const order: fc.Arbitrary<PlannedOrder> = fc.record({
  method: fc.constantFrom('card', 'card', 'transfer', 'account', 'cod'),
  card: fc.constantFrom(...cardMoods),
  transfer: fc.constantFrom(...transferMoods),
  parcel: fc.option(fc.constantFrom(...parcelMoods), { freq: 2 }),
  lines: fc.array(
    fc.record({
      sku: fc.constantFrom('CONCRETE-C25', 'CONCRETE-C25', 'CEMENT-25KG', 'TILES'),
      quantity: fc.integer({ min: 1, max: 5 }),
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  plantId: fc.constantFrom('north', 'south', undefined),
  priority: fc.integer({ min: 0, max: 100 }),
  acts: fc.array(fc.constantFrom(...acts), { maxLength: 4 }),
  afterwards: fc.array(fc.constantFrom(...acts), { maxLength: 4 }),
});
const planWith = (causal: boolean): fc.Arbitrary<Plan> =>
  fc.record({
    orders: fc.array(order, { minLength: 1, maxLength: 8 }),
    stock: fc.integer({ min: 0, max: 20 }),
    trucks: fc.integer({ min: 1, max: 3 }),
    breakdowns: fc.integer({ min: 0, max: 3 }),
    mishaps: fc.array(fc.constantFrom(...mishaps), { maxLength: 6 }),
    backorders: fc.boolean(),
    deliveries: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
    pauses: fc.array(fc.constantFrom(5, 35, 35, 1_500, 45_000), { maxLength: 3 }),
    timeScale: fc.constantFrom(0, 1),
    authorizes: fc.boolean(),
    trucksFirst: fc.boolean(),
    seed: fc.integer(),
    causal: fc.constant(causal),
  });

const endings = [
  ...[
    'delivered',
    'validated',
    'cancelled (rain)',
    'failed (inventory.short)',
    'failed (order.timeout)',
    'failed (order.mixed-currencies)',
  ],
  ...['payment_failed (card_declined)', 'payment_failed (order.timeout)', 'payment_failed (payment.provider-failed)'],
].map((ending) => `order ${ending}`);
endings.push(
  ...['captured', 'failed', 'voided', 'refunded', 'partially_refunded', 'cod_due', 'cod_collected'].map((end) => `payment ${end}`),
);
endings.push(...['delivered', 'failed', 'cancelled'].map((to) => `fulfillment.status_changed ${to}`));
endings.push(...['completed', 'rejected', 'cancelled'].flatMap((end) => [`return ${end}`, `exchange ${end}`]));
endings.push(
  ...['payment.stuck', 'order.backordered', 'order.hold.placed', 'order.payment.retried', 'order.item.cancelled', 'order.completed'],
);
endings.push(...['inventory.reservation.expired', 'dispatch.no_truck', 'order.truck.unassigned', 'order.exception', 'order.timeout']);
endings.push(...['order.load.delivered', 'order.plant.changed', 'load.rejected', 'truck.forced', 'dispatch.load.off', 'dispatch.waiting']);
endings.push(...['dispatch.recall.refused', 'dispatch.unassigned-by-hand', 'dispatch.prioritised']);

const fails = (complaints: string[]): void => {
  if (complaints.length > 0) throw new Error([...new Set(complaints)].join('\n'));
};

describe('in any order of events [E44]', () => {
  test('the books are right at every step, and once it is quiet every order is at its end, paid for or paid back [E45, E52]', () => {
    fc.assert(
      fc.property(planWith(true), (plan) => fails(atQuiet(play(plan, (played) => fails(always(played)))))),
      RUN,
    );
  });

  test('even when news overtakes its cause, nothing is promised, paid, sent, driven or refunded twice [E52]', () => {
    fc.assert(
      fc.property(planWith(false), (plan) => fails(always(play(plan, (played) => fails(always(played)))))),
      RUN,
    );
  });

  test('and what is played is worth it: every ending and every mishap comes up', () => {
    const seen = new Set<string>();
    for (const plan of fc.sample(planWith(true), { numRuns: 600, seed: 1 })) {
      const { world } = play(plan);
      for (const [, { status, reason }] of world.of<Order>('order')) seen.add(`order ${status}${reason ? ` (${reason})` : ''}`);
      for (const actor of ['payment', 'fulfillment', 'return', 'exchange'])
        for (const [, { status }] of world.of<{ status: string }>(actor)) seen.add(`${actor} ${status}`);
      for (const { type, data } of world.events) seen.add(type).add(`${type} ${data.to}`);
    }
    for (const ending of endings) expect([...seen]).toContain(ending);
  });
});
