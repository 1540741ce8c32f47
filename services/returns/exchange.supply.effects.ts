/** What an exchange makes of the answers of the stock, the payment and the carrier. News that comes late, twice or out of order is let pass. */
import { type Decision, done, ignore, publish } from '../../runtime/decider.ts';
import { callBack, capture, consume, letGo, makeReady, payDifference, type Step } from './exchange.effects.ts';
import type { Deciding, Exchange, Payload } from './exchange.state.ts';
import { giveBack, news } from './returns.effects.ts';
import { changed } from './returns.state.ts';

const decided = ({ state, effects }: Step): Decision<Exchange> => done(state, effects);
const isOpen = ({ status }: Exchange): boolean => status === 'approved' || status === 'received';

export const reserved = (one: Exchange, { stockKey }: Payload<'inventory.reserved'>, context: Deciding): Decision<Exchange> => {
  if (!isOpen(one) || one.supply !== 'reserving' || !one.awaiting.includes(stockKey)) return ignore('it does not wait for this');
  const waiting = changed(one, { awaiting: one.awaiting.filter((key) => key !== stockKey), supplyReason: null });
  return waiting.awaiting.length > 0 ? done(waiting) : decided(payDifference(waiting, context));
};

/** There is nothing to send: the exchange stays, and says why. What was held is let go; what is packed is called back. */
export const rejected = (one: Exchange, { reason }: { reason: string }): Decision<Exchange> => {
  if (!isOpen(one) || one.supply === 'short' || one.supply === 'unpaid') return ignore('it holds nothing back');
  const short = changed(one, { supply: 'short', supplyReason: reason, awaiting: [] });
  return done(short, letGo(one, reason), callBack(one, reason));
};

export const waits = (one: Exchange): Decision<Exchange> => {
  if (!isOpen(one) || one.supply !== 'reserving') return ignore('it does not wait for this');
  return done(changed(one, { supplyReason: 'inventory.backordered' }));
};

/** The payment took longer than the stock was held back. */
export const expired = (one: Exchange): Decision<Exchange> =>
  one.supply === 'ready' ? ignore('it is held for good') : rejected(one, { reason: 'inventory.reservation-lapsed' });

export const paid = (one: Exchange, { paymentId }: Payload<'payment.confirmed'>, context: Deciding): Decision<Exchange> => {
  if (!isOpen(one) || one.chargeId !== paymentId || one.paid) return ignore('it does not wait for this payment');
  const settled = changed(one, { paid: true });
  return one.supply === 'paying' ? decided(makeReady(settled, context)) : done(settled);
};

export const failed = (one: Exchange, { paymentId, failureReason }: Payload<'payment.failed'>): Decision<Exchange> => {
  if (!isOpen(one) || one.chargeId !== paymentId || one.paid) return ignore('it does not wait for this payment');
  const unpaid = changed(one, { chargeId: null });
  if (one.supply !== 'paying') return done(unpaid);
  return done(changed(unpaid, { supply: 'unpaid', supplyReason: failureReason }), letGo(one, failureReason));
};

const isThisParcel = ({ status, fulfillmentId }: Exchange, parcel: { fulfillmentId: string }): boolean =>
  fulfillmentId === parcel.fulfillmentId && (status === 'received' || status === 'replacement_shipped');

export const shipped = (one: Exchange, parcel: Payload<'order.shipped'>): Decision<Exchange> => {
  if (!isThisParcel(one, parcel) || one.status !== 'received') return ignore('it is not waiting for this parcel');
  const { carrier = null, trackingNo = null } = parcel;
  return done(changed(one, { status: 'replacement_shipped', carrier, trackingNo, supplyReason: null }));
};

export const delivered = (one: Exchange, parcel: Payload<'order.delivered'>, context: Deciding): Decision<Exchange> =>
  isThisParcel(one, parcel) ? completed(one, context) : ignore('it is not waiting for this parcel');

/** The customer has the other goods. What they cost less goes back, once, under the exchange's id. */
export const completed = (one: Exchange, context: Deciding): Decision<Exchange> => {
  const { effects, ...refund } = giveBack(one, Math.max(0, -one.differenceCents), one.reason, context.facts);
  const over = changed(one, { status: 'completed', ...refund });
  const { differenceCents, currency } = one;
  return done(
    over,
    consume(one),
    capture(one),
    effects,
    publish('order.exchange.completed', news(over, { ...refund, differenceCents, currency })),
  );
};

/** A parcel that is off is sent anew when somebody tries again; one that failed is the carrier room's to book anew. */
export const stopped = (one: Exchange, { to, reason, ...parcel }: Payload<'fulfillment.status_changed'>): Decision<Exchange> => {
  if (!isThisParcel(one, parcel)) return ignore('it is another parcel');
  const supplyReason = `fulfillment.${to}${reason ? `: ${reason}` : ''}`;
  if (to === 'cancelled' && one.status === 'received') return done(changed(one, { fulfillmentId: null, supplyReason }));
  return done(changed(one, { supplyReason }));
};
