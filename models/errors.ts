/** Every "no" of the system in one table: code → what it says, and the HTTP status it is answered with. */

export interface ErrorWords {
  title: string;
  status: number;
}

export const errors = {
  'request.invalid': { title: 'The request has values that cannot be taken', status: 422 },
  'request.malformed': { title: 'The body is not JSON', status: 400 },
  'request.too-large': { title: 'The body is too large', status: 413 },
  'request.media-type': { title: 'The body must be application/json', status: 415 },
  'route.unknown': { title: 'There is nothing at this address', status: 404 },
  'resource.not-found': { title: 'There is no such thing', status: 404 },
  'resource.exists': { title: 'It is there already', status: 409 },
  'resource.changed': { title: 'It was changed since it was read', status: 412 },
  'idempotency.key-reused': { title: 'The Idempotency-Key was used for another request', status: 422 },
  'idempotency.still-running': { title: 'The first request with this Idempotency-Key is still running', status: 409 },
  'service.overloaded': { title: 'Too much waits to be stored: try again shortly', status: 503 },
  'service.unavailable': { title: 'A part of the system is away: try again shortly', status: 503 },
  'service.failed': { title: 'Something went wrong here', status: 500 },
  'actor.waiting': { title: 'It waits behind a message that failed: see the dead letters', status: 503 },
  'webhook.signature': { title: 'The signature does not fit the body', status: 401 },
  'webhook.stale': { title: 'The signature is older than five minutes', status: 401 },

  'order.not-found': { title: 'There is no such order', status: 404 },
  'order.already-delivered': { title: 'The order is delivered: it can be returned, not cancelled', status: 409 },
  'order.already-completed': { title: 'The order is completed', status: 409 },
  'order.already-cancelled': { title: 'The order is cancelled', status: 409 },
  'order.already-failed': { title: 'The order has failed', status: 409 },
  'order.unknown-sku': { title: 'The catalogue has no such product', status: 422 },
  'order.unknown-plant': { title: 'There is no such plant', status: 422 },
  'order.mixed-currencies': { title: 'The products are priced in different currencies', status: 422 },
  'order.too-large': { title: 'The order is worth more than one payment can be', status: 422 },
  'order.timeout': { title: 'The order was not paid in time', status: 409 },
  'order.cancelled-by-customer': { title: 'The order was cancelled', status: 409 },

  'inventory.short': { title: 'There is not enough in stock', status: 409 },
  'inventory.unknown-stock': { title: 'The product is not stocked at this location', status: 404 },
  'inventory.below-zero': { title: 'The stock would fall below zero', status: 409 },
  'inventory.reservation-lapsed': { title: 'The reservation is no longer held', status: 409 },

  'payment.declined': { title: 'The payment was declined', status: 409 },
  'payment.provider-failed': { title: 'The payment provider could not be reached', status: 409 },
  'payment.not-found': { title: 'There is no such payment', status: 404 },
  'payment.not-captured': { title: 'The payment holds no money to give back', status: 409 },

  'truck.not-found': { title: 'There is no such truck', status: 404 },
  'truck.busy': { title: 'The truck is on its way', status: 409 },
  'truck.in-service': { title: 'The truck is in service', status: 409 },
  'truck.out-of-service': { title: 'The truck is out of service', status: 409 },
  'plant.not-found': { title: 'There is no such plant', status: 404 },
} as const satisfies Record<string, ErrorWords>;

export type ErrorCode = keyof typeof errors;

export const wordsFor = (code: string): ErrorWords => (errors as Record<string, ErrorWords>)[code] ?? errors['service.failed'];

/** A refusal on its way through the mesh: branch on `type`, since only core errors keep their class between nodes. */
export class Refused extends Error {
  readonly type: string;
  readonly code: number;
  readonly data: Record<string, unknown>;
  /** Moleculer must not try again: a rule said no. */
  readonly retryable = false;

  constructor(code: ErrorCode | (string & {}), data: Record<string, unknown> = {}) {
    const words = wordsFor(code);
    super(words.title);
    this.name = 'Refused';
    this.type = code;
    this.code = words.status;
    this.data = data;
  }
}

/** One wrong field: a JSON pointer and what is wrong there. */
export interface FieldError {
  pointer: string;
  detail: string;
}

export const invalid = (fields: FieldError[]): Refused => new Refused('request.invalid', { errors: fields });
