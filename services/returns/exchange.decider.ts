/**
 * The rules of an exchange: what people say to it. What the stock, the payment and the carrier answer stands beside it. An exchange whose
 * replacement cannot be had stays where it is and says why: it is tried again, or goes on as a return.
 */
import { exchangeLife } from '../../models/returns.ts';
import { cancelTimer, type Decision, done, ignore, type Message, publish, refuse, setTimer, tell } from '../../runtime/decider.ts';
import { holdBack, letGo, type Step, send, undoCharge } from './exchange.effects.ts';
import type { Deciding, Exchange, ExchangeSettings, Heard, Payload } from './exchange.state.ts';
import { completed, delivered, expired, failed, paid, rejected, reserved, shipped, stopped, waits } from './exchange.supply.effects.ts';
import { news, paidOut, takeBack } from './returns.effects.ts';
import { BOOKING_MS, barred, changed, counted, fresh, inTheOrder, mistaken, outdated, passed, worth } from './returns.state.ts';

export const exchangeDecider =
  (settings: ExchangeSettings) =>
  (one: Exchange | undefined, message: Message, context: Deciding): Decision<Exchange> => {
    const heard = message as unknown as Heard;
    if (heard.name === 'exchange.request') return request(one, heard.payload, context);
    if (!one) return refuse('exchange.not-found');
    return inTheOrder(one.orderKey, message, answer(one, heard, message, context, settings));
  };

const answer = (
  one: Exchange,
  heard: Exclude<Heard, { name: 'exchange.request' }>,
  message: Message,
  context: Deciding,
  settings: ExchangeSettings,
): Decision<Exchange> => {
  switch (heard.name) {
    case 'exchange.booked':
      return booked(one, heard.payload);
    case 'exchange.refused':
      return withdrawn(one, heard.payload.code, false);
    case 'exchange.lapse':
      return withdrawn(one, 'return.lapsed', true);
    case 'exchange.approve':
      return approve(one, heard.payload, context, settings);
    case 'exchange.reject':
      return reject(one, heard.payload);
    case 'exchange.receive':
      return receive(one, heard.payload, context);
    case 'exchange.retry':
      return retry(one, heard.payload, context, settings);
    case 'exchange.to-return':
      return toReturn(one, heard.payload);
    case 'exchange.complete':
      return complete(one, heard.payload, context);
    case 'exchange.cancel':
      return cancel(one, heard.payload);
    case 'exchange.paid-out':
      return paidOut('exchange', one, message, heard.payload.version);
    case 'inventory.reserved':
      return reserved(one, heard.payload, context);
    case 'inventory.rejected':
      return rejected(one, heard.payload);
    case 'inventory.backordered':
      return waits(one);
    case 'inventory.reservation.expired':
      return expired(one);
    case 'payment.confirmed':
      return paid(one, heard.payload, context);
    case 'payment.failed':
      return failed(one, heard.payload);
    case 'order.shipped':
      return shipped(one, heard.payload);
    case 'order.delivered':
      return delivered(one, heard.payload, context);
    case 'fulfillment.status_changed':
      return stopped(one, heard.payload);
  }
};

/** As a return is: asked at the door, before the order is asked to book it. The difference is that of the day. */
const request = (one: Exchange | undefined, { lines, ...form }: Payload<'exchange.request'>, context: Deciding): Decision<Exchange> => {
  if (one) return ignore('it is asked for already');
  const asked: Exchange = {
    id: context.key,
    ...form,
    status: 'requested',
    booked: false,
    note: null,
    lines: fresh(lines),
    refundCents: 0,
    refundState: 'none',
    differenceCents: worth(form.replacements) - worth(lines),
    supply: 'none',
    supplyReason: null,
    awaiting: [],
    chargeId: null,
    paid: false,
    fulfillmentId: null,
    carrier: null,
    trackingNo: null,
    version: 1,
  };
  return done(asked, setTimer('exchange.lapse', new Date(context.now.getTime() + BOOKING_MS), {}));
};

const booked = (one: Exchange, { paymentId }: Payload<'exchange.booked'>): Decision<Exchange> => {
  if (one.booked) return ignore('it is booked already');
  // Withdrawn meanwhile, perhaps before the order had it down: it is told once more.
  if (one.status !== 'requested') return refuse('return.lapsed', {}, publish('order.exchange.rejected', news(one, { reason: one.note })));
  const asked = changed(one, { booked: true, paymentId: paymentId ?? one.paymentId });
  const { reason, replacements, differenceCents } = asked;
  return done(
    asked,
    publish('order.exchange.requested', news(asked, { reason, replacements, differenceCents })),
    cancelTimer('exchange.lapse'),
  );
};

const withdrawn = (one: Exchange, note: string, tellsTheOrder: boolean): Decision<Exchange> => {
  if (one.booked || one.status !== 'requested') return ignore('it is decided already');
  const off = changed(one, { status: 'rejected', note });
  return done(off, tellsTheOrder ? publish('order.exchange.rejected', news(off, { reason: note })) : cancelTimer('exchange.lapse'));
};

/** From now on the replacement is held back, while the goods are on their way here. */
const approve = (
  one: Exchange,
  { paymentToken, version }: Payload<'exchange.approve'>,
  context: Deciding,
  settings: ExchangeSettings,
): Decision<Exchange> => {
  const no = outdated(one, version) ?? barred('exchange', exchangeLife, one, 'approved');
  if (no) return no;
  const approved = changed(one, { status: 'approved', token: paymentToken ?? one.token });
  const { state, effects } = holdBack(approved, context, settings);
  return done(state, publish('order.exchange.approved', news(state, { differenceCents: one.differenceCents })), effects);
};

const reject = (one: Exchange, { reason, version }: Payload<'exchange.reject'>): Decision<Exchange> => {
  const no = outdated(one, version) ?? barred('exchange', exchangeLife, one, 'rejected');
  if (no) return no;
  const off = changed(one, { status: 'rejected', note: reason });
  return done(off, publish('order.exchange.rejected', news(off, { reason })));
};

/** An exchange takes all back that it gives for: who sends back less gets a return. */
const receive = (one: Exchange, { version, ...found }: Payload<'exchange.receive'>, context: Deciding): Decision<Exchange> => {
  const no = outdated(one, version) ?? barred('exchange', exchangeLife, one, 'received') ?? mistaken(one.lines, found);
  if (no) return no;
  const lines = passed(counted(one.lines, found));
  const less = lines.find(({ received, quantity }) => received !== quantity);
  if (less) return refuse('exchange.incomplete', { itemId: less.itemId, quantity: less.quantity });
  const here = changed(one, { status: 'received', lines });
  const { state, effects } = send(here, context);
  return done(state, takeBack(here, context), effects);
};

/** There may be stock now, or another card; or a parcel was called off and another is to go. */
const retry = (
  one: Exchange,
  { paymentToken, version }: Payload<'exchange.retry'>,
  context: Deciding,
  settings: ExchangeSettings,
): Decision<Exchange> => {
  const no = outdated(one, version);
  if (no) return no;
  const open = one.status === 'approved' || one.status === 'received';
  const again = { ...one, token: paymentToken ?? one.token };
  if (open && (one.supply === 'short' || one.supply === 'unpaid')) return decided(holdBack(again, context, settings));
  const sent = open ? send(again, context) : undefined;
  return sent && sent.effects.length > 0 ? decided(sent) : refuse('exchange.nothing-to-retry', { status: one.status, supply: one.supply });
};

const decided = ({ state, effects }: Step): Decision<Exchange> => done(state, effects);

/** The order's booking stays as it is: the return goes on under the same id. */
const toReturn = (one: Exchange, { version }: Payload<'exchange.to-return'>): Decision<Exchange> => {
  const no = outdated(one, version);
  if (no) return no;
  if (one.status !== 'approved' && one.status !== 'received') return refuse('exchange.wrong-status', { status: one.status });
  if (one.fulfillmentId) return refuse('exchange.on-its-way');
  const { id, orderKey, orderId, orderNumber, customerId, locationId, currency, paymentId, paymentMethod, reason, lines } = one;
  const form = { orderKey, orderId, orderNumber, customerId, locationId, currency, paymentId, paymentMethod, reason, lines };
  const why = 'it goes on as a return';
  return done(
    changed(one, { status: 'cancelled', note: why, supply: 'none', awaiting: [] }),
    letGo(one, why),
    undoCharge(one, why),
    tell('return', id, 'return.take-over', { ...form, status: one.status === 'received' ? 'inspected' : 'approved' }),
  );
};

/** Somebody knows that it has arrived, where the carrier does not say so. */
const complete = (one: Exchange, { version }: Payload<'exchange.complete'>, context: Deciding): Decision<Exchange> =>
  outdated(one, version) ?? barred('exchange', exchangeLife, one, 'completed') ?? completed(one, context);

/** Called off before anything came back. */
const cancel = (one: Exchange, { reason = 'cancelled', version }: Payload<'exchange.cancel'>): Decision<Exchange> => {
  const no = outdated(one, version) ?? barred('exchange', exchangeLife, one, 'cancelled');
  if (no) return no;
  if (one.status === 'received') return refuse('exchange.wrong-status', { status: one.status });
  const off = changed(one, { status: 'cancelled', note: reason, supply: 'none', awaiting: [] });
  return done(
    off,
    one.status === 'approved' ? letGo(one, reason) : [],
    undoCharge(one, reason),
    publish('order.exchange.rejected', news(off, { reason, cancelled: true })),
  );
};
