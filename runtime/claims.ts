/**
 * How workers take jobs, end them and keep them: each one statement for a whole batch. Whatever ends or renews a job is fenced with the
 * token of its lease, so a worker that was frozen past it changes nothing.
 */
import { Binds } from './columns.ts';
import type { Tx } from './database.ts';
import { type Headers, unpacked } from './trace.ts';

export interface ClaimedJob {
  id: string;
  type: string;
  payload: Record<string, unknown>;
  attempt: number;
  maxAttempts: number;
  timeoutMs: number;
  backoffMs: number;
  token: string;
  headers: Headers;
}

/**
 * Claims up to `slots` jobs in one statement. Each queue's jobs are numbered in their order and the number divided by the
 * queue's weight: under saturation the shares follow the weights, and what one queue leaves idle flows to the others.
 * Uses jobs_claim (queue, priority desc, run_at, id) where state = 'available'.
 */
export const claimJobs = async (
  tx: Tx,
  claim: {
    queues: Record<string, number>;
    types: readonly string[];
    slots: number;
    worker: string;
    leaseMs: number;
    token: string;
  },
): Promise<ClaimedJob[]> => {
  const queues = Object.keys(claim.queues);
  const claimed = await tx.query<Omit<ClaimedJob, 'headers'> & { headers: string }>(CLAIM, [
    queues.join('\x1e'),
    queues.map((queue) => claim.queues[queue]).join('\x1e'),
    claim.types.join('\x1e'),
    claim.slots,
    claim.worker,
    claim.leaseMs,
    claim.token,
  ]);
  return claimed.map((job) => ({ ...job, headers: unpacked(job.headers) }));
};

const CLAIM = `
with weighed as (
  select queue, weight::int from unnest(string_to_array($1::text, E'\\x1e'), string_to_array($2::text, E'\\x1e')) as q(queue, weight)
), candidates as materialized (
  select j.id, row_number() over (partition by w.queue order by j.priority desc, j.run_at, j.id)::float / w.weight as turn
  from weighed w cross join lateral (
    select id, priority, run_at from jobs
    where state = 'available' and queue = w.queue and type = any(string_to_array($3::text, E'\\x1e'))
    order by priority desc, run_at, id limit $4 for update skip locked
  ) j
), chosen as materialized (select id from candidates order by turn limit $4)
update jobs set state = 'running', attempt = attempt + 1, worker = $5, token = $7::uuid,
  leased_until = now() + make_interval(secs => $6::float / 1000), started_at = now(),
  unique_key = case when unique_while = 'pending' then null else unique_key end
where id = any(array(select id from chosen))
returning id, type, payload, attempt, max_attempts as "maxAttempts", timeout_ms as "timeoutMs", backoff_ms as "backoffMs", token, headers`;

export type JobEnd =
  /** `result` as JSON. */
  { outcome: 'completed'; result: string } | { outcome: 'retryable'; error: string; delayMs: number } | { outcome: 'dead'; error: string };

export interface FinishedJob {
  job: ClaimedJob;
  end: JobEnd;
}

/**
 * Ends jobs whose lease still holds, and sends their replies, in one statement.
 * @returns the ids that were ended, and the actors that got a reply; a stale one (its lease is another's) is in neither
 */
export const finishJobs = async (
  tx: Tx,
  finished: readonly FinishedJob[],
): Promise<{ ended: Set<string>; replies: { actor: string; key: string }[] }> => {
  const binds = new Binds();
  const rows = finished.map(({ job, end }) => ({
    id: job.id,
    token: job.token,
    state: end.outcome,
    result: end.outcome === 'completed' ? end.result : undefined,
    error: end.outcome === 'completed' ? undefined : end.error.replaceAll(/\p{Cc}/gu, ' ').slice(0, 2_000),
    delayMs: end.outcome === 'retryable' ? end.delayMs : undefined,
  }));
  const answers = await tx.query<{ id: string; actor: string | null; key: string | null }>(
    `with finished as (
       select * from ${binds.rows('f', { id: 'bigint', token: 'uuid', state: 'text', result: 'json', error: 'text', delayMs: 'float' }, rows)}
     ), ended as (
       update jobs j set state = f.state, result = f.result, last_error = coalesce(f.error, j.last_error),
         leased_until = null, token = null,
         run_at = case when f.state = 'retryable' then now() + make_interval(secs => f.delayMs / 1000) else j.run_at end,
         finished_at = case when f.state = 'retryable' then null else now() end,
         unique_key = case when f.state <> 'retryable' and j.unique_while = 'unfinished' then null else j.unique_key end
       from finished f where j.id = f.id and j.token = f.token and j.state = 'running'
       returning j.*
     ), replies as (${REPLIES})
     select id, case when state = 'retryable' then null else reply_actor end as actor, reply_key as key from ended`,
    binds.values,
  );
  return {
    ended: new Set(answers.map(({ id }) => id)),
    replies: answers.filter((answer): answer is { id: string; actor: string; key: string } => answer.actor !== null),
  };
};

/** The reply: what became of the job, in the words of `jobAnswer` (models/jobs.ts). */
const REPLIES = `
  insert into mailbox (actor, key, name, payload, headers)
  select reply_actor, reply_key, reply_name,
    json_build_object('jobId', id::text, 'outcome', state, 'result', result, 'error', case when state = 'dead' then last_error end)::text,
    split_part(headers, E'\\n', 1) || E'\\n' || split_part(headers, E'\\n', 2) || E'\\n\\n' || split_part(headers, E'\\n', 4) || E'\\njob/' || id
  from ended where reply_actor is not null and state in ('completed', 'dead')`;

/** Makes due what is due, and takes over what a lost worker held: the loss counts as an attempt. One statement. */
export const tendJobs = async (
  tx: Tx,
  types: readonly string[],
): Promise<{ waiting: boolean; takenOver: string[]; replies: { actor: string; key: string }[] }> => {
  const rows = await tx.query<{ kind: string; id: string | null; actor: string | null; key: string | null }>(TEND, [
    types.join('\x1e'),
    null,
  ]);
  return {
    waiting: rows.some(({ kind }) => kind === 'waiting'),
    takenOver: rows.flatMap(({ kind, id }) => (kind === 'lost' && id ? [id] : [])),
    replies: rows.flatMap(({ actor, key }) => (actor && key ? [{ actor, key }] : [])),
  };
};

/** Called when the mesh reports a node gone: its jobs need not wait for their lease to end. */
export const takeOverFrom = async (tx: Tx, worker: string): Promise<string[]> => {
  const rows = await tx.query<{ kind: string; id: string | null }>(TEND, ['', worker]);
  return rows.flatMap(({ kind, id }) => (kind === 'lost' && id ? [id] : []));
};

const TEND = `
with due as (
  update jobs set state = 'available' where id = any(array(
    select id from jobs where state in ('scheduled', 'retryable') and run_at <= now() order by run_at limit 1000 for update skip locked))
  returning type
), ended as (
  update jobs set
    state = case when attempt >= max_attempts then 'dead' else 'available' end,
    finished_at = case when attempt >= max_attempts then now() end,
    last_error = 'the worker ' || worker || ' was lost while running it', leased_until = null, token = null,
    unique_key = case when attempt >= max_attempts and unique_while = 'unfinished' then null else unique_key end
  where id = any(array(
    select id from jobs where state = 'running' and (leased_until < now() or worker = $2) order by id limit 1000 for update skip locked))
  returning *
), replies as (${REPLIES})
select 'lost' as kind, id, case when state = 'dead' then reply_actor end as actor, reply_key as key from ended
union all
(select 'waiting', null, null, null from due where type = any(string_to_array($1::text, E'\\x1e')) limit 1)
union all
(select 'waiting', null, null, null from jobs where state = 'available' and type = any(string_to_array($1::text, E'\\x1e')) limit 1)`;

/** @returns the ids whose lease was renewed; the others are lost to this worker */
export const renewLeases = async (tx: Tx, jobs: readonly Pick<ClaimedJob, 'id' | 'token'>[], leaseMs: number): Promise<Set<string>> => {
  const binds = new Binds();
  const held = binds.rows('held', { id: 'bigint', token: 'uuid' }, jobs);
  const rows = await tx.query<{ id: string }>(
    `update jobs j set leased_until = now() + make_interval(secs => ${binds.add(leaseMs)}::float / 1000)
     from ${held} where j.id = held.id and j.token = held.token and j.state = 'running' returning j.id`,
    binds.values,
  );
  return new Set(rows.map(({ id }) => id));
};
