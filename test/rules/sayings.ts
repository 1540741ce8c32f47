/** For every message of every actor, payloads that say something to Ada's things, and some that speak of another's. */
import { ADA, ADAS_JOB, ADAS_LOAD, ADAS_PAYMENT, adasBill, adasForm, BO, BOS_LOAD, CEMENT, CONCRETE } from '../support/examples.ts';
import { minutesLater, SAGA_END, uuid } from '../support/given.ts';

type Sayings = Record<string, object[]>;

const ofAda = { orderKey: ADA, orderId: '1' };
const onTruck = (truckId: string, loadId: string) => ({ orderKey: ADA, truckId, loadId });
const answer = (outcome: 'completed' | 'dead', result: object | null) => ({
  jobId: '7',
  outcome,
  result,
  error: outcome === 'dead' ? 'no answer' : null,
});
const trucks = [onTruck('truck-1', ADAS_LOAD), onTruck('truck-2', BOS_LOAD)];

const order: Sayings = {
  'order.accepted': [
    adasForm,
    ...(['account', 'cod', 'transfer'] as const).map((paymentMethod) => ({ ...adasForm, paymentMethod })),
    { ...adasForm, items: [{ sku: 'NEVER-HEARD-OF', quantity: 1 }] },
    { ...adasForm, plantId: undefined },
  ],
  'order.cancel': [{ reason: 'rain' }, { reason: 'rain', by: 'ada', version: 999 }],
  'inventory.reserved': [CONCRETE, CEMENT, 'SALT@south'].map((stockKey) => ({
    stockKey,
    orderKey: ADA,
    quantity: 6,
    until: SAGA_END,
  })),
  'inventory.rejected': [CONCRETE, CEMENT].map((stockKey) => ({ stockKey, orderKey: ADA, reason: 'inventory.short' })),
  'payment.confirmed': [{ orderKey: ADA, paymentId: ADAS_PAYMENT }],
  'payment.failed': [{ orderKey: ADA, paymentId: ADAS_PAYMENT, failureReason: 'card_declined' }],
  'order.truck.assigned': trucks,
  'order.truck.unassigned': trucks.map((truck) => ({ ...truck, reason: 'out_of_service' })),
  'order.status.intransit': trucks,
  'order.delivered': trucks.map((truck) => ({ ...truck, deliveredAt: minutesLater(5).toISOString() })),
  'saga.expire': [{}],
};

const inventory: Sayings = {
  'inventory.reserve': [
    { ...ofAda, quantity: 6, until: SAGA_END },
    { orderKey: BO, orderId: '2', quantity: 50_000_000, until: SAGA_END },
  ],
  'inventory.confirm': [ofAda, { orderKey: BO, orderId: '2' }],
  'inventory.release': [{ ...ofAda, reason: 'rain' }],
  'inventory.consume': [ofAda, { orderKey: BO, orderId: '2' }],
  'inventory.stock': [{ sku: 'CONCRETE-C25', locationId: 'north', quantity: 5, reorderLevel: 1 }],
  'inventory.receive': [{ quantity: 4 }],
  'inventory.adjust': [
    { quantity: -3, reason: 'spilled' },
    { quantity: 3, reason: 'found' },
    { quantity: -1_000_000, reason: 'a typing error' },
  ],
};

const payment: Sayings = {
  'payment.charge': [adasBill, { ...adasBill, method: 'transfer' }],
  'payment.charge-answered': [
    answer('completed', { status: 'captured', providerRef: 'ch_1' }),
    answer('completed', { status: 'captured' }),
    answer('completed', { status: 'declined', reason: 'card_declined' }),
    answer('completed', { status: 'none' }),
    answer('completed', null),
    answer('dead', null),
  ],
  'payment.cancel': [{ reason: 'rain' }],
  'payment.refund-answered': [
    answer('completed', { status: 'refunded', providerRef: 're_1' }),
    answer('completed', { status: 'none' }),
    answer('completed', null),
    answer('dead', null),
  ],
  'payment.reported': [
    { outcome: 'captured', eventId: 'evt_1' },
    { outcome: 'failed', eventId: 'evt_2', reason: 'no funds' },
    { outcome: 'failed', eventId: 'evt_3' },
  ],
};

const phases = ['assigned', 'loading', 'en_route', 'at_job_site', 'delivering', 'returning', 'washing', 'available', 'never heard of'];
const truck: Sayings = {
  'truck.assign': [ADAS_LOAD, BOS_LOAD].map((loadId) => ({
    ...ofAda,
    loadId,
    jobId: ADAS_JOB,
    plantId: 'north',
    distanceMiles: 3,
  })),
  'truck.return-to-plant': [ADAS_LOAD, BOS_LOAD].map((loadId) => ({ loadId, reason: 'rain' })),
  'truck.phase-done': phases.flatMap((phase) => [ADAS_LOAD, BOS_LOAD].map((loadId) => ({ loadId, phase }))),
  'truck.out-of-service': [{ reason: 'a flat tyre' }, { reason: 'a flat tyre', by: 'the foreman' }],
  'truck.back-in-service': [{}, { reason: 'mended' }],
};

const turned = { plantId: 'north', from: 'washing', to: 'available' };
const dispatch: Sayings = {
  'dispatch.request': [ADA, BO].map((orderKey) => ({
    orderKey,
    orderId: '1',
    quantity: 8,
    distanceMiles: 3,
    priority: 50,
  })),
  'dispatch.cancel': [ADA, BO].map((orderKey) => ({ orderKey, reason: 'rain' })),
  'dispatch.truck-refused': [ADAS_LOAD, BOS_LOAD].map((loadId) => ({
    loadId,
    truckId: 'truck-1',
    reason: 'out_of_service',
  })),
  'dispatch.sweep': [{}],
  'truck.status.changed': [
    { ...turned, truckId: 'truck-1', loadId: ADAS_LOAD },
    { ...turned, truckId: 'truck-2', loadId: ADAS_LOAD },
    { ...turned, truckId: 'truck-1', loadId: uuid(777) },
    { ...turned, truckId: 'truck-1', loadId: null },
  ],
};

export const sayings: Record<string, Sayings> = { order, inventory, payment, truck, dispatch };
