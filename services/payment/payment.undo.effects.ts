/** What was authorised or taken for an order that is off: it is let go, or goes back, once, whenever it was taken. */
import { type Context, done, type Effect, ignore, write } from '../../runtime/decider.ts';
import { payBack } from './payment.cash.effects.ts';
import { attempt, refunding, stuck, tooLate, undoCents, undoJob, voiding, voidJob } from './payment.effects.ts';
import { changed, type Decided, isCash, leftCents, type Payload, type Payment, type Refund, undoKey, voidKey } from './payment.state.ts';

/** Told by an order that is off, whatever it knows of the money. */
export const cancel = (payment: Payment, { reason }: Payload<'payment.cancel'>, context: Context): Decided => {
  if (isCash(payment)) return payBack(payment, reason);
  switch (payment.status) {
    case 'authorizing':
    case 'capturing':
      return payment.undo ? ignore('it will be undone') : done(changed(payment, { undo: true, reason }));
    case 'authorized':
      return startVoid(payment, reason);
    case 'captured':
    case 'partially_refunded':
      return payment.undo ? ignore('it is undone already') : startUndo(payment, reason, context);
    case 'created':
    case 'cod_due': {
      const voided = changed(payment, { status: 'voided', reason });
      return done(voided, voiding(voided, reason));
    }
    default:
      return ignore(`it is ${payment.status}`);
  }
};

/** Parts that still wait go back with the whole; those under way go their own way. */
export const startUndo = (payment: Payment, reason: string, context: Context, ...effects: Effect[]): Decided => {
  const waiting = waitingRefunds(context);
  const waitingCents = waiting.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const off = changed(payment, { reason, undo: true, refundingCents: payment.refundingCents - waitingCents });
  const dropped = drop(waiting);
  if (off.capturedCents > 0 && leftCents(off) === 0) return done(off, effects, dropped);
  const going = { ...off, status: 'refunding' as const };
  return done(going, effects, dropped, undoJob(going, reason));
};

export const waitingRefunds = (context: Context): Refund[] =>
  context.rows
    .all<Refund>('refund')
    .filter(({ status }) => status === 'waiting')
    .sort((one, other) => one.number - other.number);

export const drop = (refunds: readonly Refund[], status: 'void' | 'reduced' = 'void'): Effect[] =>
  refunds.map((refund) => write('refund', refund.id, { ...refund, status } satisfies Refund));

export const undone = (payment: Payment, { outcome, result, error }: Payload<'payment.undo-answered'>): Decided => {
  if (payment.status !== 'refunding' && payment.status !== 'failed') return ignore(`it is ${payment.status}`);
  const key = undoKey(payment);
  if (outcome === 'dead') {
    // Listed under attention by its dead job; an operator asks again.
    const reason = error ?? 'payment.provider-failed';
    return done(
      changed(payment, { reason }),
      attempt(key, { operation: 'undo', status: 'unknown', reason }),
      stuck(payment, 'undo', reason),
    );
  }
  const recorded = attempt(key, { operation: 'undo', status: result?.status ?? 'none', providerRef: result?.providerRef ?? null });
  if (result?.status !== 'refunded') {
    // The provider took nothing, forgot that it did, or has let it go: there is nothing to give back.
    if (payment.status === 'failed') return done(changed(payment, {}), recorded);
    const voided = changed(payment, { status: 'voided', capturedCents: payment.refundedCents + payment.refundingCents });
    return done(voided, recorded, voiding(voided, payment.reason ?? ''));
  }
  const amountCents = undoCents(payment);
  const capturedCents = Math.max(payment.capturedCents, amountCents);
  const refundedCents = payment.refundedCents + amountCents;
  const back = changed(payment, {
    status: refundedCents < capturedCents ? 'partially_refunded' : 'refunded',
    capturedCents,
    refundedCents,
    undo: true,
  });
  return done(back, recorded, refunding(back, { id: payment.id, amountCents, reason: payment.reason ?? '' }));
};

export const startVoid = (payment: Payment, reason: string, ...effects: Effect[]): Decided => {
  const going = changed(payment, { status: 'voiding', reason, undo: true });
  return done(going, effects, voidJob(going));
};

export const letGo = (payment: Payment, { outcome, result, error }: Payload<'payment.void-answered'>, context: Context): Decided => {
  if (payment.status !== 'voiding') return ignore(`it is ${payment.status}`);
  const key = voidKey(payment);
  if (outcome === 'dead') {
    const reason = error ?? 'payment.provider-failed';
    return done(
      changed(payment, { reason }),
      attempt(key, { operation: 'void', status: 'unknown', reason }),
      stuck(payment, 'void', reason),
    );
  }
  const recorded = attempt(key, { operation: 'void', status: result?.status ?? 'none', providerRef: result?.providerRef ?? null });
  if (result?.status === 'captured') {
    // It had been captured meanwhile: then the whole goes back.
    const taken = { ...payment, capturedCents: payment.amountCents };
    return startUndo(taken, payment.reason ?? 'the order is off', context, recorded, tooLate(taken));
  }
  const voided = changed(payment, { status: 'voided' });
  return done(voided, recorded, voiding(voided, payment.reason ?? ''));
};
