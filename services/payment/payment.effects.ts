/** What a payment's rules want done: the calls they ask for, and the news they give. */
import { type Effect, enqueue, publish, write } from '../../runtime/decider.ts';
import { type Attempt, captureKey, chargeKey, leftCents, type Payment, type Refund, refundKey, undoKey, voidKey } from './payment.state.ts';

export const attempt = (key: string, row: Pick<Attempt, 'operation' | 'status'> & Partial<Attempt>): Effect =>
  write('attempt', key, { providerRef: null, reason: null, ...row } satisfies Attempt);

export const facts = ({ id, orderKey, orderId, orderNumber, amountCents, currency, owner }: Payment) => ({
  paymentId: id,
  orderKey,
  orderId,
  orderNumber,
  amountCents,
  currency,
  ...(owner ? { owner } : {}),
});

export const confirmation = (payment: Payment): Effect =>
  publish('payment.confirmed', { ...facts(payment), status: payment.status, providerRef: payment.providerRef });

/**
 * Money that came for an order that is off, and goes straight back: for its history only. The order hears of it when it is refunded; a
 * `payment.confirmed` would be news to act on, and ask for the same undoing once more.
 */
export const tooLate = (payment: Payment): Effect =>
  publish('payment.captured', { ...facts(payment), status: 'captured', providerRef: payment.providerRef, undone: true });

export const failure = (payment: Payment, failureReason: string): Effect =>
  publish('payment.failed', { ...facts(payment), status: payment.status, failureReason });

export const voiding = (payment: Payment, reason: string): Effect =>
  publish('payment.voided', { ...facts(payment), status: payment.status, reason });

/** @param refundId of what was left and went back as a whole: the payment's own id */
export const refunding = (payment: Payment, refund: { id: string; amountCents: number; reason: string }): Effect =>
  publish('payment.refunded', {
    ...facts(payment),
    refundId: refund.id,
    amountCents: refund.amountCents,
    capturedCents: payment.capturedCents,
    refundedCents: payment.refundedCents,
    status: payment.status,
    reason: refund.reason,
  });

/** A call has been given up: its dead job is listed under attention, and `POST /api/payments/:id/retry` makes it again. */
export const stuck = (payment: Payment, operation: Attempt['operation'], reason: string, refundId?: string): Effect =>
  publish('payment.stuck', { ...facts(payment), operation, reason, ...(refundId ? { refundId } : {}) });

/** The sandbox is not named: the common charge stays as small as it can be. */
const at = ({ provider }: Payment) => (provider === 'sandbox' ? {} : { provider });
const fromBank = ({ method }: Payment) => (method === 'transfer' ? { transfer: true } : {});
const made = (payment: Payment, idempotencyKey: string) => ({
  paymentId: payment.id,
  orderId: payment.orderId,
  chargeKey: chargeKey(payment),
  providerRef: payment.providerRef,
  idempotencyKey,
  ...at(payment),
});
const once = (key: string) => ({ unique: { key, while: 'unfinished' as const } });

/** @param until after it nothing is taken any more */
export const chargeJob = (payment: Payment, until: Date): Effect[] => {
  const idempotencyKey = chargeKey(payment);
  const operation = payment.manual ? 'authorize' : 'charge';
  const { id: paymentId, orderId, amountCents, currency, token } = payment;
  const call = { paymentId, orderId, amountCents, currency, token, idempotencyKey, until: until.toISOString(), ...at(payment) };
  return [
    attempt(idempotencyKey, { operation, status: 'asked' }),
    enqueue(`payment.${operation}`, call, { reply: 'payment.charge-answered' }),
  ];
};

export const captureJob = (payment: Payment): Effect[] => {
  const key = captureKey(payment);
  const call = { ...made(payment, key), amountCents: payment.amountCents };
  return [
    attempt(key, { operation: 'capture', status: 'asked' }),
    enqueue('payment.capture', call, { reply: 'payment.capture-answered', ...once(key) }),
  ];
};

export const voidJob = (payment: Payment): Effect[] => {
  const key = voidKey(payment);
  const call = { ...made(payment, key), amountCents: payment.authorizedCents };
  return [
    attempt(key, { operation: 'void', status: 'asked' }),
    enqueue('payment.void', call, { reply: 'payment.void-answered', ...once(key) }),
  ];
};

export const refundJob = (payment: Payment, refund: Refund): Effect[] => {
  const key = refundKey(payment, refund);
  const call = { ...made(payment, key), refundId: refund.id, amountCents: refund.amountCents, reason: refund.reason, ...fromBank(payment) };
  return [
    attempt(key, { operation: 'refund', status: 'asked' }),
    enqueue('payment.refund', call, { reply: 'payment.refund-answered', ...once(key) }),
  ];
};

/** What is left of a charge goes back, or all of it where nobody knows whether it was made. */
export const undoCents = (payment: Payment): number => (payment.capturedCents > 0 ? leftCents(payment) : payment.amountCents);

export const undoJob = (payment: Payment, reason: string): Effect[] => {
  const key = undoKey(payment);
  const call = {
    paymentId: payment.id,
    orderId: payment.orderId,
    chargeKey: chargeKey(payment),
    refundKey: key,
    providerRef: payment.providerRef,
    amountCents: undoCents(payment),
    reason,
    ...at(payment),
    ...fromBank(payment),
  };
  return [
    attempt(key, { operation: 'undo', status: 'asked' }),
    enqueue('payment.undo', call, { reply: 'payment.undo-answered', ...once(key) }),
  ];
};
