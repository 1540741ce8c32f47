/** Money that was authorised first is taken when it is told to: when the goods have been delivered. */
import { type Context, done, type Effect, ignore, publish } from '../../runtime/decider.ts';
import { attempt, captureJob, confirmation, facts, failure, stuck, tooLate, voiding } from './payment.effects.ts';
import { beginNext } from './payment.refund.effects.ts';
import { captureKey, changed, type Decided, type Payload, type Payment } from './payment.state.ts';
import { drop, startUndo, startVoid, waitingRefunds } from './payment.undo.effects.ts';

/** What was asked for was reserved on the card. What the order lost meanwhile is never taken. */
export const authorized = (payment: Payment, providerRef: string | null, context: Context, ...effects: Effect[]): Decided => {
  const amountCents = payment.amountCents - payment.refundingCents;
  const held = changed(payment, {
    status: 'authorized',
    providerRef,
    authorizedCents: payment.amountCents,
    amountCents,
    refundingCents: 0,
  });
  const less = drop(waitingRefunds(context), 'reduced');
  if (payment.undo || amountCents === 0) return startVoid(held, payment.reason ?? 'the order is off', ...effects, ...less);
  return done(held, effects, less, confirmation(held));
};

/** Told by the order. */
export const capture = (payment: Payment): Decided => {
  if (payment.status !== 'authorized') return ignore(`it is ${payment.status}`);
  const taking = changed(payment, { status: 'capturing' });
  return done(taking, captureJob(taking));
};

export const isCapture = ({ status, authorizedCents }: Payment): boolean => status === 'capturing' && authorizedCents > 0;

export const captureAnswered = (payment: Payment, answer: Payload<'payment.capture-answered'>, context: Context): Decided => {
  if (!isCapture(payment)) return ignore('nothing is being captured');
  const { outcome, result, error } = answer;
  const key = captureKey(payment);
  if (outcome === 'completed' && result?.status === 'captured') {
    const providerRef = result.providerRef ?? payment.providerRef;
    return captured(payment, { providerRef }, context, attempt(key, { operation: 'capture', status: 'captured', providerRef }));
  }
  if (outcome === 'completed') {
    const reason = result?.reason ?? 'payment.declined';
    return notTaken(payment, reason, context, attempt(key, { operation: 'capture', status: 'declined', reason }));
  }
  const reason = error ?? 'payment.provider-failed';
  const unknown = attempt(key, { operation: 'capture', status: 'unknown', reason });
  // For an order that is off it is looked up: let go, or given back. Else it is still owed, and waits for a person or for the reconciliation.
  if (payment.undo) return startUndo(payment, payment.reason ?? reason, context, unknown);
  return done(changed(payment, { reason }), unknown, stuck(payment, 'capture', reason));
};

/** The money is here, by whichever way the news came. */
export const captured = (payment: Payment, change: Partial<Payment>, context: Context, ...effects: Effect[]): Decided => {
  const paid = changed(payment, { ...change, status: 'captured', capturedCents: payment.amountCents });
  if (payment.undo) return startUndo(paid, payment.reason ?? 'the order is off', context, ...effects, tooLate(paid));
  const news =
    payment.authorizedCents > 0
      ? publish('payment.captured', { ...facts(paid), status: paid.status, providerRef: paid.providerRef })
      : confirmation(paid);
  return done(paid, effects, news, beginNext(paid, context));
};

/** Nothing was taken, and nothing will be. */
export const notTaken = (payment: Payment, reason: string, context: Context, ...effects: Effect[]): Decided => {
  const dropped = drop(waitingRefunds(context));
  if (payment.undo) {
    const voided = changed(payment, { status: 'voided', refundingCents: 0 });
    return done(voided, effects, dropped, voiding(voided, payment.reason ?? reason));
  }
  const failed = changed(payment, { status: 'failed', reason, refundingCents: 0 });
  return done(failed, effects, dropped, failure(failed, reason));
};
