/** How a payment begins, and how it hears what came of it: by the call's answer, by a report, or by the reconciliation. */
import { type Context, cancelTimer, done, type Effect, ignore, inTrace, type Message, setTimer } from '../../runtime/decider.ts';
import { authorized, captureAnswered, captured, isCapture, notTaken } from './payment.capture.effects.ts';
import { attempt, captureJob, chargeJob, failure, tooLate, undoJob, voidJob } from './payment.effects.ts';
import { changed, chargeKey, type Decided, type Payload, type Payment, type PaymentSettings } from './payment.state.ts';
import { drop, letGo, startUndo, startVoid, waitingRefunds } from './payment.undo.effects.ts';

/** Told by the order once its stock is held. A transfer waits for the bank's report instead of a call, and cash for the truck. */
export const charge =
  (settings: PaymentSettings) =>
  (payment: Payment | undefined, bill: Payload<'payment.charge'>, context: Context): Decided => {
    if (payment) return ignore('it is being charged already');
    const { capture, owner, ...rest } = bill;
    const manual = bill.method === 'card' && (capture === false || settings.capture === 'on_delivery');
    const until = new Date(context.now.getTime() + settings.windowMs);
    const fresh: Payment = {
      id: context.key,
      ...rest,
      owner: owner ?? null,
      provider: settings.provider,
      status: STATUS_OF[bill.method] ?? (manual ? 'authorizing' : 'capturing'),
      authorizedCents: 0,
      capturedCents: 0,
      refundedCents: 0,
      refundingCents: 0,
      refunds: 0,
      manual,
      attempts: 1,
      providerRef: null,
      reason: null,
      undo: false,
      version: 1,
    };
    if (bill.method === 'cod') return done(fresh);
    if (bill.method === 'transfer') return done(fresh, setTimer('payment.window', until, {}));
    return done(fresh, chargeJob(fresh, until));
  };

const STATUS_OF: Partial<Record<Payment['method'], Payment['status']>> = { transfer: 'created', cod: 'cod_due' };

export const charged = (payment: Payment, { outcome, result, error }: Payload<'payment.charge-answered'>, context: Context): Decided => {
  const providerRef = result?.providerRef ?? null;
  if (!isAsked(payment)) return late(payment, result?.status, providerRef, context) ?? ignore('its outcome is known already');
  const key = chargeKey(payment);
  const operation = payment.manual ? 'authorize' : 'charge';
  if (outcome === 'completed' && result?.status === 'captured') {
    return captured(payment, { providerRef }, context, attempt(key, { operation, status: 'captured', providerRef }));
  }
  if (outcome === 'completed' && result?.status === 'authorized' && payment.manual) {
    return authorized(payment, providerRef, context, attempt(key, { operation, status: 'authorized', providerRef }));
  }
  if (outcome === 'completed' && result?.status !== 'authorized') {
    const reason = result?.reason ?? 'payment.declined';
    return notTaken(payment, reason, context, attempt(key, { operation, status: 'declined', reason }));
  }
  // Nobody knows whether the money was taken: the order goes on without it, and what was taken goes back.
  const reason = error ?? 'payment.provider-failed';
  const unknown = changed(payment, { status: 'failed', reason, refundingCents: 0 });
  return done(
    unknown,
    drop(waitingRefunds(context)),
    attempt(key, { operation, status: 'unknown', reason }),
    failure(unknown, 'payment.provider-failed'),
    undoJob(unknown, reason),
  );
};

/** Its first call is on its way. */
const isAsked = (payment: Payment): boolean => payment.status === 'authorizing' || (payment.status === 'capturing' && !isCapture(payment));

/** Money that came after all, for an order that goes on without it: it goes back. */
const late = (payment: Payment, found: string | undefined, providerRef: string | null, context: Context): Decided | undefined => {
  if (!['failed', 'voided', 'voiding', 'expired'].includes(payment.status)) return undefined;
  const reason = 'it was paid too late';
  const paid = { ...payment, providerRef, capturedCents: payment.amountCents };
  if (found === 'captured') return startUndo(paid, reason, context, tooLate(paid));
  if (found === 'authorized' && payment.status !== 'voiding')
    return startVoid({ ...payment, providerRef, authorizedCents: payment.amountCents }, reason);
  return undefined;
};

/** Told by the provider's webhook, or by a bank: the same news as a call's answer, perhaps before it, perhaps twice. */
export const reported = (payment: Payment, report: Payload<'payment.reported'>, context: Context): Decided => {
  const { outcome, eventId, reason } = report;
  const providerRef = report.providerRef ?? eventId;
  if (outcome === 'failed') {
    if (!isAsked(payment) && payment.status !== 'created') return ignore(`it is ${payment.status}`);
    return notTaken(payment, reason ?? 'payment.declined', context, ...noWindow(payment));
  }
  if (isAsked(payment) || isCapture(payment) || payment.status === 'created' || payment.status === 'authorized') {
    return captured(payment, { providerRef }, context, ...noWindow(payment));
  }
  if (mayBeWanted(payment)) return captured(payment, { providerRef, reason: null }, context);
  return late(payment, 'captured', providerRef, context) ?? ignore(`it is ${payment.status}`);
};

/**
 * A transfer that was given up or called off, and comes after all: no call is on its way, so its order decides whether it still wants the
 * money (T5). One that is off sends it back, and tells people that it came.
 */
const mayBeWanted = ({ method, status, owner, undo }: Payment): boolean =>
  method === 'transfer' && ['failed', 'expired', 'voided'].includes(status) && !owner && !undo;

export const noWindow = ({ method }: Payment): Effect[] => (method === 'transfer' ? [cancelTimer('payment.window')] : []);

/** The time to pay a transfer is over. What comes later is offered to the order. */
export const windowPassed = (payment: Payment): Decided => {
  if (payment.status !== 'created') return ignore(`it is ${payment.status}`);
  const expired = changed(payment, { status: 'expired', reason: 'payment.expired' });
  return done(expired, failure(expired, 'payment.expired'));
};

/** Told by the reconciliation, of a call whose end was not heard in time: what the provider says now. */
export const found = (payment: Payment, result: Payload<'payment.found'>, context: Context): Decided => {
  const answer = { jobId: 'reconciliation', outcome: 'completed' as const, result, error: null };
  if (payment.status === 'voiding') {
    if (result.status === 'authorized') return done(changed(payment, {}), voidJob(payment));
    const status = result.status === 'captured' ? 'captured' : 'voided';
    return letGo(payment, { ...answer, result: { status } }, context);
  }
  if (isCapture(payment)) {
    if (result.status === 'authorized') return done(changed(payment, {}), captureJob(payment));
    return captureAnswered(payment, answer, context);
  }
  if (!isAsked(payment)) return ignore(`it is ${payment.status}`);
  return charged(payment, { ...answer, result: { ...result, reason: result.reason ?? 'payment.expired' } }, context);
};

/** A provider knows nothing of the order's correlation: what follows from its report stands in the order's own history. */
export const inTheOrder = ({ orderKey }: Payment, { headers }: Message, decision: Decided): Decided => ({
  ...decision,
  effects: inTrace({ correlationId: orderKey, traceparent: headers.traceparent }, ...decision.effects),
});
