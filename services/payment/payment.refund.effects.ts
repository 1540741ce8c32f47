/** Parts of a payment that go back: each once, one call at a time, and never more than is left. */
import { type Context, done, type Effect, ignore, refuse, write } from '../../runtime/decider.ts';
import { payOut } from './payment.cash.effects.ts';
import { attempt, refunding, refundJob, stuck, voiding } from './payment.effects.ts';
import { changed, type Decided, isCash, leftCents, type Payload, type Payment, type Refund, refundKey } from './payment.state.ts';
import { startVoid, waitingRefunds } from './payment.undo.effects.ts';

type Asked = { refundId: string; amountCents: number; reason: string; by?: string };

/** Told by a return, an exchange, or a person. Refused ones are told in the history too: nobody else may be there to hear it. */
export const refund = (payment: Payment, asked: Payload<'payment.refund'>, context: Context): Decided => {
  if (known(asked, context)) return ignore('this refund is known');
  if (!isCash(payment) && !['captured', 'partially_refunded'].includes(payment.status))
    return refuse('payment.not-captured', { status: payment.status });
  const left = payment.undo ? 0 : leftCents(payment);
  if (asked.amountCents > left) return refuse('payment.refund-too-large', { leftCents: left });
  return giveBack(payment, newRefund(payment, asked), context);
};

const known = ({ refundId }: Asked, context: Context): boolean => context.rows.get('refund', refundId) !== undefined;

const newRefund = (payment: Payment, { refundId, amountCents, reason, by }: Asked): Refund => ({
  id: refundId,
  number: payment.refunds + 1,
  amountCents,
  reason,
  by: by ?? null,
  status: 'waiting',
  providerRef: null,
});

const claimed = (payment: Payment, { number, amountCents }: Refund): Payment =>
  changed(payment, { refunds: number, refundingCents: payment.refundingCents + amountCents });

const giveBack = (payment: Payment, one: Refund, context: Context): Decided => {
  if (isCash(payment)) return payOut(payment, one);
  const next = claimed(payment, one);
  return done(next, isBusy(context) ? write('refund', one.id, one) : begin(next, one));
};

/** One at a time: so a call that is given up is known to be the one that was asked for. */
const isBusy = (context: Context): boolean => context.rows.all<Refund>('refund').some(({ status }) => status === 'asked');
const begin = (payment: Payment, one: Refund): Effect[] => [
  write('refund', one.id, { ...one, status: 'asked' } satisfies Refund),
  ...refundJob(payment, one),
];

/** Called when money has come, or a refund has ended: the next that waits goes on. */
export const beginNext = (payment: Payment, context: Context): Effect[] => {
  const [next] = payment.refundingCents > 0 ? waitingRefunds(context) : [];
  return next ? begin(payment, next) : [];
};

/** Told by an order that became smaller; told again when money comes late, as it may not have heard. */
export const reduce = (payment: Payment, asked: Payload<'payment.reduce'>, context: Context): Decided => {
  if (known(asked, context)) return ignore('this reduction is known');
  const one = newRefund(payment, asked);
  switch (payment.status) {
    case 'created':
    case 'cod_due':
    case 'authorized':
      return lessen(payment, one);
    case 'authorizing':
    case 'capturing':
      // The call with the old amount is on its way: what it brings too much goes back.
      if (one.amountCents > payment.amountCents - payment.refundingCents) return refuse('payment.refund-too-large');
      return done(claimed(payment, one), write('refund', one.id, one));
    case 'captured':
    case 'partially_refunded':
    case 'cod_collected':
    case 'cod_remitted':
      return giveBackWhatIsLeft(payment, one, context);
    default:
      return ignore(`it is ${payment.status}`);
  }
};

/** A part may have gone back by hand before, for the very goods that are off now: then the rest of the money is all there is to give. */
const giveBackWhatIsLeft = (payment: Payment, one: Refund, context: Context): Decided => {
  const left = payment.undo ? 0 : leftCents(payment);
  if (left === 0) return ignore('all of it went back already');
  return giveBack(payment, { ...one, amountCents: Math.min(one.amountCents, left) }, context);
};

const lessen = (payment: Payment, one: Refund): Decided => {
  const amountCents = payment.amountCents - one.amountCents;
  if (amountCents < 0) return refuse('payment.refund-too-large', { leftCents: payment.amountCents });
  const less = changed(payment, { amountCents, refunds: one.number });
  const booked = write('refund', one.id, { ...one, status: 'reduced' } satisfies Refund);
  if (amountCents > 0) return done(less, booked);
  if (payment.status === 'authorized') return startVoid(less, one.reason, booked);
  const voided: Payment = { ...less, status: 'voided', reason: one.reason };
  return done(voided, booked, voiding(voided, one.reason));
};

export const refunded = (payment: Payment, { outcome, result, error }: Payload<'payment.refund-answered'>, context: Context): Decided => {
  const one = result?.refundId ? context.rows.get<Refund>('refund', result.refundId) : theOneAsked(context);
  if (!one || (one.status !== 'asked' && one.status !== 'stuck')) return ignore('no such refund is under way');
  const key = refundKey(payment, one);
  if (outcome === 'dead' || result?.status !== 'refunded') {
    const reason = error ?? 'the provider knows of nothing to give back';
    const waits: Refund = { ...one, status: 'stuck' };
    return done(
      changed(payment, { reason }),
      write('refund', one.id, waits),
      attempt(key, { operation: 'refund', status: outcome === 'dead' ? 'unknown' : 'none', reason }),
      stuck(payment, 'refund', reason, one.id),
      beginNext(payment, context),
    );
  }
  const providerRef = result.providerRef ?? null;
  const refundedCents = payment.refundedCents + one.amountCents;
  const less = changed(payment, {
    refundedCents,
    refundingCents: payment.refundingCents - one.amountCents,
    status: afterRefund(payment, refundedCents),
  });
  return done(
    less,
    write('refund', one.id, { ...one, status: 'refunded', providerRef } satisfies Refund),
    attempt(key, { operation: 'refund', status: 'refunded', providerRef }),
    refunding(less, one),
    beginNext(less, context),
  );
};

const theOneAsked = (context: Context): Refund | undefined => context.rows.all<Refund>('refund').find(({ status }) => status === 'asked');

/** While the whole is being undone, or let go, that says how it ends. */
const afterRefund = ({ status, capturedCents }: Payment, refundedCents: number): Payment['status'] => {
  if (status !== 'captured' && status !== 'partially_refunded') return status;
  return refundedCents < capturedCents ? 'partially_refunded' : 'refunded';
};
