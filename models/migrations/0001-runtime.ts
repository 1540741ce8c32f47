/** The machine's own tables: mailboxes, timers, dead letters, events, inbox, jobs, schedules, idempotency keys. */
import { type Migration, statements } from './migration.ts';

// What a turn reads and writes is JSON as text: the runtime wrote it, so the server need not check it again (a tenth of each insert).
// Rows of these live for milliseconds: vacuum early and without pauses, or the index drowns in the dead.
const HOT = 'autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0';

export const runtime: Migration = {
  name: '0001-runtime',
  up: statements(
    `create table mailbox (
      id bigint generated always as identity,
      actor text collate "C" not null,
      key text collate "C" not null,
      name text not null,
      payload text not null,
      headers text not null,
      attempts smallint not null default 0,
      sent_at timestamptz not null default now(),
      primary key (actor, key, id)
    ) with (${HOT})`,
    `create table paused (
      actor text collate "C" not null,
      key text collate "C" not null,
      until timestamptz,
      reason text not null,
      since timestamptz not null default now(),
      primary key (actor, key)
    ) with (${HOT})`,
    `create table timers (
      actor text collate "C" not null,
      key text collate "C" not null,
      name text not null,
      due_at timestamptz not null,
      payload text not null,
      headers text not null,
      primary key (actor, key, name)
    ) with (${HOT})`,
    'create index timers_due on timers (due_at)',
    `create table dead_letters (
      id bigint primary key,
      actor text not null,
      key text not null,
      name text not null,
      payload json not null,
      headers json not null,
      error text not null,
      stack text not null,
      attempts smallint not null,
      at timestamptz not null default now(),
      state text not null default 'open' check (state in ('open', 'replayed', 'discarded')),
      reason text,
      by text,
      resolved_at timestamptz
    )`,
    "create index dead_letters_open on dead_letters (id) where state = 'open'",
    `create table events (
      id bigint generated always as identity,
      at timestamptz not null default now(),
      actor text not null,
      key text not null,
      said text not null,
      correlation_id uuid not null,
      causation_id bigint,
      traceparent text not null,
      by text
    ) partition by range (at)`,
    'create table events_default partition of events default',
    'create index events_correlation on events (correlation_id)',
    `create view event_log as
      select e.id || '.' || s.place as id, e.id as entry, s.place, e.at, s.event->>'type' as type, e.actor, e.key, s.event->'data' as data,
        e.correlation_id, e.causation_id, e.traceparent, e.by
      from events e cross join lateral json_array_elements(e.said::json) with ordinality as s(event, place)`,
    `create table inbox (
      consumer text not null,
      message_id text not null,
      at timestamptz not null default now(),
      primary key (consumer, message_id)
    )`,
    `create table jobs (
      id bigint generated always as identity primary key,
      type text not null,
      queue text not null,
      priority smallint not null default 0,
      payload json not null,
      state text not null check (state in ('scheduled', 'available', 'running', 'retryable', 'completed', 'dead', 'cancelled')),
      run_at timestamptz not null default now(),
      attempt smallint not null default 0,
      max_attempts smallint not null,
      timeout_ms integer not null,
      backoff_ms integer not null,
      unique_key text,
      unique_while text check (unique_while in ('pending', 'unfinished', 'window')),
      unique_mode text check (unique_mode in ('keep', 'replace', 'debounce')),
      worker text,
      token uuid,
      leased_until timestamptz,
      result json,
      last_error text,
      reply_actor text,
      reply_key text,
      reply_name text,
      headers json not null,
      created_at timestamptz not null default now(),
      started_at timestamptz,
      finished_at timestamptz
    ) with (fillfactor = 70, ${HOT})`,
    "create index jobs_claim on jobs (queue, priority desc, run_at, id) where state = 'available'",
    "create index jobs_due on jobs (run_at) where state in ('scheduled', 'retryable')",
    "create index jobs_running on jobs (leased_until) where state = 'running'",
    "create index jobs_dead on jobs (id) where state = 'dead'",
    'create unique index jobs_unique on jobs (type, unique_key) where unique_key is not null',
    `create table schedules (
      name text primary key,
      last_tick timestamptz not null,
      paused boolean not null default false
    )`,
    `create table schedule_firings (
      schedule text not null,
      scheduled_at timestamptz not null,
      fired_at timestamptz not null default now(),
      node text not null,
      primary key (schedule, scheduled_at)
    )`,
    `create table idempotency_keys (
      scope text not null,
      key text not null,
      fingerprint text not null,
      status smallint,
      body json,
      headers json,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null default now() + interval '24 hours',
      primary key (scope, key)
    )`,
    'create index idempotency_keys_expiry on idempotency_keys (expires_at)',
  ),
};
