/**
 * Whatever is ordered, cancelled, declined or broken down, and in whatever order the mailboxes are served: what must be true stays
 * true. A failure prints its seed and path: run it again with SEED=… SEED_PATH=…, more of them with RUNS=….
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Order } from '../../services/order/order.state.ts';
import type { Payment } from '../../services/payment/payment.decider.ts';
import { always, atQuiet } from './books.ts';
import { type Plan, type PlannedOrder, play } from './scheduler.ts';

const { SEED, SEED_PATH, RUNS } = process.env;
const RUN = {
  numRuns: Number(RUNS ?? 250),
  ...(SEED ? { seed: Number(SEED) } : {}),
  ...(SEED_PATH ? { path: SEED_PATH } : {}),
};

const order: fc.Arbitrary<PlannedOrder> = fc.record({
  method: fc.constantFrom('card', 'card', 'transfer', 'account', 'cod'),
  card: fc.constantFrom('captures', 'captures', 'declines', 'loses the answer', 'is down', 'reports too', 'takes it later'),
  transfer: fc.constantFrom('arrives', 'arrives', 'arrives twice told', 'bounces', 'never comes'),
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
  cancels: fc.constantFrom(0, 0, 1, 2),
});
const planWith = (causal: boolean): fc.Arbitrary<Plan> =>
  fc.record({
    orders: fc.array(order, { minLength: 1, maxLength: 8 }),
    stock: fc.integer({ min: 0, max: 20 }),
    trucks: fc.integer({ min: 1, max: 3 }),
    breakdowns: fc.integer({ min: 0, max: 3 }),
    timeScale: fc.constantFrom(0, 1),
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
endings.push('payment captured', 'payment failed', 'payment voided', 'payment refunded');
endings.push('dispatch.no_truck', 'order.truck.unassigned', 'order.exception', 'order.timeout');

const fails = (complaints: string[]): void => {
  if (complaints.length > 0) throw new Error([...new Set(complaints)].join('\n'));
};

describe('in any order of events', () => {
  test('the books are right at every step, and once it is quiet every order is at its end, paid for or paid back', () => {
    fc.assert(
      fc.property(planWith(true), (plan) => fails(atQuiet(play(plan, (played) => fails(always(played)))))),
      RUN,
    );
  });

  test('even when news overtakes its cause, nothing is promised, driven or refunded twice', () => {
    fc.assert(
      fc.property(planWith(false), (plan) => fails(always(play(plan, (played) => fails(always(played)))))),
      RUN,
    );
  });

  test('and what is played is worth it: every ending and every mishap comes up', () => {
    const seen = new Set<string>();
    for (const plan of fc.sample(planWith(true), { numRuns: 200, seed: 1 })) {
      const { world } = play(plan);
      for (const [, { status, reason }] of world.of<Order>('order')) seen.add(`order ${status}${reason ? ` (${reason})` : ''}`);
      for (const [, { status }] of world.of<Payment>('payment')) seen.add(`payment ${status}`);
      for (const { type } of world.events) seen.add(type);
    }
    for (const ending of endings) expect([...seen]).toContain(ending);
  });
});
