/**
 * Stock levels, their reservations and movements, in sets: two statements to load, one to save. The line of those who wait, what was
 * taken back, and the sums for a repair are one statement each, and only read for the stocks and messages that need them.
 */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import { loadLines, loadReservations, loadSums, loadTakeBacks, RowsByStock } from './inventory.rows.store.ts';
import type { Movement, Reservation, Stock, StockFacts, TakeBack } from './inventory.state.ts';

interface LevelRow {
  key: string;
  sku: string;
  locationId: string;
  available: string;
  reserved: string;
  incoming: string;
  reorderLevel: string;
  allowBackorder: boolean;
  backordered: number;
  low: boolean;
  version: number;
}

const LEVELS = `select key, sku, location_id as "locationId", available, reserved, incoming, reorder_level as "reorderLevel",
  allow_backorder as "allowBackorder", backordered, low, version
from stock_levels where key = any(string_to_array($1::text, E'\\x1e'))`;

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Stock, StockFacts>> => {
  const states = new Map<string, Stock>();
  for (const { key, available, reserved, incoming, reorderLevel, ...level } of await tx.query<LevelRow>(LEVELS, [keys.join('\x1e')])) {
    states.set(key, {
      ...level,
      available: Number(available),
      reserved: Number(reserved),
      incoming: Number(incoming),
      reorderLevel: Number(reorderLevel),
    });
  }
  const rows = new RowsByStock();
  await loadReservations(tx, messages, rows);
  await loadTakeBacks(tx, messages, rows);
  const waitedFor = [...states].filter(([, { backordered }]) => backordered > 0).map(([key]) => key);
  const lineEnds = await loadLines(tx, waitedFor, rows);
  const sums = await loadSums(tx, messages, states);
  return { states, rows: rows.byKey, facts: { lineEnds, sums } };
};

const LEVEL = {
  key: 'text',
  available: 'bigint',
  reserved: 'bigint',
  incoming: 'bigint',
  reorderLevel: 'bigint',
  allowBackorder: 'boolean',
  backordered: 'integer',
  low: 'boolean',
  version: 'integer',
};
const HELD = {
  stockKey: 'text',
  orderKey: 'uuid',
  orderId: 'bigint',
  quantity: 'integer',
  status: 'text',
  expiresAt: 'timestamptz',
  confirmedAt: 'timestamptz',
};
/** Of those that wait, or are an exchange's: few. */
const SPECIAL = { owner: 'text', place: 'bigint', waiting: 'json' };
const MOVEMENT = {
  stockKey: 'text',
  kind: 'text',
  quantity: 'bigint',
  onHand: 'bigint',
  orderId: 'bigint',
  reason: 'text',
  by: 'text',
};
const TAKE_BACK = { returnId: 'uuid', stockKey: 'text', orderId: 'bigint', quantity: 'integer', restock: 'boolean' };

const save = async (tx: Tx, changes: Changes<Stock>): Promise<void> => {
  if (changes.created.length > 0) await create(tx, changes);
  const binds = new Binds();
  const parts: string[] = [];
  if (changes.updated.length > 0) {
    const levels = changes.updated.map(({ key, state }) => ({ key, ...state }));
    parts.push(`update stock_levels s set available = l.available, reserved = l.reserved, incoming = l.incoming,
        reorder_level = l.reorderLevel, allow_backorder = l.allowBackorder, backordered = l.backordered, low = l.low,
        version = l.version, last_updated = now()
      from ${binds.rows('l', LEVEL, levels)} where s.key = l.key`);
  }
  parts.push(...reservationParts(binds, changes));
  const movements = changes.rows<Movement>('movement').map(({ key, row }) => ({ stockKey: key, ...row }));
  if (movements.length > 0) {
    parts.push(`insert into stock_movements (stock_key, kind, quantity, on_hand, order_id, reason, by)
      select * from ${binds.rows('m', MOVEMENT, movements)}`);
  }
  const takenBack = changes.rows<TakeBack>('takeBack').map(({ key, id, row }) => ({ returnId: id, stockKey: key, ...row }));
  if (takenBack.length > 0) {
    parts.push(`insert into take_backs (return_id, stock_key, order_id, quantity, restock)
      select * from ${binds.rows('b', TAKE_BACK, takenBack)}`);
  }
  if (parts.length > 0) await tx.query(`with ${parts.map((sql, index) => `part${index} as (${sql})`).join(', ')} select 1`, binds.values);
};

const reservationParts = (binds: Binds, changes: Changes<Stock>): string[] => {
  const all = changes.rows<Reservation>('reservation').map(({ key, id, row, isNew }) => ({
    stockKey: key,
    orderKey: id,
    isNew,
    ...row,
    waiting: row.waiting ? json(row.waiting) : null,
    // A key that is there with nothing in it says that it is to be emptied.
    special: row.owner !== undefined || row.place !== undefined,
  }));
  const parts: string[] = [];
  const made = all.filter(({ isNew }) => isNew);
  const plain = all.filter(({ isNew, special }) => !isNew && !special);
  const special = all.filter((row) => !row.isNew && row.special);
  if (made.length > 0) {
    const some = made.some((row) => row.special);
    parts.push(`insert into reservations (stock_key, order_key, order_id, quantity, status, expires_at, confirmed_at${some ? ', owner, place, waiting' : ''})
      select * from ${binds.rows('r', some ? { ...HELD, ...SPECIAL } : HELD, made)}`);
  }
  if (plain.length > 0) parts.push(`${update()} from ${binds.rows('n', HELD, plain)} where ${SAME}`);
  if (special.length > 0) {
    const more = ', owner = n.owner, place = n.place, waiting = n.waiting';
    parts.push(`${update(more)} from ${binds.rows('n', { ...HELD, ...SPECIAL }, special)} where ${SAME}`);
  }
  return parts;
};

// Held anew, it is as young as its new end: the clock looks only at what was made lately (expiredReservations).
const update = (more = ''): string =>
  `update reservations r set quantity = n.quantity, status = n.status, expires_at = n.expiresAt, confirmed_at = n.confirmedAt, updated_at = now(),
    created_at = case when n.status = 'active' and r.status <> 'active' then now() else r.created_at end${more}`;
const SAME = 'r.order_key = n.orderKey and r.stock_key = n.stockKey';

const create = async (tx: Tx, { created }: Changes<Stock>): Promise<void> => {
  const binds = new Binds();
  const rows = created.map(({ key, state }) => ({ key, ...state }));
  const made = await tx.query(
    `insert into stock_levels (key, available, reserved, incoming, reorder_level, allow_backorder, backordered, low, version, sku, location_id)
     select * from ${binds.rows('s', { ...LEVEL, sku: 'text', locationId: 'text' }, rows)}
     on conflict do nothing returning key`,
    binds.values,
  );
  if (made.length < rows.length) throw new Raced('inventory');
};

export const inventoryStore: Store<Stock> = { table: 'stock_levels', key: 'key', keyType: 'text', load, save };
