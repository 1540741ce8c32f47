/** The HTTP face as an outside user sees it: plain requests, and waiting for an order to get somewhere. */
import { until } from './quiet.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are read field by field, as a client without our types would
export type Body = any;

export interface Reply {
  status: number;
  headers: Headers;
  body: Body;
  text: string;
}

export interface Http {
  url: string;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  /** @param body sent as JSON; text and bytes as they are */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** POST /api/orders. @returns the correlation id. @throws Error unless it is accepted */
  place(form?: object, headers?: Record<string, string>): Promise<string>;
  /** Waits until the order has one of these statuses. @returns the order as it is then */
  until(correlationId: string, ...statuses: string[]): Promise<Body>;
  stock(sku: string, locationId: string): Promise<{ available: number; reserved: number }>;
  history(orderId: string): Promise<Body[]>;
}

export const orderForm = (form: object = {}): Record<string, unknown> => ({
  customerId: 'acme',
  paymentMethod: 'card',
  items: [{ sku: 'CONCRETE-C25', quantity: 2 }],
  ...form,
});

export const http = (url: string): Http => {
  const send: Http['send'] = async (method, path, body, headers = {}) => {
    const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: raw ? (body as string) : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text), text };
  };
  const get: Http['get'] = (path, headers) => send('GET', path, undefined, headers);

  return {
    url,
    send,
    get,
    post: (path, body, headers) => send('POST', path, body, headers),
    async place(form, headers) {
      const { status, body, text } = await send('POST', '/api/orders', orderForm(form), headers);
      if (status !== 202) throw new Error(`the order was answered ${status}: ${text}`);
      return body.correlationId;
    },
    async until(correlationId, ...statuses) {
      let last: Reply | undefined;
      await until(
        async () => {
          last = await get(`/api/orders/status/${correlationId}`);
          return statuses.includes(last.body?.status);
        },
        { everyMs: 40, what: () => `the order is not ${statuses.join(' or ')}: ${last?.text}` },
      );
      return (await get(`/api/orders/${last?.body.orderId}`)).body;
    },
    async stock(sku, locationId) {
      const { available, reserved } = (await get(`/api/inventory?sku=${sku}&locationId=${locationId}`)).body.items[0];
      return { available, reserved };
    },
    history: async (orderId) => (await get(`/api/orders/${orderId}/history`)).body.items,
  };
};

const parse = (text: string): Body => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
