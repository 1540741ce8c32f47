/** Stock levels, their reservations and movements, in sets: two statements to load, one to save. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import { type Message, Rows } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import type { Movement, Reservation, Stock } from './inventory.decider.ts';

interface LevelRow {
  key: string;
  sku: string;
  locationId: string;
  available: string;
  reserved: string;
  reorderLevel: string;
  version: number;
}

const LEVELS = `select key, sku, location_id as "locationId", available, reserved, reorder_level as "reorderLevel", version
from stock_levels where key = any(string_to_array($1::text, E'\\x1e'))`;

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Stock, undefined>> => {
  const states = new Map<string, Stock>();
  for (const { key, available, reserved, reorderLevel, ...level } of await tx.query<LevelRow>(LEVELS, [keys.join('\x1e')])) {
    states.set(key, {
      ...level,
      available: Number(available),
      reserved: Number(reserved),
      reorderLevel: Number(reorderLevel),
    });
  }
  return { states, rows: await loadReservations(tx, messages), facts: undefined };
};

/** Only the reservations that the messages speak of: a hot product has a million. */
const loadReservations = async (tx: Tx, messages: readonly Message[]): Promise<Map<string, Rows>> => {
  const rows = new Map<string, Rows>();
  const asked = messages.flatMap(({ key, payload }) => {
    const { orderKey } = payload as { orderKey?: string };
    return orderKey ? [{ stockKey: key, orderKey }] : [];
  });
  if (asked.length === 0) return rows;
  const binds = new Binds();
  const found = await tx.query<Reservation & { stockKey: string; orderKey: string }>(
    `select r.stock_key as "stockKey", r.order_key as "orderKey", r.order_id as "orderId", r.quantity, r.status,
       ${iso('r.expires_at')} as "expiresAt", ${iso('r.confirmed_at')} as "confirmedAt"
     from (select distinct * from ${binds.rows('asked', { stockKey: 'text', orderKey: 'uuid' }, asked)}) a
     join reservations r on r.order_key = a.orderKey and r.stock_key = a.stockKey`,
    binds.values,
  );
  for (const { stockKey, orderKey, ...reservation } of found) {
    let held = rows.get(stockKey);
    if (!held) {
      held = new Rows();
      rows.set(stockKey, held);
    }
    held.loaded('reservation', orderKey, reservation);
  }
  return rows;
};

const RESERVATION = {
  stockKey: 'text',
  orderKey: 'uuid',
  orderId: 'bigint',
  quantity: 'integer',
  status: 'text',
  expiresAt: 'timestamptz',
  confirmedAt: 'timestamptz',
};

const save = async (tx: Tx, changes: Changes<Stock>): Promise<void> => {
  if (changes.created.length > 0) await create(tx, changes);
  const binds = new Binds();
  const parts: string[] = [];
  if (changes.updated.length > 0) {
    const levels = changes.updated.map(({ key, state }) => ({ key, ...state }));
    parts.push(`update stock_levels s set available = l.available, reserved = l.reserved, version = l.version, last_updated = now()
      from ${binds.rows('l', { key: 'text', available: 'bigint', reserved: 'bigint', version: 'integer' }, levels)} where s.key = l.key`);
  }
  const reservations = changes
    .rows<Reservation>('reservation')
    .map(({ key, id, row, isNew }) => ({ stockKey: key, orderKey: id, isNew, ...row }));
  const made = reservations.filter(({ isNew }) => isNew);
  const moved = reservations.filter(({ isNew }) => !isNew);
  if (made.length > 0) {
    parts.push(`insert into reservations (stock_key, order_key, order_id, quantity, status, expires_at, confirmed_at)
      select * from ${binds.rows('r', RESERVATION, made)}`);
  }
  if (moved.length > 0) {
    parts.push(`update reservations r set quantity = n.quantity, status = n.status, expires_at = n.expiresAt, confirmed_at = n.confirmedAt, updated_at = now()
      from ${binds.rows('n', RESERVATION, moved)} where r.order_key = n.orderKey and r.stock_key = n.stockKey`);
  }
  const movements = changes.rows<Movement>('movement').map(({ key, row }) => ({ stockKey: key, ...row }));
  if (movements.length > 0) {
    const types = {
      stockKey: 'text',
      kind: 'text',
      quantity: 'bigint',
      onHand: 'bigint',
      orderId: 'bigint',
      reason: 'text',
      by: 'text',
    };
    parts.push(`insert into stock_movements (stock_key, kind, quantity, on_hand, order_id, reason, by)
      select * from ${binds.rows('m', types, movements)}`);
  }
  if (parts.length > 0) await tx.query(`with ${parts.map((sql, index) => `part${index} as (${sql})`).join(', ')} select 1`, binds.values);
};

const create = async (tx: Tx, { created }: Changes<Stock>): Promise<void> => {
  const binds = new Binds();
  const rows = created.map(({ key, state }) => ({ key, ...state }));
  const types = {
    key: 'text',
    sku: 'text',
    locationId: 'text',
    available: 'bigint',
    reserved: 'bigint',
    reorderLevel: 'bigint',
  };
  const made = await tx.query(
    `insert into stock_levels (key, sku, location_id, available, reserved, reorder_level) select * from ${binds.rows('s', types, rows)}
     on conflict do nothing returning key`,
    binds.values,
  );
  if (made.length < rows.length) throw new Raced('inventory');
};

export const inventoryStore: Store<Stock> = { table: 'stock_levels', key: 'key', keyType: 'text', load, save };
