/**
 * The rules of a payment. It never calls the provider: it asks for a job, with an idempotency key stored before the call, and hears
 * what came of it. A charge whose outcome nobody knows is looked up and given back, never tried again under another key.
 */
import type { PaymentMethod } from '../../models/order.ts';
import type { PaymentStatus, paymentMessages } from '../../models/payment.ts';
import {
  type Context,
  type Decision,
  done,
  type Effect,
  enqueue,
  ignore,
  inTrace,
  type Message,
  type MessageOf,
  publish,
  refuse,
  write,
} from '../../runtime/decider.ts';

export interface Payment {
  id: string;
  orderKey: string;
  orderId: string;
  orderNumber: string;
  method: PaymentMethod;
  provider: string;
  status: PaymentStatus;
  amountCents: number;
  capturedCents: number;
  refundedCents: number;
  currency: string;
  token: string;
  /** How often a charge was begun: the number in its idempotency key. */
  attempts: number;
  providerRef: string | null;
  reason: string | null;
  /** The order is off while a call is on its way: undo what it brings. */
  undo: boolean;
  version: number;
}

export interface Attempt {
  operation: 'charge' | 'undo';
  status: 'asked' | 'captured' | 'declined' | 'unknown' | 'refunded' | 'none';
  providerRef: string | null;
  reason: string | null;
}

type Heard = MessageOf<typeof paymentMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];

export const decide = (payment: Payment | undefined, message: Message, context: Context): Decision<Payment> => {
  const heard = message as unknown as Heard;
  if (heard.name === 'payment.charge') return charge(payment, heard.payload, context);
  if (!payment) return refuse('payment.not-found');
  switch (heard.name) {
    case 'payment.charge-answered':
      return charged(payment, heard.payload);
    case 'payment.cancel':
      return cancel(payment, heard.payload);
    case 'payment.refund-answered':
      return undone(payment, heard.payload);
    case 'payment.reported':
      return inTheOrder(payment, message, reported(payment, heard.payload));
  }
};

/** Told by the order once its stock is held. A transfer waits for the bank's report instead of a call. */
const charge = (payment: Payment | undefined, bill: Payload<'payment.charge'>, context: Context): Decision<Payment> => {
  if (payment) return ignore('it is being charged already');
  const fresh: Payment = {
    id: context.key,
    ...bill,
    provider: 'sandbox',
    status: bill.method === 'transfer' ? 'created' : 'capturing',
    capturedCents: 0,
    refundedCents: 0,
    attempts: 1,
    providerRef: null,
    reason: null,
    undo: false,
    version: 1,
  };
  if (bill.method === 'transfer') return done(fresh);
  const idempotencyKey = chargeKey(fresh);
  return done(
    fresh,
    attempt(idempotencyKey, { operation: 'charge', status: 'asked' }),
    enqueue(
      'payment.charge',
      {
        paymentId: fresh.id,
        orderId: bill.orderId,
        amountCents: bill.amountCents,
        currency: bill.currency,
        token: bill.token,
        idempotencyKey,
      },
      { reply: 'payment.charge-answered' },
    ),
  );
};

const charged = (payment: Payment, { outcome, result, error }: Payload<'payment.charge-answered'>): Decision<Payment> => {
  if (payment.status !== 'capturing') return ignore('its outcome is known already');
  const key = chargeKey(payment);
  if (outcome === 'completed' && result?.status === 'captured') {
    const providerRef = result.providerRef ?? null;
    return captured(payment, { providerRef }, attempt(key, { operation: 'charge', status: 'captured', providerRef }));
  }
  if (outcome === 'completed') {
    const reason = result?.reason ?? 'payment.declined';
    return declined(payment, reason, attempt(key, { operation: 'charge', status: 'declined', reason }));
  }
  // Nobody knows whether the money was taken: the order goes on without it, and what was taken goes back.
  const reason = error ?? 'payment.provider-failed';
  const unknown = changed(payment, { status: 'failed', reason });
  return done(
    unknown,
    attempt(key, { operation: 'charge', status: 'unknown', reason }),
    failure(unknown, 'payment.provider-failed'),
    undoJob(unknown, reason),
  );
};

const captured = (payment: Payment, change: Partial<Payment>, ...effects: Effect[]): Decision<Payment> => {
  const paid = changed(payment, { ...change, status: 'captured', capturedCents: payment.amountCents });
  if (!payment.undo) return done(paid, effects, confirmation(paid));
  return startUndo(paid, payment.reason ?? 'the order is off', ...effects);
};

const declined = (payment: Payment, reason: string, ...effects: Effect[]): Decision<Payment> => {
  if (payment.undo) {
    const voided = changed(payment, { status: 'voided' });
    return done(voided, effects, publish('payment.voided', { ...facts(voided), reason: payment.reason ?? reason }));
  }
  const failed = changed(payment, { status: 'failed', reason });
  return done(failed, effects, failure(failed, reason));
};

/** Told by an order that is off, whatever it knows of the money. */
const cancel = (payment: Payment, { reason }: Payload<'payment.cancel'>): Decision<Payment> => {
  if (payment.status === 'capturing') return payment.undo ? ignore('it will be undone') : done(changed(payment, { undo: true, reason }));
  if (payment.status === 'captured') return startUndo(payment, reason);
  if (payment.status === 'created') {
    const voided = changed(payment, { status: 'voided', reason });
    return done(voided, publish('payment.voided', { ...facts(voided), reason }));
  }
  return ignore(`it is ${payment.status}`);
};

const startUndo = (payment: Payment, reason: string, ...effects: Effect[]): Decision<Payment> => {
  const refunding = changed(payment, { status: 'refunding', reason, undo: true });
  return done(refunding, effects, undoJob(refunding, reason));
};

const undone = (payment: Payment, { outcome, result, error }: Payload<'payment.refund-answered'>): Decision<Payment> => {
  if (payment.status !== 'refunding' && payment.status !== 'failed') return ignore(`it is ${payment.status}`);
  const key = undoKey(payment);
  if (outcome === 'dead') {
    // Listed under attention by its dead job; an operator decides.
    return done(changed(payment, { reason: error }), attempt(key, { operation: 'undo', status: 'unknown', reason: error }));
  }
  const recorded = attempt(key, {
    operation: 'undo',
    status: result?.status ?? 'none',
    providerRef: result?.providerRef ?? null,
  });
  if (result?.status !== 'refunded') {
    // The provider took nothing, or forgot that it did: there is nothing to give back.
    if (payment.status === 'failed') return done(changed(payment, {}), recorded);
    const voided = changed(payment, { status: 'voided' });
    return done(voided, recorded, publish('payment.voided', { ...facts(voided), reason: payment.reason ?? '' }));
  }
  const refunded = changed(payment, {
    status: 'refunded',
    capturedCents: payment.amountCents,
    refundedCents: payment.amountCents,
  });
  return done(refunded, recorded, publish('payment.refunded', { ...facts(refunded), reason: payment.reason ?? '' }));
};

/** Told by the provider's webhook, or by a bank: the same news as a call's answer, perhaps before it, perhaps twice. */
const reported = (payment: Payment, { outcome, eventId, reason }: Payload<'payment.reported'>): Decision<Payment> => {
  if (outcome === 'captured' && (payment.status === 'failed' || payment.status === 'voided')) {
    // Money that came after all, for an order that goes on without it.
    return startUndo({ ...payment, providerRef: eventId, capturedCents: payment.amountCents }, 'it was paid too late');
  }
  if (payment.status !== 'capturing' && payment.status !== 'created') return ignore(`it is ${payment.status}`);
  return outcome === 'captured' ? captured(payment, { providerRef: eventId }) : declined(payment, reason ?? 'payment.declined');
};

/** A provider knows nothing of the order's correlation: what follows from its report stands in the order's own history. */
const inTheOrder = ({ orderKey }: Payment, { headers }: Message, decision: Decision<Payment>): Decision<Payment> => ({
  ...decision,
  effects: inTrace({ correlationId: orderKey, traceparent: headers.traceparent }, ...decision.effects),
});

const chargeKey = ({ id, attempts }: Payment): string => `pay:${id}:charge:${attempts}`;
const undoKey = ({ id, attempts }: Payment): string => `pay:${id}:undo:${attempts}`;

const undoJob = (payment: Payment, reason: string): Effect =>
  enqueue(
    'payment.undo',
    {
      paymentId: payment.id,
      chargeKey: chargeKey(payment),
      refundKey: undoKey(payment),
      amountCents: payment.amountCents,
      reason,
    },
    { reply: 'payment.refund-answered', unique: { key: undoKey(payment), while: 'unfinished' } },
  );

const attempt = (key: string, row: Pick<Attempt, 'operation' | 'status'> & Partial<Attempt>): Effect =>
  write('attempt', key, { providerRef: null, reason: null, ...row } satisfies Attempt);

const changed = (payment: Payment, change: Partial<Payment>): Payment => ({
  ...payment,
  ...change,
  version: payment.version + 1,
});

const facts = ({ id, orderKey, orderId, orderNumber, amountCents, currency }: Payment) => ({
  paymentId: id,
  orderKey,
  orderId,
  orderNumber,
  amountCents,
  currency,
});

const confirmation = (payment: Payment): Effect =>
  publish('payment.confirmed', { ...facts(payment), status: 'captured', providerRef: payment.providerRef });

const failure = (payment: Payment, failureReason: string): Effect => publish('payment.failed', { ...facts(payment), failureReason });
