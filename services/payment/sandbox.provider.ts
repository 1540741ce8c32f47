/** The adapter for the sandbox (sandbox.ts), and for anything that speaks as it does. */
import http from 'node:http';
import https from 'node:https';
import { Hopeless } from '../../runtime/perform.ts';
import type { ChargeResult, OnCharge, PaymentProvider, RefundResult } from './payment.provider.ts';

export interface SandboxOptions {
  url: string;
  callMs: number;
  callbackUrl: string;
}

interface Answer {
  status: number;
  body: unknown;
}

export const sandboxProvider = ({ url, callMs, callbackUrl }: SandboxOptions): PaymentProvider => {
  const { protocol, hostname, port } = new URL(url);
  const transport = protocol === 'https:' ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: 256 });

  // node:http rather than fetch: a quarter of the time per call, and this is the one call every order makes.
  const call = (method: string, path: string, signal: AbortSignal, body?: object, key?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const text = body ? JSON.stringify(body) : '';
      const headers: http.OutgoingHttpHeaders = { 'Content-Length': Buffer.byteLength(text) };
      if (text) headers['Content-Type'] = 'application/json';
      if (key) headers['Idempotency-Key'] = key;
      const request = transport.request({ hostname, port, path, method, agent, headers }, (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          answer += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          clearTimeout(late);
          signal.removeEventListener('abort', stop);
          resolve({ status: response.statusCode ?? 0, body: parse(answer) });
        });
      });
      const stop = (): void => void request.destroy(signal.reason as Error);
      const late = setTimeout(() => request.destroy(new Error(`the provider did not answer within ${callMs} ms`)), callMs);
      signal.addEventListener('abort', stop, { once: true });
      request.on('error', (error) => {
        clearTimeout(late);
        signal.removeEventListener('abort', stop);
        reject(error);
      });
      request.end(text);
    });

  const post = (path: string, request: OnCharge, signal: AbortSignal): Promise<Answer> => {
    const { idempotencyKey, chargeKey, paymentId, amountCents } = request;
    return call('POST', path, signal, { chargeKey, paymentId, amountCents }, idempotencyKey);
  };
  const refundOf = async (path: string, request: OnCharge, signal: AbortSignal): Promise<RefundResult> =>
    taken<RefundResult>(await post(path, request, signal), 'refund');

  return {
    name: 'sandbox',
    async charge({ idempotencyKey, ...bill }, signal) {
      return taken<ChargeResult>(await call('POST', '/charges', signal, { ...bill, callbackUrl }, idempotencyKey), 'charge');
    },
    async lookUp({ chargeKey }, signal) {
      return known<ChargeResult>(await call('GET', `/charges/${encodeURIComponent(chargeKey)}`, signal));
    },
    capture: async (request, signal) => taken<ChargeResult>(await post('/captures', request, signal), 'capture'),
    void: async (request, signal) => taken<RefundResult>(await post('/voids', request, signal), 'void'),
    refund: (request, signal) => refundOf('/refunds', request, signal),
    payOut: (request, signal) => refundOf('/payouts', request, signal),
    async lookUpRefund({ idempotencyKey }, signal) {
      return known<RefundResult>(await call('GET', `/refunds/${encodeURIComponent(idempotencyKey)}`, signal));
    },
    close: () => agent.destroy(),
  };
};

/** @throws Hopeless for an answer that no repeat will change */
const taken = <Result>({ status, body }: Answer, what: string): Result => {
  if (status === 200 || status === 402) return body as Result;
  if (status === 404) return { status: 'none' } as Result;
  if (status >= 400 && status < 500 && status !== 429) throw new Hopeless(`the provider refused the ${what} with ${status}`);
  throw new Error(`the provider answered ${status}`);
};

const known = <Result>({ status, body }: Answer): Result => {
  if (status === 404) return { status: 'none' } as Result;
  if (status === 200) return body as Result;
  throw new Error(`the provider answered ${status}`);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};
