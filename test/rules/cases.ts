/** Every status of every actor × every message, as cases to decide. */

import { type DeliveryJobStatus, deliveryJobLife, type LoadStatus, loadLife } from '../../models/dispatch.ts';
import { type ReservationStatus, reservationLife } from '../../models/inventory.ts';
import { type OrderStatus, orderLife } from '../../models/order.ts';
import { type TruckStatus, truckLife } from '../../models/truck.ts';
import type { StockFacts } from '../../services/inventory/inventory.decider.ts';
import type { Order } from '../../services/order/order.state.ts';
import type { DeliveryJob, Load } from '../../services/truck/dispatch.state.ts';
import {
  ADA,
  ADAS_JOB,
  ADAS_LOAD,
  ADAS_PARCEL,
  ADAS_PAYMENT,
  adasOrderIn,
  adasRows,
  BO,
  BOS_JOB,
  CEMENT,
  CLEO,
  CLEOS_JOB,
  CONCRETE,
  concrete,
  dispatchRules,
  freeAtNorth,
  freeTruck,
  heldForAda,
  inLineForAda,
  knows,
  market,
  north,
  openLoad,
  orderRules,
  soldOut,
  stockRules,
  truck1In,
  truckRules,
  truckRulesAt,
  waitingJob,
} from '../support/examples.ts';
import { Given, minutesLater, NOW, type Rules, type Scene, said, uuid } from '../support/given.ts';
import { cartRules, cartScenes } from './carts.ts';
import { byHand, fulfillmentRules, fulfillmentScenes } from './fulfillments.ts';
import { atStripe, onDelivery, paymentRules, paymentScenes } from './payment-cases.ts';
import { exchangeRules, exchangeScenes, returnRules, returnScenes } from './returns-cases.ts';
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

const SAND = 'MATERIAL-SAND@north';
type Queue = Scene<typeof north, ReturnType<typeof freeAtNorth>>;
const jobStatuses: DeliveryJobStatus[] = statuses(deliveryJobLife);
const loadStatuses: LoadStatus[] = statuses(loadLife);
const job = (status: DeliveryJobStatus): DeliveryJob =>
  waitingJob(ADAS_JOB, ADA, { status, quantity: 16, taken: 8, ...whereAbouts[status] });
const whereAbouts: Partial<Record<DeliveryJobStatus, Partial<DeliveryJob>>> = {
  scheduled: { reason: 'not_due', dueAt: NOW.toISOString() },
  in_progress: { quantity: 8 },
  done: { quantity: 8, poured: 8 },
  moved: { taken: 0, movedTo: 'south' },
};
const notYet: Partial<DeliveryJob> = { status: 'scheduled', reason: 'not_due', dueAt: minutesLater(60).toISOString() };
const drawing = { awaiting: [SAND], materials: { [SAND]: 8 } };
const sand = { mixes: new Map([['CONCRETE-C25', [{ material: 'MATERIAL-SAND', perUnit: 1 }]]]), materials: new Map([[SAND, 100]]) };
/** What else may be so of a load, of its plant and of what its dispatcher knows. */
type Variant = [string, Partial<Load>, Partial<typeof north>, Parameters<typeof knows>[1]];
const variants: Variant[] = [
  [' that is drawn for, one of several', { ...drawing, part: true }, { loadSlots: 1 }, { ...sand, loadingNow: 1 }],
  [' at a broken plant', { part: true }, { brokenSince: NOW.toISOString(), brokenReason: 'no power' }, { elsewhere: ['south'] }],
  [' that has left', {}, {}, { more: { trucks: true, waiting: false, wide: false }, truckStatus: new Map([['truck-1', 'en_route']]) }],
];
const queue = (
  status: DeliveryJobStatus,
  loaded: LoadStatus,
  closedAt: string | null,
  [what, load, plant, facts]: Variant,
): [string, Queue] => [
  `${status}, load ${loaded}${closedAt ? ' and closed' : ''}${what}`,
  {
    key: 'north',
    state: { ...north, ...plant },
    facts: knows([freeTruck('truck-2')], facts),
    rows: {
      job: { [ADAS_JOB]: job(status), [BOS_JOB]: waitingJob(BOS_JOB, BO), [CLEOS_JOB]: waitingJob(CLEOS_JOB, CLEO, notYet) },
      load: { [ADAS_LOAD]: openLoad(ADAS_LOAD, job(status), 'truck-1', { status: loaded, closedAt, ...load }) },
    },
  },
];
const queues = [
  ...jobStatuses.flatMap((status) =>
    loadStatuses.flatMap((loaded) => [null, NOW.toISOString()].map((closedAt) => queue(status, loaded, closedAt, ['', {}, {}, {}]))),
  ),
  ...variants.flatMap((variant) =>
    jobStatuses.slice(0, 3).flatMap((status) => loadStatuses.slice(0, 3).map((loaded) => queue(status, loaded, null, variant))),
  ),
];

const aged = { ...market, ages: new Map([[ADA, { createdAt: minutesLater(-3_000).toISOString(), requestedEnd: null, hasJob: false }]]) };
const whatAdaHas = {
  ...adasRows,
  order_holds: {
    [uuid(601)]: {
      ...{ kind: 'fraud', severity: 'blocking', source: 'person', note: null, by: null, orderVersion: 3 },
      ...{ releasedAt: null, releasedBy: null },
    },
  },
  order_returns: { [uuid(501)]: { kind: 'return', lines: [{ itemId: '11', quantity: 0 }], status: 'requested', reason: 'too wet' } },
};
const at = NOW.toISOString();
const open = (step: string) => ({ step, at, done: null });
const undoing = [open(`payment:${ADAS_PAYMENT}`), open(`stock:${CONCRETE}`), open(`fulfillment:${ADAS_PARCEL}`)];

/** What else may be so of an order in this status. */
const orderVariants = (status: OrderStatus): [string, Partial<Order>][] => [
  ['', {}],
  [' by carrier, held back, proven', { delivery: 'carrier', fulfillmentId: ADAS_PARCEL, blocked: 1, deliveredAt: at }],
  [
    ' by carrier, in line, being renewed',
    { delivery: 'carrier', fulfillmentId: ADAS_PARCEL, marks: { backordered: [CEMENT], renewing: true } },
  ],
  [' to be paid on delivery', { paymentMethod: 'cod', marks: { collected: true, waiting: true }, blocked: 1 }],
  [' with a part of it there', { marks: { poured: 5 } }],
  [' for stock anew', { awaiting: [CONCRETE, CEMENT], sagaExpiresAt: at }],
  ...(['payment_failed', 'cancelled', 'failed'].includes(status)
    ? ([[' and being undone', { compensations: undoing, sagaState: 'PaymentProcessing', fulfillmentId: ADAS_PARCEL }]] as [
        string,
        Partial<Order>,
      ][])
    : []),
];

const longAgo = minutesLater(-600).toISOString();
const truckVariants: [string, Partial<ReturnType<typeof truck1In>>][] = [
  ['', {}],
  [' whose driver reports', { reporting: 'reported', trip: { waits: true, slotted: true, part: true } }],
  [' since long ago', { phaseSince: longAgo, phases: { loading: longAgo }, poured: null }],
];

const cases: Case[] = [
  ...casesOf(orderRules, [
    ['nothing', { key: ADA, facts: market }],
    ['pending, one line to come', { key: ADA, state: adasOrderIn('pending', { awaiting: [CONCRETE] }), facts: market }],
    ...statuses(orderLife).flatMap((status: OrderStatus) =>
      orderVariants(status).map(([what, change]): [string, Scene<ReturnType<typeof adasOrderIn>, typeof market>] => [
        `${status}${what}`,
        { key: ADA, state: adasOrderIn(status, change), facts: aged, rows: whatAdaHas },
      ]),
    ),
  ]),
  ...casesOf(stockRules, [
    ['nothing', { key: CONCRETE }],
    ['free', { key: CONCRETE, state: concrete }],
    ...statuses(reservationLife).map((status: ReservationStatus): [string, Scene<typeof concrete, StockFacts | undefined>] => [
      status,
      {
        key: CONCRETE,
        state: status === 'active' || status === 'confirmed' ? { ...concrete, available: 4, reserved: 6 } : concrete,
        rows: { reservation: { [ADA]: { ...heldForAda, status } } },
      },
    ]),
    [
      'held, and its end has come',
      {
        key: CONCRETE,
        state: { ...concrete, available: 4, reserved: 6 },
        rows: { reservation: { [ADA]: { ...heldForAda, expiresAt: NOW.toISOString() } } },
      },
    ],
    [
      'held for an exchange, and its end has come',
      {
        key: CONCRETE,
        state: { ...concrete, available: 4, reserved: 6 },
        rows: { reservation: { [ADA]: { ...heldForAda, owner: 'exchange' as const, expiresAt: NOW.toISOString() } } },
      },
    ],
    [
      'held for a load, and its end has come',
      {
        key: CONCRETE,
        state: { ...concrete, available: 4, reserved: 6 },
        rows: { reservation: { [ADA]: { ...heldForAda, owner: 'load' as const, expiresAt: NOW.toISOString() } } },
      },
    ],
    ['short, nobody waits', { key: CONCRETE, state: { ...soldOut, backordered: 0 } }],
    ['short, Ada waits', { key: CONCRETE, state: soldOut, rows: { reservation: { [ADA]: inLineForAda } } }],
    [
      'short, a long line, and to be set right',
      {
        key: CONCRETE,
        state: { ...soldOut, backordered: 2 },
        rows: { reservation: { [ADA]: { ...inLineForAda, quantity: 1 } } },
        facts: {
          lineEnds: new Map([[CONCRETE, 2]]),
          sums: new Map([[CONCRETE, { reserved: 10, onHand: 12, backordered: 2, level: { available: 0, reserved: 8, backordered: 2 } }]]),
        },
      },
    ],
  ]),
  ...[paymentRules, onDelivery, atStripe].flatMap((rules) => casesOf(rules, paymentScenes)),
  ...[truckRules, truckRulesAt(0)].flatMap((rules) =>
    casesOf(rules, [
      ['nothing', { key: 'truck-1' }],
      ...statuses(truckLife).flatMap((status: TruckStatus) =>
        truckVariants.map(([what, change]): [string, Scene<ReturnType<typeof truck1In>, undefined>] => [
          `${status}${what}`,
          { key: 'truck-1', state: truck1In(status, change) },
        ]),
      ),
    ]),
  ),
  ...casesOf(fulfillmentRules, fulfillmentScenes),
  ...casesOf(byHand, fulfillmentScenes),
  ...casesOf(cartRules, cartScenes),
  ...casesOf(returnRules, returnScenes),
  ...casesOf(exchangeRules, exchangeScenes),
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
