/** Cash on delivery: due, collected at the door, paid in. What goes back is paid out by people, and booked here. */
import { done, type Effect, ignore, publish, refuse, write } from '../../runtime/decider.ts';
import { facts, refunding } from './payment.effects.ts';
import { changed, type Decided, leftCents, type Payload, type Payment, type Refund } from './payment.state.ts';

/** Told by whoever took the cash. Less or more than is due is refused: what is off is taken off first (`payment.reduce`). */
export const collect = (payment: Payment, { amountCents = payment.amountCents, by }: Payload<'payment.collect'>): Decided => {
  if (payment.status === 'cod_collected' || payment.status === 'cod_remitted') return ignore('it is collected already');
  if (payment.status !== 'cod_due') return refuse('payment.not-due', { status: payment.status });
  if (amountCents !== payment.amountCents) return refuse('payment.amount-differs', { dueCents: payment.amountCents });
  const collected = changed(payment, { status: 'cod_collected', capturedCents: amountCents });
  return done(collected, publish('payment.cod.collected', { ...facts(collected), status: collected.status, by }));
};

/** Told by whoever paid it in. Said again it is the same; under another reference it is other cash, and one of the two is mistaken. */
export const remit = (payment: Payment, { reference, by }: Payload<'payment.remit'>): Decided => {
  if (payment.status === 'cod_remitted') {
    if (payment.providerRef === reference) return ignore('it is paid in already');
    return refuse('payment.reference-differs', { reference: payment.providerRef });
  }
  if (payment.status !== 'cod_collected') return refuse('payment.not-collected', { status: payment.status });
  const remitted = changed(payment, { status: 'cod_remitted', providerRef: reference });
  return done(remitted, publish('payment.cod.remitted', { ...facts(remitted), status: remitted.status, reference, by }));
};

/** One refund of cash: nobody is called, so it is made as soon as it is asked for. */
export const payOut = (payment: Payment, refund: Refund): Decided => {
  const paid = changed(payment, { refundedCents: payment.refundedCents + refund.amountCents, refunds: refund.number });
  return done(paid, write('refund', refund.id, { ...refund, status: 'refunded' } satisfies Refund), refunding(paid, refund));
};

/** The order is off after all: the whole of what is left. */
export const payBack = (payment: Payment, reason: string): Decided => {
  const amountCents = leftCents(payment);
  if (amountCents === 0) return ignore('it is paid back already');
  const back = changed(payment, { refundedCents: payment.capturedCents, reason });
  const news: Effect = refunding(back, { id: payment.id, amountCents, reason });
  return done(back, news);
};
