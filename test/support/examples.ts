/** The people and things that the rules' tests speak of. All at the plant north, on a Monday at eight. */
import type { OrderStatus, SagaState } from '../../models/order.ts';
import type { PaymentStatus } from '../../models/payment.ts';
import type { TruckStatus } from '../../models/truck.ts';
import { decide as decideStock, type Reservation, type Stock, type StockFacts } from '../../services/inventory/inventory.decider.ts';
import { orderDecider } from '../../services/order/order.decider.ts';
import { type Order, type OrderFacts, type OrderSettings, type Product, spares } from '../../services/order/order.state.ts';
import { decide as decidePayment, type Payment } from '../../services/payment/payment.decider.ts';
import { dispatcher } from '../../services/truck/dispatch.decider.ts';
import type { DispatchFacts, DispatchSettings, Plant } from '../../services/truck/dispatch.state.ts';
import { truckDecider } from '../../services/truck/truck.decider.ts';
import type { Truck, TruckSettings } from '../../services/truck/truck.state.ts';
import { minutesLater, NOW, type Rules, uuid } from './given.ts';

export const SAGA_MINUTES = 30;
export const DAY_MS = 86_400_000;
const orderRulesWith = (change: Partial<OrderSettings>): Rules<Order, OrderFacts> => ({
  type: 'order',
  decide: orderDecider({
    sagaMs: SAGA_MINUTES * 60_000,
    defaultDistanceMiles: 5,
    autoCancelMs: DAY_MS,
    autoCancelSpares: spares,
    returnWindowMs: 30 * DAY_MS,
    ...change,
  }),
});
export const orderRules = orderRulesWith({});
/** A truck may go before a COD order is confirmed. */
export const earlyRules = orderRulesWith({ codDispatchBeforeConfirm: true });
export const stockRules: Rules<Stock, StockFacts | undefined> = { type: 'inventory', decide: decideStock };
export const paymentRules: Rules<Payment, undefined> = { type: 'payment', decide: decidePayment };
const MINUTE_MS = 60_000;
export const truckSettings: TruckSettings = {
  timeScale: 1,
  completeOn: 'pour_completed',
  washUnloaded: false,
  stuckMs: { loading: 30 * MINUTE_MS, en_route: 120 * MINUTE_MS, delivering: 90 * MINUTE_MS },
  limitMinutes: 90,
};
export const truckRulesWith = (change: Partial<TruckSettings>): Rules<Truck, undefined> => ({
  type: 'truck',
  decide: truckDecider({ ...truckSettings, ...change }),
});
export const truckRulesAt = (timeScale: number): Rules<Truck, undefined> => truckRulesWith({ timeScale });
export const truckRules = truckRulesWith({});
export const plantSettings: DispatchSettings = { strategy: 'first', timeScale: 1, aheadMs: 30 * MINUTE_MS, holdMs: 5 * MINUTE_MS };
export const dispatchRulesWith = (change: Partial<DispatchSettings>): Rules<Plant, DispatchFacts> => ({
  type: 'dispatch',
  ...dispatcher({ ...plantSettings, ...change }),
});
export const dispatchRules = dispatchRulesWith({});

export const ADA = uuid(1);
export const BO = uuid(2);
export const CLEO = uuid(3);
export const ADAS_PAYMENT = uuid(101);
export const ADAS_LOAD = uuid(201);
export const ADAS_PARCEL = uuid(701);
export const BOS_LOAD = uuid(202);
export const ADAS_JOB = uuid(301);
export const BOS_JOB = uuid(302);
export const CLEOS_JOB = uuid(303);

export const CONCRETE = 'CONCRETE-C25@north';
export const CEMENT = 'CEMENT-25KG@north';
export const products: Product[] = [
  { sku: 'CONCRETE-C25', name: 'Concrete C25/30', priceCents: 14_500, currency: 'USD' },
  { sku: 'CEMENT-25KG', name: 'Cement, 25 kg', priceCents: 1_150, currency: 'USD' },
  { sku: 'TILES', name: 'Tiles from Faenza', priceCents: 2_000, currency: 'EUR' },
];
export const market: OrderFacts = {
  products: new Map(products.map((product) => [product.sku, product])),
  plants: new Map([
    ['north', { place: null, broken: false }],
    ['south', { place: null, broken: false }],
  ]),
  ids: new Map([[ADA, '1']]),
  stockedPlants: new Map([[ADA, ['south', 'north']]]),
};

/** Ada orders concrete and cement, by card, three miles from north. */
export const adasForm = {
  correlationId: ADA,
  customerId: 'ada',
  paymentMethod: 'card',
  items: [
    { sku: 'CONCRETE-C25', quantity: 6 },
    { sku: 'CEMENT-25KG', quantity: 2 },
  ],
  plantId: 'north',
  distanceMiles: 3,
};
const adasOrder: Order = {
  id: '1',
  orderNumber: 'ORD-20260302-000001',
  correlationId: ADA,
  status: 'pending',
  sagaState: 'Created',
  sagaExpiresAt: null,
  compensations: [],
  customerId: 'ada',
  plantId: 'north',
  delivery: 'truck',
  address: null,
  fulfillmentId: null,
  paymentMethod: 'card',
  paymentToken: 'tok_ok',
  currency: 'USD',
  totalCents: 89_300,
  distanceMiles: 3,
  quantity: 8,
  priority: 50,
  requestedStart: null,
  stock: [
    { stockKey: CONCRETE, quantity: 6 },
    { stockKey: CEMENT, quantity: 2 },
  ],
  awaiting: [],
  paymentId: null,
  truckId: null,
  assignedFrom: null,
  blocked: 0,
  deliveredAt: null,
  marks: null,
  reason: null,
  version: 3,
};

const paid = { paymentId: ADAS_PAYMENT, sagaState: 'Paid' as SagaState };
const onTruck = { ...paid, truckId: 'truck-1', assignedFrom: 'confirmed' as OrderStatus };
const lives: Record<OrderStatus, Partial<Order>> = {
  draft: {},
  pending: { awaiting: [CONCRETE, CEMENT], sagaExpiresAt: NOW.toISOString() },
  validated: { sagaState: 'InventoryReserved', paymentMethod: 'cod' },
  payment_processing: { paymentId: ADAS_PAYMENT, sagaState: 'PaymentProcessing', sagaExpiresAt: NOW.toISOString() },
  payment_confirmed: paid,
  payment_failed: { paymentId: ADAS_PAYMENT, sagaState: 'Failed', reason: 'card_declined' },
  confirmed: paid,
  assigned: onTruck,
  shipped: { ...onTruck, sagaState: 'Shipped' },
  delivered: { ...onTruck, sagaState: 'Completed', deliveredAt: NOW.toISOString() },
  completed: { ...onTruck, sagaState: 'Completed', deliveredAt: NOW.toISOString() },
  cancelled: { ...paid, sagaState: 'Failed', reason: 'rain' },
  failed: { sagaState: 'Failed', reason: 'inventory.short' },
};
const NONE_OFF = { quantityCancelled: 0, quantitySentBack: 0, quantityReturned: 0 };
/** Her two items, and what was said about her order before. */
export const adasRows = {
  order_items: {
    '11': { ...{ orderId: '1', sku: 'CONCRETE-C25', quantity: 6, unitPriceCents: 14_500 }, ...NONE_OFF },
    '12': { ...{ orderId: '1', sku: 'CEMENT-25KG', quantity: 2, unitPriceCents: 1_150 }, ...NONE_OFF },
  },
};
/** Ada's order as it stands in this status. */
export const adasOrderIn = (status: OrderStatus, change: Partial<Order> = {}): Order => ({
  ...adasOrder,
  ...lives[status],
  status,
  ...change,
});

export const concrete: Stock = {
  sku: 'CONCRETE-C25',
  locationId: 'north',
  available: 10,
  reserved: 0,
  incoming: 0,
  reorderLevel: 0,
  allowBackorder: false,
  backordered: 0,
  low: false,
  version: 1,
};
export const heldForAda: Reservation = {
  orderId: '1',
  quantity: 6,
  status: 'active',
  expiresAt: minutesLater(SAGA_MINUTES).toISOString(),
  confirmedAt: null,
};

/** Eight are held for others, none is left; Ada stands first in the line. */
export const soldOut: Stock = { ...concrete, available: 0, reserved: 8, allowBackorder: true, backordered: 1, low: true, version: 2 };
export const inLineForAda: Reservation = {
  ...heldForAda,
  status: 'backordered',
  expiresAt: null,
  place: 2,
  waiting: { orderKey: ADA, holdMs: SAGA_MINUTES * 60_000, correlationId: ADA, traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` },
};

export const adasBill = {
  orderKey: ADA,
  orderId: '1',
  orderNumber: adasOrder.orderNumber,
  amountCents: 89_300,
  currency: 'USD',
  method: 'card' as const,
  token: 'tok_ok',
};
export const CHARGE_KEY = `pay:${ADAS_PAYMENT}:charge:1`;
const money: Partial<Record<PaymentStatus, Partial<Payment>>> = {
  captured: { capturedCents: 89_300, providerRef: 'ch_1' },
  refunding: { capturedCents: 89_300, providerRef: 'ch_1', undo: true, reason: 'rain' },
  refunded: { capturedCents: 89_300, refundedCents: 89_300, undo: true, reason: 'rain' },
  created: { method: 'transfer' },
  failed: { reason: 'card_declined' },
  voided: { undo: true, reason: 'rain' },
};
export const adasPaymentIn = (status: PaymentStatus, change: Partial<Payment> = {}): Payment => ({
  id: ADAS_PAYMENT,
  ...adasBill,
  provider: 'sandbox',
  status,
  capturedCents: 0,
  refundedCents: 0,
  authorizedCents: 0,
  refundingCents: 0,
  refunds: 0,
  manual: false,
  owner: null,
  attempts: 1,
  providerRef: null,
  reason: null,
  undo: false,
  version: 1,
  ...money[status],
  ...change,
});

const atTheYard: readonly TruckStatus[] = ['available', 'out_of_service', 'on_break'];
const beforeItsLoad: readonly TruckStatus[] = ['assigned', 'loading'];
const afterItsPour: readonly TruckStatus[] = ['returning', 'washing'];
/** Truck 1 of north, in this status with Ada's load where it has one. */
export const truck1In = (status: TruckStatus, change: Partial<Truck> = {}): Truck => ({
  id: 'truck-1',
  plantId: 'north',
  status,
  reporting: 'simulated',
  ...(atTheYard.includes(status)
    ? { loadId: null, lastLoadId: null, jobId: null, orderKey: null, orderId: null }
    : { loadId: ADAS_LOAD, lastLoadId: ADAS_LOAD, jobId: ADAS_JOB, orderKey: ADA, orderId: '1' }),
  loaded: !atTheYard.includes(status) && !beforeItsLoad.includes(status),
  distanceMiles: 3,
  quantity: 8,
  poured: afterItsPour.includes(status) ? 8 : null,
  trips: 1,
  trip: null,
  phases: {},
  phaseSince: NOW.toISOString(),
  reason: null,
  version: 1,
  ...change,
});

export * from './plant-examples.ts';
