/** What must be true once nothing moves: every order is at its end or shows why not, and money and stock are where they belong. */
import { terminalReturnStatuses } from '../../models/returns.ts';
import type { Fulfillment } from '../../services/fulfillment/fulfillment.state.ts';
import type { Reservation, Stock } from '../../services/inventory/inventory.decider.ts';
import { isCompensating } from '../../services/order/order.saga.effects.ts';
import type { Hold, Item, Order } from '../../services/order/order.state.ts';
import type { Payment, Refund } from '../../services/payment/payment.decider.ts';
import { chargeKey } from '../../services/payment/payment.state.ts';
import type { Exchange } from '../../services/returns/exchange.state.ts';
import type { Return } from '../../services/returns/return.decider.ts';
import { worthBack } from '../../services/returns/returns.state.ts';
import type { DeliveryJob } from '../../services/truck/dispatch.state.ts';
import { always, yard } from './books.ts';
import { type Played, plants } from './scheduler.ts';

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);
const isOff = ({ status }: Order): boolean => ['cancelled', 'failed'].includes(status);
const isDone = ({ status }: Order): boolean => ['delivered', 'completed'].includes(status);

/** Why an order does not go on, where the reason is shown: in its own state, as a hold or an exception, or in the queue. */
const reasonFor = ({ world }: Played, key: string, order: Order): string | undefined => {
  const { status, awaiting, marks, blocked, paymentMethod } = order;
  const inLine = awaiting.length > 0 && awaiting.every((stockKey) => marks?.backordered?.includes(stockKey));
  if (inLine && ['pending', 'payment_failed', 'payment_confirmed'].includes(status)) return 'it waits in line';
  if (status === 'payment_failed' && awaiting.length === 0) return order.reason ?? undefined;
  if (status === 'validated' && paymentMethod === 'cod') return 'it waits for its proof of delivery, or for a word';
  if (blocked > 0 && status === 'confirmed') return 'it is held';
  const jobs = plants.flatMap((plant) => [...world.table<DeliveryJob>(`dispatch/${plant}`, 'job').values()]);
  const job = jobs.find((one) => one.orderKey === key && one.status === 'queued');
  if (['confirmed', 'assigned', 'shipped'].includes(status) && job) return job.reason ?? undefined;
  const parcels = world.of<Fulfillment>('fulfillment').filter(([, one]) => one.orderKey === key);
  const parcel = parcels.find(([id]) => id === order.fulfillmentId)?.[1] ?? parcels.at(-1)?.[1];
  const seen = [...world.table<Hold>(`order/${key}`, 'order_holds').values()].some(
    ({ source, releasedAt }) => source === 'exception' && !releasedAt,
  );
  return parcel && ['failed', 'cancelled'].includes(parcel.status) && seen ? `its parcel: ${parcel.reason}` : undefined;
};

export const ends = (played: Played): string[] =>
  played.world.of<Order>('order').flatMap(([key, order]) => {
    if (isOff(order) || isDone(order) || reasonFor(played, key, order)) return [];
    return [`order ${key} stands still, ${order.status}, saga ${order.sagaState}, by ${order.delivery}, ${order.paymentMethod}`];
  });

/** A saga that was to be undone has failed when all its answers came, and at quiet they have. */
export const sagas = ({ world }: Played): string[] =>
  world.of<Order>('order').flatMap(([key, order]) => {
    const open = order.compensations.filter(({ done }) => !done).map(({ step }) => step);
    if (open.length > 0 || isCompensating(order)) return [`order ${key} is ${order.status}, and ${open} never answered`];
    const off = isOff(order) || (order.status === 'payment_failed' && order.awaiting.length === 0);
    if (off) return order.sagaState === 'Failed' ? [] : [`order ${key} is ${order.status}, its saga ${order.sagaState}`];
    return isDone(order) && order.sagaState !== 'Completed' ? [`order ${key} is ${order.status}, its saga ${order.sagaState}`] : [];
  });

export const sentBack = ({ world }: Played): string[] =>
  [...world.of<Return>('return'), ...world.of<Exchange>('exchange')].flatMap(([id, one]) =>
    (terminalReturnStatuses as readonly string[]).includes(one.status)
      ? []
      : [`${'supply' in one ? `exchange (${one.supply}, ${one.supplyReason})` : 'return'} ${id} is ${one.status}`],
  );

const CASH = ['cod_collected', 'cod_remitted'];

/** What the customer owes for what was kept: what was not cancelled and not sent back, less what was given back by hand. */
const owedFor = ({ world, people }: Played, key: string, order: Order, payments: Payment[]): number => {
  if (isOff(order) || order.status === 'payment_failed' || payments.length === 0) return 0;
  const items = [...world.table<Item>(`order/${key}`, 'order_items').values()];
  const kept = sum(items.map(({ quantity, quantityCancelled, unitPriceCents }) => (quantity - quantityCancelled) * unitPriceCents));
  const returns = world.of<Return>('return').filter(([, one]) => one.orderKey === key && one.status === 'completed');
  const exchanges = world.of<Exchange>('exchange').filter(([, one]) => one.orderKey === key && one.status === 'completed');
  // Cash is given back by people, who are told so.
  const back = returns.filter(([, { refundState }]) => refundState !== 'due').map(([, { lines }]) => worthBack(lines));
  const less = exchanges
    .filter(([, { refundState }]) => refundState !== 'due')
    .map(([, { differenceCents }]) => Math.max(0, -differenceCents));
  // A part of an attempt that went back whole later was given back of that.
  const refunds = payments.flatMap(({ id, undo }) => (undo ? [] : [...world.table<Refund>(`payment/${id}`, 'refund').values()]));
  const byHand = refunds.filter(({ id, status }) => people.byHand.has(id) && status !== 'void').map(({ amountCents }) => amountCents);
  return Math.max(0, kept - sum(back) - sum(less) - sum(byHand));
};

export const money = (played: Played): string[] =>
  played.world.of<Order>('order').flatMap(([key, order]) => {
    const payments = played.world.of<Payment>('payment').flatMap(([, payment]) => (payment.orderKey === key ? [payment] : []));
    const owed = owedFor(played, key, order, payments);
    const due = sum(payments.filter(({ status }) => status === 'cod_due' || status === 'authorized').map(({ amountCents }) => amountCents));
    const held = sum(payments.map(({ capturedCents, refundedCents }) => capturedCents - refundedCents));
    const right = held + due === owed && !(isDone(order) && payments.some(({ status }) => status === 'authorized'));
    const story = payments.map(
      ({ status, capturedCents, refundedCents, amountCents }) => `${status} ${amountCents}: ${capturedCents} − ${refundedCents}`,
    );
    return right
      ? []
      : [`order ${key} is ${order.status} by ${order.paymentMethod}: ${owed} are owed, ${held} held, ${due} due (${story})`];
  });

/** Of an exchange that was made the difference is held; of one that was not, nothing. */
export const differences = ({ world }: Played): string[] =>
  world.of<Exchange>('exchange').flatMap(([id, { status, differenceCents, paymentMethod, orderKey }]) => {
    const payments = world.of<Payment>('payment').flatMap(([, payment]) => (payment.orderKey === id ? [payment] : []));
    const held = sum(payments.map((one) => one.capturedCents - one.refundedCents + (one.status === 'cod_due' ? one.amountCents : 0)));
    const owed = status === 'completed' && paymentMethod !== 'account' ? Math.max(0, differenceCents) : 0;
    return held === owed ? [] : [`exchange ${id} of ${orderKey} is ${status}: ${owed} are owed, ${held} held`];
  });

/** What our books say of a payment is what the provider has. */
export const provider = ({ world, bank }: Played): string[] =>
  world.of<Payment>('payment').flatMap(([id, payment]) => {
    if (payment.method === 'cod' || CASH.includes(payment.status)) return [];
    const charge = bank.books.charges.get(chargeKey(payment));
    const really = charge?.status === 'captured' ? charge.amountCents - charge.refundedCents : 0;
    const ours = payment.capturedCents - payment.refundedCents;
    const on =
      charge?.status === 'authorized' && payment.status !== 'authorized' ? [`payment ${id} is ${payment.status}, the card still held`] : [];
    return [...on, ...(ours === really ? [] : [`payment ${id} (${payment.status}): our books say ${ours}, the provider ${really}`])];
  });

/** Stock is held for living orders and exchanges only, and what was delivered has left. */
export const holds = ({ world }: Played): string[] =>
  world.of<Stock>('inventory').flatMap(([key]) =>
    [...world.table<Reservation>(`inventory/${key}`, 'reservation')].flatMap(([holder, { owner, status, quantity }]) => {
      const complain = (what: string): string[] => [`${key}: ${what}, its reservation ${status} (${quantity})`];
      if (owner === 'exchange') {
        const exchange = world.states.get(`exchange/${holder}`) as Exchange;
        const open = ['active', 'confirmed', 'backordered'].includes(status);
        return open && exchange.status !== 'approved' && exchange.status !== 'received'
          ? complain(`exchange ${holder} is ${exchange.status}`)
          : [];
      }
      const order = world.states.get(`order/${holder}`) as Order;
      const wanted = order.stock.find(({ stockKey }) => stockKey === key)?.quantity ?? 0;
      const waits = order.awaiting.length > 0;
      const live = !isOff(order) && (order.status !== 'payment_failed' || order.awaiting.length > 0) && wanted > 0;
      // Delivered without it, or promised though it is short: a hold or an exception says so.
      const known = order.marks?.unconfirmed?.[key] !== undefined || said(world, holder).includes(key);
      const right = !live
        ? !isOpenOrInLine(status)
        : isDone(order)
          ? (status === 'consumed' && quantity === wanted) || (known && !isOpenOrInLine(status))
          : known || (quantity === wanted && (waits ? isOpenOrInLine(status) : status === 'confirmed'));
      return right ? [] : complain(`order ${holder} is ${order.status}, wants ${wanted}`);
    }),
  );
/** What a carrier or a truck took away for an order that was cancelled too late is not on the shelf any more: it is consumed, or missing and said. */
export const gone = ({ world }: Played): string[] =>
  world.of<Order>('order').flatMap(([key, order]) => {
    if (order.status !== 'cancelled') return [];
    const parcels = world.of<Fulfillment>('fulfillment').filter(([id, one]) => id === order.fulfillmentId && one.shippedAt);
    if (parcels.length === 0) return [];
    return order.stock.flatMap(({ stockKey }) => {
      const held = world.table<Reservation>(`inventory/${stockKey}`, 'reservation').get(key);
      const missing = world.events.some(
        ({ type, data }) => type === 'inventory.rejected' && data.orderKey === key && data.stockKey === stockKey,
      );
      return held?.status === 'consumed' || missing
        ? []
        : [`order ${key} is cancelled and has left, its hold of ${stockKey} ${held?.status}`];
    });
  });

const said = (world: Played['world'], key: string): string =>
  [...world.table<Hold>(`order/${key}`, 'order_holds').values()].map(({ note }) => note).join();
const isOpenOrInLine = (status: string): boolean => ['active', 'confirmed', 'backordered'].includes(status);

export const atQuiet = (played: Played): string[] => [
  ...always(played),
  ...ends(played),
  ...sagas(played),
  ...sentBack(played),
  ...money(played),
  ...differences(played),
  ...provider(played),
  ...holds(played),
  ...gone(played),
  ...yard(played),
];
