/**
 * Gives a service's actions idempotency by key: the first request with a key runs, a repeat gets the first answer, another request
 * with the same key is refused, and one that is still running says so. Kept for 24 hours per subject and action.
 * The key comes with the call as `meta.idempotencyKey`; without one the action runs as ever.
 */
import { createHash } from 'node:crypto';
import type { ServiceSchema } from 'moleculer';
import { Refused } from '../models/errors.ts';
import type { Database } from '../runtime/database.ts';
import { runtimeOf } from '../runtime/holder.ts';
import { aroundActions, type Ctx } from './wrap.ts';

interface Kept {
  fingerprint: string;
  status: number | null;
  body: { result?: unknown; refused?: { code: string; data: Record<string, unknown> } } | null;
  headers: Record<string, unknown> | null;
  fresh: boolean;
}

export const idempotency = (): Partial<ServiceSchema> =>
  aroundActions(async (ctx, next, action) => {
    const key = ctx.meta.idempotencyKey as string | undefined;
    if (!key) return next();
    const { database } = runtimeOf(ctx.broker);
    const subject = (ctx.meta.user as { sub?: string } | undefined)?.sub ?? 'anyone';
    const slot = { scope: `${subject} ${ctx.action?.name ?? action.name}`, key, fingerprint: fingerprintOf(ctx.params) };
    const kept = await claim(database, slot);
    if (!kept.fresh) return replay(ctx, kept, slot.fingerprint);
    return runOnce(database, ctx, slot, next);
  });

type Slot = { scope: string; key: string; fingerprint: string };

const fingerprintOf = (params: unknown): string => createHash('sha256').update(JSON.stringify(params ?? null)).digest('base64');

/** A claim that never got its answer (its node died) may be taken again after a minute: what it runs is idempotent below. */
const claim = async (database: Database, { scope, key, fingerprint }: Slot): Promise<Kept> => {
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

const replay = (ctx: Ctx, { fingerprint, status, body, headers }: Kept, asked: string): unknown => {
  if (fingerprint !== asked) throw new Refused('idempotency.key-reused');
  if (status === null) throw new Refused('idempotency.still-running');
  if (body?.refused) throw new Refused(body.refused.code, body.refused.data);
  ctx.meta.$statusCode = status;
  ctx.meta.$responseHeaders = { ...headers, 'Idempotency-Replayed': 'true' };
  return body?.result;
};

const runOnce = async (database: Database, ctx: Ctx, slot: Slot, next: () => Promise<unknown>): Promise<unknown> => {
  try {
    const result = await next();
    await keep(database, slot, (ctx.meta.$statusCode as number) ?? 200, { result }, ctx.meta.$responseHeaders);
    return result;
  } catch (error) {
    const { type, code, data } = error as Refused;
    if (typeof type === 'string' && typeof code === 'number' && code < 500) {
      await keep(database, slot, code, { refused: { code: type, data } }, undefined);
    } else {
      // What failed on our side may be tried again with the same key.
      await database.query('delete from idempotency_keys where scope = $1 and key = $2', [slot.scope, slot.key]);
    }
    throw error;
  }
};

const keep = (database: Database, { scope, key }: Slot, status: number, body: unknown, headers: unknown): Promise<unknown> =>
  database.query('update idempotency_keys set status = $3, body = $4, headers = $5 where scope = $1 and key = $2', [
    scope,
    key,
    status,
    JSON.stringify(body),
    JSON.stringify(headers ?? {}),
  ]);
