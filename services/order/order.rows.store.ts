/** The child rows of orders: items, holds, what was sent back. Read and written only for the few messages that need them. */
import type { Changes } from '../../runtime/actor.ts';
import { type Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import type { Age, Hold, Item, Order, SentBack } from './order.state.ts';

const ENDS = ['order.return.completed', 'order.return.rejected', 'order.exchange.completed', 'order.exchange.rejected'];
const NEED_ITEMS = ['order.cancel-item', 'order.send-back', ...ENDS];
const NEED_RETURNS = ['order.send-back', ...ENDS];
const NEED_HOLDS = ['order.hold', 'order.release-hold'];

export const keysOf = (messages: readonly Message[], names: readonly string[]): string[] => [
  ...new Set(messages.filter(({ name }) => names.includes(name)).map(({ key }) => key)),
];

const LISTED = (bind: string): string => `any(string_to_array(${bind}::text, E'\\x1e')::uuid[])`;

/** An exchange whose replacement could not be had went on as a return under the same id: such a one ends as what it became. */
const WENT_ON = `case when b.kind = 'exchange' and exists (select from returns r where r.id = b.id) then 'return' else b.kind end`;

/** One statement, if any message of the batch needs it. */
export const loadChildren = async (tx: Tx, messages: readonly Message[]): Promise<Map<string, Rows> | undefined> => {
  const [items, holds, returns] = [NEED_ITEMS, NEED_HOLDS, NEED_RETURNS].map((names) => keysOf(messages, names).join('\x1e'));
  if (!items && !holds && !returns) return undefined;
  const byKey = new Map<string, Rows>();
  const found = await tx.query<{ key: string; what: string; id: string; row: unknown }>(
    `select o.correlation_id as key, 'order_items' as what, i.id::text as id, json_build_object('orderId', o.id::text, 'sku', i.sku, 'quantity', i.quantity,
       'unitPriceCents', i.unit_price_cents, 'quantityCancelled', i.quantity_cancelled, 'quantitySentBack', i.quantity_sent_back,
       'quantityReturned', i.quantity_returned) as row
     from orders o join order_items i on i.order_id = o.id where o.correlation_id = ${LISTED('$1')}
     union all
     select order_key, 'order_holds', id::text, json_build_object('kind', kind, 'severity', severity, 'source', source, 'note', note, 'by', by,
       'orderVersion', order_version, 'releasedAt', ${iso('released_at')}, 'releasedBy', released_by)
     from order_holds where order_key = ${LISTED('$2')}
     union all
     select order_key, 'order_returns', b.id::text, json_build_object('kind', ${WENT_ON}, 'lines', lines, 'status', status, 'reason', reason)
     from order_returns b where order_key = ${LISTED('$3')}`,
    [items, holds, returns],
  );
  for (const { key, what, id, row } of found) {
    const rows = byKey.get(key) ?? new Rows();
    rows.loaded(what, id, row);
    byKey.set(key, rows);
  }
  return byKey;
};

/** What the clock's question needs: how old, wanted when, and whether a truck is asked for. */
export const loadAges = async (tx: Tx, keys: readonly string[]): Promise<Map<string, Age>> => {
  const rows = await tx.query<Age & { key: string }>(
    `select o.correlation_id as key, ${iso('o.created_at')} as "createdAt", ${iso('o.requested_end')} as "requestedEnd",
       exists (select from delivery_jobs j where j.order_key = o.correlation_id and j.status in ('queued', 'scheduled', 'in_progress')) as "hasJob"
     from orders o where o.correlation_id = ${LISTED('$1')}`,
    [keys.join('\x1e')],
  );
  return new Map(rows.map(({ key, ...age }) => [key, age]));
};

/** Parts of the one statement that saves. */
export const childParts = (binds: Binds, written: Changes<Order>['rows']): string[] => {
  const holds = written<Hold>('order_holds').map(({ key, id, row }) => ({ ...row, id, orderKey: key }));
  const returns = written<SentBack>('order_returns').map(({ key, id, row }) => ({ ...row, id, orderKey: key, lines: json(row.lines) }));
  const items = written<Item>('order_items').map(({ id, row }) => ({ ...row, id }));
  return [
    ...(holds.length === 0
      ? []
      : [
          `saved_holds as (
      insert into order_holds (id, order_key, kind, severity, source, note, by, order_version, released_at, released_by)
      select * from ${binds.rows('h', HOLD_COLUMNS, holds)}
      on conflict (id) do update set released_at = excluded.released_at, released_by = excluded.released_by)`,
        ]),
    ...(returns.length === 0
      ? []
      : [
          `saved_returns as (
      insert into order_returns (id, order_key, kind, lines, status, reason) select * from ${binds.rows('r', RETURN_COLUMNS, returns)}
      on conflict (id) do update set kind = excluded.kind, status = excluded.status, updated_at = now())`,
        ]),
    ...(items.length === 0
      ? []
      : [
          `saved_items as (
      update order_items i set quantity_cancelled = c.quantityCancelled, quantity_sent_back = c.quantitySentBack, quantity_returned = c.quantityReturned
      from ${binds.rows('c', ITEM_COLUMNS, items)} where i.order_id = c.orderId and i.id = c.id)`,
        ]),
  ];
};

const HOLD_COLUMNS = {
  id: 'uuid',
  orderKey: 'uuid',
  kind: 'text',
  severity: 'text',
  source: 'text',
  note: 'text',
  by: 'text',
  orderVersion: 'integer',
  releasedAt: 'timestamptz',
  releasedBy: 'text',
};
const RETURN_COLUMNS = { id: 'uuid', orderKey: 'uuid', kind: 'text', lines: 'json', status: 'text', reason: 'text' };
const ITEM_COLUMNS = {
  orderId: 'bigint',
  id: 'bigint',
  quantityCancelled: 'integer',
  quantitySentBack: 'integer',
  quantityReturned: 'integer',
};
