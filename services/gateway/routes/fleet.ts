/** Plants, trucks, drivers, loads and their dispatch over HTTP. */
import { truckLife } from '../../../models/truck.ts';
import { body, bodyAt, filtered, path, query, type Route } from './route.ts';

/** A change of one thing, that If-Match may name. */
const change = (call: string, action: string): Route => ({ call, action, params: bodyAt, conditional: true });
const byHand = (verb: string): Route => ({ call: `POST /api/dispatch/${verb}`, action: `dispatch.${verb}`, params: body });
const view = (name: string): Route => ({ call: `GET /api/dispatch/${name}`, action: `dispatch.${name}`, params: query });

export const fleet: Route[] = [
  {
    call: 'GET /api/plants',
    action: 'gateway.list',
    params: (request) => ({ of: 'dispatch', ...filtered({})(request) }),
  },
  { call: 'POST /api/plants', action: 'dispatch.addPlant', params: body, status: 201 },
  { call: 'GET /api/plants/:id', action: 'dispatch.get', params: path },
  change('PATCH /api/plants/:id', 'dispatch.changePlant'),
  change('POST /api/plants/:id/breakdown', 'dispatch.breakDown'),
  change('POST /api/plants/:id/repaired', 'dispatch.repaired'),
  {
    call: 'GET /api/trucks',
    action: 'gateway.list',
    params: (request) => ({ of: 'truck', ...filtered({ status: Object.keys(truckLife), plantId: 'any' })(request) }),
  },
  { call: 'POST /api/trucks', action: 'truck.add', params: body, status: 201 },
  { call: 'GET /api/trucks/:id', action: 'truck.get', params: path },
  change('PATCH /api/trucks/:id', 'truck.change'),
  change('POST /api/trucks/:id/status', 'truck.report'),
  change('POST /api/trucks/:id/out-of-service', 'truck.outOfService'),
  change('POST /api/trucks/:id/back-in-service', 'truck.backInService'),
  {
    call: 'GET /api/drivers',
    action: 'gateway.list',
    params: (request) => ({ of: 'driver', ...filtered({})(request) }),
  },
  { call: 'POST /api/drivers', action: 'driver.add', params: body, status: 201 },
  { call: 'GET /api/drivers/:id', action: 'driver.get', params: path },
  change('PATCH /api/drivers/:id', 'driver.change'),
  { call: 'GET /api/loads', action: 'dispatch.loads', params: query },
  { call: 'GET /api/loads/:id', action: 'dispatch.load', params: path },
  { call: 'POST /api/loads/:id/reject', action: 'dispatch.rejectLoad', params: bodyAt },
  ...['queue', 'board', 'eta', 'figures'].map(view),
  ...['assign', 'unassign', 'swap', 'lock', 'prioritise'].map(byHand),
  { call: 'GET /api/products/:sku/mix', action: 'dispatch.mix', params: path },
  { call: 'PUT /api/products/:sku/mix', action: 'dispatch.setMix', params: bodyAt },
];
