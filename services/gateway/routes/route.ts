/** What a row of the HTTP face is, and the ways its parameters come together. */
import type { IncomingMessage } from 'node:http';

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

export const nothing = () => ({});
export const query = ({ query: asked }: HttpRequest) => asked;
export const path = ({ params }: HttpRequest) => params;
export const body = ({ body: sent }: HttpRequest) => sent;
/** The path's parameters win over the body's: the address says which thing is meant. */
export const bodyAt = ({ params, body: sent }: HttpRequest) =>
  isObject(sent) ? { ...sent, ...params } : sent === undefined ? params : sent;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Lists by moleculer-db: what is not paging is a filter. */
export const filtered =
  (...filters: string[]) =>
  ({ query: asked }: HttpRequest) => {
    const { limit, cursor, ...rest } = asked;
    return { limit, cursor, filters, asked: rest };
  };
