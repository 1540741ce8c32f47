/** What a provider or a bank reports of a payment, and whether it can be meant: amounts are always our books' own, never a report's. */
import type { z } from 'zod';
import { type FieldError, invalid, Refused } from '../../models/errors.ts';
import type { paymentWebhook } from '../../models/payment.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Bill } from './payment.views.store.ts';

/** What a payment hears of a report, by its key. */
export interface Report {
  paymentId: string;
  outcome: 'captured' | 'failed';
  eventId: string;
  providerRef?: string;
  reason?: string;
}

export type Reported = z.output<typeof paymentWebhook>;

export const reportOf = ({ payment_id: paymentId, event_type, event_id: eventId, failure_reason }: Reported): Report => ({
  paymentId,
  outcome: event_type === 'payment.confirmed' ? 'captured' : 'failed',
  eventId,
  ...(failure_reason ? { reason: failure_reason } : {}),
});

export const heard = ({ paymentId: _key, ...report }: Report) => report;

/**
 * Before its event id is used up, so that the same report can be sent again when its payment is there.
 * @throws Refused when it names another order than the payment's: then one of the two is mistaken, and nobody knows which
 */
export const mustBeOf = (bill: Bill, { order_id, order_number }: Reported): void => {
  const wrong: FieldError[] = [
    ...(order_id === bill.orderId ? [] : [{ pointer: '/order_id', detail: 'is not the order of this payment' }]),
    ...(order_number === undefined || order_number === bill.orderNumber
      ? []
      : [{ pointer: '/order_number', detail: 'is not the number of this payment’s order' }]),
  ];
  if (wrong.length > 0) throw invalid(wrong);
};

/** It is believed all the same: a bank that writes another sum has still paid this one. People can look for it here. */
export const warnOfAmount = (bill: Bill, { payment_id, event_id, amount, currency }: Reported, log: Pick<Logger, 'warn'>): void => {
  if (Math.round(amount * 100) === bill.amountCents && currency === bill.currency) return;
  const { orderId: order_id, amountCents } = bill;
  log.warn(`report ${event_id} says ${amount} ${currency}, and the payment is ${amountCents / 100} ${bill.currency}: ours is booked`, {
    payment_id,
    order_id,
    amount: amountCents / 100,
  });
};

export const mustExist = (bill: Bill | undefined, id: string): Bill => {
  if (!bill) throw new Refused('payment.not-found', { id });
  return bill;
};
