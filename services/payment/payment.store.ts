/** Payments and their attempts, in sets: one statement to load, one to save. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { Raced } from '../../runtime/failure.ts';
import type { Attempt, Payment } from './payment.decider.ts';

const LOAD = `select id, order_key as "orderKey", order_id as "orderId", order_number as "orderNumber", method, provider, status,
  amount_cents::float as "amountCents", captured_cents::float as "capturedCents", refunded_cents::float as "refundedCents", currency, token,
  attempts, provider_ref as "providerRef", reason, undo, version
from payments where id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;

const load = async (tx: Tx, keys: readonly string[]): Promise<Loaded<Payment, undefined>> => {
  const rows = await tx.query<Payment>(LOAD, [keys.join('\x1e')]);
  return { states: new Map(rows.map((payment) => [payment.id, payment])), facts: undefined };
};

const CHANGING = {
  id: 'uuid',
  status: 'text',
  capturedCents: 'bigint',
  refundedCents: 'bigint',
  attempts: 'smallint',
  providerRef: 'text',
  reason: 'text',
  undo: 'boolean',
  version: 'integer',
};
const FIXED = {
  orderKey: 'uuid',
  orderId: 'bigint',
  orderNumber: 'text',
  method: 'text',
  provider: 'text',
  amountCents: 'bigint',
  currency: 'text',
  token: 'text',
};

const ATTEMPT = {
  idempotencyKey: 'text',
  paymentId: 'uuid',
  operation: 'text',
  status: 'text',
  providerRef: 'text',
  reason: 'text',
};

const save = async (tx: Tx, changes: Changes<Payment>): Promise<void> => {
  const binds = new Binds();
  const parts: string[] = [];
  const created = changes.created.map(({ state }) => state);
  const updated = changes.updated.map(({ state }) => state);
  const attempts = changes.rows<Attempt>('attempt').map(({ key, id, row }) => ({ idempotencyKey: id, paymentId: key, ...row }));
  const asked = attempts.filter(({ status }) => status === 'asked');
  const answered = attempts.filter(({ status }) => status !== 'asked');
  if (created.length > 0) {
    parts.push(`made as (insert into payments (id, status, captured_cents, refunded_cents, attempts, provider_ref, reason, undo, version,
        order_key, order_id, order_number, method, provider, amount_cents, currency, token)
      select * from ${binds.rows('p', { ...CHANGING, ...FIXED }, created)} on conflict do nothing returning id)`);
  }
  if (updated.length > 0) {
    parts.push(`changed as (update payments p set status = u.status, captured_cents = u.capturedCents, refunded_cents = u.refundedCents,
        attempts = u.attempts, provider_ref = u.providerRef, reason = u.reason, undo = u.undo, version = u.version, updated_at = now()
      from ${binds.rows('u', CHANGING, updated)} where p.id = u.id)`);
  }
  if (asked.length > 0) {
    parts.push(`asked as (insert into payment_attempts (idempotency_key, payment_id, operation, status, provider_ref, reason)
      select * from ${binds.rows('a', ATTEMPT, asked)})`);
  }
  if (answered.length > 0) {
    // An undo is written down when it is answered: its key is fixed by the charge's.
    parts.push(`answered as (insert into payment_attempts (idempotency_key, payment_id, operation, status, provider_ref, reason)
      select * from ${binds.rows('t', ATTEMPT, answered)} on conflict (idempotency_key) do update
      set status = excluded.status, provider_ref = excluded.provider_ref, reason = excluded.reason, answered_at = now())`);
  }
  const [row] = await tx.query<{ made: string }>(
    `with ${parts.join(', ')} select ${created.length > 0 ? '(select count(*) from made)' : '0'} as made`,
    binds.values,
  );
  if (Number(row?.made) < created.length) throw new Raced('payment');
};

export const paymentStore: Store<Payment> = { table: 'payments', key: 'id', keyType: 'uuid', load, save };
