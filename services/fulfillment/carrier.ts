/**
 * The sandbox carrier: a small HTTP server that books parcels and moves them, and does what the token in an address's first line tells
 * it (`sandbox:slow`, `:fail`, `:timeout`, `:error`, `:lost`, `:return`). Idempotent by Idempotency-Key, as real ones are.
 *
 * POST /bookings · GET /bookings/:key[?trackingNo=] · DELETE /bookings/:key · GET /ledger (what was booked) · GET /health
 */
import http from 'node:http';
import { tell } from './carrier.callbacks.ts';
import { bookedAt, numberOf, pickedUpMs, wayOf } from './carrier.way.ts';

interface Booking {
  status: 'booked' | 'declined' | 'cancelled';
  trackingNo?: string;
  reason?: string;
  reference: string;
}
interface BookingBody {
  reference: string;
  address?: { line1?: string } | null;
  callbackUrl?: string;
}

export interface Carrier {
  url: string;
  /** Bookings by idempotency key. */
  bookings: ReadonlyMap<string, Readonly<Booking>>;
  close(): Promise<void>;
}
export interface CarrierOptions {
  port?: number;
  host?: string;
  secret: string;
  timeScale: number;
}

const SLOW_MS = 5_000;

export const startCarrier = async ({ port = 0, host = '127.0.0.1', secret, timeScale }: CarrierOptions): Promise<Carrier> => {
  const bookings = new Map<string, Booking>();
  const failures = new Map<string, number>();
  const closing = new AbortController();

  const book = (key: string, { reference, address, callbackUrl }: BookingBody, response: http.ServerResponse) => {
    const known = bookings.get(key);
    if (known) return answer(response, known.status === 'declined' ? 422 : 200, outcome(known));
    const token = /sandbox:(\w+)/.exec(address?.line1 ?? '')?.[1];
    const failed = failures.get(key) ?? 0;
    if (token === 'error' && failed < 2) {
      failures.set(key, failed + 1);
      return answer(response, 500, { error: 'the sandbox was told to fail twice' });
    }
    const made: Booking =
      token === 'fail'
        ? { status: 'declined', reason: 'address_not_deliverable', reference }
        : { status: 'booked', trackingNo: numberOf(key, token === 'return', Date.now()), reference };
    bookings.set(key, made);
    const calls = made.trackingNo && callbackUrl && token !== 'lost';
    if (calls)
      void tell({ url: callbackUrl, secret, key, reference, trackingNo: made.trackingNo as string, timeScale, stop: closing.signal });
    if (token === 'timeout') return; // The parcel is booked, and nobody hears of it.
    const respond = (): void => answer(response, made.status === 'booked' ? 200 : 422, outcome(made));
    if (token === 'slow') setTimeout(respond, SLOW_MS).unref();
    else respond();
  };

  /** A tracking number says when it was booked, so that a sandbox that was started anew still knows its parcels. */
  const show = (key: string, given: string | null, response: http.ServerResponse) => {
    const known = bookings.get(key);
    const trackingNo = known?.trackingNo ?? given;
    const way = trackingNo && known?.status !== 'cancelled' ? wayOf(trackingNo, timeScale) : undefined;
    if (!known && !way) return answer(response, 404, { status: 'none' });
    const now = Date.now();
    const events = (way ?? []).filter(({ at }) => new Date(at).getTime() <= now);
    answer(response, 200, { ...(known ? outcome(known) : { status: 'booked', trackingNo }), events });
  };

  const cancel = (key: string, response: http.ServerResponse) => {
    const known = bookings.get(key);
    if (!known?.trackingNo) return answer(response, 404, { status: 'none' });
    if (known.status === 'booked' && Date.now() >= bookedAt(known.trackingNo) + pickedUpMs(timeScale)) {
      return answer(response, 409, { status: 'too_late' });
    }
    known.status = 'cancelled';
    answer(response, 200, { status: 'cancelled' });
  };

  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://carrier');
    const [, resource, id] = url.pathname.split('/');
    const key = id ? decodeURIComponent(id) : String(request.headers['idempotency-key'] ?? '');
    if (resource === 'health') return answer(response, 200, { status: 'pass' });
    if (resource === 'ledger')
      return answer(
        response,
        200,
        [...bookings].map(([k, made]) => ({ key: k, ...made })),
      );
    if (resource !== 'bookings' || !key) return answer(response, 400, { error: 'POST /bookings with an Idempotency-Key' });
    if (request.method === 'GET') return show(key, url.searchParams.get('trackingNo'), response);
    if (request.method === 'DELETE') return cancel(key, response);
    read(request, (body) => (body ? book(key, body, response) : answer(response, 400, { error: 'the body is not JSON' })));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as { port: number }).port}`,
    bookings,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const outcome = ({ status, trackingNo, reason }: Booking) => ({
  status: status === 'cancelled' ? 'none' : status,
  ...(trackingNo ? { trackingNo } : {}),
  ...(reason ? { reason } : {}),
});

const read = (request: http.IncomingMessage, then: (body: BookingBody | undefined) => void): void => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => then(parse(text)));
};

const parse = (text: string): BookingBody | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const answer = (response: http.ServerResponse, status: number, body: object): void => {
  if (response.writableEnded || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
};
