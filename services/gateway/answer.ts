/** From an HTTP request to an action and back: headers in, headers out, conditions, waiting. */
import type { ServerResponse } from 'node:http';
import type { Context } from 'moleculer';
import { z } from 'zod';
import { invalid, Refused } from '../../models/errors.ts';
import { derivedId } from '../../runtime/ids.ts';
import { childOf, type Headers, isTraceparent, newHeaders } from '../../runtime/trace.ts';
import type { ProgressWatch } from './progress.ts';
import { type HttpRequest, isObject, type Route } from './routes/route.ts';

type Card = Record<string, unknown>;

const header = (request: HttpRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/**
 * The correlation id is the client's own, or follows from its Idempotency-Key, so that a repeat is the same order even when the node that
 * took the first died before it answered; else it is new.
 * @throws Refused when X-Correlation-Id is no UUID
 */
export const headersOf = (request: HttpRequest, key?: string): Headers => {
  const asked = header(request, 'x-correlation-id');
  const correlationId = asked === undefined ? undefined : z.uuid().safeParse(asked);
  if (correlationId && !correlationId.success) throw invalid([{ pointer: '/X-Correlation-Id', detail: 'must be a UUID' }]);
  const traceparent = header(request, 'traceparent');
  return newHeaders('gateway', {
    correlationId: correlationId?.data?.toLowerCase() ?? (key && derivedId(`${urlOf(request).pathname} ${key}`)),
    traceparent: isTraceparent(traceparent) ? childOf(traceparent) : undefined,
  });
};

/** Runs the route's action and writes its answer. @throws what the action threw */
export const answer = async (
  ctx: Context,
  route: Route,
  request: HttpRequest,
  response: ServerResponse,
  watch: ProgressWatch,
): Promise<void> => {
  const key = request.method === 'POST' ? idempotencyKey(request) : undefined;
  const headers = headersOf(request, key);
  (ctx.meta as Card).headers = headers;
  refuseOtherMedia(request);
  if (isDeeperThan(MAX_DEPTH, request.body)) throw invalid([{ pointer: '', detail: 'is nested too deeply' }]);
  const meta: Card = { headers, idempotencyKey: key };
  const ask = () => ctx.call<unknown, unknown>(route.action, withCondition(route, request), { meta });
  let result = (await ask()) as Card;
  const wait = route.action === 'order.status' ? preferredWait(request) : undefined;
  if (wait !== undefined) {
    await watch.changed(String(result.correlationId), result.status as string | undefined, wait * 1_000);
    result = (await ask()) as Card;
    response.setHeader('Preference-Applied', `wait=${wait}`);
  }
  const replayed = ctx.meta as { $statusCode?: number; $responseHeaders?: Record<string, string> };
  for (const [name, value] of Object.entries(replayed.$responseHeaders ?? {})) response.setHeader(name, value);
  write(route, request, response, headers, result);
};

const write = (route: Route, request: HttpRequest, response: ServerResponse, headers: Headers, result: Card): void => {
  const body = route.also ? { ...result, ...route.also(result as never) } : result;
  if (route.location) response.setHeader('Location', route.location(result as never));
  // For If-Match only: a card shows more (its payment, its truck) than the version of its row counts, so no 304 may follow from it.
  if (typeof body.version === 'number') response.setHeader('ETag', `"v${body.version}"`);
  if (typeof body.nextCursor === 'string') response.setHeader('Link', `<${nextPage(request, body.nextCursor)}>; rel="next"`);
  send(response, route.status ?? 200, headers, body);
};

export const send = (
  response: ServerResponse,
  status: number,
  headers: Partial<Headers>,
  body: unknown,
  type = 'application/json',
): void => {
  if (response.headersSent) return;
  const text = body === undefined ? '' : JSON.stringify(body);
  if (headers.correlationId) response.setHeader('X-Correlation-Id', headers.correlationId);
  if (headers.traceparent) response.setHeader('traceparent', headers.traceparent);
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.writeHead(status);
  response.end(text);
};

const nextPage = (request: HttpRequest, cursor: string): string => {
  const url = urlOf(request);
  url.searchParams.set('cursor', cursor);
  return `${url.pathname}${url.search}`;
};

const urlOf = (request: HttpRequest): URL =>
  new URL((request as HttpRequest & { originalUrl?: string }).originalUrl ?? request.url ?? '/', 'http://gateway');

/** A structured-field string, or the bare key that most clients send. */
const idempotencyKey = (request: HttpRequest): string | undefined => {
  const given = header(request, 'idempotency-key');
  if (given === undefined) return undefined;
  const key = /^"(.*)"$/.exec(given)?.[1] ?? given;
  if (key.length < 1 || key.length > 200) throw invalid([{ pointer: '/Idempotency-Key', detail: 'must be 1 to 200 characters' }]);
  return key;
};

/** If-Match of a change becomes the version that the actor compares in its own turn. */
const withCondition = (route: Route, request: HttpRequest): unknown => {
  const params = route.params(request);
  if (route.conditional && isObject(request.body) && 'version' in request.body)
    throw invalid([{ pointer: '/version', detail: 'is not known here: name it with If-Match' }]);
  const condition = header(request, 'if-match');
  if (!route.conditional || condition === undefined || condition === '*') return params;
  const version = /^"v(\d{1,9})"$/.exec(condition)?.[1];
  if (version === undefined) throw new Refused('resource.changed');
  return { ...(params as object), version: Number(version) };
};

const preferredWait = (request: HttpRequest): number | undefined => {
  const seconds = /(?:^|[,;\s])wait=(\d{1,4})/.exec(header(request, 'prefer') ?? '')?.[1];
  return seconds === undefined ? undefined : Math.min(30, Number(seconds));
};

/** Whatever walks through a body does so by recursion. */
const MAX_DEPTH = 64;
const isDeeperThan = (depth: number, value: unknown): boolean =>
  typeof value === 'object' && value !== null && (depth === 0 || Object.values(value).some((part) => isDeeperThan(depth - 1, part)));

const refuseOtherMedia = (request: HttpRequest): void => {
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody || request.method === 'GET') return;
  if (!/^application\/([\w.-]+\+)?json\b/i.test(header(request, 'content-type') ?? '')) throw new Refused('request.media-type');
};
