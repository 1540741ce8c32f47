/**
 * The rules of a payment. It never calls the provider: it asks for a job, with an idempotency key stored before the call, and hears
 * what came of it. A charge whose outcome nobody knows is looked up and given back, never tried again under another key.
 *
 * payment.charge.effects.ts: how it begins and what it hears · capture: authorised first · undo: the order is off · refund: parts · cash: COD.
 */
import { type Context, done, type Message, refuse } from '../../runtime/decider.ts';
import { capture, captureAnswered } from './payment.capture.effects.ts';
import { collect, remit } from './payment.cash.effects.ts';
import { charge, charged, found, inTheOrder, noWindow, reported, windowPassed } from './payment.charge.effects.ts';
import { reduce, refund, refunded } from './payment.refund.effects.ts';
import type { Decided, Heard, Payment, PaymentSettings } from './payment.state.ts';
import { cancel, letGo, undone } from './payment.undo.effects.ts';

export type { Attempt, Payment, PaymentSettings, Refund } from './payment.state.ts';

export const defaultSettings: PaymentSettings = { provider: 'sandbox', capture: 'immediate', windowMs: 900_000 };

export const paymentDecider = (settings: PaymentSettings) => {
  const begin = charge(settings);
  return (payment: Payment | undefined, message: Message, context: Context): Decided => {
    const heard = message as unknown as Heard;
    if (heard.name === 'payment.charge') return begin(payment, heard.payload, context);
    if (!payment) return refuse('payment.not-found');
    if (isStale(payment, heard)) return refuse('resource.changed', { version: payment.version });
    switch (heard.name) {
      case 'payment.charge-answered':
        return charged(payment, heard.payload, context);
      case 'payment.capture':
        return capture(payment);
      case 'payment.capture-answered':
        return captureAnswered(payment, heard.payload, context);
      case 'payment.cancel':
        return withoutWindow(payment, cancel(payment, heard.payload, context));
      case 'payment.undo-answered':
        return undone(payment, heard.payload);
      case 'payment.void-answered':
        return letGo(payment, heard.payload, context);
      case 'payment.refund':
        return refund(payment, heard.payload, context);
      case 'payment.refund-answered':
        return refunded(payment, heard.payload, context);
      case 'payment.reduce':
        return reduce(payment, heard.payload, context);
      case 'payment.collect':
        return collect(payment, heard.payload);
      case 'payment.remit':
        return remit(payment, heard.payload);
      case 'payment.reported':
        return inTheOrder(payment, message, reported(payment, heard.payload, context));
      case 'payment.found':
        return inTheOrder(payment, message, found(payment, heard.payload, context));
      case 'payment.window':
        return windowPassed(payment);
    }
  };
};

export const decide = paymentDecider(defaultSettings);

/** The caller saw an older version. */
const isStale = ({ version }: Payment, { payload }: Heard): boolean =>
  'version' in payload && payload.version !== undefined && payload.version !== version;

/** A transfer that is called off waits for nothing any more. */
const withoutWindow = (payment: Payment, decision: Decided): Decided =>
  decision.kind === 'done' && payment.status === 'created' ? done(decision.state, [...decision.effects], noWindow(payment)) : decision;
