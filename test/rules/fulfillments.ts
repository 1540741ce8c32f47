/** Ada's goods on their way by a carrier, in each of their states, and what is said of them. */
import { type FulfillmentStatus, fulfillmentLife, type ShipmentStatus } from '../../models/fulfillment.ts';
import type { Decision } from '../../runtime/decider.ts';
import { fulfillmentDecider } from '../../services/fulfillment/fulfillment.decider.ts';
import { bookingKey, type Fulfillment, type FulfillmentFacts, type Shipment } from '../../services/fulfillment/fulfillment.state.ts';
import { minutesLater, NOW, type Rules, type Scene, uuid } from '../support/given.ts';

/** As in test/support/examples.ts, which needs every room: this one stands by itself. */
export const ADA = uuid(1);
export const PARCEL = uuid(701);
export const BOOKING = `ship:${PARCEL}:1`;
export const TRACKING_NO = 'SB-D-TEST00-00000001';
export const POLL_MS = 60_000;

const rulesWith = (auto: boolean): Rules<Fulfillment, FulfillmentFacts> => ({
  type: 'fulfillment',
  decide: fulfillmentDecider({ auto, pollMs: POLL_MS, carrier: 'sandbox' }),
});
export const fulfillmentRules = rulesWith(true);
/** Where people pick and pack. */
export const byHand = rulesWith(false);

export const nobodyHolds: FulfillmentFacts = { holders: new Map() };

export const adasGoods = {
  orderKey: ADA,
  orderId: '1',
  orderNumber: 'ORD-20260302-000001',
  locationId: 'north',
  customerId: 'ada',
  address: { line1: '1 Analytical Row', city: 'London' },
  lines: [{ sku: 'CEMENT-25KG', quantity: 2 }],
};

const lives: Record<FulfillmentStatus, Partial<Fulfillment>> = {
  pending: {},
  planned: {},
  picking: {},
  packed: {},
  ready: { bookings: 1, shipmentStatus: 'booked', trackingNo: TRACKING_NO },
  shipped: { bookings: 1, shipmentStatus: 'in_transit', trackingNo: TRACKING_NO, shippedAt: NOW.toISOString() },
  delivered: {
    bookings: 1,
    shipmentStatus: 'delivered',
    trackingNo: TRACKING_NO,
    shippedAt: NOW.toISOString(),
    deliveredAt: minutesLater(1).toISOString(),
  },
  on_hold: { heldFrom: 'planned', reason: 'the label printer is broken' },
  cancelled: { reason: 'rain' },
  failed: { bookings: 1, shipmentStatus: 'unknown', reason: 'no answer' },
};
export const parcelIn = (status: FulfillmentStatus, change: Partial<Fulfillment> = {}): Fulfillment => ({
  id: PARCEL,
  ...adasGoods,
  owner: null,
  historyKey: ADA,
  status,
  heldFrom: null,
  bookings: 0,
  shipmentStatus: null,
  carrier: 'sandbox',
  trackingNo: null,
  reason: null,
  shippedAt: null,
  deliveredAt: null,
  version: 1,
  ...lives[status],
  ...change,
});

export const report = (status: string, number = 1, minute = number) => ({
  eventId: `${TRACKING_NO}:${number}`,
  status,
  at: minutesLater(minute).toISOString(),
});
export const told = (status: string, number = 1, bookingKey = BOOKING) => ({
  bookingKey,
  trackingNo: TRACKING_NO,
  ...report(status, number),
});
export const answered = (result: object | null, outcome: 'completed' | 'dead' = 'completed') => ({
  jobId: '7',
  outcome,
  result,
  error: outcome === 'dead' ? 'no answer' : null,
});
export const BOOKED = answered({ status: 'booked', trackingNo: TRACKING_NO });
export const DECLINED = answered({ status: 'declined', reason: 'address_not_deliverable' });
export const DEAD = answered(null, 'dead');

export const fulfillmentSayings: Record<string, object[]> = {
  'fulfillment.create': [
    adasGoods,
    { ...adasGoods, owner: 'exchange' },
    { ...adasGoods, address: undefined },
    { ...adasGoods, delivered: { at: NOW.toISOString(), by: 'ada' } },
  ],
  'fulfillment.cancel': [{ reason: 'rain' }, { reason: 'rain', by: 'ada', version: 999 }],
  'fulfillment.pick': [{}],
  'fulfillment.pack': [{ by: 'the packer' }],
  'fulfillment.hold': [{ reason: 'the label printer is broken' }],
  'fulfillment.release': [{}],
  'fulfillment.rebook': [{}, { address: { line1: '2 Analytical Row' } }],
  'fulfillment.book-answered': [BOOKED, DECLINED, answered({ status: 'none' }), answered(null), DEAD],
  'fulfillment.cancel-answered': [...['cancelled', 'none', 'too_late'].map((status) => answered({ status })), answered(null), DEAD],
  'fulfillment.track-answered': [
    answered({ status: 'known' }),
    answered({ status: 'known', events: [report('picked_up', 1), report('in_transit', 2)] }),
    answered({ status: 'known', events: [report('delivered', 4), report('picked_up', 1)] }),
    answered({ status: 'none' }),
    answered(null),
    DEAD,
  ],
  'fulfillment.tracked': [
    told('picked_up', 1),
    told('in_transit', 2),
    told('delivered', 4),
    told('returned', 4),
    told('picked_up', 1, `ship:${PARCEL}:2`),
  ],
  'fulfillment.track': [{}],
};

const statuses = Object.keys(fulfillmentLife) as FulfillmentStatus[];
const parcels: ShipmentStatus[] = ['asked', 'booked', 'declined', 'unknown', 'returned', 'lost', 'cancelled'];
const scene = (state?: Fulfillment): Scene<Fulfillment, FulfillmentFacts> => ({ key: PARCEL, state, facts: nobodyHolds });
export const fulfillmentScenes: [string, Scene<Fulfillment, FulfillmentFacts>][] = [
  ['nothing', scene()],
  ...statuses.map((status): [string, Scene<Fulfillment, FulfillmentFacts>] => [status, scene(parcelIn(status))]),
  ...(['ready', 'shipped'] as const).map((status): [string, Scene<Fulfillment, FulfillmentFacts>] => [
    `${status}, of an exchange`,
    scene(parcelIn(status, { owner: 'exchange' })),
  ]),
  ['ready, being booked', scene(parcelIn('ready', { shipmentStatus: 'asked', trackingNo: null }))],
  ...parcels.flatMap((shipmentStatus): [string, Scene<Fulfillment, FulfillmentFacts>][] => [
    [`failed, parcel ${shipmentStatus}`, scene(parcelIn('failed', { shipmentStatus }))],
    [`cancelled, parcel ${shipmentStatus}`, scene(parcelIn('cancelled', { bookings: 1, shipmentStatus }))],
  ]),
];

/** The steps of its parcels that a decision takes: one under a new key begins anew. */
export const parcelSteps = (before: unknown, { effects }: Decision<unknown>): { from: string | null; to: string }[] => {
  const was = before as Fulfillment | undefined;
  const at = new Map<string, string | null>(was?.shipmentStatus ? [[bookingKey(was), was.shipmentStatus]] : []);
  return effects.flatMap((effect) => {
    if (effect.kind !== 'write' || effect.table !== 'shipment') return [];
    const from = at.get(effect.id) ?? null;
    const to = (effect.row as Shipment).status;
    at.set(effect.id, to);
    return from === to ? [] : [{ from, to }];
  });
};
