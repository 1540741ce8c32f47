/** What returns and exchanges say alike: to the warehouse, to the payment, and to whoever follows an order. */
import { type Context, type Decision, done, type Effect, ignore, type Message, refuse, tell } from '../../runtime/decider.ts';
import { changed, outdated, type ReturnFacts, type SentBack } from './returns.state.ts';

/** What an event of a return or an exchange says; `lines` so that a warehouse can adjust by it alone (B27). */
export const news = (
  { id, orderKey, orderId, orderNumber, locationId, lines, status, version }: SentBack,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  id,
  orderKey,
  orderId,
  orderNumber,
  locationId,
  status,
  version,
  lines: lines.flatMap(({ itemId, sku, stockKey, quantity, received, condition }) =>
    received === 0 ? [] : [{ itemId, sku, stockKey, quantity: received ?? quantity, condition }],
  ),
  ...more,
});

/**
 * The goods go back on the shelf, or are written off. Stock takes a thing back once per id: where some of a product came whole and some
 * broken, the broken ones get an id of their own.
 */
export const takeBack = ({ id, orderId, lines, reason }: SentBack, context: Context<ReturnFacts>): Effect[] => {
  const byStock = new Map<string, { ok: number; damaged: number }>();
  for (const { stockKey, received, condition } of lines) {
    const sum = byStock.get(stockKey) ?? { ok: 0, damaged: 0 };
    sum[condition ?? 'ok'] += received ?? 0;
    byStock.set(stockKey, sum);
  }
  return [...byStock].flatMap(([stockKey, { ok, damaged }]) => {
    const back = (returnId: string, quantity: number, restock: boolean): Effect =>
      tell('inventory', stockKey, 'inventory.take-back', { orderId, returnId, quantity, restock, reason });
    return [...(ok > 0 ? [back(id, ok, true)] : []), ...(damaged > 0 ? [back(ok > 0 ? context.newId() : id, damaged, false)] : [])];
  });
};

const NOT_TAKEN_YET = ['created', 'authorizing', 'authorized', 'capturing', 'cod_due'];
const CASH = ['cod_collected', 'cod_remitted'];

export interface Settlement {
  refundCents: number;
  refundState: SentBack['refundState'];
  effects: Effect[];
}

/**
 * Gives money back once, under the id of what was sent back. What was not taken yet becomes less; cash is for people to give back;
 * where nothing was paid (account terms, a payment that failed) nothing goes back. Never more than is left of the payment.
 */
export const giveBack = (
  { id, paymentId, paymentMethod }: SentBack,
  amountCents: number,
  reason: string,
  { payments }: ReturnFacts,
): Settlement => {
  const paid = paymentId === null || paymentMethod === 'account' ? undefined : payments.get(paymentId);
  const cents = paid ? Math.min(amountCents, paid.leftCents) : 0;
  if (!paid || cents <= 0) return { refundCents: 0, refundState: 'none', effects: [] };
  if (CASH.includes(paid.status)) return { refundCents: cents, refundState: 'due', effects: [] };
  const name = NOT_TAKEN_YET.includes(paid.status) ? 'payment.reduce' : 'payment.refund';
  const command = tell('payment', paymentId as string, name, { refundId: id, amountCents: cents, reason });
  return { refundCents: cents, refundState: 'asked', effects: [command] };
};

/**
 * People have handed the cash over. It is booked on the payment under the id of what was sent back, so once; and as a reduction, which is
 * never more than is left: some of it may have gone back by hand before.
 */
export const paidOut = <S extends SentBack>(
  of: 'return' | 'exchange',
  one: S,
  { headers: { by } }: Message,
  version: number | undefined,
): Decision<S> => {
  if (one.refundState === 'asked') return ignore('the payment was told already');
  const no = outdated(one, version);
  if (no) return no;
  const { id, paymentId, refundCents: amountCents, refundState, reason } = one;
  if (refundState !== 'due' || paymentId === null) return refuse(`${of}.wrong-status`, { status: one.status, refundState });
  const booking = { refundId: id, amountCents, reason, ...(by ? { by } : {}) };
  return done(changed<SentBack>(one, { refundState: 'asked' }) as S, tell('payment', paymentId, 'payment.reduce', booking));
};
