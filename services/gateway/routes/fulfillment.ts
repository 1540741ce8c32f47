/** Fulfilments and their parcels over HTTP. */
import { bodyAt, path, query, type Route } from './route.ts';

export const fulfillments: Route[] = [
  { call: 'GET /api/fulfillments', action: 'fulfillment.page', params: query },
  { call: 'GET /api/fulfillments/:id', action: 'fulfillment.get', params: path },
  { call: 'POST /api/fulfillments/:id/pick', action: 'fulfillment.pick', params: bodyAt, conditional: true },
  { call: 'POST /api/fulfillments/:id/pack', action: 'fulfillment.pack', params: bodyAt, conditional: true },
  { call: 'POST /api/fulfillments/:id/hold', action: 'fulfillment.hold', params: bodyAt, conditional: true },
  { call: 'POST /api/fulfillments/:id/release', action: 'fulfillment.release', params: bodyAt, conditional: true },
  { call: 'POST /api/fulfillments/:id/rebook', action: 'fulfillment.rebook', params: bodyAt, conditional: true },
  {
    call: 'POST /api/shipments/webhooks/:carrier',
    action: 'fulfillment.webhook',
    params: ({ params, headers, rawBody }) => ({
      ...params,
      signature: headers['x-signature'],
      raw: rawBody?.toString() ?? '',
    }),
  },
];
