/** Sessions and carts; what the clocks did; and the way to delivered orders, and to COD orders that are delivered before they are confirmed. */
import { type Migration, statements } from './migration.ts';

export const carts: Migration = {
  name: '0008-carts',
  up: statements(
    `create table sessions (
      id uuid primary key,
      customer_id text,
      created_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now(),
      expires_at timestamptz not null
    )`,
    'create index sessions_expiry on sessions (expires_at)',
    `create table carts (
      id uuid primary key,
      session_id uuid,
      customer_id text,
      status text not null check (status in ('active', 'checkout', 'converted', 'abandoned')),
      lines json not null,
      checkouts integer not null default 0,
      order_key uuid,
      version integer not null,
      last_activity_at timestamptz not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`,
    'create index carts_activity on carts (last_activity_at, id)',
    // Its predicate names no status: an index that did would take the other updates of an order off the heap-only way (HOT).
    'create index orders_delivered on orders (closed_at, id) where delivered',
    'alter table schedule_firings add column duration_ms integer, add column counts json, add column error text',
  ),
};
