/** For every message of returns and exchanges, payloads that say something to Ada's, and some that speak of another's. */
import { minutesLater, SAGA_END, uuid } from '../support/given.ts';
import {
  ADAS_PAYMENT,
  askForExchange,
  askForReturn,
  bags,
  CEMENT,
  CONCRETE,
  cementLine,
  concreteLine,
  DIFFERENCE,
  EXCHANGE,
  ofAdasOrder,
  PARCEL,
} from './returns-cases.ts';

const ANOTHER = uuid(699);
const known = [{}, { version: 3 }, { version: 999 }];
const looked = { received: 2, condition: 'damaged', refund: true };
const found = [
  {},
  { condition: 'ok' },
  { condition: 'damaged', version: 3 },
  { lines: [{ itemId: '11', quantity: 1, condition: 'damaged', refund: false }] },
  {
    lines: [
      { itemId: '11', quantity: 0 },
      { itemId: '12', condition: 'ok' },
    ],
    condition: 'ok',
  },
  { lines: [{ itemId: '11', quantity: 3 }] },
  { lines: [{ itemId: '99' }] },
];

export const returnSayings: Record<string, object[]> = {
  'return.request': [askForReturn],
  'return.booked': [{}],
  'return.refused': [{ code: 'return.window-passed' }],
  'return.lapse': [{}],
  'return.take-over': [
    { ...ofAdasOrder, status: 'approved', lines: [{ ...cementLine, received: null, condition: null, refund: true }] },
    { ...ofAdasOrder, status: 'inspected', lines: [{ ...concreteLine, ...looked }] },
  ],
  'return.approve': known,
  'return.reject': known.map((version) => ({ ...version, reason: 'used' })),
  'return.receive': found,
  'return.inspect': found,
  'return.complete': known,
  'return.cancel': known.map((version) => ({ ...version, reason: 'kept after all' })),
  'return.paid-out': known,
};

const owned = { orderKey: EXCHANGE, owner: 'exchange' };
const stocks = [CEMENT, CONCRETE].map((stockKey) => ({ ...owned, stockKey }));
// The walk of every-way.test.ts draws this id for all that is new.
const parcels = [PARCEL, ANOTHER, ADAS_PAYMENT].map((fulfillmentId) => ({ ...owned, fulfillmentId }));
const charges = [DIFFERENCE, ANOTHER, ADAS_PAYMENT].map((paymentId) => ({ ...owned, paymentId }));

export const exchangeSayings: Record<string, object[]> = {
  'exchange.request': [askForExchange, { ...askForExchange, replacements: [bags(10)], token: null, address: null }],
  'exchange.booked': [{}],
  'exchange.refused': [{ code: 'return.too-many' }],
  'exchange.lapse': [{}],
  'exchange.approve': [...known, { paymentToken: 'tok_declined' }],
  'exchange.reject': known.map((version) => ({ ...version, reason: 'used' })),
  'exchange.receive': found,
  'exchange.retry': [...known, { paymentToken: 'tok_ok' }],
  'exchange.to-return': known,
  'exchange.complete': known,
  'exchange.cancel': [...known, { reason: 'kept after all' }],
  'exchange.paid-out': known,
  'inventory.reserved': stocks.map((stock) => ({ ...stock, orderId: '1', quantity: 60, until: SAGA_END })),
  'inventory.rejected': stocks.map((stock) => ({ ...stock, reason: 'inventory.short' })),
  'inventory.backordered': stocks.map((stock) => ({ ...stock, quantity: 60 })),
  'inventory.reservation.expired': stocks,
  'payment.confirmed': charges.map((charge) => ({ ...charge, status: 'captured' })),
  'payment.failed': charges.map((charge) => ({ ...charge, failureReason: 'card_declined' })),
  'order.shipped': parcels.map((parcel) => ({ ...parcel, carrier: 'sandbox', trackingNo: 'SBX1' })),
  'order.delivered': parcels.map((parcel) => ({ ...parcel, deliveredAt: minutesLater(5).toISOString() })),
  'fulfillment.status_changed': parcels.flatMap((parcel) =>
    ['failed', 'on_hold', 'cancelled'].map((to) => ({ ...parcel, to, reason: 'lost' })),
  ),
};
