/** The columns that returns and exchanges share, and how a batch of either is loaded and saved: one statement each, and one for payments. */
import type { Changes } from '../../runtime/actor.ts';
import { Binds, type ColumnTypes, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import type { PaidSoFar, ReturnFacts, SentBack } from './returns.state.ts';

export const SENT_BACK = `id, order_key as "orderKey", order_id as "orderId", order_number as "orderNumber", customer_id as "customerId",
  location_id as "locationId", currency, payment_id as "paymentId", payment_method as "paymentMethod", status, booked, reason, note, lines,
  refund_cents::float as "refundCents", refund_state as "refundState", version`;

/** Written at each change. Names are the columns', so that one list makes the insert and the update. */
const CHANGING = {
  id: 'uuid',
  status: 'text',
  booked: 'boolean',
  payment_id: 'uuid',
  note: 'text',
  lines: 'json',
  refund_cents: 'bigint',
  refund_state: 'text',
  version: 'integer',
};
const FIXED = {
  order_key: 'uuid',
  order_id: 'bigint',
  order_number: 'text',
  customer_id: 'text',
  location_id: 'text',
  currency: 'text',
  payment_method: 'text',
  reason: 'text',
};

export interface Columns<State> {
  table: 'returns' | 'exchanges';
  changing?: ColumnTypes;
  fixed?: ColumnTypes;
  /** The cells of the columns beyond the shared ones. */
  cells?(state: State): object;
}

const cellsOf = <State extends SentBack>(state: State, { cells }: Columns<State>) => ({
  id: state.id,
  status: state.status,
  booked: state.booked,
  note: state.note,
  lines: json(state.lines),
  refund_cents: state.refundCents,
  refund_state: state.refundState,
  version: state.version,
  order_key: state.orderKey,
  order_id: state.orderId,
  order_number: state.orderNumber,
  customer_id: state.customerId,
  location_id: state.locationId,
  currency: state.currency,
  payment_id: state.paymentId,
  payment_method: state.paymentMethod,
  reason: state.reason,
  ...cells?.(state),
});

const IS_OVER = `in ('rejected', 'completed', 'cancelled')`;

export const saveSentBack = async <State extends SentBack>(tx: Tx, changes: Changes<State>, columns: Columns<State>): Promise<void> => {
  const binds = new Binds();
  const changing: ColumnTypes = { ...CHANGING, ...columns.changing };
  const all: ColumnTypes = { ...changing, ...FIXED, ...columns.fixed };
  const created = changes.created.map(({ state }) => cellsOf(state, columns));
  const updated = changes.updated.map(({ state }) => cellsOf(state, columns));
  const parts: string[] = [];
  if (created.length > 0) {
    parts.push(`made as (insert into ${columns.table} (${Object.keys(all).join(', ')})
      select * from ${binds.rows('n', all, created)} on conflict do nothing returning id)`);
  }
  if (updated.length > 0) {
    const sets = Object.keys(changing).flatMap((name) => (name === 'id' ? [] : [`${name} = u.${name}`]));
    parts.push(`changed as (update ${columns.table} t set ${sets.join(', ')}, updated_at = now(),
        closed_at = case when u.status ${IS_OVER} then coalesce(t.closed_at, now()) end
      from ${binds.rows('u', changing, updated)} where t.id = u.id)`);
  }
  if (parts.length === 0) return;
  const [row] = await tx.query<{ made: string }>(
    `with ${parts.join(', ')} select ${created.length > 0 ? '(select count(*) from made)' : '0'} as made`,
    binds.values,
  );
  if (Number(row?.made) < created.length) throw new Raced(columns.table);
};

/** What is left of the orders' payments: read only where one of the messages may give money back. */
export const payFacts = async (
  tx: Tx,
  states: Iterable<SentBack>,
  messages: readonly Message[],
  names: ReadonlySet<string>,
): Promise<ReturnFacts> => {
  const payments = new Map<string, PaidSoFar>();
  if (!messages.some(({ name }) => names.has(name))) return { payments };
  const ids = [...states].flatMap(({ paymentId }) => paymentId ?? []);
  if (ids.length === 0) return { payments };
  const rows = await tx.query<PaidSoFar & { id: string }>(
    `select id, status, (case when status in ('created', 'authorizing', 'authorized', 'capturing', 'cod_due') then amount_cents
       else captured_cents - refunded_cents end - refunding_cents)::float as "leftCents"
     from payments where id = any(string_to_array($1::text, E'\\x1e')::uuid[])`,
    [ids.join('\x1e')],
  );
  for (const { id, ...paid } of rows) payments.set(id, paid);
  return { payments };
};
