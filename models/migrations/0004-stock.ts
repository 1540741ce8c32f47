/** Stock that is watched and waited for: limits, backorders in their line, goods that come back, and what the clocks read. */
import { type Migration, statements } from './migration.ts';

export const stock: Migration = {
  name: '0004-stock',
  up: statements(
    `alter table stock_levels
      add column allow_backorder boolean not null default false,
      add column backordered integer not null default 0 check (backordered >= 0),
      add column low boolean not null default false`,
    'update stock_levels set low = true where available + incoming <= reorder_level',
    'create index stock_levels_low on stock_levels (key) where low',
    `alter table reservations
      add column owner text,
      add column place bigint,
      add column waiting json`,
    // Only those that wait have a place: a reservation that is held at once has no entry here, and its updates stay off the indexes.
    'create index reservations_waiting on reservations (stock_key, place) where place is not null',
    // Holds are made in the order of time: an entry for each would be paid for by every order, a range of pages by none.
    'create index reservations_created on reservations using brin (created_at)',
    'create index stock_movements_at on stock_movements using brin (at)',
    `create table take_backs (
      return_id uuid not null,
      stock_key text collate "C" not null,
      order_id bigint not null,
      quantity integer not null check (quantity > 0),
      restock boolean not null,
      at timestamptz not null default now(),
      primary key (return_id, stock_key)
    )`,
  ),
};
