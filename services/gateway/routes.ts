/** Every call of the HTTP face, one row each: what comes in, which action it becomes, how it is answered. */
import type { IncomingMessage } from 'node:http';

export interface HttpRequest extends IncomingMessage {
  /** Path parameters. */
  params: Record<string, string>;
  query: Record<string, string | string[]>;
  body: unknown;
  rawBody?: Buffer;
}

export interface Route {
  call: string;
  action: string;
  /** What the action is asked with. */
  params(request: HttpRequest): unknown;
  status?: number;
  /** Of a 202: where the outcome will be. */
  location?(result: never): string;
  /** What is added to the body. */
  also?(result: never): object;
  /** Names the `id` parameter's version from If-Match. */
  conditional?: boolean;
}

const nothing = () => ({});
const query = ({ query: asked }: HttpRequest) => asked;
const path = ({ params }: HttpRequest) => params;
const body = ({ body: sent }: HttpRequest) => sent;
/** The path's parameters win over the body's: the address says which thing is meant. */
const bodyAt = ({ params, body: sent }: HttpRequest) => (isObject(sent) ? { ...sent, ...params } : sent === undefined ? params : sent);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Lists by moleculer-db: what is not paging is a filter. */
const filtered =
  (...filters: string[]) =>
  ({ query: asked }: HttpRequest) => {
    const { limit, cursor, ...rest } = asked;
    return { limit, cursor, filters, asked: rest };
  };

const statusUrl = ({ correlationId }: { correlationId: string }): string => `/api/orders/status/${correlationId}`;

export const routes: Route[] = [
  {
    call: 'POST /api/orders',
    action: 'order.accept',
    params: body,
    status: 202,
    location: statusUrl,
    also: (result: { correlationId: string }) => ({ statusUrl: statusUrl(result) }),
  },
  { call: 'GET /api/orders', action: 'order.page', params: query },
  { call: 'GET /api/orders/status/:correlationId', action: 'order.status', params: path },
  { call: 'GET /api/orders/:id', action: 'order.get', params: ({ params, query: asked }) => ({ ...asked, ...params }) },
  { call: 'GET /api/orders/:id/history', action: 'order.history', params: path },
  { call: 'POST /api/orders/:id/cancel', action: 'order.cancel', params: bodyAt, conditional: true },

  {
    call: 'GET /api/products',
    action: 'gateway.list',
    params: (request) => ({ of: 'product', ...filtered('kind')(request) }),
  },
  { call: 'POST /api/products', action: 'product.add', params: body, status: 201 },
  { call: 'GET /api/products/:id', action: 'product.get', params: path },
  {
    call: 'GET /api/inventory',
    action: 'gateway.list',
    params: (request) => ({ of: 'inventory', ...filtered('sku', 'locationId')(request) }),
  },
  {
    call: 'GET /api/inventory/:sku/:locationId/movements',
    action: 'inventory.movements',
    params: ({ params, query: asked }) => ({ ...asked, ...params }),
  },
  { call: 'POST /api/inventory/:sku/:locationId/receive', action: 'inventory.receive', params: bodyAt },
  { call: 'POST /api/inventory/:sku/:locationId/adjust', action: 'inventory.adjust', params: bodyAt },
  { call: 'GET /api/payments/:id', action: 'payment.get', params: path },
  {
    call: 'POST /api/payments/webhooks/:provider',
    action: 'payment.webhook',
    params: ({ params, headers, rawBody }) => ({
      ...params,
      signature: headers['x-signature'],
      raw: rawBody?.toString() ?? '',
    }),
  },

  {
    call: 'GET /api/plants',
    action: 'gateway.list',
    params: (request) => ({ of: 'dispatch', ...filtered()(request) }),
  },
  { call: 'POST /api/plants', action: 'dispatch.addPlant', params: body, status: 201 },
  {
    call: 'GET /api/trucks',
    action: 'gateway.list',
    params: (request) => ({ of: 'truck', ...filtered('status', 'plantId')(request) }),
  },
  { call: 'POST /api/trucks', action: 'truck.add', params: body, status: 201 },
  { call: 'GET /api/trucks/:id', action: 'truck.get', params: path },
  { call: 'POST /api/trucks/:id/out-of-service', action: 'truck.outOfService', params: bodyAt },
  { call: 'POST /api/trucks/:id/back-in-service', action: 'truck.backInService', params: bodyAt },
  { call: 'GET /api/dispatch/queue', action: 'dispatch.queue', params: query },

  { call: 'GET /api/admin/dead-letters', action: 'gateway.deadLetters', params: query },
  { call: 'POST /api/admin/dead-letters/:id/replay', action: 'gateway.replay', params: path },
  { call: 'POST /api/admin/dead-letters/:id/discard', action: 'gateway.discard', params: bodyAt },
  { call: 'GET /api/admin/attention', action: 'gateway.attention', params: nothing },
];
