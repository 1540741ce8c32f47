/** What a row of the HTTP face is, and the ways its parameters come together. */
import type { IncomingMessage } from 'node:http';
import { invalid } from '../../../models/errors.ts';

export interface HttpRequest extends IncomingMessage {
  /** Path parameters. */
  params: Record<string, string>;
  query: Record<string, string | string[]>;
  body: unknown;
  rawBody?: Buffer;
}

export interface Route {
  call: string;
  action: string;
  /** What the action is asked with. */
  params(request: HttpRequest): unknown;
  status?: number;
  /** Of a 202: where the outcome will be. */
  location?(result: never): string;
  /** What is added to the body. */
  also?(result: never): object;
  /** Names the `id` parameter's version from If-Match. */
  conditional?: boolean;
}

/** What an action knows nothing of it refuses by name. */
export const query = ({ query: asked }: HttpRequest) => asked;
export const path = ({ params, query: asked }: HttpRequest) => ({ ...asked, ...params });
export const body = ({ body: sent }: HttpRequest) => sent;
/** The path's parameters win over the body's: the address says which thing is meant. @throws Refused for a body that is no object */
export const bodyAt = ({ params, body: sent }: HttpRequest) => {
  if (sent !== undefined && !isObject(sent)) throw invalid([{ pointer: '', detail: 'must be an object' }]);
  return { ...sent, ...params };
};
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
/**
 * Lists by moleculer-db: what is not paging is a filter.
 * @param filters what may be asked for, and the words that it may have where those are given
 */
export const filtered =
  (filters: Record<string, readonly string[] | 'any'>) =>
  ({ query: asked }: HttpRequest) => {
    const { limit, cursor, ...rest } = asked;
    return { limit, cursor, filters, asked: rest };
  };
