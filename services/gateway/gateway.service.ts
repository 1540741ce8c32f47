/** The only public door: routes.ts over moleculer-web, and the operators' calls that belong to no one concept. */

import type http from 'node:http';
import { createRequire } from 'node:module';
import type { Context, ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { checked, nothing } from '../../mixins/checked.ts';
import { decodeId, encodeCursor, pageParams } from '../../mixins/cursor.ts';
import { health, runChecks } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { invalid, Refused } from '../../models/errors.ts';
import { reasonForm } from '../../models/truck.ts';
import { listAttention } from '../../runtime/attention.ts';
import { listDeadLetters } from '../../runtime/dead-letters.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { currentHeaders, type Headers, newHeaders } from '../../runtime/trace.ts';
import { answer, headersOf, send } from './answer.ts';
import { methodsFor } from './methods.ts';
import { problemOf } from './problem.ts';
import { ProgressWatch } from './progress.ts';
import { type HttpRequest, type Route, routes } from './routes.ts';

const ApiGateway = createRequire(import.meta.url)('moleculer-web') as ServiceSchema;

const MAX_BODY = '256kb';
const letterId = z.strictObject({ id: z.string().regex(/^\d{1,18}$/, 'must be a dead letter’s id') });
const listed = z.object({
  ...pageParams,
  of: z.enum(['product', 'inventory', 'dispatch', 'truck', 'driver']),
  filters: z.record(z.string(), z.union([z.literal('any'), z.array(z.string())])),
  asked: z.record(z.string(), z.unknown()),
});

/** A request as moleculer-web hands it over. */
type Asked = HttpRequest & { $ctx: Context; $params: Pick<HttpRequest, 'params' | 'query' | 'body'> };

/** What fails before it is read is answered under an id all the same: the given one, if it is one. */
const headersOfFailed = (request: HttpRequest): Headers => {
  try {
    return headersOf(request);
  } catch {
    return newHeaders('gateway');
  }
};

const whyNot = (allowed: readonly string[] | 'any' | undefined, value: unknown): string | undefined => {
  if (!allowed) return 'is not known here';
  if (typeof value !== 'string') return 'must be one text';
  return allowed === 'any' || allowed.includes(value) ? undefined : `must be one of ${allowed.join(', ')}`;
};

const by = (): string => currentHeaders()?.by ?? 'operator';

export default (config: Config): ServiceSchema => {
  let watch: ProgressWatch;

  const handle =
    (route: Route) =>
    async (request: Asked, response: http.ServerResponse): Promise<void> => {
      try {
        await answer(request.$ctx, route, Object.assign(request, request.$params), response, watch);
      } catch (error) {
        // moleculer-web does not wait for a function: what it throws would end the process.
        failed(request, response, error);
      }
    };

  const failed = (request: Asked, response: http.ServerResponse, error: unknown): void => {
    const { headers = headersOfFailed(request) } = request.$ctx.meta as { headers?: Headers };
    const problem = problemOf(error, headers.correlationId);
    if (problem.status >= 500 && problem.code === 'service.failed') {
      request.$ctx.broker.logger.error(`${request.method} ${request.url} failed: ${(error as Error).message}`, {
        stack: (error as Error).stack,
        ...headers,
      });
    }
    if (problem.status === 503 || problem.status === 429) response.setHeader('Retry-After', '1');
    send(response, problem.status, headers, problem, 'application/problem+json');
  };

  const probe = (verbose: boolean) => async (request: Asked, response: http.ServerResponse) => {
    const { broker } = request.$ctx;
    const { status, checks } = await runChecks(runtimeOf(broker));
    const ready = status !== 'fail' && broker.started;
    const wordy = verbose || new URL(request.url ?? '/', 'http://gateway').searchParams.has('verbose');
    send(response, ready ? 200 : 503, {}, { status: ready ? status : 'fail', ...(wordy ? { checks } : {}) }, 'application/health+json');
  };

  const probes = {
    'GET /livez': (_: HttpRequest, response: http.ServerResponse) => send(response, 200, {}, { status: 'pass' }, 'application/health+json'),
    'GET /readyz': probe(false),
    'GET /healthz': probe(true),
  };
  const answersItself = methodsFor([...routes.map(({ call }) => call), ...Object.keys(probes)]);

  return {
    name: 'gateway',
    mixins: [ApiGateway, health(), idempotency(), retry(), tracing()] as ServiceSchema[],
    settings: {
      port: config.port,
      ip: config.host,
      logRequest: null,
      logRouteRegistration: null,
      logResponse: null,
      log4XXResponses: false,
      httpServerTimeout: 60_000,
      optimizeOrder: true,
      onError: failed,
      routes: [
        {
          path: '/',
          mappingPolicy: 'restrict',
          mergeParams: false,
          bodyParsers: {
            json: {
              limit: MAX_BODY,
              strict: false,
              type: ['application/json', 'application/*+json'],
              verify: (request: HttpRequest, _: unknown, raw: Buffer) => {
                request.rawBody = raw;
              },
            },
          },
          aliases: {
            ...Object.fromEntries(routes.map((route) => [route.call, handle(route)])),
            ...probes,
          },
        },
      ],
    },
    methods: {
      /** The HTTP server's own listener. */
      httpHandler(request: http.IncomingMessage, response: http.ServerResponse) {
        return answersItself(request, response) || ApiGateway.methods?.httpHandler?.call(this, request, response);
      },
    },
    actions: {
      /** A list of plain rows, by keyset, with the filters its route allows. */
      list: checked(listed, async ({ of, filters, asked, limit, cursor }, ctx) => {
        const wrong = Object.entries(asked).flatMap(([name, value]) => {
          const detail = whyNot(filters[name], value);
          return detail ? [{ pointer: `/${name}`, detail }] : [];
        });
        if (wrong.length > 0) throw invalid(wrong);
        return ctx.call(`${of}.page`, { limit, cursor, query: asked });
      }),
      deadLetters: checked(z.strictObject(pageParams), async ({ limit, cursor }, ctx) => {
        const rows = await listDeadLetters(runtimeOf(ctx.broker).database, cursor ? decodeId(cursor) : '0', limit + 1);
        const items = rows.slice(0, limit).map(({ stack, ...letter }) => letter);
        return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)?.id) : null };
      }),
      replay: checked(letterId, async ({ id }, ctx) => {
        if (!(await runtimeOf(ctx.broker).replay(id, by()))) throw new Refused('resource.not-found', { id });
        ctx.broker.logger.info(`dead letter ${id} is replayed`, { by: by() });
        return { id, state: 'replayed' };
      }),
      discard: checked(letterId.extend(reasonForm.shape), async ({ id, reason }, ctx) => {
        if (!(await runtimeOf(ctx.broker).discard(id, by(), reason))) throw new Refused('resource.not-found', { id });
        ctx.broker.logger.warn(`dead letter ${id} is discarded`, { by: by(), reason });
        return { id, state: 'discarded', reason };
      }),
      attention: checked(nothing, async (_, ctx) => ({
        items: [
          ...(await listAttention(runtimeOf(ctx.broker).database)),
          ...((await ctx.call('order.attention')) as object[]),
          ...((await ctx.call('returns.attention')) as object[]),
          ...((await ctx.call('dispatch.attention')) as object[]),
        ],
        nextCursor: null,
      })),
    },
    created() {
      const { broker } = this;
      watch = new ProgressWatch((correlationIds) => broker.call('order.progress', { correlationIds }));
    },
    async stopped() {
      watch.stop();
      // Without this a client that keeps its connection open would hold the stop for ever.
      (this.server as http.Server).closeAllConnections();
    },
  } as ServiceSchema;
};
