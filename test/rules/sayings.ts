/** For every message of every actor, payloads that say something to Ada's things, and some that speak of another's. */
import { reportForm } from '../../models/truck.ts';
import { ADA, ADAS_JOB, ADAS_LOAD, ADAS_PARCEL, ADAS_PAYMENT, adasForm, BO, BOS_LOAD, CEMENT, CONCRETE } from '../support/examples.ts';
import { minutesLater, SAGA_END, uuid } from '../support/given.ts';
import { fulfillmentSayings } from './fulfillments.ts';
import { paymentSayings } from './payment-cases.ts';
import { exchangeSayings, returnSayings } from './returns-sayings.ts';

type Sayings = Record<string, object[]>;

const ofAda = { orderKey: ADA, orderId: '1' };
const onTruck = (truckId: string, loadId: string) => ({ orderKey: ADA, truckId, loadId });
const trucks = [onTruck('truck-1', ADAS_LOAD), onTruck('truck-2', BOS_LOAD)];

const order: Sayings = {
  'order.accepted': [
    adasForm,
    ...(['account', 'cod', 'transfer'] as const).map((paymentMethod) => ({ ...adasForm, paymentMethod })),
    { ...adasForm, items: [{ sku: 'NEVER-HEARD-OF', quantity: 1 }] },
    { ...adasForm, plantId: undefined },
    ...(['card', 'account', 'cod'] as const).map((paymentMethod) => ({ ...adasForm, paymentMethod, kind: 'goods' })),
  ],
  'order.cancel': [{ reason: 'rain' }, { reason: 'rain', by: 'ada', version: 999 }],
  'order.cancel-item': [
    { itemId: '11', quantity: 2, reason: 'too much' },
    { itemId: '12', quantity: 2, reason: 'none of it' },
    { itemId: '11', quantity: 999, reason: 'a typing error' },
    { itemId: '99', quantity: 1, reason: 'another’s', version: 999 },
  ],
  'order.confirm': [{}, { auto: true }, { reason: 'she called', by: 'bo', version: 999 }],
  'order.prove-delivery': [{ signedBy: 'ada' }, { collected: true }, { version: 999 }],
  'order.retry-payment': [{ paymentToken: 'tok_ok' }, { paymentToken: 'tok_ok', version: 999 }],
  'order.hold': [
    { holdId: uuid(601), kind: 'fraud', severity: 'blocking', note: 'who is she?' },
    { holdId: uuid(602), kind: 'customer', severity: 'info', by: 'bo' },
    { holdId: uuid(603), kind: 'finance', severity: 'blocking', version: 999 },
  ],
  'order.release-hold': [{ holdId: uuid(601) }, { holdId: uuid(699) }, { holdId: uuid(601), version: 999 }],
  'order.complete': [{}, { by: 'bo', version: 999 }],
  'order.auto-cancel': [{}],
  'order.auto-complete': [{}],
  'order.send-back': [
    { id: uuid(501), kind: 'return', lines: [{ itemId: '11', quantity: 2 }], reason: 'too wet' },
    { id: uuid(502), kind: 'exchange', lines: [{ itemId: '12', quantity: 99 }], reason: 'wrong colour' },
  ],
  'inventory.reserved': [CONCRETE, CEMENT, 'SALT@south'].map((stockKey) => ({
    stockKey,
    orderKey: ADA,
    quantity: 6,
    until: SAGA_END,
  })),
  'inventory.rejected': [CONCRETE, CEMENT].map((stockKey) => ({ stockKey, orderKey: ADA, reason: 'inventory.short' })),
  'inventory.backordered': [CONCRETE, CEMENT].map((stockKey) => ({ stockKey, orderKey: ADA, quantity: 6 })),
  'inventory.reservation.released': [CONCRETE, CEMENT].map((stockKey) => ({ stockKey, orderKey: ADA })),
  'inventory.reservation.expired': [CONCRETE, CEMENT].map((stockKey) => ({ stockKey, orderKey: ADA })),
  'payment.confirmed': [{}, { status: 'authorized' }].map((more) => ({ orderKey: ADA, paymentId: ADAS_PAYMENT, ...more })),
  'payment.failed': [{ orderKey: ADA, paymentId: ADAS_PAYMENT, failureReason: 'card_declined' }],
  'payment.refunded': [
    { orderKey: ADA, paymentId: ADAS_PAYMENT, refundId: uuid(501), amountCents: 100, capturedCents: 89_300, refundedCents: 100 },
    { orderKey: ADA, paymentId: ADAS_PAYMENT, amountCents: 89_300, capturedCents: 89_300, refundedCents: 89_300 },
  ],
  'payment.voided': [{ orderKey: ADA, paymentId: ADAS_PAYMENT, reason: 'rain' }],
  'payment.cod.collected': [{ orderKey: ADA, paymentId: ADAS_PAYMENT, amountCents: 89_300 }],
  'order.truck.assigned': trucks,
  'order.truck.unassigned': trucks.flatMap((truck) =>
    [{}, { last: true }].map((last) => ({ ...truck, ...last, reason: 'out_of_service' })),
  ),
  'order.status.intransit': trucks,
  'order.load.delivered': trucks.flatMap((truck) =>
    [3, 8].map((quantity) => ({ ...truck, quantity, deliveredAt: minutesLater(5).toISOString() })),
  ),
  // The walks of every-way.test.ts draw the payment's id for all that is new.
  'order.shipped': [ADAS_PARCEL, uuid(702), ADAS_PAYMENT].map((fulfillmentId) => ({
    orderKey: ADA,
    fulfillmentId,
    carrier: 'sandbox',
    trackingNo: 'T1',
  })),
  'order.delivered': [...trucks, { orderKey: ADA, fulfillmentId: ADAS_PARCEL }, { orderKey: ADA, fulfillmentId: ADAS_PAYMENT }].map(
    (by) => ({
      ...by,
      deliveredAt: minutesLater(5).toISOString(),
    }),
  ),
  'fulfillment.status_changed': [ADAS_PARCEL, ADAS_PAYMENT].flatMap((fulfillmentId) =>
    ['failed', 'on_hold', 'cancelled'].map((to) => ({ orderKey: ADA, fulfillmentId, to })),
  ),
  ...Object.fromEntries(
    ['return.completed', 'return.rejected', 'exchange.completed', 'exchange.rejected'].map((what) => [
      `order.${what}`,
      [{ orderKey: ADA, id: uuid(501), lines: [{ itemId: '11', quantity: 1 }] }],
    ]),
  ),
  'saga.expire': [{}],
};

const inventory: Sayings = {
  'inventory.reserve': [
    { ...ofAda, quantity: 6, until: SAGA_END },
    { orderKey: BO, orderId: '2', quantity: 50_000_000, until: SAGA_END },
    { ...ofAda, owner: 'load', quantity: 6, until: SAGA_END },
    { ...ofAda, owner: 'load', quantity: 50_000_000, until: SAGA_END },
    // For an exchange, and over as soon as it is held.
    { ...ofAda, owner: 'exchange', quantity: 6, until: minutesLater(0).toISOString() },
  ],
  'inventory.confirm': [ofAda, { orderKey: BO, orderId: '2' }],
  'inventory.release': [{ ...ofAda, reason: 'rain' }],
  'inventory.consume': [ofAda, { orderKey: BO, orderId: '2' }],
  'inventory.reduce': [
    { ...ofAda, quantity: 2, reason: 'a part is off' },
    { ...ofAda, quantity: 6, reason: 'all of it is off' },
  ],
  'inventory.expire': [ofAda],
  'inventory.take-back': [
    { orderId: '1', returnId: uuid(501), quantity: 2, restock: true },
    { orderId: '1', returnId: uuid(502), quantity: 2, restock: false, reason: 'broken' },
  ],
  'inventory.limits': [{ reorderLevel: 3, incoming: 2, allowBackorder: true }, { allowBackorder: false }],
  'inventory.repair': [{}],
  'inventory.fill': [{}],
  'inventory.stock': [{ sku: 'CONCRETE-C25', locationId: 'north', quantity: 5, reorderLevel: 1 }],
  'inventory.receive': [{ quantity: 4 }],
  'inventory.adjust': [
    { quantity: -3, reason: 'spilled' },
    { quantity: 3, reason: 'found' },
    { quantity: -1_000_000, reason: 'a typing error' },
  ],
};

const phases = ['assigned', 'loading', 'en_route', 'at_job_site', 'delivering', 'returning', 'washing', 'available', 'never heard of'];
const asked = { ...ofAda, jobId: ADAS_JOB, plantId: 'north', distanceMiles: 3, quantity: 8 };
const truck: Sayings = {
  'truck.assign': [
    ...[ADAS_LOAD, BOS_LOAD].map((loadId) => ({ ...asked, loadId })),
    { ...asked, loadId: ADAS_LOAD, waits: true, slotted: true },
    { ...asked, loadId: ADAS_LOAD, part: true, limitMinutes: 60 },
    { ...asked, loadId: ADAS_LOAD, plantId: 'south' },
  ],
  'truck.load': [ADAS_LOAD, BOS_LOAD].map((loadId) => ({ loadId, materials: { 'MATERIAL-SAND@north': 8 } })),
  'truck.return-to-plant': [
    ...[ADAS_LOAD, BOS_LOAD].map((loadId) => ({ loadId, reason: 'rain' })),
    { loadId: ADAS_LOAD, reason: 'unassigned', yardOnly: true },
  ],
  'truck.phase-done': phases.flatMap((phase) => [ADAS_LOAD, BOS_LOAD].map((loadId) => ({ loadId, phase }))),
  'truck.report': reportForm.shape.status.options.flatMap((status) => [
    { status },
    { status, force: true },
    { status, force: true, reason: 'the phone was dead', poured: 5, by: 'the foreman' },
    { status, poured: 5_000 },
    { status, at: minutesLater(-600).toISOString() },
    { status, latitude: 41.9, longitude: -87.6, version: 999 },
  ]),
  'truck.reject-load': [ADAS_LOAD, BOS_LOAD].map((loadId) => ({ loadId, reason: 'too wet' })),
  'truck.change': [
    { capacity: 12 },
    { reporting: 'reported' },
    { reporting: 'simulated' },
    { plantId: 'south' },
    { plantId: 'north', version: 999 },
  ],
  'truck.out-of-service': [
    { reason: 'a flat tyre' },
    { reason: 'a flat tyre', by: 'the foreman' },
    { reason: 'a crash', force: true, by: 'the foreman' },
    { reason: 'a crash', force: true, version: 999 },
  ],
  'truck.back-in-service': [{}, { reason: 'mended' }, { version: 999 }],
  'truck.watch': [{}],
};

const turned = { plantId: 'north', from: 'washing', to: 'available' };
const lorry = { truckId: 'truck-1', plantId: 'north' };
const request = { quantity: 8, distanceMiles: 3, priority: 50 };
const ofLoads = [ADAS_LOAD, BOS_LOAD, uuid(777)];
const byHand = [ADA, BO].map((orderKey) => ({ orderKey, reason: 'a better idea', by: 'dora' }));
const dispatch: Sayings = {
  'dispatch.request': [
    ...[ADA, BO].map((orderKey) => ({ ...request, orderKey, orderId: '1' })),
    { ...request, orderKey: BO, orderId: '2', quantity: 25, pour: { ratePerHour: 20, limitMinutes: 60, skills: ['pump'] } },
    { ...request, orderKey: BO, orderId: '2', items: [{ sku: 'CONCRETE-C25', quantity: 8 }], requestedEnd: minutesLater(90).toISOString() },
    { ...request, orderKey: BO, orderId: '2', requestedStart: minutesLater(600).toISOString() },
    ...[ADA, BO].map((orderKey) => ({
      ...{ ...request, orderKey, orderId: '1' },
      moved: { from: 'south', requestedAt: minutesLater(-60).toISOString(), part: true },
    })),
  ],
  'dispatch.cancel': [{ orderKey: ADA }, { orderKey: BO }, { orderKey: ADA, queuedOnly: true }].map((which) => ({
    ...which,
    reason: 'rain',
  })),
  'dispatch.reduce': [2, 8, 50].flatMap((quantity) => [ADA, BO].map((orderKey) => ({ orderKey, quantity, reason: 'less is wanted' }))),
  'dispatch.truck-refused': ofLoads.map((loadId) => ({ loadId, truckId: 'truck-1', reason: 'out_of_service' })),
  'dispatch.recall-refused': ofLoads.map((loadId) => ({ loadId, truckId: 'truck-1', reason: 'en_route' })),
  'dispatch.assign': ['truck-2', 'truck-9'].flatMap((truckId) => byHand.map((by) => ({ ...by, truckId, force: true }))),
  'dispatch.unassign': byHand,
  'dispatch.swap': byHand.map((by) => ({ ...by, withOrderKey: by.orderKey === ADA ? BO : ADA })),
  'dispatch.lock': ['truck-2', null].flatMap((truckId) => byHand.map((by) => ({ ...by, truckId }))),
  'dispatch.prioritise': byHand.map((by) => ({ ...by, priority: 90 })),
  'dispatch.sweep': [{}, { wide: true }],
  'dispatch.due': [{}],
  'dispatch.change-plant': [
    { strategy: 'scored', loadSlots: 2, hours: { week: { mon: ['06:00', '18:00'] } }, by: 'dora' },
    { strategy: null, loadSlots: null, hours: null },
    { strategy: 'first', version: 999 },
  ],
  'dispatch.break-down': [{ reason: 'no power' }, { reason: 'no power', version: 999 }],
  'dispatch.repaired': [{}, { version: 999 }],
  'truck.status.changed': [
    { ...turned, truckId: 'truck-1', loadId: ADAS_LOAD },
    { ...turned, truckId: 'truck-2', loadId: ADAS_LOAD },
    { ...turned, truckId: 'truck-1', loadId: uuid(777) },
    { ...turned, truckId: 'truck-1', loadId: null },
    ...[8, null].flatMap((poured) =>
      ['available', 'out_of_service', 'en_route'].map((to) => ({ ...turned, ...lorry, to, loadId: ADAS_LOAD, poured })),
    ),
  ],
  'truck.pouring.completed': ofLoads.map((loadId) => ({ ...lorry, loadId, poured: 7, at: minutesLater(5).toISOString() })),
  'truck.materials.loaded': ofLoads.map((loadId) => ({ ...lorry, loadId })),
  'load.rejected': ofLoads.map((loadId) => ({ ...lorry, loadId, reason: 'too wet' })),
  'inventory.reserved': ofLoads.map((orderKey) => ({ stockKey: 'MATERIAL-SAND@north', orderKey })),
  'inventory.rejected': ofLoads.map((orderKey) => ({ stockKey: 'MATERIAL-SAND@north', orderKey, reason: 'inventory.short' })),
  'inventory.stock.changed': [{ stockKey: 'MATERIAL-SAND@north' }],
  'inventory.reservation.released': [{ stockKey: 'MATERIAL-SAND@north' }],
};

const cart: Sayings = {
  'cart.open': [{}, { customerId: 'ada' }],
  'cart.put': [
    { sku: 'CONCRETE-C25', quantity: 2 },
    { sku: 'CEMENT', quantity: 0 },
    { sku: 'SALT', quantity: 1, version: 999 },
  ],
  'cart.check-out': [{ orderKey: ADA }, { orderKey: ADA, version: 999 }],
  'cart.convert': [{}],
  'cart.give-up': [1, 2].map((checkout) => ({ checkout })),
  'cart.checkout-over': [1, 2].map((checkout) => ({ checkout })),
  'cart.abandon': [-60, 60].map((minutes) => ({ idleSince: minutesLater(minutes).toISOString() })),
};

export const sayings: Record<string, Sayings> = {
  order,
  inventory,
  payment: paymentSayings,
  truck,
  dispatch,
  fulfillment: fulfillmentSayings,
  cart,
  return: returnSayings,
  exchange: exchangeSayings,
};
