/**
 * The sandbox provider: a small HTTP server that takes charges, and does what a payment's token tells it: decline, be slow,
 * charge and never answer, fail twice, answer and call back twice. Idempotent by Idempotency-Key, as real ones are.
 *
 * POST /charges · GET /charges/:key · POST /refunds · GET /ledger (what was taken and given back, by payment)
 */
import http from 'node:http';
import { newId } from '../../runtime/ids.ts';
import { signWebhook } from './webhook.ts';

interface Charge {
  status: 'captured' | 'declined';
  providerRef: string;
  reason?: string;
  paymentId: string;
  orderId: string;
  amountCents: number;
  currency: string;
  refunded: boolean;
}

interface ChargeBody {
  paymentId: string;
  orderId: string;
  amountCents: number;
  currency: string;
  token: string;
  callbackUrl?: string;
}

export interface Sandbox {
  url: string;
  /** Charges by idempotency key. */
  charges: ReadonlyMap<string, Readonly<Charge>>;
  close(): Promise<void>;
}

const SLOW_MS = 5_000;

export const startSandbox = async ({
  port = 0,
  host = '127.0.0.1',
  secret,
}: {
  port?: number;
  host?: string;
  secret: string;
}): Promise<Sandbox> => {
  const charges = new Map<string, Charge>();
  const refunds = new Map<string, { status: 'refunded'; providerRef: string }>();
  const failures = new Map<string, number>();

  const charge = (key: string, body: ChargeBody, response: http.ServerResponse) => {
    const known = charges.get(key);
    if (known) return answer(response, known.status === 'captured' ? 200 : 402, outcome(known));
    if (body.token === 'tok_error') {
      const failed = (failures.get(key) ?? 0) + 1;
      failures.set(key, failed);
      if (failed <= 2) return answer(response, 500, { error: 'the sandbox was told to fail twice' });
    }
    const { paymentId, orderId, amountCents, currency, token } = body;
    const declined = token === 'tok_declined';
    const made: Charge = {
      status: declined ? 'declined' : 'captured',
      providerRef: `ch_${newId()}`,
      ...(declined ? { reason: 'card_declined' } : {}),
      paymentId,
      orderId,
      amountCents,
      currency,
      refunded: false,
    };
    charges.set(key, made);
    if (token === 'tok_timeout') return; // The money is taken, and nobody hears of it.
    const respond = (): void => answer(response, declined ? 402 : 200, outcome(made));
    if (token === 'tok_slow') setTimeout(respond, SLOW_MS).unref();
    else respond();
    if (token === 'tok_twice' && body.callbackUrl) void callBackTwice(body.callbackUrl, made, secret);
  };

  const refund = (key: string, body: { chargeKey: string; amountCents: number }, response: http.ServerResponse) => {
    const known = refunds.get(key);
    if (known) return answer(response, 200, known);
    const taken = charges.get(body.chargeKey);
    if (taken?.status !== 'captured' || taken.refunded) return answer(response, 404, { status: 'none' });
    taken.refunded = true;
    const made = { status: 'refunded' as const, providerRef: `re_${newId()}` };
    refunds.set(key, made);
    answer(response, 200, made);
  };

  const server = http.createServer((request, response) => {
    const key = String(request.headers['idempotency-key'] ?? '');
    const [, resource, id] = (request.url ?? '').split('/');
    if (request.method === 'GET' && resource === 'charges' && id) {
      const known = charges.get(decodeURIComponent(id));
      return answer(response, known ? 200 : 404, known ? outcome(known) : { status: 'none' });
    }
    if (request.method === 'GET' && resource === 'ledger')
      return answer(
        response,
        200,
        [...charges].map(([k, made]) => ({ key: k, ...made })),
      );
    if (request.method !== 'POST' || !key) return answer(response, 400, { error: 'POST with an Idempotency-Key' });
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const body = parse(text);
      if (!body) return answer(response, 400, { error: 'the body is not JSON' });
      if (resource === 'charges') charge(key, body, response);
      else if (resource === 'refunds') refund(key, body, response);
      else answer(response, 404, {});
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
    charges,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const parse = (text: string) => {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return undefined;
  }
};

const outcome = ({ status, providerRef, reason }: Charge) => ({ status, providerRef, ...(reason ? { reason } : {}) });

const answer = (response: http.ServerResponse, status: number, body: object): void => {
  if (response.writableEnded || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
};

/** Twice the same event id: the receiver is to act once. */
const callBackTwice = async (url: string, charge: Charge, secret: string): Promise<void> => {
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
      headers: { 'Content-Type': 'application/json', 'X-Signature': signWebhook(body, secret, new Date()) },
      body,
    }).catch(() => undefined);
  }
};
