/** Keys by which callers make a request safe to repeat, with the first answer, for 24 hours. */
import type { Tx } from './database.ts';

export interface Slot {
  /** Subject and action: the same key of another caller is another key. */
  scope: string;
  key: string;
  fingerprint: string;
}

export interface Kept {
  fingerprint: string;
  /** null while the first request is still running. */
  status: number | null;
  body: { result?: unknown; refused?: { code: string; data: Record<string, unknown> } } | null;
  headers: Record<string, unknown> | null;
  /** Whether the key was free, and is this caller's now. */
  fresh: boolean;
}

/** A claim that never got its answer (its node died) may be taken again after a minute: what it runs is idempotent below. */
export const claimKey = async (database: Tx, { scope, key, fingerprint }: Slot): Promise<Kept> => {
  const [fresh] = await database.query<Kept>(
    `insert into idempotency_keys as k (scope, key, fingerprint) values ($1, $2, $3)
     on conflict (scope, key) do update set fingerprint = excluded.fingerprint, status = null, body = null, created_at = now(), expires_at = now() + interval '24 hours'
     where k.expires_at < now() or (k.status is null and k.fingerprint = excluded.fingerprint and k.created_at < now() - interval '1 minute')
     returning fingerprint`,
    [scope, key, fingerprint],
  );
  if (fresh) return { fingerprint, status: null, body: null, headers: null, fresh: true };
  const [kept] = await database.query<Kept>(
    'select fingerprint, status, body, headers from idempotency_keys where scope = $1 and key = $2',
    [scope, key],
  );
  return { ...(kept as Kept), fresh: false };
};

/** What failed on our side may be tried again with the same key. */
export const releaseKey = (database: Tx, { scope, key }: Slot): Promise<unknown> =>
  database.query('delete from idempotency_keys where scope = $1 and key = $2', [scope, key]);

export const keepAnswer = (database: Tx, { scope, key }: Slot, status: number, body: unknown, headers: unknown): Promise<unknown> =>
  database.query('update idempotency_keys set status = $3, body = $4, headers = $5 where scope = $1 and key = $2', [
    scope,
    key,
    status,
    JSON.stringify(body),
    JSON.stringify(headers ?? {}),
  ]);
