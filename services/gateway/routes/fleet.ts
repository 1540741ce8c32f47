/** Plants, trucks and their dispatch over HTTP. */
import { truckLife } from '../../../models/truck.ts';
import { body, bodyAt, filtered, path, query, type Route } from './route.ts';

export const fleet: Route[] = [
  {
    call: 'GET /api/plants',
    action: 'gateway.list',
    params: (request) => ({ of: 'dispatch', ...filtered({})(request) }),
  },
  { call: 'POST /api/plants', action: 'dispatch.addPlant', params: body, status: 201 },
  {
    call: 'GET /api/trucks',
    action: 'gateway.list',
    params: (request) => ({ of: 'truck', ...filtered({ status: Object.keys(truckLife), plantId: 'any' })(request) }),
  },
  { call: 'POST /api/trucks', action: 'truck.add', params: body, status: 201 },
  { call: 'GET /api/trucks/:id', action: 'truck.get', params: path },
  { call: 'POST /api/trucks/:id/out-of-service', action: 'truck.outOfService', params: bodyAt, conditional: true },
  { call: 'POST /api/trucks/:id/back-in-service', action: 'truck.backInService', params: bodyAt, conditional: true },
  { call: 'GET /api/dispatch/queue', action: 'dispatch.queue', params: query },
];
