/** Customers who do not give up: an order is sent again under the same correlation id, to whichever gateway answers, until one accepts it. */
import { randomUUID } from 'node:crypto';
import { pause } from '../../runtime/failure.ts';
import type { Chance } from './seed.ts';

export interface Wish {
  sku: string;
  quantity: number;
  token: string;
  plantId: string;
  /** Cancels it this long after it was accepted. */
  cancelAfterMs?: number;
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
  async place({ sku, quantity, token, plantId, cancelAfterMs }: Wish): Promise<string> {
    const correlationId = randomUUID();
    const form = { customerId: 'crash', paymentMethod: 'card', paymentToken: token, plantId, items: [{ sku, quantity }] };
    const headers = { 'Content-Type': 'application/json', 'X-Correlation-Id': correlationId };
    const { status, body } = await askAny(
      this.#urls,
      '/api/orders',
      { method: 'POST', headers, body: JSON.stringify(form) },
      (reply) => reply.status < 500,
    );
    if (status !== 202) throw new Error(`an order was answered ${status} ${JSON.stringify(body)}`);
    this.accepted.push(correlationId);
    if (cancelAfterMs !== undefined) await this.#cancel(correlationId, cancelAfterMs);
    return correlationId;
  }

  /** The door may say that it is too late: that is an answer. */
  async #cancel(correlationId: string, afterMs: number): Promise<void> {
    await pause(afterMs);
    const made = await askAny(this.#urls, `/api/orders/status/${correlationId}`, {}, ({ body }) => body.orderId !== undefined);
    await askAny(
      this.#urls,
      `/api/orders/${made.body.orderId}/cancel`,
      { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"reason":"changed my mind"}' },
      ({ status }) => status < 500,
    );
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

/** A mixed crowd: mostly orders for one hot product that go well; some declined, cancelled, or for more than there is. */
export const crowd = (chance: Chance, count: number): Wish[] =>
  Array.from({ length: count }, () => ({
    sku: chance.pick(SKUS),
    plantId: chance.pick(PLANTS),
    quantity: chance.next() < 0.05 ? 100_000 : chance.whole(1, 9),
    token: chance.pick(TOKENS),
    ...(chance.next() < 0.1 ? { cancelAfterMs: chance.whole(0, 3_000) } : {}),
  }));
