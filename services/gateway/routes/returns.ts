/** Returns and exchanges over HTTP. */
import { bodyAt, path, query, type Route } from './route.ts';

const changes = (kind: 'return' | 'exchange', verbs: Record<string, string>): Route[] =>
  Object.entries(verbs).map(([verb, action]) => ({
    call: `POST /api/${kind}s/:id/${verb}`,
    action: `${kind}.${action}`,
    params: bodyAt,
    conditional: true,
  }));

const begun = (kind: 'return' | 'exchange'): Route[] => [
  {
    call: `POST /api/orders/:id/${kind}s`,
    action: `${kind}.request`,
    params: bodyAt,
    status: 201,
    location: ({ id }: { id: string }) => `/api/${kind}s/${id}`,
  },
  { call: `GET /api/${kind}s`, action: `${kind}.page`, params: query },
  { call: `GET /api/${kind}s/:id`, action: `${kind}.get`, params: path },
];

export const returns: Route[] = [
  ...begun('return'),
  ...changes('return', {
    approve: 'approve',
    reject: 'reject',
    receive: 'receive',
    inspect: 'inspect',
    complete: 'complete',
    cancel: 'cancel',
    'paid-out': 'paidOut',
  }),
  ...begun('exchange'),
  ...changes('exchange', {
    approve: 'approve',
    reject: 'reject',
    receive: 'receive',
    retry: 'retry',
    return: 'toReturn',
    complete: 'complete',
    cancel: 'cancel',
    'paid-out': 'paidOut',
  }),
];
