/** What people and clocks ask of payments. Ids begin with their time, so what is recent is a range of the primary key: no index more for it. */
import type { Tx } from '../../runtime/database.ts';

/** The least id of this time on (RFC 9562: the first 48 bits are milliseconds). */
const firstIdOf = (time: Date): string => {
  const ms = Math.max(0, time.getTime()).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-0000-0000-000000000000`;
};

export const orderKeyOf = async (tx: Tx, id: string): Promise<string | undefined> => {
  const [row] = await tx.query<{ orderKey: string }>('select order_key as "orderKey" from payments where id = $1', [id]);
  return row?.orderKey;
};

export interface Bill {
  orderId: string;
  orderNumber: string;
  amountCents: number;
  currency: string;
}

/** What a report must speak of. A payment that its order shows already, and that has not taken its first message yet, is one too. */
export const billOf = async (tx: Tx, id: string): Promise<Bill | undefined> =>
  (
    await tx.query<Bill>(
      `select order_id::text as "orderId", order_number as "orderNumber", amount_cents::float as "amountCents", currency
       from payments where id = $1::text::uuid
       union all
       select p->>'orderId', p->>'orderNumber', (p->>'amountCents')::float, p->>'currency'
       from (select payload::json as p from mailbox where actor = 'payment' and key = $1::text and name = 'payment.charge') m
       limit 1`,
      [id],
    )
  )[0];

/** Whose cash is still to be paid out of this payment: returns and exchanges of its order. A refund that is known already is not held up. */
export const cashDueFor = async (tx: Tx, paymentId: string, refundId: string): Promise<string[]> =>
  (
    await tx.query<{ id: string }>(
      `select d.id::text as id from payments p join (
         select id, order_id, payment_id from returns where refund_state = 'due'
         union all select id, order_id, payment_id from exchanges where refund_state = 'due') d
         on d.order_id = p.order_id and d.payment_id = p.id
       where p.id = $1 and not exists (select from refunds f where f.payment_id = p.id and f.id = $2::uuid)`,
      [paymentId, refundId],
    )
  ).map(({ id }) => id);

export interface RefundCard {
  refundId: string;
  amountCents: number;
  reason: string;
  by: string | null;
  status: string;
  providerRef: string | null;
  createdAt: Date;
}

export const refundsOf = (tx: Tx, paymentId: string): Promise<RefundCard[]> =>
  tx.query<RefundCard>(
    `select id as "refundId", amount_cents::float as "amountCents", reason, by, status, provider_ref as "providerRef", created_at as "createdAt"
     from refunds where payment_id = $1 order by number`,
    [paymentId],
  );

export interface PaymentFigures {
  /** Of the last hour's payments by what became of them. */
  byStatus: Record<string, number>;
  /** Captured or authorised, of those whose outcome is known; null while there are none. */
  successRate: number | null;
  /** Calls of the last hour's payments that ended without anybody knowing what they did. */
  unknownOutcomes: number;
  openRefunds: number;
  /** Calls given up that still have to be made: listed under attention. */
  stuck: number;
}

const PAID = ['captured', 'authorized', 'partially_refunded', 'refunded', 'refunding', 'cod_collected', 'cod_remitted'];

export const figuresOf = async (tx: Tx, since: Date): Promise<PaymentFigures> => {
  const [row] = await tx.query<{ statuses: Record<string, number> | null; unknown: string; refunds: string; stuck: string }>(
    `with recent as materialized (select id, status from payments where id >= $1::uuid)
     select (select json_object_agg(status, count) from (select status, count(*) from recent group by status) s) as statuses,
       (select count(*) from payment_attempts a join recent on recent.id = a.payment_id where a.status = 'unknown') as unknown,
       (select count(*) from refunds where status in ('waiting', 'asked', 'stuck')) as refunds,
       (select count(*) from jobs where state = 'dead' and type = any(string_to_array($2::text, ','))) as stuck`,
    [firstIdOf(since), CALLS_STILL_OWED.join(',')],
  );
  const byStatus = row?.statuses ?? {};
  const sum = (statuses: readonly string[]): number => statuses.reduce((total, status) => total + (byStatus[status] ?? 0), 0);
  const [good, bad] = [sum(PAID), sum(['failed', 'expired'])];
  return {
    byStatus,
    successRate: good + bad > 0 ? good / (good + bad) : null,
    unknownOutcomes: Number(row?.unknown),
    openRefunds: Number(row?.refunds),
    stuck: Number(row?.stuck),
  };
};

/** Calls that are still owed when they have been given up. A charge is not: what it may have taken is undone. */
const CALLS_STILL_OWED = ['payment.capture', 'payment.void', 'payment.refund', 'payment.undo'];

/** Makes the given up calls of a payment again, as an operator asks. Each looks first how far it came. @returns how many */
export const retryStuck = async (tx: Tx, paymentId: string): Promise<number> => {
  const rows = await tx.query<{ id: string }>(
    `update jobs set state = 'available', attempt = 0, run_at = now(), finished_at = null
     where state = 'dead' and reply_actor = 'payment' and reply_key = $1 and type = any(string_to_array($2::text, ','))
     returning id`,
    [paymentId, CALLS_STILL_OWED.join(',')],
  );
  return rows.length;
};

export interface Overdue {
  id: string;
  orderId: string;
  orderKey: string;
  status: string;
  provider: string;
  method: string;
  amountCents: number;
  chargeKey: string;
  providerRef: string | null;
}

const OVERDUE = `select p.id, p.order_id as "orderId", p.order_key as "orderKey", p.status, p.provider, p.method, p.amount_cents::float as "amountCents",
    'pay:' || p.id || case when p.manual then ':authorize:' else ':charge:' end || p.attempts as "chargeKey", p.provider_ref as "providerRef"
  from payments p`;

/**
 * Payments whose call should have ended long ago: the last day's by their ids, and older ones by the jobs that were given up.
 * None of them has a call that still runs or waits.
 */
export const overdue = (tx: Tx, now: Date, afterMs: number): Promise<Overdue[]> =>
  tx.query<Overdue>(
    `with late as (
       ${OVERDUE} where p.id >= $1::uuid and p.status in ('authorizing', 'capturing', 'voiding')
       union
       ${OVERDUE} where p.status in ('capturing', 'voiding') and p.id::text in (
         select reply_key from jobs where state = 'dead' and reply_actor = 'payment' and type in ('payment.capture', 'payment.void'))
     )
     select late.* from late join payments on payments.id = late.id
     where payments.updated_at < $2::timestamptz and late.id::text not in (
       select reply_key from jobs where state = 'available' and reply_actor = 'payment'
       union all select reply_key from jobs where state in ('scheduled', 'retryable') and reply_actor = 'payment'
       union all select reply_key from jobs where state = 'running' and reply_actor = 'payment')
     order by late.id limit 200`,
    [firstIdOf(new Date(now.getTime() - 86_400_000)), new Date(now.getTime() - afterMs).toISOString()],
  );
