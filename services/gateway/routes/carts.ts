/** Sessions and carts over HTTP. */
import { body, bodyAt, path, type Route } from './route.ts';

const statusUrl = ({ correlationId }: { correlationId: string }): string => `/api/orders/status/${correlationId}`;

export const carts: Route[] = [
  {
    call: 'POST /api/sessions',
    action: 'cart.openSession',
    params: body,
    status: 201,
    location: ({ id }: { id: string }) => `/api/sessions/${id}`,
  },
  { call: 'GET /api/sessions/:id', action: 'cart.session', params: path },
  { call: 'POST /api/carts', action: 'cart.open', params: body, status: 201, location: ({ id }: { id: string }) => `/api/carts/${id}` },
  { call: 'GET /api/carts/:id', action: 'cart.get', params: path },
  { call: 'PUT /api/carts/:id/items/:sku', action: 'cart.put', params: bodyAt, conditional: true },
  {
    call: 'POST /api/carts/:id/checkout',
    action: 'cart.checkout',
    params: bodyAt,
    conditional: true,
    status: 202,
    location: statusUrl,
    also: (result: { correlationId: string }) => ({ statusUrl: statusUrl(result) }),
  },
];
