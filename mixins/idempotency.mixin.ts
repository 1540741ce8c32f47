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
import { claimKey, type Kept, keepAnswer, releaseKey, type Slot } from '../runtime/idempotency-keys.ts';
import { aroundActions, type Ctx } from './wrap.ts';

export const idempotency = (): Partial<ServiceSchema> =>
  aroundActions(async (ctx, next, action) => {
    const key = ctx.meta.idempotencyKey as string | undefined;
    if (!key) return next();
    const { database } = runtimeOf(ctx.broker);
    const subject = (ctx.meta.user as { sub?: string } | undefined)?.sub ?? 'anyone';
    const slot = {
      scope: `${subject} ${ctx.action?.name ?? action.name}`,
      key,
      fingerprint: fingerprintOf(ctx.params),
    };
    const kept = await claimKey(database, slot);
    if (!kept.fresh) return replay(ctx, kept, slot.fingerprint);
    return runOnce(database, ctx, slot, next);
  });

const fingerprintOf = (params: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(params ?? null))
    .digest('base64');

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
    await keepAnswer(database, slot, (ctx.meta.$statusCode as number) ?? 200, { result }, ctx.meta.$responseHeaders);
    return result;
  } catch (error) {
    const { type, code, data } = error as Refused;
    // Moleculer's own "service not found" is a 404 too, but an answer for now only.
    if (typeof type === 'string' && !type.startsWith('SERVICE_') && typeof code === 'number' && code < 500) {
      await keepAnswer(database, slot, code, { refused: { code: type, data } }, undefined);
    } else {
      await releaseKey(database, slot);
    }
    throw error;
  }
};
