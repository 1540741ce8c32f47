/** The methods that are no rows of the HTTP face: HEAD and OPTIONS. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newHeaders } from '../../runtime/trace.ts';
import { send } from './answer.ts';
import { problemOf } from './problem.ts';

/**
 * Before moleculer-web sees a request. HEAD is a GET whose body Node leaves out. OPTIONS says which methods an address has and runs nothing:
 * moleculer-web would run the action of the method that a browser's preflight asks for, so any page could have sent an order on its way.
 * @param calls `GET /api/orders/:id`
 * @returns what answers OPTIONS; false for all others
 */
export const methodsFor = (calls: readonly string[]): ((request: IncomingMessage, response: ServerResponse) => boolean) => {
  const methodsAt = addressesOf(calls);
  return (request, response) => {
    if (request.method === 'HEAD') request.method = 'GET';
    if (request.method !== 'OPTIONS') return false;
    const allowed = methodsAt(new URL(request.url ?? '/', 'http://gateway').pathname);
    const headers = newHeaders('gateway');
    if (allowed.size > 0) response.writeHead(204, { Allow: [...allowed].join(', ') }).end();
    else send(response, 404, headers, problemOf({ type: 'NOT_FOUND' }, headers.correlationId), 'application/problem+json');
    return true;
  };
};

const addressesOf = (calls: readonly string[]): ((path: string) => Set<string>) => {
  const rows = calls.map((call) => {
    const [method = '', path = ''] = call.split(' ');
    return { method, address: new RegExp(`^${path.replace(/:[^/]+/g, '[^/]+')}/?$`) };
  });
  return (path) => {
    const methods = rows.filter(({ address }) => address.test(path)).map(({ method }) => method);
    if (methods.length === 0) return new Set();
    return new Set([...(methods.includes('GET') ? ['GET', 'HEAD'] : []), ...methods, 'OPTIONS']);
  };
};
