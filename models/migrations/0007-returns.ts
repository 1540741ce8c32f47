/** Returns and exchanges. Both carry their lines as one value: they are read and written whole. `number` is their place in lists. */
import { type Migration, statements } from './migration.ts';

// States change in place a few times: room in the page keeps such updates off the indexes (HOT).
const CHANGING = 'fillfactor = 60';

const SENT_BACK = `
      id uuid primary key,
      order_key uuid not null,
      order_id bigint not null,
      order_number text not null,
      customer_id text not null,
      location_id text not null,
      currency text not null,
      payment_id uuid,
      payment_method text not null,
      status text not null,
      booked boolean not null default false,
      reason text not null,
      note text,
      lines json not null,
      refund_cents bigint not null default 0 check (refund_cents >= 0),
      refund_state text not null default 'none',
      version integer not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      closed_at timestamptz,
      number bigint generated always as identity unique`;

export const returns: Migration = {
  name: '0007-returns',
  up: statements(
    `create table returns (${SENT_BACK}) with (${CHANGING})`,
    'create index returns_order on returns (order_id)',
    'create index returns_open on returns (number) where closed_at is null',
    `create table exchanges (${SENT_BACK},
      replacements json not null,
      difference_cents bigint not null,
      token text,
      address json,
      supply text not null,
      supply_reason text,
      awaiting json not null,
      charge_id uuid,
      paid boolean not null default false,
      fulfillment_id uuid,
      carrier text,
      tracking_no text
    ) with (${CHANGING})`,
    'create index exchanges_order on exchanges (order_id)',
    'create index exchanges_open on exchanges (number) where closed_at is null',
  ),
};
