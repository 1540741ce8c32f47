/** Payments, their attempts and refunds, in sets: one statement to load (two where refunds matter), one to save. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import type { Attempt, Payment, Refund } from './payment.state.ts';

const LOAD = `select id, order_key as "orderKey", owner, order_id as "orderId", order_number as "orderNumber", method, provider, status,
  amount_cents::float as "amountCents", authorized_cents::float as "authorizedCents", captured_cents::float as "capturedCents",
  refunded_cents::float as "refundedCents", refunding_cents::float as "refundingCents", refunds, currency, token, manual,
  attempts, provider_ref as "providerRef", reason, undo, version
from payments where id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;

const LOAD_REFUNDS = `select payment_id as "paymentId", id, number, amount_cents::float as "amountCents", reason, by, status,
  provider_ref as "providerRef"
from refunds where payment_id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Payment, undefined>> => {
  const payments = await tx.query<Payment>(LOAD, [keys.join('\x1e')]);
  const states = new Map(payments.map((payment) => [payment.id, payment]));
  const wanted = new Set([...payments.filter(({ refundingCents }) => refundingCents > 0).map(({ id }) => id), ...askedOf(messages)]);
  const rows = wanted.size > 0 ? await loadRefunds(tx, [...wanted]) : undefined;
  return { states, rows, facts: undefined };
};

/** Those that must know which refunds there were. */
const askedOf = (messages: readonly Message[]): string[] =>
  messages.filter(({ name }) => name === 'payment.refund' || name === 'payment.reduce').map(({ key }) => key);

const loadRefunds = async (tx: Tx, keys: readonly string[]): Promise<Map<string, Rows>> => {
  const rows = new Map(keys.map((key) => [key, new Rows()]));
  for (const { paymentId, ...refund } of await tx.query<Refund & { paymentId: string }>(LOAD_REFUNDS, [keys.join('\x1e')])) {
    rows.get(paymentId)?.loaded('refund', refund.id, refund);
  }
  return rows;
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
/** Of payments that are authorised first, or of which a part went back: the common one is saved without them. */
const RARELY_CHANGING = { amount: 'bigint', authorizedCents: 'bigint', refundingCents: 'bigint', refunds: 'smallint' };
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
const RARELY_FIXED = { manual: 'boolean', owner: 'text' };
const isRare = ({ manual, refunds, owner }: Payment): boolean => manual || refunds > 0 || owner !== null;

const ATTEMPT = {
  idempotencyKey: 'text',
  paymentId: 'uuid',
  operation: 'text',
  status: 'text',
  providerRef: 'text',
  reason: 'text',
};
const REFUND = {
  paymentId: 'uuid',
  id: 'uuid',
  number: 'smallint',
  amountCents: 'bigint',
  reason: 'text',
  by: 'text',
  status: 'text',
  providerRef: 'text',
};

const save = async (tx: Tx, changes: Changes<Payment>): Promise<void> => {
  const binds = new Binds();
  const parts: string[] = [];
  const created = changes.created.map(({ state }) => ({ ...state, amount: state.amountCents }));
  const updated = changes.updated.map(({ state }) => ({ ...state, amount: state.amountCents }));
  const attempts = changes.rows<Attempt>('attempt').map(({ key, id, row }) => ({ idempotencyKey: id, paymentId: key, ...row }));
  const refunds = changes.rows<Refund>('refund').map(({ key, row }) => ({ paymentId: key, ...row }));
  const asked = attempts.filter(({ status }) => status === 'asked');
  const answered = attempts.filter(({ status }) => status !== 'asked');
  if (created.length > 0) {
    const rare = created.some(isRare);
    const types = {
      ...CHANGING,
      ...FIXED,
      ...(rare ? { authorizedCents: 'bigint', refundingCents: 'bigint', refunds: 'smallint', ...RARELY_FIXED } : {}),
    };
    parts.push(`made as (insert into payments (id, status, captured_cents, refunded_cents, attempts, provider_ref, reason, undo, version,
        order_key, order_id, order_number, method, provider, amount_cents, currency, token
        ${rare ? ', authorized_cents, refunding_cents, refunds, manual, owner' : ''})
      select * from ${binds.rows('p', types, created)} on conflict do nothing returning id)`);
  }
  if (updated.length > 0) {
    const rare = updated.some(isRare);
    parts.push(`changed as (update payments p set status = u.status, captured_cents = u.capturedCents, refunded_cents = u.refundedCents,
        attempts = u.attempts, provider_ref = u.providerRef, reason = u.reason, undo = u.undo, version = u.version, updated_at = now()
        ${rare ? ', amount_cents = u.amount, authorized_cents = u.authorizedCents, refunding_cents = u.refundingCents, refunds = u.refunds' : ''}
      from ${binds.rows('u', { ...CHANGING, ...(rare ? RARELY_CHANGING : {}) }, updated)} where p.id = u.id)`);
  }
  if (asked.length > 0) {
    // What is asked again, of money that came after all, is asked under its old key.
    parts.push(`asked as (insert into payment_attempts (idempotency_key, payment_id, operation, status, provider_ref, reason)
      select * from ${binds.rows('a', ATTEMPT, asked)} on conflict (idempotency_key) do nothing)`);
  }
  if (answered.length > 0) {
    parts.push(`answered as (insert into payment_attempts (idempotency_key, payment_id, operation, status, provider_ref, reason)
      select * from ${binds.rows('t', ATTEMPT, answered)} on conflict (idempotency_key) do update
      set status = excluded.status, provider_ref = excluded.provider_ref, reason = excluded.reason, answered_at = now())`);
  }
  if (refunds.length > 0) {
    parts.push(`given as (insert into refunds (payment_id, id, number, amount_cents, reason, by, status, provider_ref)
      select * from ${binds.rows('r', REFUND, refunds)} on conflict (payment_id, id) do update
      set status = excluded.status, provider_ref = excluded.provider_ref, answered_at = now())`);
  }
  const [row] = await tx.query<{ made: string }>(
    `with ${parts.join(', ')} select ${created.length > 0 ? '(select count(*) from made)' : '0'} as made`,
    binds.values,
  );
  if (Number(row?.made) < created.length) throw new Raced('payment');
};

export const paymentStore: Store<Payment> = { table: 'payments', key: 'id', keyType: 'uuid', load, save };
