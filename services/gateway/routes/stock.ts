/** The catalogue and its stock over HTTP. */
import { body, bodyAt, filtered, path, query, type Route } from './route.ts';

export const stock: Route[] = [
  {
    call: 'GET /api/products',
    action: 'gateway.list',
    params: (request) => ({ of: 'product', ...filtered({ kind: ['goods', 'concrete'] })(request) }),
  },
  { call: 'POST /api/products', action: 'product.add', params: body, status: 201 },
  { call: 'GET /api/products/:id', action: 'product.get', params: path },
  { call: 'GET /api/inventory', action: 'inventory.levels', params: query },
  { call: 'GET /api/inventory/:sku/:locationId', action: 'inventory.level', params: path },
  {
    call: 'GET /api/inventory/:sku/:locationId/movements',
    action: 'inventory.movements',
    params: ({ params, query: asked }) => ({ ...asked, ...params }),
  },
  { call: 'POST /api/inventory/:sku/:locationId/receive', action: 'inventory.receive', params: bodyAt, conditional: true },
  { call: 'POST /api/inventory/:sku/:locationId/adjust', action: 'inventory.adjust', params: bodyAt, conditional: true },
  { call: 'POST /api/inventory/:sku/:locationId/limits', action: 'inventory.limits', params: bodyAt, conditional: true },
  { call: 'POST /api/admin/consistency-check', action: 'inventory.consistency', params: body },
];
