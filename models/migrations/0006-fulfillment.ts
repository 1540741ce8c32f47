/** Fulfilments, their parcels at the carriers, and where those have been. One open fulfilment for each order and location. */
import { type Migration, statements } from './migration.ts';

// States change in place many times: room in the page keeps such updates off the indexes (HOT).
const CHANGING = 'fillfactor = 45';

export const fulfillment: Migration = {
  name: '0006-fulfillment',
  up: statements(
    `create table fulfillments (
      id uuid primary key,
      order_key uuid not null,
      order_id bigint not null,
      order_number text not null,
      owner text,
      location_id text collate "C" not null,
      customer_id text not null,
      address json,
      lines json not null,
      status text not null,
      held_from text,
      bookings smallint not null default 0,
      shipment_status text,
      carrier text not null,
      tracking_no text,
      reason text,
      shipped_at timestamptz,
      delivered_at timestamptz,
      closed_at timestamptz,
      version integer not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    ) with (${CHANGING})`,
    'create unique index fulfillments_one_open on fulfillments (order_key, location_id) where closed_at is null',
    'create index fulfillments_order on fulfillments (order_id)',
    `create table shipments (
      booking_key text collate "C" primary key,
      fulfillment_id uuid not null,
      carrier text not null,
      tracking_no text,
      status text not null,
      reason text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    ) with (${CHANGING})`,
    'create index shipments_fulfillment on shipments (fulfillment_id)',
    `create table tracking_events (
      fulfillment_id uuid not null,
      event_id text collate "C" not null,
      booking_key text not null,
      status text not null,
      at timestamptz not null,
      location text,
      note text,
      heard_at timestamptz not null default now(),
      primary key (fulfillment_id, event_id)
    )`,
  ),
};
