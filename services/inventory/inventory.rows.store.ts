/** What the rules of stock need to see beside the level: only what the messages of the batch speak of, and who waits. */
import { Binds, iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import type { Reservation, Stock, Sums, TakeBack } from './inventory.state.ts';

/** So many of a line are looked at in one turn, and so many can be served. */
export const LONGEST_LINE = 200;

export class RowsByStock {
  readonly byKey = new Map<string, Rows>();

  add(stockKey: string, table: string, id: string, row: object): void {
    let rows = this.byKey.get(stockKey);
    if (!rows) {
      rows = new Rows();
      this.byKey.set(stockKey, rows);
    }
    rows.loaded(table, id, row);
  }
}

type ReservationRow = Reservation & { stockKey: string; orderKey: string; place: string | null };

const RESERVATION = `r.stock_key as "stockKey", r.order_key as "orderKey", r.order_id as "orderId", r.quantity, r.status,
  ${iso('r.expires_at')} as "expiresAt", ${iso('r.confirmed_at')} as "confirmedAt", r.owner, r.place, r.waiting`;

/** What is not special has no such keys: it is saved without them. */
const addReservation = (rows: RowsByStock, { stockKey, orderKey, owner, place, waiting, ...held }: ReservationRow): void => {
  const special = owner || place !== null ? { owner, place: place === null ? null : Number(place), waiting } : {};
  rows.add(stockKey, 'reservation', orderKey, { ...held, ...special } satisfies Reservation);
};

/** Only the reservations that the messages speak of: a hot product has a million. */
export const loadReservations = async (tx: Tx, messages: readonly Message[], rows: RowsByStock): Promise<void> => {
  const asked = messages.flatMap(({ key, payload }) => {
    const { orderKey } = payload as { orderKey?: string };
    return orderKey ? [{ stockKey: key, orderKey }] : [];
  });
  if (asked.length === 0) return;
  const binds = new Binds();
  const found = await tx.query<ReservationRow>(
    `select ${RESERVATION}
     from (select distinct * from ${binds.rows('asked', { stockKey: 'text', orderKey: 'uuid' }, asked)}) a
     join reservations r on r.order_key = a.orderKey and r.stock_key = a.stockKey`,
    binds.values,
  );
  for (const row of found) addReservation(rows, row);
};

/** The heads of the lines. Uses reservations_waiting. @returns the last place that was read, for lines that go on behind it */
export const loadLines = async (tx: Tx, keys: readonly string[], rows: RowsByStock): Promise<Map<string, number>> => {
  const ends = new Map<string, number>();
  if (keys.length === 0) return ends;
  const found = await tx.query<ReservationRow & { nth: string }>(
    `select r.* from unnest(string_to_array($1::text, E'\\x1e')) as k(key) cross join lateral (
       select ${RESERVATION}, row_number() over (order by r.place) as nth
       from reservations r where r.stock_key = k.key and r.place is not null order by r.place limit $2) r`,
    [keys.join('\x1e'), LONGEST_LINE],
  );
  for (const { nth, ...row } of found) {
    addReservation(rows, row);
    if (Number(nth) === LONGEST_LINE) ends.set(row.stockKey, Number(row.place));
  }
  return ends;
};

/** What returns brought back before. */
export const loadTakeBacks = async (tx: Tx, messages: readonly Message[], rows: RowsByStock): Promise<void> => {
  const asked = messages.flatMap(({ key, payload }) => {
    const { returnId } = payload as { returnId?: string };
    return returnId ? [{ stockKey: key, returnId }] : [];
  });
  if (asked.length === 0) return;
  const binds = new Binds();
  const found = await tx.query<TakeBack & { stockKey: string; returnId: string }>(
    `select t.stock_key as "stockKey", t.return_id as "returnId", t.order_id as "orderId", t.quantity, t.restock
     from (select distinct * from ${binds.rows('asked', { stockKey: 'text', returnId: 'uuid' }, asked)}) a
     join take_backs t on t.return_id = a.returnId and t.stock_key = a.stockKey`,
    binds.values,
  );
  for (const { stockKey, returnId, ...row } of found) rows.add(stockKey, 'takeBack', returnId, row);
};

interface SumRow {
  key: string;
  reserved: string;
  onHand: string;
  backordered: string;
}

/** The sums that a repair holds against the level: a long read, for the few stocks that are told `inventory.repair`. */
export const loadSums = async (tx: Tx, messages: readonly Message[], states: ReadonlyMap<string, Stock>): Promise<Map<string, Sums>> => {
  const sums = new Map<string, Sums>();
  const keys = [...new Set(messages.filter(({ name }) => name === 'inventory.repair').map(({ key }) => key))];
  if (keys.length === 0) return sums;
  const found = await tx.query<SumRow>(
    `select k.key, h.reserved, h.backordered, (select coalesce(sum(on_hand), 0) from stock_movements m where m.stock_key = k.key) as "onHand"
     from unnest(string_to_array($1::text, E'\\x1e')) as k(key) cross join lateral (
       select coalesce(sum(quantity) filter (where status in ('active', 'confirmed')), 0) as reserved,
         count(*) filter (where status = 'backordered') as backordered
       from reservations r where r.stock_key = k.key) h`,
    [keys.join('\x1e')],
  );
  for (const { key, reserved, onHand, backordered } of found) {
    const level = states.get(key);
    if (level) sums.set(key, { reserved: Number(reserved), onHand: Number(onHand), backordered: Number(backordered), level });
  }
  return sums;
};
