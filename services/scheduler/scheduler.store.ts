/**
 * What the clocks look for. Each step reads a bounded page by an index, so that a run over a million orders is many small statements and
 * never one long one; what is found is told to the actor, which decides by itself.
 */
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

const STEP = 1_000;

/** Plants where somebody waits: only these are worth a turn. Uses delivery_jobs_rank and delivery_jobs_due. */
export const queuesToSweep = async (tx: Tx): Promise<string[]> =>
  (
    await tx.query<{ plant: string }>(
      `select distinct plant_id as plant from delivery_jobs where status = 'queued' or (status = 'scheduled' and due_at <= now())`,
    )
  ).map(({ plant }) => plant);

export interface WatchedTruck {
  id: string;
  orderKey: string;
}

/**
 * Trucks whose phase lasts longer than such phases do, or whose load gets old: each looks itself whether it is so, and says it once.
 * @param limits how long each phase may last, in minutes
 */
export const trucksToWatch = async (tx: Tx, limits: Readonly<Record<string, number>>, dischargeMinutes: number): Promise<WatchedTruck[]> =>
  tx.query<WatchedTruck>(
    `select t.id, t.order_key as "orderKey" from trucks t
         left join unnest(string_to_array($1::text, E'\\x1e'), string_to_array($2::text, E'\\x1e')::float[]) as p(phase, minutes) on p.phase = t.status
       where t.load_id is not null and t.order_key is not null and (
         (t.phase_since < now() - make_interval(secs => p.minutes * 60) and t.trip->>'stuck' is distinct from t.status)
         or (t.loaded and t.poured is null and t.trip->>'overdue' is null and (t.phases->>'loading')::timestamptz
           < now() - make_interval(mins => coalesce((t.trip->>'limitMinutes')::int, $3::int))))
       order by t.id limit ${STEP}`,
    [Object.keys(limits).join('\x1e'), Object.values(limits).join('\x1e'), dischargeMinutes],
  );

/** Pages through the open orders placed before a time, oldest first. Uses orders_open; an id is drawn when its order is placed. */
const openOrders = async function* (tx: Tx, before: Date, chosen: string): AsyncGenerator<string[]> {
  let after = '0';
  for (;;) {
    const [page] = await tx.query<{ last: string | null; young: boolean | null; keys: string[] | null }>(
      `with page as materialized (
         select id, correlation_id, status, created_at from orders where closed_at is null and id > $1::bigint order by id limit ${STEP}),
       seen as (select page.*, page.created_at < $2::timestamptz and ${chosen} as chosen from page left join order_sagas s using (correlation_id))
       select max(id)::text as last, bool_or(created_at >= $2::timestamptz) as young, json_agg(correlation_id order by id) filter (where chosen) as keys
       from seen`,
      [after, before.toISOString()],
    );
    if (page?.keys) yield page.keys;
    if (!page?.last || page.young) return;
    after = page.last;
  }
};

/** Pending as the shop sees it. What else must be so before an order is cancelled, the order knows. */
export const pendingOrders = (tx: Tx, before: Date) =>
  openOrders(tx, before, `page.status in ('pending', 'validated', 'payment_processing', 'payment_failed')`);

/** Their time is over and no timer will say so. */
export const overdueSagas = (tx: Tx, before: Date) =>
  openOrders(
    tx,
    before,
    `s.state in ('Created', 'InventoryReserved', 'PaymentProcessing') and s.expires_at < $2::timestamptz
     and not exists (select from timers t where t.actor = 'order' and t.key = page.correlation_id::text and t.name = 'saga.expire')`,
  );

/** Pending, to be paid on delivery, and delivered. Uses orders_delivered. */
export const provenCodOrders = async (tx: Tx): Promise<string[]> => {
  const rows = await tx.query<{ key: string }>(
    `select correlation_id as key from orders
     where delivered and closed_at is null and payment_method = 'cod' and status in ('pending', 'validated') order by id limit 10000`,
  );
  return rows.map(({ key }) => key);
};

/** Pages through the orders delivered in [from, before) that are not completed. Uses orders_delivered. */
export const deliveredOrders = async function* (tx: Tx, from: Date, before: Date): AsyncGenerator<string[]> {
  let after = { closedAt: from.toISOString(), id: '-1' };
  for (;;) {
    const rows = await tx.query<{ key: string; status: string; closedAt: string; id: string }>(
      `select correlation_id as key, status, closed_at::text as "closedAt", id from orders
       where delivered and (closed_at, id) > ($1::timestamptz, $2::bigint) and closed_at < $3::timestamptz order by closed_at, id limit ${STEP}`,
      [after.closedAt, after.id, before.toISOString()],
    );
    const open = rows.filter(({ status }) => status === 'delivered').map(({ key }) => key);
    if (open.length > 0) yield open;
    const last = rows.at(-1);
    if (!last || rows.length < STEP) return;
    after = last;
  }
};

/** Figures are kept for an hour: a minute's are some kilobytes, and the firings stay for a month. */
export const dropOldFigures = async (tx: Tx): Promise<void> => {
  await tx.query(
    `update schedule_firings set counts = null
     where schedule = 'metrics_collection' and scheduled_at between now() - interval '3 hours' and now() - interval '1 hour' and counts is not null`,
  );
};

/** Repeats a bounded delete until it finds no more. */
const deleteAll = async (tx: Tx, sql: string, binds: unknown[]): Promise<number> => {
  let deleted = 0;
  for (;;) {
    const { length } = await tx.query(sql, binds);
    deleted += length;
    if (length < STEP) return deleted;
  }
};

/** @returns how many sessions were over. Uses sessions_expiry */
export const deleteSessions = (tx: Tx): Promise<number> =>
  deleteAll(
    tx,
    `delete from sessions where id = any(array(select id from sessions where expires_at < now() limit ${STEP} for update skip locked)) returning id`,
    [],
  );

/** A cart in whose checkout something may still happen stays. @returns how many were old. Uses carts_activity */
export const deleteCarts = (tx: Tx, before: Date): Promise<number> =>
  deleteAll(
    tx,
    `delete from carts where id = any(array(
       select id from carts where last_activity_at < $1::timestamptz and status <> 'checkout' limit ${STEP} for update skip locked)) returning id`,
    [before.toISOString()],
  );

/** Pages through the active carts that were last touched before a time. Uses carts_activity. */
export const idleCarts = async function* (tx: Tx, before: Date): AsyncGenerator<string[]> {
  let after = { at: new Date(0).toISOString(), id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const rows = await tx.query<{ id: string; at: string }>(
      `select id, ${iso('last_activity_at')} as at from carts
       where (last_activity_at, id) > ($1::timestamptz, $2::uuid) and last_activity_at < $3::timestamptz and status = 'active'
       order by last_activity_at, id limit ${STEP}`,
      [after.at, after.id, before.toISOString()],
    );
    if (rows.length > 0) yield rows.map(({ id }) => id);
    const last = rows.at(-1);
    if (!last || rows.length < STEP) return;
    after = last;
  }
};
