/**
 * The sandbox provider: a small HTTP server that takes charges, and does what a payment's token tells it: decline, be slow,
 * charge and never answer, fail twice, answer and call back twice. Idempotent by Idempotency-Key, as real ones are.
 *
 * POST /charges, /captures, /voids, /refunds, /payouts · GET /charges/:key, /refunds/:key · GET /ledger (what was taken and given back)
 */
import http from 'node:http';
import { signed } from '../webhook.ts';
import { type Book, type ChargeBody, type Made, outcome, SandboxBooks } from './sandbox.books.ts';

/** What befalls a call: it fails before anything is done, its answer is lost after, or it is refused for good. */
export type Mishap = 'fail' | 'lose' | 'refuse' | undefined;

export interface SandboxOptions {
  port?: number;
  host?: string;
  secret: string;
  /** Asked before each call that does something, by tests. */
  mishap?: (operation: string, key: string) => Mishap;
}

export interface Sandbox {
  url: string;
  /** Charges by idempotency key. */
  charges: ReadonlyMap<string, Readonly<Book>>;
  /** Calls that came, by operation. */
  calls: ReadonlyMap<string, number>;
  /** What it sent to banks, each thing once. */
  readonly paidOut: number;
  close(): Promise<void>;
}

const SLOW_MS = 5_000;

export const startSandbox = async ({ port = 0, host = '127.0.0.1', secret, mishap }: SandboxOptions): Promise<Sandbox> => {
  const books = new SandboxBooks();
  const failures = new Map<string, number>();
  const calls = new Map<string, number>();

  const charge = (key: string, body: ChargeBody, response: http.ServerResponse, lost: boolean) => {
    const { token } = body;
    const known = books.charges.get(key);
    if (known) return answer(response, known.status === 'declined' ? 402 : 200, outcome(known));
    if (token === 'tok_error') {
      const failed = (failures.get(key) ?? 0) + 1;
      failures.set(key, failed);
      if (failed <= 2) return answer(response, 500, { error: 'the sandbox was told to fail twice' });
    }
    const made = books.charge(key, body);
    if (token === 'tok_timeout' || lost) return; // The money is taken, and nobody hears of it.
    const respond = (): void => answer(response, made.status === 'declined' ? 402 : 200, outcome(made));
    if (token === 'tok_slow') setTimeout(respond, SLOW_MS).unref();
    else respond();
    if (token === 'tok_twice' && body.callbackUrl) void callBackTwice(body.callbackUrl, made, secret);
  };

  const handle = (operation: string, key: string, body: ChargeBody & { chargeKey: string }, response: http.ServerResponse) => {
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    const befalls = mishap?.(operation, key);
    if (befalls === 'fail') return answer(response, 500, { error: 'the sandbox was told to fail' });
    if (befalls === 'refuse') return answer(response, 422, { error: 'the sandbox was told to refuse' });
    if (operation === 'charges') return charge(key, body, response, befalls === 'lose');
    const made = DO[operation]?.(books, key, body);
    if (befalls === 'lose') return;
    answer(response, made ? 200 : 404, made ?? { status: 'none' });
  };

  const look = (resource: string | undefined, id: string | undefined, response: http.ServerResponse): void => {
    const key = decodeURIComponent(id ?? '');
    const charged = resource === 'charges' ? books.charges.get(key) : undefined;
    const known = charged ? outcome(charged) : resource === 'refunds' ? books.made.get(key) : undefined;
    if (resource === 'ledger') answer(response, 200, books.ledger());
    else answer(response, known ? 200 : 404, known ?? { status: 'none' });
  };

  const server = http.createServer((request, response) => {
    const key = String(request.headers['idempotency-key'] ?? '');
    const [, resource = '', id] = (request.url ?? '').split('/');
    if (request.method === 'GET') return look(resource, id, response);
    if (request.method !== 'POST' || !key) return answer(response, 400, { error: 'POST with an Idempotency-Key' });
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const body = parse(text);
      if (body) handle(resource, key, body, response);
      else answer(response, 400, { error: 'the body is not JSON' });
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as { port: number };
  return {
    url: `http://${host}:${address.port}`,
    charges: books.charges,
    calls,
    get paidOut() {
      return [...books.made.values()].filter(({ providerRef }) => providerRef.startsWith('po_')).length;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

type Does = (books: SandboxBooks, key: string, body: ChargeBody & { chargeKey: string }) => Made | undefined;
const DO: Record<string, Does> = {
  captures: (books, key, body) => books.capture(key, body),
  voids: (books, key, body) => books.void(key, body),
  refunds: (books, key, body) => books.refund(key, body),
  payouts: (books, key) => books.payOut(key),
};

const parse = (text: string) => {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return undefined;
  }
};

const answer = (response: http.ServerResponse, status: number, body: object): void => {
  if (response.writableEnded || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
};

/** Twice the same event id: the receiver is to act once. */
const callBackTwice = async (url: string, charge: Book, secret: string): Promise<void> => {
  const body = JSON.stringify({
    event_id: `evt_${charge.providerRef}`,
    event_type: 'payment.confirmed',
    payment_id: charge.paymentId,
    order_id: charge.orderId,
    amount: charge.amountCents / 100,
    currency: charge.currency,
    status: 'captured',
    timestamp: new Date().toISOString(),
  });
  for (let times = 0; times < 2; times++) {
    await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Signature': signed(body, secret, new Date()) },
      body,
    }).catch(() => undefined);
  }
};
