/** Payments over HTTP. */
import { bodyAt, path, type Route } from './route.ts';

export const payments: Route[] = [
  { call: 'GET /api/payments/:id', action: 'payment.get', params: path },
  { call: 'GET /api/payments/:id/refunds', action: 'payment.refunds', params: path },
  { call: 'POST /api/payments/:id/refund', action: 'payment.refund', params: bodyAt, conditional: true },
  { call: 'POST /api/payments/:id/collect', action: 'payment.collect', params: bodyAt, conditional: true },
  { call: 'POST /api/payments/:id/remit', action: 'payment.remit', params: bodyAt, conditional: true },
  { call: 'POST /api/payments/:id/retry', action: 'payment.retry', params: path },
  {
    call: 'POST /api/payments/webhooks/:provider',
    action: 'payment.webhook',
    params: ({ params, headers, rawBody }) => ({
      ...params,
      signature: params.provider === 'stripe' ? headers['stripe-signature'] : headers['x-signature'],
      raw: rawBody?.toString() ?? '',
    }),
  },
];
