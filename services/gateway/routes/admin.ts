/** The operators’ calls. */
import { bodyAt, path, query, type Route } from './route.ts';

export const admin: Route[] = [
  { call: 'GET /api/admin/dead-letters', action: 'gateway.deadLetters', params: query },
  { call: 'POST /api/admin/dead-letters/:id/replay', action: 'gateway.replay', params: path },
  { call: 'POST /api/admin/dead-letters/:id/discard', action: 'gateway.discard', params: bodyAt },
  { call: 'GET /api/admin/attention', action: 'gateway.attention', params: query },
  { call: 'GET /api/admin/subscriptions', action: 'scheduler.subscriptions', params: query },
  { call: 'GET /api/schedules', action: 'scheduler.schedules', params: query },
];
