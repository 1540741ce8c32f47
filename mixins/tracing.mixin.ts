/**
 * Gives a service's actions their place in the trace: the headers that came with the call stand in async context, so that every
 * message told meanwhile carries the same correlation id and W3C trace. A call without headers begins a trace of its own.
 */
import type { ServiceSchema } from 'moleculer';
import { type Headers, isTraceparent, newHeaders, withHeaders } from '../runtime/trace.ts';
import { aroundActions, type Ctx } from './wrap.ts';

export const tracing = (): Partial<ServiceSchema> => aroundActions((ctx, next) => withHeaders(headersOf(ctx), next));

export const headersOf = (ctx: Ctx): Headers => {
  const given = ctx.meta.headers as Partial<Headers> | undefined;
  const by = (ctx.meta.user as { sub?: string } | undefined)?.sub ?? given?.by ?? (ctx.meta.$repl ? 'repl' : undefined);
  return newHeaders(given?.sender ?? `mesh/${ctx.action?.name ?? 'call'}`, {
    correlationId: given?.correlationId,
    traceparent: isTraceparent(given?.traceparent) ? given.traceparent : undefined,
    by,
  });
};
