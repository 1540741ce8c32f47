/** Orders by carrier, holds, partial cancels, what was sent back. Columns with a default and new tables: nothing is rewritten. */
import { type Migration, statements } from './migration.ts';

export const orders: Migration = {
  name: '0003-orders',
  up: statements(
    `alter table orders
      add column delivery text not null default 'truck' check (delivery in ('truck', 'carrier')),
      add column fulfillment_id uuid,
      add column blocked smallint not null default 0 check (blocked >= 0),
      add column marks json`,
    `alter table order_items
      add column quantity_sent_back integer not null default 0,
      add column quantity_returned integer not null default 0,
      add check (quantity_cancelled + quantity_sent_back <= quantity and quantity_returned <= quantity_sent_back)`,
    `create table order_holds (
      id uuid primary key,
      order_key uuid not null,
      kind text not null,
      severity text not null,
      source text not null,
      note text,
      by text,
      order_version integer not null,
      placed_at timestamptz not null default now(),
      released_at timestamptz,
      released_by text
    )`,
    'create index order_holds_order on order_holds (order_key)',
    // What is listed under attention.
    "create index order_holds_exceptions on order_holds (placed_at) where source = 'exception' and released_at is null",
    `create table order_returns (
      id uuid primary key,
      order_key uuid not null,
      kind text not null,
      lines json not null,
      status text not null,
      reason text not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`,
    'create index order_returns_order on order_returns (order_key)',
  ),
};
