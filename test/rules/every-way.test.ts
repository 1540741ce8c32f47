/** Every way that messages can lead: from the first word on, each place that is reached hears everything, until no new one is reached. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  ADA,
  ADAS_PAYMENT,
  adasRows,
  CONCRETE,
  concrete,
  market,
  orderRules,
  stockRules,
  truck1In,
  truckRules,
} from '../support/examples.ts';
import { minutesLater, NOW } from '../support/given.ts';
import { CART, cartRules, nobodyAccepted } from './carts.ts';
import { byHand, fulfillmentRules, nobodyHolds, PARCEL } from './fulfillments.ts';
import { cartKind, exchangeKind, fulfillmentKind, orderKind, orderThemes, paymentKind, returnKind, stockKind, truckKind } from './kinds.ts';
import { lives } from './life-steps.ts';
import { onDelivery, paymentRules } from './payment-cases.ts';
import { cashDue, EXCHANGE, exchangeIn, exchangeRules, paidFacts, RETURN, returnRules } from './returns-cases.ts';
import { sayings } from './sayings.ts';
import { nothingFound, walk } from './walks.ts';

/** Lives of a plant's rows: every-message.test.ts has where they lead. */
const ofRows = { deliveryJob: true, load: true };
/** States that the tables know and nothing leads to yet: each waits for a later capability. One that is reached leaves the list. */
const later: Record<Exclude<keyof typeof lives, keyof typeof ofRows>, readonly string[]> = {
  order: ['draft'], // what a basket would be
  saga: [],
  payment: [],
  fulfillment: [],
  shipment: [],
  truck: [],
  reservation: [],
  return: [],
  exchange: [],
  cart: [],
};

/** Messages whose walk would be of rows, not of a state: a plant has none but its queue. dispatch.test.ts and dispatch-loads.test.ts walk it. */
const elsewhere = new Set(Object.keys(sayings.dispatch ?? {}).map((name) => `dispatch ${name}`));
/** Heard at every place, and an answer to nothing in any: every-message.test.ts has what each must be answered with. */
const withoutEffect = new Set([
  'inventory inventory.repair', // figures that are wrong are made by no message: inventory.test.ts begins with such
]);

/** What a clock says, or depends on it, is heard before its time and long after it. */
const longAfter = [NOW, minutesLater(40 * 1_440)];
const clocked = ['saga.expire', 'order.auto-cancel', 'order.auto-complete', 'order.send-back', 'truck.watch'];
const times = Object.fromEntries(clocked.map((name) => [name, longAfter]));
const aged = { ...market, ages: new Map([[ADA, { createdAt: minutesLater(-3_000).toISOString(), requestedEnd: null, hasJob: false }]]) };

const themes = Object.keys(orderThemes);
const pairs = themes.flatMap((one, index) => themes.slice(index + 1).map((other) => [one, other]));

describe('every way that messages can lead', () => {
  const found = nothingFound();
  const newId = ADAS_PAYMENT;
  beforeAll(() => {
    for (const pair of pairs)
      walk(found, { rules: orderRules, scene: { key: ADA, facts: aged, rows: adasRows }, kindOf: orderKind(...pair), times, newId });
    for (const rules of [paymentRules, onDelivery]) walk(found, { rules, scene: { key: ADAS_PAYMENT }, kindOf: paymentKind, newId });
    for (const rules of [fulfillmentRules, byHand])
      walk(found, { rules, scene: { key: PARCEL, facts: nobodyHolds }, kindOf: fulfillmentKind, newId });
    for (const state of [undefined, exchangeIn('requested', { differenceCents: 0 }), exchangeIn('completed', cashDue)])
      walk(found, { rules: exchangeRules, scene: { key: EXCHANGE, state, facts: paidFacts() }, kindOf: exchangeKind, newId });
    for (const paid of ['captured', 'cod_collected'])
      walk(found, { rules: returnRules, scene: { key: RETURN, facts: paidFacts(paid) }, kindOf: returnKind, newId });
    for (const state of [undefined, concrete])
      walk(found, { rules: stockRules, scene: { key: CONCRETE, state }, kindOf: stockKind, newId });
    walk(found, { rules: truckRules, scene: { key: 'truck-1', state: truck1In('available') }, kindOf: truckKind, times, newId });
    walk(found, { rules: cartRules, scene: { key: CART, facts: nobodyAccepted }, kindOf: cartKind, newId });
  });

  test('takes only steps that a life table knows, and says only what is understood [E6, E44]', () => {
    expect([...found.wrong]).toEqual([]);
    expect(found.places).toBeGreaterThan(10_000);
  });

  test('leaves no message out: each has its effect in some place that is reached', () => {
    const all = Object.entries(sayings).flatMap(([actor, messages]) => Object.keys(messages).map((name) => `${actor} ${name}`));
    const idle = all.filter((one) => !found.mattered.has(one) && !elsewhere.has(one) && !withoutEffect.has(one));
    expect(idle).toEqual([]);
    expect([...withoutEffect].filter((one) => found.mattered.has(one))).toEqual([]);
  });

  test.each(Object.keys(later) as (keyof typeof later)[])(
    'every state of the life of a %s is reached, or listed as a later capability’s',
    (life) => {
      const unreached = Object.keys(lives[life]).filter((state) => !found.reached.get(life)?.has(state));
      expect(unreached.sort()).toEqual([...later[life]].sort());
    },
  );
});
