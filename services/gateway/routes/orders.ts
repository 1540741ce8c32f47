/** Orders over HTTP. */
import { body, bodyAt, path, query, type Route } from './route.ts';

const statusUrl = ({ correlationId }: { correlationId: string }): string => `/api/orders/status/${correlationId}`;

export const orders: Route[] = [
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
  { call: 'POST /api/orders/:id/items/:itemId/cancel', action: 'order.cancelItem', params: bodyAt, conditional: true },
  { call: 'POST /api/orders/:id/confirm', action: 'order.confirm', params: bodyAt, conditional: true },
  { call: 'POST /api/orders/:id/delivery-proof', action: 'order.proveDelivery', params: bodyAt, conditional: true },
  { call: 'POST /api/orders/:id/payments/retry', action: 'order.retryPayment', params: bodyAt, conditional: true },
  { call: 'POST /api/orders/:id/holds', action: 'order.hold', params: bodyAt, conditional: true },
  { call: 'POST /api/orders/:id/holds/:holdId/release', action: 'order.releaseHold', params: bodyAt, conditional: true },
  { call: 'POST /api/orders/:id/complete', action: 'order.complete', params: bodyAt, conditional: true },
];
