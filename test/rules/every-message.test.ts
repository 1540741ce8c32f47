/** Every status × every message: an answer, never a throw; only steps the life tables know; only words the receivers take. */
import { describe, expect, test } from '@jest/globals';
import { terminalOrderStatuses } from '../../models/order.ts';
import type { Effect } from '../../runtime/decider.ts';
import type { Order } from '../../services/order/order.state.ts';
import { misfits, sentBy, words } from '../support/given.ts';
import { decided, everything } from './cases.ts';
import { lives, stepsOf, unlawful } from './life-steps.ts';
import { sayings } from './sayings.ts';

/** Said by people, clocks and banks; all else is said by one actor to another, or comes back to it. */
const fromOutside = new Set([
  'order order.accepted',
  ...['cancel', 'cancel-item', 'confirm', 'prove-delivery', 'retry-payment', 'hold', 'release-hold', 'complete'].map(
    (verb) => `order order.${verb}`,
  ),
  ...['auto-cancel', 'auto-complete', 'send-back'].map((verb) => `order order.${verb}`),
  'inventory inventory.stock',
  'inventory inventory.receive',
  'inventory inventory.adjust',
  'inventory inventory.expire',
  'inventory inventory.limits',
  'inventory inventory.repair',
  'payment payment.reported',
  'payment payment.found',
  'payment payment.remit',
  ...['report', 'reject-load', 'change', 'out-of-service', 'back-in-service', 'watch'].map((verb) => `truck truck.${verb}`),
  ...['assign', 'unassign', 'swap', 'lock', 'prioritise', 'change-plant', 'break-down', 'repaired'].map(
    (verb) => `dispatch dispatch.${verb}`,
  ),
  ...['request', 'booked', 'refused', 'approve', 'reject', 'cancel', 'complete'].flatMap((verb) => [
    `return return.${verb}`,
    `exchange exchange.${verb}`,
  ]),
  ...[
    'return return.receive',
    'return return.inspect',
    'return return.paid-out',
    'exchange exchange.paid-out',
    'exchange exchange.receive',
    'exchange exchange.retry',
    'exchange exchange.to-return',
  ],
  ...['pick', 'pack', 'hold', 'rebook', 'tracked'].map((verb) => `fulfillment fulfillment.${verb}`),
  ...['open', 'put', 'check-out', 'convert', 'give-up', 'abandon'].map((verb) => `cart cart.${verb}`),
]);

/** What the effects bring to whom: told, subscribed to, timed, or answered by a job. */
const broughtBy = (actor: string, effects: readonly Effect[]): string[] => [
  ...sentBy(effects).map((sent) => `${sent.actor} ${sent.name}`),
  ...effects.flatMap((effect) =>
    effect.kind === 'setTimer' ? [`${actor} ${effect.name}`] : effect.kind === 'enqueue' ? [`${actor} ${effect.options.reply}`] : [],
  ),
];

describe('every status × every message', () => {
  test('the tables below leave no message out', () => {
    for (const [actor, messages] of Object.entries(words))
      expect(Object.keys(sayings[actor] ?? {}).sort()).toEqual(Object.keys(messages).sort());
  });

  test('every payload that is said can be said', () => {
    for (const { actor, name, payload } of everything)
      expect({ actor, name, ...words[actor]?.[name]?.safeParse(payload) }).toMatchObject({ success: true });
  });

  test('each is answered, and none throws [C36, E44]', () => {
    for (const one of everything) expect(() => decided(one)).not.toThrow();
    expect(everything.length).toBeGreaterThan(800);
  });

  test('no decision takes a step that its life does not know [E6, E44]', () => {
    const wrong = everything.flatMap((one) => {
      const { state, decision, context } = decided(one);
      return unlawful(one.actor, state, decision, context.rows).map((what) => `${one.actor} (${one.when}) hears ${one.name}: ${what}`);
    });
    expect([...new Set(wrong)]).toEqual([]);
  });

  test.each(['deliveryJob', 'load'] as const)('every state of the life of a %s is one that some message leads to', (life) => {
    const reached = everything.flatMap((one) => {
      const { state, decision, context } = decided(one);
      const settled =
        one.rules.settle && state !== undefined ? stepsOf(one.actor, state, one.rules.settle(state, context), context.rows) : [];
      return [...stepsOf(one.actor, state, decision, context.rows), ...settled].flatMap((step) => (step.life === life ? [step.to] : []));
    });
    expect([...new Set(reached)].sort()).toEqual(Object.keys(lives[life]).sort());
  });

  test('whatever is told, published, enqueued or refused fits those who get it', () => {
    const wrong = everything.flatMap((one) => {
      const { decision, state, context } = decided(one);
      const settled = one.rules.settle && state !== undefined ? misfits(one.actor, one.rules.settle(state, context)) : [];
      return [...misfits(one.actor, decision), ...settled].map((what) => `${one.actor} (${one.when}) hears ${one.name}: ${what}`);
    });
    expect([...new Set(wrong)]).toEqual([]);
  });

  test('every message is said by somebody: none waits for news that no longer comes', () => {
    const brought = everything.flatMap((one) => {
      const { decision, state, context } = decided(one);
      const settled = one.rules.settle && state !== undefined ? one.rules.settle(state, context).effects : [];
      return broughtBy(one.actor, [...decision.effects, ...settled]);
    });
    const heard = Object.entries(words).flatMap(([actor, messages]) => Object.keys(messages).map((name) => `${actor} ${name}`));
    expect([...new Set([...brought, ...fromOutside])].sort()).toEqual(heard.sort());
    expect(brought.filter((one) => fromOutside.has(one))).toEqual([]);
  });

  test('an order that is over is never changed, whatever it hears: only the log of what is undone for it goes on', () => {
    for (const status of terminalOrderStatuses) {
      for (const one of everything.filter(({ actor, when }) => actor === 'order' && when.startsWith(status))) {
        const { decision, state } = decided(one);
        const { sagaState: _, compensations: __, ...after } = (decision.kind === 'done' ? decision.state : state) as Order;
        expect({ hears: one.name, ...(state as Order), ...after }).toEqual({ hears: one.name, ...(state as Order) });
        expect(decision.effects.filter(({ kind }) => kind === 'enqueue' || kind === 'setTimer')).toEqual([]);
      }
    }
  });

  test('a decision leaves the state it was given as it was', () => {
    for (const one of everything) {
      const before = JSON.stringify(one.scene.state);
      decided(one);
      expect(JSON.stringify(one.scene.state)).toBe(before);
    }
  });

  test('the same message in the same state is decided the same', () => {
    for (const one of everything) expect(decided(one).decision).toEqual(decided(one).decision);
  });
});
