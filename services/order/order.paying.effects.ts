/** Its stock is held: an order goes on to its payment, or straight to its confirmation. */
import { cancelTimer, done, type Effect, setTimer, tell } from '../../runtime/decider.ts';
import { bill, confirmed } from './order.confirming.effects.ts';
import { sendEarly } from './order.early.effects.ts';
import { confirmStock, statusEvent } from './order.effects.ts';
import { type Decided, type Deciding, laterBy, marked, moved, type Order } from './order.state.ts';

/**
 * The last line is held: in each state from which stock was asked for, the order goes on.
 * @param clock what was decided before: its clock set anew, or its step back from a truck
 */
export const held = (order: Order, context: Deciding, clock: Effect[] = []): Decided => {
  if (order.status === 'payment_confirmed') return confirmed(order, context, clock);
  if (order.status === 'payment_failed') return pay(order, context, clock);
  // It was put on a truck before its stock had answered: it goes on when it comes back from there.
  if (order.status !== 'pending') return done(order, clock);
  const validated = moved(order, 'validated', { sagaState: 'InventoryReserved' });
  const news = statusEvent(validated, order.status);
  // It waits for a word that may take days: what it holds must not run out.
  if (order.paymentMethod === 'cod') {
    const [next, truck] = sendEarly({ ...validated, sagaExpiresAt: null }, context);
    return done(next, clock, news, confirmStock(order), truck, cancelTimer('saga.expire'));
  }
  if (order.paymentMethod === 'account') return confirmed(validated, context, [...clock, news]);
  return pay(validated, context, [...clock, news]);
};

/** This stock has answered, or is needed no more. With nothing left to wait in line for, the clock runs anew. */
export const awaitedNoMore = (order: Order, stockKey: string, context: Deciding): [Order, Effect[]] => {
  const awaiting = order.awaiting.filter((key) => key !== stockKey);
  const inLine = order.marks?.backordered;
  if (!inLine?.includes(stockKey)) return [{ ...order, awaiting }, []];
  const backordered = inLine.filter((key) => key !== stockKey);
  const rest = { ...order, awaiting, ...marked(order, { backordered }) };
  return backordered.length > 0 ? [rest, []] : startClock(rest, context);
};

const pay = (order: Order, context: Deciding, news: Effect[]): Decided => {
  const paymentId = context.newId();
  // A new payment asks for what is left: what was called off before concerns the one before.
  const anew = order.marks?.calledOff ? marked(order, { calledOff: [] }) : {};
  const paying = moved(order, 'payment_processing', { paymentId, sagaState: 'PaymentProcessing', reason: null, ...anew });
  return done(paying, news, statusEvent(paying, order.status), tell('payment', paymentId, 'payment.charge', bill(paying)));
};

export const startClock = (order: Order, { now, settings }: Deciding): [Order, Effect[]] => {
  const end = laterBy(now, settings.sagaMs);
  return [{ ...order, sagaExpiresAt: end.toISOString() }, [setTimer('saga.expire', end, {})]];
};
