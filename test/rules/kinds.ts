/** What makes a place of a walk: of each actor's state its status, its facts and its booleans; no versions, ids, times or reasons. */

import type { Cart } from '../../services/cart/cart.decider.ts';
import type { Fulfillment } from '../../services/fulfillment/fulfillment.state.ts';
import type { Reservation, Stock } from '../../services/inventory/inventory.decider.ts';
import type { Hold, Item, Order, SentBack } from '../../services/order/order.state.ts';
import type { Payment, Refund } from '../../services/payment/payment.decider.ts';
import type { Exchange } from '../../services/returns/exchange.state.ts';
import type { Return } from '../../services/returns/return.decider.ts';
import type { Truck } from '../../services/truck/truck.state.ts';

type Table = Record<string, Record<string, unknown>>;
const rowsOf = <Row>(tables: Table, table: string): Row[] => Object.values(tables[table] ?? {}) as Row[];
const sorted = (words: Iterable<string>): string[] => [...new Set(words)].sort();
/** None, some, or all of it. */
const share = (part: number, whole: number): string => (part <= 0 ? 'none' : part < whole ? 'some' : 'all');

/** What an order is, in all its walks. */
const orderCore = ({ status, sagaState, delivery, paymentMethod, assignedFrom, sagaExpiresAt, awaiting }: Order): unknown[] => [
  ...[status, sagaState, delivery, paymentMethod, assignedFrom, sagaExpiresAt !== null, awaiting.length > 0],
];
type KindOf = (order: Order, tables: Table) => unknown[];

/**
 * What else is so of an order, by theme. All at once they multiply to more places than a test can visit (a hundred thousand and more); so
 * there is a walk for each theme and for each two of them, each with all messages: whatever two themes make of each other is met.
 */
export const orderThemes: Record<string, KindOf> = {
  stock: ({ awaiting, stock, marks }) => [
    ...[share(awaiting.length, stock.length), share(marks?.backordered?.length ?? 0, stock.length)],
    Object.keys(marks?.unconfirmed ?? {}).length > 0,
  ],
  money: ({ paymentId, marks }) => [paymentId !== null, marks?.authorized === true, marks?.collected === true],
  proof: ({ deliveredAt, truckId }) => [deliveredAt !== null, truckId !== null],
  holds: ({ blocked, marks }, tables) => [
    ...[blocked > 0, marks?.waiting === true],
    rowsOf<Hold>(tables, 'order_holds').some(({ releasedAt, source }) => !releasedAt && source === 'person'),
  ],
  parts: ({ fulfillmentId, marks }, tables) => [
    ...[fulfillmentId !== null, marks?.renewing === true],
    rowsOf<Item>(tables, 'order_items').some(({ quantityCancelled }) => quantityCancelled > 0),
  ],
  undoing: ({ compensations }) => [sorted(compensations.filter(({ done }) => !done).map(({ step }) => step.split(':')[0] as string))],
  returns: (_order, tables) => sorted(rowsOf<SentBack>(tables, 'order_returns').map(({ status }) => status)),
};

export const orderKind =
  (...themes: string[]): KindOf =>
  (order, tables) => [orderCore(order), ...themes.map((theme) => orderThemes[theme]?.(order, tables))];

export const paymentKind = (payment: Payment, tables: Table): unknown => {
  const { status, method, manual, undo, owner, amountCents, authorizedCents, capturedCents, refundedCents, refundingCents } = payment;
  const figures = [
    share(authorizedCents, amountCents),
    share(capturedCents, amountCents),
    share(refundedCents, capturedCents),
    share(refundingCents, capturedCents || amountCents),
    share(capturedCents - refundedCents - refundingCents, 9_300),
    share(amountCents, 9_300),
  ];
  return [
    status,
    method,
    manual,
    undo,
    owner,
    payment.providerRef !== null,
    figures,
    sorted(rowsOf<Refund>(tables, 'refund').map((one) => one.status)),
  ];
};

export const fulfillmentKind = (one: Fulfillment, tables: Table): unknown => [
  ...[one.status, one.heldFrom, one.shipmentStatus, one.owner, Math.min(one.bookings, 2)],
  ...[one.trackingNo !== null, one.address !== null, Object.keys(tables.tracking ?? {}).length > 0],
];

export const returnKind = ({ status, booked, refundState, lines }: Return): unknown => [
  ...[status, booked, refundState],
  sorted(
    lines.map(
      ({ received, condition, refund, quantity }) => `${received === null ? 'away' : share(received, quantity)} ${condition} ${refund}`,
    ),
  ),
];

export const exchangeKind = (one: Exchange): unknown => [
  ...[one.status, one.booked, one.refundState, one.supply, one.paid, one.awaiting.length > 0, Math.sign(one.differenceCents)],
  ...[one.chargeId !== null, one.fulfillmentId !== null, one.paymentMethod, one.supplyReason !== null],
];

export const truckKind = ({ status, loadId, loaded, reporting, poured, plantId, trip }: Truck): unknown => [
  ...[status, loadId, loaded, reporting, poured !== null, plantId],
  sorted(Object.keys(trip ?? {})),
];

export const stockKind = (stock: Stock, tables: Table): unknown => [
  ...[share(stock.available, 6), share(stock.reserved, 6), stock.allowBackorder, Math.min(stock.backordered, 2), stock.low],
  Object.entries(tables.reservation ?? {}).map(([id, row]) => {
    const { status, owner, expiresAt, quantity } = row as Reservation;
    return [id, status, owner ?? null, expiresAt !== null, share(quantity, 6)];
  }),
  Object.keys(tables.takeBack ?? {}).length,
];

export const cartKind = ({ status, checkouts, orderKey, lines }: Cart): unknown => [
  status,
  Math.min(checkouts, 2),
  orderKey !== null,
  lines.length,
];
