/** Payments that are authorised first, given back in parts, or collected in cash. */
import { type Migration, statements } from './migration.ts';

/** Columns that only such payments use: the common one is inserted without them. No index on a column that changes: updates stay in their page. */
export const payments: Migration = {
  name: '0005-payments',
  up: statements(
    `alter table payments
      add column authorized_cents bigint not null default 0,
      add column refunding_cents bigint not null default 0,
      add column refunds smallint not null default 0,
      add column manual boolean not null default false,
      add column owner text,
      add check (refunding_cents >= 0)`,
    `create table refunds (
      payment_id uuid not null,
      id uuid not null,
      number smallint not null,
      amount_cents bigint not null check (amount_cents > 0),
      reason text not null,
      by text,
      status text not null,
      provider_ref text,
      created_at timestamptz not null default now(),
      answered_at timestamptz,
      primary key (payment_id, id),
      unique (payment_id, number)
    )`,
    `create index refunds_open on refunds (created_at) where status in ('waiting', 'asked', 'stuck')`,
  ),
};
