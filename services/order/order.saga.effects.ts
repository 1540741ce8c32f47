/** Undoing what a saga did, in the reverse order of its steps; it has failed when the last of them has answered. */
import { cancelTimer, done, type Effect, ignore, tell } from '../../runtime/decider.ts';
import { address, type Compensation, type Decided, type Deciding, earlyTruck, holdsStock, type Order, outOfLine } from './order.state.ts';

interface Undoing {
  reason: string;
  /** Stock that has said by itself that it holds nothing. */
  except?: string;
  /** Nothing was taken, or it is the payment itself that failed. */
  unpaid?: boolean;
  by?: string | undefined;
}

/**
 * @param before the order as the steps left it
 * @param after the order as it shall be: its saga stays where it was until everything is undone
 */
export const compensate = (before: Order, after: Order, context: Deciding, { reason, except, unpaid, by }: Undoing): [Order, Effect[]] => {
  const at = context.now.toISOString();
  const steps: Compensation[] = [];
  const effects: Effect[] = [];
  const undo = (step: string, effect: Effect, answers: boolean): void => {
    steps.push({ step, at, done: answers ? null : at });
    effects.push(effect);
  };
  if (before.fulfillmentId) {
    const told = tell('fulfillment', before.fulfillmentId, 'fulfillment.cancel', { reason, ...(by ? { by } : {}) });
    undo(`fulfillment:${before.fulfillmentId}`, told, true);
  } else if (isDispatched(before)) {
    // A mailbox does not lose it, and the dispatcher needs no answer to be believed.
    undo('dispatch', tell('dispatch', before.plantId, 'dispatch.cancel', { orderKey: before.correlationId, reason }), false);
  }
  if (before.paymentId && !unpaid) {
    // A payment that failed has nothing to answer.
    undo(
      `payment:${before.paymentId}`,
      tell('payment', before.paymentId, 'payment.cancel', { reason }),
      before.status !== 'payment_failed' && !isOpenStep(before, `payment:${before.paymentId}`),
    );
  }
  if (holdsStock(before)) {
    for (const { stockKey } of before.stock) {
      if (stockKey === except) continue;
      // Stock that took its word back may have nothing to let go.
      const holds = !before.marks?.unconfirmed?.[stockKey];
      undo(`stock:${stockKey}`, tell('inventory', stockKey, 'inventory.release', { ...address(before), reason }), holds);
    }
  }
  const compensations = [...before.compensations, ...steps];
  const off = { ...outOfLine(after), compensations, sagaState: before.sagaState, sagaExpiresAt: null };
  return [ended(off), [...effects, cancelTimer('saga.expire')]];
};

/** Held back too: a truck may have it of which the order has not heard. */
export const isDispatched = (order: Order): boolean => {
  const early = earlyTruck(order);
  return early ? early !== 'delivered' : order.delivery === 'truck' && ['confirmed', 'assigned', 'shipped'].includes(order.status);
};

const isOpenStep = ({ compensations }: Order, step: string): boolean => compensations.some((one) => one.step === step && !one.done);

export const isCompensating = ({ compensations }: Order): boolean => compensations.some((one) => !one.done);

const isOff = ({ status, awaiting }: Order): boolean =>
  status === 'cancelled' || status === 'failed' || (status === 'payment_failed' && awaiting.length === 0);

const ended = (order: Order): Order =>
  isOff(order) && !isCompensating(order) ? { ...order, sagaState: 'Failed', sagaExpiresAt: null } : order;

/** An answer to one step: undone. @returns undefined when no such step is open */
export const undone = (order: Order, step: string, context: Deciding): Order | undefined => {
  const index = order.compensations.findIndex((one) => one.step === step && !one.done);
  if (index < 0) return undefined;
  const compensations = order.compensations.map((one, place) => (place === index ? { ...one, done: context.now.toISOString() } : one));
  return ended({ ...order, compensations });
};

/** What is heard only as the answer to a step. */
export const answers = (order: Order, step: string, context: Deciding): Decided => {
  const after = undone(order, step, context);
  return after ? done(after) : ignore('nothing of this is being undone');
};
