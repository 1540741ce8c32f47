/** Every status of every actor × every message, as cases to decide. */
import { type ReservationStatus, reservationLife } from '../../models/inventory.ts';
import { type OrderStatus, orderLife } from '../../models/order.ts';
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
import { Given, NOW, type Rules, type Scene, said } from '../support/given.ts';
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
  scenes.map(([when, scene]) => ({
    actor: rules.type,
    when,
    rules: rules as Rules<unknown, unknown>,
    scene: scene as Scene<unknown, unknown>,
  }));

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
        rows: {
          job: { [ADAS_JOB]: { ...job, status } },
          load: { [ADAS_LOAD]: openLoad(ADAS_LOAD, job, 'truck-1', { status: loaded, closedAt }) },
        },
      },
    ]),
  ),
);

const cases: Case[] = [
  ...casesOf(orderRules, [
    ['nothing', { key: ADA, facts: market }],
    ['pending, one line to come', { key: ADA, state: adasOrderIn('pending', { awaiting: [CONCRETE] }), facts: market }],
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
      (status === 'capturing' ? [false, true] : [adasPaymentIn(status).undo]).map(
        (undo): [string, Scene<ReturnType<typeof adasPaymentIn>, undefined>] => [
          `${status}${undo ? ', to be undone' : ''}`,
          { key: ADAS_PAYMENT, state: adasPaymentIn(status, { undo }) },
        ],
      ),
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

export const everything = cases.flatMap((one) =>
  Object.entries(sayings[one.actor] ?? {}).flatMap(([name, payloads]) => payloads.map((payload) => ({ ...one, name, payload }))),
);

export const decided = ({ rules, scene, name, payload }: (typeof everything)[number]) => {
  const { state, context } = new Given(rules, scene);
  const decision = rules.decide(state, said(rules.type, scene.key, name, payload), context);
  return { state, decision, context };
};
