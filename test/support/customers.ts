/** Customers who do not give up: an order is sent again under the same correlation id, to whichever gateway answers, until one accepts it. */
import { randomUUID } from 'node:crypto';
import { pause } from '../../runtime/failure.ts';
import type { Chance } from './seed.ts';

export interface Wish {
  sku: string;
  quantity: number;
  token: string;
  plantId: string;
  /** By card when left out. Cash on delivery is confirmed by hand as soon as its stock is held. */
  method?: 'card' | 'cod' | 'account';
  /** Where a carrier brings it; without one a truck does. */
  address?: string;
  /** Cancels it, or a part of it, this long after it was accepted. */
  cancelAfterMs?: number;
  cancelPart?: { afterMs: number; quantity: number };
}

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

const PATIENCE_MS = 60_000;
const CALL_MS = 2_500;

/** Tries one gateway after another, beginning anywhere. @throws Error when none gives a usable answer for a minute */
const askAny = async (urls: readonly string[], path: string, request: RequestInit, usable: (reply: Reply) => boolean): Promise<Reply> => {
  const deadline = Date.now() + PATIENCE_MS;
  let last = 'nobody answered';
  for (let turn = Math.floor(Math.random() * urls.length); Date.now() < deadline; turn++) {
    try {
      const response = await fetch(`${urls[turn % urls.length]}${path}`, { ...request, signal: AbortSignal.timeout(CALL_MS) });
      const reply = { status: response.status, body: (await response.json()) as Reply['body'] };
      if (usable(reply)) return reply;
      last = `${reply.status} ${JSON.stringify(reply.body)}`;
    } catch (error) {
      last = String((error as Error).cause ?? error);
    }
    await pause(50);
  }
  throw new Error(`${request.method ?? 'GET'} ${path}: ${last}`);
};

export class Customers {
  /** Correlation ids of all orders that were accepted with 202. */
  readonly accepted: string[] = [];
  readonly #urls: readonly string[];

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  /** @returns the order's correlation id */
  async place(wish: Wish): Promise<string> {
    const { sku, quantity, token, plantId, method = 'card', address, cancelAfterMs, cancelPart } = wish;
    const correlationId = randomUUID();
    const delivery = address ? { kind: 'goods', shippingAddress: { line1: address, city: 'Minneapolis' } } : {};
    const form = { customerId: 'crash', paymentMethod: method, paymentToken: token, plantId, items: [{ sku, quantity }], ...delivery };
    const { status, body } = await this.#post('/api/orders', form, { 'X-Correlation-Id': correlationId });
    if (status !== 202) throw new Error(`an order was answered ${status} ${JSON.stringify(body)}`);
    this.accepted.push(correlationId);
    if (method === 'cod') await this.#confirm(correlationId);
    if (cancelPart) await this.#cancelPart(correlationId, cancelPart);
    if (cancelAfterMs !== undefined) await this.#cancel(correlationId, cancelAfterMs);
    return correlationId;
  }

  /** A refusal is an answer. */
  #post(path: string, body: object, headers: Record<string, string> = {}): Promise<Reply> {
    const request = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
    return askAny(this.#urls, path, request, ({ status }) => status < 500);
  }

  async #orderId(correlationId: string, usable = ({ body }: Reply): boolean => body.orderId !== undefined): Promise<unknown> {
    return (await askAny(this.#urls, `/api/orders/status/${correlationId}`, {}, usable)).body.orderId;
  }

  async #confirm(correlationId: string): Promise<void> {
    const id = await this.#orderId(correlationId, ({ body }) => typeof body.status === 'string' && !UNHELD.includes(body.status));
    await this.#post(`/api/orders/${id}/confirm`, {});
  }

  /** The door may say that it is too late: that is an answer. */
  async #cancel(correlationId: string, afterMs: number): Promise<void> {
    await pause(afterMs);
    await this.#post(`/api/orders/${await this.#orderId(correlationId)}/cancel`, { reason: 'changed my mind' });
  }

  /** An answer that was lost and is asked for again may take off twice as much: nothing of that is lost either. */
  async #cancelPart(correlationId: string, { afterMs, quantity }: NonNullable<Wish['cancelPart']>): Promise<void> {
    await pause(afterMs);
    const id = await this.#orderId(correlationId);
    const { body } = await askAny(this.#urls, `/api/orders/${id}`, {}, ({ status }) => status === 200);
    const [item] = body.items as { id: string }[];
    await this.#post(`/api/orders/${id}/items/${item?.id}/cancel`, { quantity, reason: 'too many' });
  }

  /** Places all, so many at once. */
  async placeAll(wishes: readonly Wish[], atOnce: number, everyMs = 0): Promise<void> {
    const waiting = [...wishes];
    const oneByOne = async (): Promise<void> => {
      for (let wish = waiting.shift(); wish; wish = waiting.shift()) {
        await this.place(wish);
        await pause(everyMs);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, oneByOne));
  }
}

const PLANTS = ['north', 'north', 'south', 'east'];
const SKUS = ['CONCRETE-C25', 'CONCRETE-C25', 'CONCRETE-C25', 'CEMENT-25KG', 'SAND-BULK', 'GRAVEL-BULK', 'REBAR-12'];
const TOKENS = [...Array<string>(14).fill('tok_ok'), 'tok_declined', 'tok_declined', 'tok_error', 'tok_twice', 'tok_twice', 'tok_timeout'];
const METHODS = [...Array<'card'>(8).fill('card'), 'cod', 'account'] as const;
/** Some of these tell the carrier's sandbox to fail, to lose its answer, or to lose its reports. */
const ADDRESSES = [...Array<string>(6).fill('1 Quarry Road'), 'sandbox:error', 'sandbox:timeout', 'sandbox:lost'];
/** States of an order whose stock has not answered. */
const UNHELD = ['ACCEPTED', 'PROCESSING', 'pending'];

/**
 * A mixed crowd: mostly orders for one hot product that go well by truck; some by carrier, some paid in cash or on account, some declined,
 * cancelled, cancelled in part, or for more than there is.
 */
export const crowd = (chance: Chance, count: number): Wish[] =>
  Array.from({ length: count }, () => ({
    sku: chance.pick(SKUS),
    plantId: chance.pick(PLANTS),
    quantity: chance.next() < 0.05 ? 100_000 : chance.whole(2, 9),
    token: chance.pick(TOKENS),
    method: chance.pick(METHODS),
    ...(chance.next() < 0.2 ? { address: chance.pick(ADDRESSES) } : {}),
    ...(chance.next() < 0.1 ? { cancelAfterMs: chance.whole(0, 3_000) } : {}),
    ...(chance.next() < 0.1 ? { cancelPart: { afterMs: chance.whole(0, 3_000), quantity: 1 } } : {}),
  }));
