/** Every status × every message: an answer, never a throw; only steps the life tables know; only words the receivers take. */
import { describe, expect, test } from '@jest/globals';
import { type ReservationStatus, reservationLife } from '../../models/inventory.ts';
import { type OrderStatus, orderLife, terminalOrderStatuses } from '../../models/order.ts';
import { type PaymentStatus, paymentLife } from '../../models/payment.ts';
import { type DeliveryJobStatus, type LoadStatus, type TruckStatus, truckLife } from '../../models/truck.ts';
import {
  ADA,
  ADAS_JOB,
  ADAS_LOAD,
  ADAS_PAYMENT,
  adasOrderIn,
  adasPaymentIn,
  CONCRETE,
  concrete,
  dispatchRules,
  freeAtNorth,
  heldForAda,
  market,
  north,
  openLoad,
  orderRules,
  paymentRules,
  stockRules,
  truck1In,
  truckRules,
  truckRulesAt,
  waitingJob,
} from '../support/examples.ts';
import { Given, misfits, NOW, type Rules, type Scene, said, words } from '../support/given.ts';
import { unlawful } from './life-steps.ts';
import { sayings } from './sayings.ts';

interface Case {
  actor: string;
  /** What stands when the message comes. */
  when: string;
  rules: Rules<unknown, unknown>;
  scene: Scene<unknown, unknown>;
}
const statuses = <S extends string>(life: Record<S, unknown>): S[] => Object.keys(life) as S[];
const casesOf = <State, Facts>(rules: Rules<State, Facts>, scenes: [string, Scene<State, Facts>][]): Case[] =>
  scenes.map(([when, scene]) => ({ actor: rules.type, when, rules: rules as Rules<unknown, unknown>, scene: scene as Scene<unknown, unknown> }));

const job = waitingJob(ADAS_JOB, ADA);
const jobStatuses: DeliveryJobStatus[] = ['queued', 'in_progress', 'done', 'cancelled'];
const loadStatuses: LoadStatus[] = ['assigned', 'cancelled', 'delivered', 'refused'];
const queues = jobStatuses.flatMap((status) =>
  loadStatuses.flatMap((loaded) =>
    [null, NOW.toISOString()].map((closedAt): [string, Scene<typeof north, ReturnType<typeof freeAtNorth>>] => [
      `${status}, load ${loaded}${closedAt ? ' and closed' : ''}`,
      {
        key: 'north',
        state: north,
        facts: freeAtNorth('truck-2'),
        rows: { job: { [ADAS_JOB]: { ...job, status } }, load: { [ADAS_LOAD]: openLoad(ADAS_LOAD, job, 'truck-1', { status: loaded, closedAt }) } },
      },
    ]),
  ),
);

const cases: Case[] = [
  ...casesOf(orderRules, [
    ['nothing', { key: ADA, facts: market }],
    ...statuses(orderLife).map((status: OrderStatus): [string, Scene<ReturnType<typeof adasOrderIn>, typeof market>] => [
      status,
      { key: ADA, state: adasOrderIn(status), facts: market },
    ]),
  ]),
  ...casesOf(stockRules, [
    ['nothing', { key: CONCRETE }],
    ['free', { key: CONCRETE, state: concrete }],
    ...statuses(reservationLife).map((status: ReservationStatus): [string, Scene<typeof concrete, undefined>] => [
      status,
      {
        key: CONCRETE,
        state: status === 'active' || status === 'confirmed' ? { ...concrete, available: 4, reserved: 6 } : concrete,
        rows: { reservation: { [ADA]: { ...heldForAda, status } } },
      },
    ]),
  ]),
  ...casesOf(paymentRules, [
    ['nothing', { key: ADAS_PAYMENT }],
    ...statuses(paymentLife).flatMap((status: PaymentStatus) =>
      (status === 'capturing' ? [false, true] : [adasPaymentIn(status).undo]).map((undo): [string, Scene<ReturnType<typeof adasPaymentIn>, undefined>] => [
        `${status}${undo ? ', to be undone' : ''}`,
        { key: ADAS_PAYMENT, state: adasPaymentIn(status, { undo }) },
      ]),
    ),
  ]),
  ...[truckRules, truckRulesAt(0)].flatMap((rules) =>
    casesOf(rules, [
      ['nothing', { key: 'truck-1' }],
      ...statuses(truckLife).map((status: TruckStatus): [string, Scene<ReturnType<typeof truck1In>, undefined>] => [
        status,
        { key: 'truck-1', state: truck1In(status) },
      ]),
    ]),
  ),
  ...casesOf(dispatchRules, [['no plant', { key: 'north', facts: freeAtNorth() }], ...queues]),
];

const everything = cases.flatMap((one) =>
  Object.entries(sayings[one.actor] ?? {}).flatMap(([name, payloads]) => payloads.map((payload) => ({ ...one, name, payload }))),
);

const decided = ({ rules, scene, name, payload }: (typeof everything)[number]) => {
  const { state, context } = new Given(rules, scene);
  const decision = rules.decide(state, said(rules.type, scene.key, name, payload), context);
  return { state, decision, context };
};

describe('every status × every message', () => {
  test('the tables below leave no message out', () => {
    for (const [actor, messages] of Object.entries(words)) expect(Object.keys(sayings[actor] ?? {}).sort()).toEqual(Object.keys(messages).sort());
  });

  test('every payload that is said can be said', () => {
    for (const { actor, name, payload } of everything) expect({ actor, name, ...words[actor]?.[name]?.safeParse(payload) }).toMatchObject({ success: true });
  });

  test('each is answered, and none throws', () => {
    for (const one of everything) expect(() => decided(one)).not.toThrow();
    expect(everything.length).toBeGreaterThan(800);
  });

  test('no decision takes a step that its life does not know', () => {
    const wrong = everything.flatMap((one) => {
      const { state, decision, context } = decided(one);
      return unlawful(one.actor, state, decision, context.rows).map((what) => `${one.actor} (${one.when}) hears ${one.name}: ${what}`);
    });
    expect([...new Set(wrong)]).toEqual([]);
  });

  test('whatever is told, published, enqueued or refused fits those who get it', () => {
    const wrong = everything.flatMap((one) => {
      const { decision, state, context } = decided(one);
      const settled = one.rules.settle && state !== undefined ? misfits(one.actor, one.rules.settle(state, context)) : [];
      return [...misfits(one.actor, decision), ...settled].map((what) => `${one.actor} (${one.when}) hears ${one.name}: ${what}`);
    });
    expect([...new Set(wrong)]).toEqual([]);
  });

  test('an order that is over is never changed, whatever it hears', () => {
    for (const status of terminalOrderStatuses) {
      for (const one of everything.filter(({ actor, when }) => actor === 'order' && when === status)) {
        const { decision } = decided(one);
        expect({ status, hears: one.name, decision: decision.kind }).not.toMatchObject({ decision: 'done' });
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
