/** How returns and exchanges are shown, what they need to know of orders and products, and their figures: one statement each. */
import { Binds, iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { SENT_BACK } from './returns.columns.store.ts';
import type { SentBack } from './returns.state.ts';

const TIMES = `${iso('created_at')} as "createdAt", ${iso('updated_at')} as "updatedAt", ${iso('closed_at')} as "closedAt"`;
/** How far the payment is with giving it back. */
const refundStatus = (table: string): string =>
  `(select f.status from refunds f where f.payment_id = ${table}.payment_id and f.id = ${table}.id) as "refundStatus"`;
const RETURN = `select number, ${SENT_BACK}, ${TIMES}, ${refundStatus('returns')} from returns`;
/** Without its token. */
const EXCHANGE = `select number, ${SENT_BACK}, ${TIMES}, ${refundStatus('exchanges')}, replacements, difference_cents::float as "differenceCents", address, supply,
  supply_reason as "supplyReason", charge_id as "chargeId", paid, fulfillment_id as "fulfillmentId", carrier, tracking_no as "trackingNo"
from exchanges`;

export type Kind = 'return' | 'exchange';
export interface SentBackCard extends Record<string, unknown> {
  id: string;
  orderKey: string;
  status: string;
  booked: boolean;
  version: number;
}
const from = (kind: Kind): string => (kind === 'return' ? RETURN : EXCHANGE);

const shown = ({ number: _, ...card }: SentBackCard): SentBackCard => card;

export const cardOf = async (tx: Tx, kind: Kind, id: string): Promise<SentBackCard | undefined> =>
  (await tx.query<SentBackCard>(`${from(kind)} where id = $1`, [id])).map(shown)[0];

export interface ReturnFilter {
  orderId?: string | undefined;
  status?: string | undefined;
  customerId?: string | undefined;
}

/** What was refused before the order had it down was never the customer's: it is listed only for those who look for what was rejected. */
const NEVER_BEGUN = `not booked and status = 'rejected'`;

/** Newest first. @returns the items of the page, and the place of the last where more follow */
export const cardsOf = async (
  tx: Tx,
  kind: Kind,
  { orderId, status, customerId }: ReturnFilter,
  before: string | undefined,
  limit: number,
): Promise<{ items: SentBackCard[]; last: string | null }> => {
  const binds = new Binds();
  const where = ['true'];
  if (orderId !== undefined) where.push(`order_id = ${binds.add(orderId)}::bigint`);
  if (status === undefined) where.push(`not (${NEVER_BEGUN})`);
  if (status !== undefined) where.push(`status = ${binds.add(status)}`);
  if (status !== undefined && !['rejected', 'completed', 'cancelled'].includes(status)) where.push('closed_at is null');
  if (customerId !== undefined) where.push(`customer_id = ${binds.add(customerId)}`);
  if (before !== undefined) where.push(`number < ${binds.add(before)}::bigint`);
  const rows = await tx.query<SentBackCard>(
    `${from(kind)} where ${where.join(' and ')} order by number desc limit ${binds.add(limit + 1)}`,
    binds.values,
  );
  const items = rows.slice(0, limit);
  return { items: items.map(shown), last: rows.length > limit ? String(items.at(-1)?.number) : null };
};

export interface OrderSentFrom
  extends Pick<
    SentBack,
    'orderKey' | 'orderId' | 'orderNumber' | 'customerId' | 'locationId' | 'currency' | 'paymentId' | 'paymentMethod'
  > {
  token: string | null;
  address: Record<string, unknown> | null;
  items: { id: string; sku: string; unitPriceCents: number }[];
}

/** The order as it stands: its prices are those that were paid. */
export const orderSentFrom = async (tx: Tx, orderId: string): Promise<OrderSentFrom | undefined> =>
  (
    await tx.query<OrderSentFrom>(
      `select o.correlation_id as "orderKey", o.id as "orderId", o.order_number as "orderNumber", o.customer_id as "customerId",
         coalesce(o.plant_id, 'none') as "locationId", o.currency, o.payment_id as "paymentId", o.payment_method as "paymentMethod",
         o.payment_token as token, o.shipping_address as address,
         (select json_agg(json_build_object('id', i.id::text, 'sku', i.sku, 'unitPriceCents', i.unit_price_cents))
          from order_items i where i.order_id = o.id) as items
       from orders o where o.id = $1`,
      [orderId],
    )
  )[0];

/** Which payment an order has by now, if any. */
export const paymentOf = async (tx: Tx, orderKey: string): Promise<string | null> =>
  (await tx.query<{ paymentId: string | null }>('select payment_id as "paymentId" from orders where correlation_id = $1', [orderKey]))[0]
    ?.paymentId ?? null;

export interface Priced {
  sku: string;
  priceCents: number;
  currency: string;
}

export const pricesOf = (tx: Tx, skus: readonly string[]): Promise<Priced[]> =>
  tx.query<Priced>(
    `select sku, price_cents::float as "priceCents", currency from products where sku = any(string_to_array($1::text, E'\\x1e'))`,
    [skus.join('\x1e')],
  );

/** Cash that people are to give back, and nobody has said that they did: it stays listed until POST …/paid-out. Oldest first. */
export const cashDue = (tx: Tx) =>
  tx.query<{ kind: string; actor: Kind; key: string; since: string; reason: string }>(
    `select 'refund.cash-due' as kind, actor, id::text as key, ${iso('closed_at')} as since,
       format('%s %s in cash to be given back for order %s', round(refund_cents / 100.0, 2), trim(currency), order_number) as reason
     from (select 'return' as actor, id, closed_at, refund_cents, currency, order_number from returns where refund_state = 'due'
       union all
       select 'exchange', id, closed_at, refund_cents, currency, order_number from exchanges where refund_state = 'due') d
     order by d.closed_at, d.id limit 500`,
  );

export interface ReturnFigures {
  returns: Record<string, number>;
  exchanges: Record<string, number>;
  /** Approved or asked for longer than a week ago, and nothing has come of it. */
  stale: number;
  /** Exchanges whose replacement is not to be had, or not paid for. */
  withoutReplacement: number;
  /** Cash that people are to give back. */
  refundsDueCents: number;
  refundedCents: number;
}

export const returnFigures = async (tx: Tx): Promise<ReturnFigures> => {
  const [row] = await tx.query<ReturnFigures>(
    `with all_of_them as (
       select 'return' as kind, status, refund_cents, refund_state, null as supply, updated_at, closed_at from returns
       union all select 'exchange', status, refund_cents, refund_state, supply, updated_at, closed_at from exchanges),
     counts as (select kind, status, count(*) as count from all_of_them group by kind, status)
     select
       coalesce((select json_object_agg(status, count) from counts where kind = 'return'), '{}') as returns,
       coalesce((select json_object_agg(status, count) from counts where kind = 'exchange'), '{}') as exchanges,
       count(*) filter (where closed_at is null and updated_at < now() - interval '7 days')::int as stale,
       count(*) filter (where supply in ('short', 'unpaid') and closed_at is null)::int as "withoutReplacement",
       coalesce(sum(refund_cents) filter (where refund_state = 'due'), 0)::float as "refundsDueCents",
       coalesce(sum(refund_cents) filter (where refund_state = 'asked'), 0)::float as "refundedCents"
     from all_of_them`,
  );
  return row as ReturnFigures;
};
