/** Goods go out by a carrier: made when the order is confirmed, booked by a job, followed until they arrive. */
import { describe, expect, test } from '@jest/globals';
import type { FulfillmentStatus } from '../../models/fulfillment.ts';
import { jobTypes } from '../../models/jobs.ts';
import type { Fulfillment, FulfillmentFacts, Shipment } from '../../services/fulfillment/fulfillment.state.ts';
import { slotOf } from '../../services/fulfillment/fulfillment.state.ts';
import { given, minutesLater, NOW, uuid } from '../support/given.ts';
import {
  ADA,
  adasGoods,
  answered,
  BOOKED,
  BOOKING,
  byHand,
  DEAD,
  DECLINED,
  fulfillmentRules,
  nobodyHolds,
  PARCEL,
  POLL_MS,
  parcelIn,
  report,
  TRACKING_NO,
  told,
} from './fulfillments.ts';

const parcel = (state?: Fulfillment, facts: FulfillmentFacts = nobodyHolds) => given(fulfillmentRules, { key: PARCEL, state, facts });
const byPeople = (state?: Fulfillment) => given(byHand, { key: PARCEL, state, facts: nobodyHolds });
type One = ReturnType<typeof parcel>;
const jobs = (one: One) => one.jobs.map(({ type }) => type);
const said = (one: One) => one.decision.effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.type] : []));
const steps = (one: One) => one.published('fulfillment.status_changed').map(({ to }) => to);
const shipment = (one: One, key = BOOKING) => one.row<Shipment>('shipment', key);
const asked = () => parcelIn('ready', { shipmentStatus: 'asked', trackingNo: null });

describe('a confirmed order’s goods [B26, B14]', () => {
  test('are ready for the carrier in one turn, each step said, and booked by a job under a key that is stored before the call [E21, E17]', () => {
    const one = parcel().hears('fulfillment.create', adasGoods);
    expect(steps(one)).toEqual(['pending', 'planned', 'picking', 'packed', 'ready']);
    expect(one.state).toMatchObject({ status: 'ready', bookings: 1, shipmentStatus: 'asked', version: 1 });
    expect(one.jobs).toMatchObject([
      {
        type: 'shipment.book',
        payload: { fulfillmentId: PARCEL, address: adasGoods.address, lines: adasGoods.lines, idempotencyKey: BOOKING, again: false },
        options: { reply: 'fulfillment.book-answered' },
      },
    ]);
    expect(shipment(one)).toMatchObject({ status: 'asked', carrier: 'sandbox' });
    expect(one.published('order.shipping.requested')).toMatchObject([
      { orderKey: ADA, orderId: '1', fulfillmentId: PARCEL, locationId: 'north' },
    ]);
  });

  test('are made once, and once for each order and location, however many ask [B26]', () => {
    const one = parcel().hears('fulfillment.create', adasGoods).hears('fulfillment.create', adasGoods);
    expect([one.ignored, one.decision.effects]).toEqual(['it is there already', []]);
    const other = parcel(undefined, { holders: new Map([[slotOf(adasGoods), uuid(702)]]) }).hears('fulfillment.create', adasGoods);
    expect([other.state, other.decision.effects]).toEqual([undefined, []]);
    expect(
      parcel(undefined, { holders: new Map([[slotOf(adasGoods), PARCEL]]) }).hears('fulfillment.create', adasGoods).state,
    ).toBeDefined();
  });

  test('whose proof of delivery came first are recorded as delivered, and nothing ships [B14]', () => {
    const at = minutesLater(-5).toISOString();
    const one = parcel().hears('fulfillment.create', { ...adasGoods, delivered: { at, by: 'ada' } });
    expect(one.state).toMatchObject({ status: 'delivered', deliveredAt: at, shipmentStatus: null, bookings: 0 });
    expect([jobs(one), said(one)]).toEqual([[], ['fulfillment.status_changed']]);
  });

  test('wait for people where fulfilments are not automatic: to pick, and to pack', () => {
    const one = byPeople().hears('fulfillment.create', adasGoods);
    expect([one.state?.status, jobs(one)]).toEqual(['planned', []]);
    expect(byPeople(one.state).hears('fulfillment.pack').refusal).toBe('fulfillment.wrong-step');
    one.hears('fulfillment.pick', { by: 'pia' });
    expect([one.state?.status, jobs(one)]).toEqual(['picking', []]);
    one.hears('fulfillment.pack', { by: 'pia' });
    expect([one.state?.status, jobs(one)]).toEqual(['ready', ['shipment.book']]);
  });

  test('go back from a hold to where they were; what the carrier has booked cannot be held', () => {
    const one = byPeople(parcelIn('picking')).hears('fulfillment.hold', { reason: 'no boxes' });
    expect(one.published('fulfillment.status_changed')).toMatchObject([{ from: 'picking', to: 'on_hold', reason: 'no boxes' }]);
    expect(one.hears('fulfillment.release').state).toMatchObject({ status: 'picking', reason: null, heldFrom: null });
    expect(parcel(parcelIn('ready')).hears('fulfillment.hold', { reason: 'no boxes' }).refusal).toBe('fulfillment.wrong-step');
  });

  test('are changed only as they were seen: an older version is refused', () => {
    expect(byPeople(parcelIn('planned', { version: 4 })).hears('fulfillment.pick', { version: 3 }).refusal).toBe('resource.changed');
    expect(byPeople(parcelIn('planned', { version: 4 })).hears('fulfillment.pick', { version: 4 }).state?.version).toBe(5);
  });
});

describe('the booking', () => {
  test('that the carrier takes is asked after until it has arrived [E4]', () => {
    const one = parcel(asked()).hears('fulfillment.book-answered', BOOKED);
    expect(one.state).toMatchObject({ status: 'ready', shipmentStatus: 'booked', trackingNo: TRACKING_NO });
    expect(one.timers['fulfillment.track']).toEqual(new Date(NOW.getTime() + POLL_MS));
    expect(jobs(one.hears('fulfillment.track'))).toEqual(['shipment.track']);
  });

  test('that the carrier declines fails it, and it is booked anew under another key once somebody has corrected it [E22]', () => {
    const one = parcel(asked()).hears('fulfillment.book-answered', DECLINED);
    expect(one.state).toMatchObject({ status: 'failed', reason: 'address_not_deliverable', shipmentStatus: 'declined' });
    expect(one.published('fulfillment.status_changed')).toMatchObject([{ to: 'failed', reason: 'address_not_deliverable', orderKey: ADA }]);
    one.hears('fulfillment.rebook', { address: { line1: '2 Analytical Row' } });
    expect(one.state).toMatchObject({ status: 'ready', bookings: 2, shipmentStatus: 'asked' });
    expect(one.jobs).toMatchObject([
      { payload: { idempotencyKey: `ship:${PARCEL}:2`, again: false, address: { line1: '2 Analytical Row' } } },
    ]);
  });

  test('whose outcome nobody knows fails it, and is looked up under the same key: no second parcel goes out [E22]', () => {
    const one = parcel(asked()).hears('fulfillment.book-answered', DEAD);
    expect(one.state).toMatchObject({ status: 'failed', shipmentStatus: 'unknown', reason: 'no answer' });
    one.hears('fulfillment.rebook');
    expect(one.jobs).toMatchObject([{ type: 'shipment.book', payload: { idempotencyKey: BOOKING, again: true } }]);
  });

  test('is asked for anew only where it failed', () => {
    for (const status of ['ready', 'shipped', 'delivered', 'cancelled', 'planned'] as FulfillmentStatus[])
      expect(parcel(parcelIn(status)).hears('fulfillment.rebook').refusal).toBe('fulfillment.not-failed');
  });

  test('may take five minutes, and is tried again with growing waits that are spread [E42, E43]', () => {
    const calls = jobTypes.filter(({ type }) => type.startsWith('shipment.'));
    expect(calls.map(({ type }) => type).sort()).toEqual(['shipment.book', 'shipment.cancel', 'shipment.track']);
    for (const call of calls) expect(call).toMatchObject({ timeoutMs: 300_000, backoffBaseMs: 1_000 });
    for (const { maxAttempts } of calls) expect(maxAttempts).toBeGreaterThan(1);
    const dueWith = (random: number) =>
      given(fulfillmentRules, { key: PARCEL, state: asked(), facts: nobodyHolds, random: () => random }).hears(
        'fulfillment.book-answered',
        BOOKED,
      ).timers['fulfillment.track'];
    expect(dueWith(0)).toEqual(new Date(NOW.getTime() + POLL_MS * 0.8));
    expect(dueWith(0)).not.toEqual(dueWith(0.9));
  });
});

describe('the parcel', () => {
  test('that is picked up ships the order [E10]', () => {
    const one = parcel(parcelIn('ready')).hears('fulfillment.tracked', told('picked_up'));
    expect(one.state).toMatchObject({ status: 'shipped', shipmentStatus: 'in_transit', shippedAt: minutesLater(1).toISOString() });
    expect(one.published('order.shipped')).toMatchObject([
      { orderKey: ADA, orderId: '1', fulfillmentId: PARCEL, carrier: 'sandbox', trackingNo: TRACKING_NO },
    ]);
    expect(one.published('shipment.tracking.updated')).toMatchObject([{ status: 'picked_up', trackingNo: TRACKING_NO }]);
  });

  test('that arrives delivers the order, when the carrier says that it did, and is asked after no more [E16]', () => {
    const one = parcel(parcelIn('shipped')).hears('fulfillment.tracked', told('delivered', 4));
    expect(one.state).toMatchObject({ status: 'delivered', shipmentStatus: 'delivered', deliveredAt: minutesLater(4).toISOString() });
    expect(one.published('order.delivered')).toEqual([
      { orderKey: ADA, orderId: '1', fulfillmentId: PARCEL, deliveredAt: minutesLater(4).toISOString() },
    ]);
    expect(one.timers).toEqual({ 'fulfillment.track': null });
  });

  test('whose arrival is heard before its pick-up has done both, in their order; the pick-up is noted when it comes', () => {
    const one = parcel(parcelIn('ready')).hears('fulfillment.tracked', told('delivered', 4));
    expect(steps(one)).toEqual(['shipped', 'delivered']);
    expect(said(one).filter((type) => type.startsWith('order.'))).toEqual(['order.shipped', 'order.delivered']);
    one.hears('fulfillment.tracked', told('picked_up', 1));
    expect([one.state?.status, said(one)]).toEqual(['delivered', ['shipment.tracking.updated']]);
  });

  test('is reported twice and heard once, by callback or by poll', () => {
    const one = parcel(parcelIn('ready')).hears('fulfillment.tracked', told('picked_up', 1));
    expect(one.hears('fulfillment.tracked', told('picked_up', 1)).ignored).toBe('it was heard already');
    const { version } = one.state as Fulfillment;
    one.hears('fulfillment.track-answered', answered({ status: 'known', events: [report('picked_up', 1)] }));
    expect([one.state?.version, said(one)]).toEqual([version, []]);
    expect(one.timers['fulfillment.track']).toBeInstanceOf(Date);
  });

  test('of an earlier booking tells nothing of this one', () => {
    const one = parcel(parcelIn('ready', { bookings: 2 })).hears('fulfillment.tracked', told('delivered', 4));
    expect([one.state?.status, one.decision.effects]).toEqual(['ready', []]);
  });

  test('whose callbacks are lost is found by asking: all that happened meanwhile is heard in its order [E4]', () => {
    const events = [report('delivered', 4), report('picked_up', 1), report('in_transit', 2)];
    const one = parcel(parcelIn('ready'))
      .hears('fulfillment.track')
      .hears('fulfillment.track-answered', answered({ status: 'known', events }));
    expect([one.state?.status, steps(one)]).toEqual(['delivered', ['shipped', 'delivered']]);
    expect(one.published('shipment.tracking.updated').map(({ status }) => status)).toEqual(['picked_up', 'in_transit', 'delivered']);
  });

  test('is asked after again when the carrier does not answer, and the callback that comes before the booking’s answer counts', () => {
    expect(parcel(parcelIn('shipped')).hears('fulfillment.track-answered', DEAD).timers['fulfillment.track']).toBeInstanceOf(Date);
    const early = parcel(asked()).hears('fulfillment.tracked', told('picked_up'));
    expect(early.state).toMatchObject({ status: 'shipped', trackingNo: TRACKING_NO });
    expect(early.timers['fulfillment.track']).toBeInstanceOf(Date);
    expect(early.hears('fulfillment.book-answered', BOOKED).ignored).toBeDefined();
  });

  test('that comes back fails the fulfilment, and the order hears why', () => {
    const one = parcel(parcelIn('shipped')).hears('fulfillment.tracked', { ...told('returned', 4), note: 'nobody took it' });
    expect(one.state).toMatchObject({ status: 'failed', shipmentStatus: 'returned', reason: 'nobody took it' });
    expect(one.published('fulfillment.status_changed')).toMatchObject([{ from: 'shipped', to: 'failed', reason: 'nobody took it' }]);
  });

  test('that the carrier does not know is lost; and found when it turns up after all', () => {
    const one = parcel(parcelIn('shipped')).hears('fulfillment.track-answered', answered({ status: 'none' }));
    expect(one.state).toMatchObject({ status: 'failed', shipmentStatus: 'lost' });
    expect(one.hears('fulfillment.tracked', told('delivered', 4)).state).toMatchObject({
      status: 'delivered',
      shipmentStatus: 'delivered',
    });
  });

  test('of an exchange says whose it is, in everything', () => {
    const one = parcel().hears('fulfillment.create', { ...adasGoods, owner: 'exchange' });
    const heard = [one.decision, parcel(one.state).hears('fulfillment.tracked', told('delivered', 4)).decision];
    const data = heard.flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.data] : [])));
    expect(data.length).toBeGreaterThan(8);
    for (const one of data) expect(one).toMatchObject({ owner: 'exchange', orderKey: ADA });
  });

  test('of an exchange stands in the history of its order, whoever reports of it, and the exchange hears of it all the same', () => {
    const ofExchange = { ...adasGoods, orderKey: uuid(801), owner: 'exchange' } as const;
    const reported = parcel(parcelIn('ready', { ...ofExchange, historyKey: ADA })).hears('fulfillment.tracked', told('picked_up', 1));
    const published = reported.decision.effects.filter(({ kind }) => kind === 'publish');
    expect(published.length).toBeGreaterThan(2);
    for (const one of published) expect(one).toMatchObject({ trace: { correlationId: ADA }, data: { orderKey: uuid(801) } });
    // It is made in the history in which the exchange asked for it.
    expect(parcel().hears('fulfillment.create', ofExchange).state?.historyKey).toBe(PARCEL);
    expect(parcel().hears('fulfillment.create', adasGoods).state?.historyKey).toBe(ADA);
  });
});

describe('an order that is off', () => {
  test.each(['pending', 'planned', 'picking', 'packed', 'on_hold'] as FulfillmentStatus[])(
    'cancels what is %s, and nobody is called',
    (status) => {
      const one = parcel(parcelIn(status)).hears('fulfillment.cancel', { reason: 'rain' });
      expect([one.state?.status, one.state?.reason, jobs(one)]).toEqual(['cancelled', 'rain', []]);
      expect(one.hears('fulfillment.cancel', { reason: 'rain' }).ignored).toBeDefined();
    },
  );

  test('has its booking called off', () => {
    const one = parcel(parcelIn('ready')).hears('fulfillment.cancel', { reason: 'rain' });
    expect([one.state?.status, jobs(one), one.timers]).toEqual(['cancelled', ['shipment.cancel'], { 'fulfillment.track': null }]);
    expect(one.jobs[0]?.payload).toMatchObject({ bookingKey: BOOKING });
    one.hears('fulfillment.cancel-answered', answered({ status: 'cancelled' }));
    expect(one.state).toMatchObject({ status: 'cancelled', shipmentStatus: 'cancelled' });
  });

  test('while it is being booked has it called off when the answer is there, whatever it is', () => {
    const off = () => parcel(asked()).hears('fulfillment.cancel', { reason: 'rain' });
    expect(jobs(off())).toEqual([]);
    expect(jobs(off().hears('fulfillment.book-answered', BOOKED))).toEqual(['shipment.cancel']);
    expect(jobs(off().hears('fulfillment.book-answered', DEAD))).toEqual(['shipment.cancel']);
    expect(jobs(off().hears('fulfillment.book-answered', DECLINED))).toEqual([]);
  });

  test('too late for the carrier is an exception for people, and stays off', () => {
    const one = parcel(parcelIn('ready')).hears('fulfillment.cancel', { reason: 'rain' });
    one.hears('fulfillment.cancel-answered', answered({ status: 'too_late' }));
    expect([one.state?.status, said(one)]).toEqual(['cancelled', ['order.exception']]);
    one.hears('fulfillment.tracked', told('delivered', 4));
    expect([one.state?.status, said(one)]).toEqual(['cancelled', ['shipment.tracking.updated', 'order.exception']]);
  });

  test.each(['shipped', 'delivered'] as FulfillmentStatus[])('cannot call back what is %s: refused, and said with its reason', (status) => {
    const one = parcel(parcelIn(status)).hears('fulfillment.cancel', { reason: 'rain' });
    expect([one.refusal, one.state?.status]).toEqual(['fulfillment.already-shipped', status]);
    expect(one.published('fulfillment.cancel_refused')).toMatchObject([{ orderKey: ADA, reason: 'rain', status }]);
  });

  test('nothing is said to a fulfilment that is not there', () => {
    expect(parcel().hears('fulfillment.cancel', { reason: 'rain' }).refusal).toBe('fulfillment.not-found');
  });
});
