/** The port to a payment provider, and its adapter for the sandbox. Calls are made by jobs only. */
import http from 'node:http';
import https from 'node:https';
import { Hopeless } from '../../runtime/perform.ts';

export interface ChargeRequest {
  idempotencyKey: string;
  paymentId: string;
  orderId: string;
  amountCents: number;
  currency: string;
  token: string;
}
export interface ChargeResult {
  status: 'captured' | 'declined' | 'none';
  providerRef?: string;
  reason?: string;
}
export interface RefundResult {
  status: 'refunded' | 'none';
  providerRef?: string;
}

export interface PaymentProvider {
  /** Takes the money once per idempotency key. @throws for an outcome that is not known: look it up */
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeResult>;
  /** What became of a charge; `none` when the provider never heard of it. */
  lookUp(idempotencyKey: string, signal: AbortSignal): Promise<ChargeResult>;
  /** Gives back what a charge took; `none` when it took nothing. */
  refund(request: { idempotencyKey: string; chargeKey: string; amountCents: number }, signal: AbortSignal): Promise<RefundResult>;
  close(): void;
}

export interface SandboxOptions {
  url: string;
  callMs: number;
  callbackUrl: string;
}

export const sandboxProvider = ({ url, callMs, callbackUrl }: SandboxOptions): PaymentProvider => {
  const { protocol, hostname, port } = new URL(url);
  const transport = protocol === 'https:' ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: 256 });

  // node:http rather than fetch: a quarter of the time per call, and this is the one call every order makes.
  const call = (
    method: string,
    path: string,
    signal: AbortSignal,
    body?: object,
    key?: string,
  ): Promise<{ status: number; body: unknown }> =>
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

  return {
    async charge({ idempotencyKey, ...bill }, signal) {
      const { status, body } = await call('POST', '/charges', signal, { ...bill, callbackUrl }, idempotencyKey);
      if (status === 200 || status === 402) return body as ChargeResult;
      if (status >= 400 && status < 500) throw new Hopeless(`the provider refused the charge with ${status}`);
      throw new Error(`the provider answered ${status}`);
    },
    async lookUp(idempotencyKey, signal) {
      const { status, body } = await call('GET', `/charges/${encodeURIComponent(idempotencyKey)}`, signal);
      if (status === 404) return { status: 'none' };
      if (status === 200) return body as ChargeResult;
      throw new Error(`the provider answered ${status}`);
    },
    async refund({ idempotencyKey, ...request }, signal) {
      const { status, body } = await call('POST', '/refunds', signal, request, idempotencyKey);
      if (status === 404) return { status: 'none' };
      if (status === 200) return body as RefundResult;
      throw new Error(`the provider answered ${status}`);
    },
    close: () => agent.destroy(),
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};
