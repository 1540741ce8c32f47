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
  'webhook.early': { title: 'The signature is more than five minutes ahead of our clock', status: 401 },

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
  'order.not-cod': { title: 'Only an order to be paid on delivery is confirmed by hand', status: 409 },
  'order.already-confirmed': { title: 'The order is confirmed', status: 409 },
  'order.already-shipped': { title: 'The order is on its way: it can be returned when it has come, not cancelled', status: 409 },
  'order.stock-not-held': { title: 'The stock of the order is not held yet: confirm it when it is, or prove its delivery', status: 409 },
  'order.item-not-found': { title: 'The order has no such item', status: 404 },
  'order.item-too-many': { title: 'More is cancelled than there is left of the item', status: 409 },
  'order.hold-not-found': { title: 'The order has no such hold', status: 404 },
  'order.payment-not-failed': { title: 'Only a payment that failed can be tried again', status: 409 },
  'order.retry-under-way': { title: 'The payment is being tried again already', status: 409 },
  'order.cancelled-by-customer': { title: 'The order was cancelled', status: 409 },

  'inventory.short': { title: 'There is not enough in stock', status: 409 },
  'inventory.unknown-stock': { title: 'The product is not stocked at this location', status: 404 },
  'inventory.below-zero': { title: 'The stock would fall below zero', status: 409 },
  'inventory.reservation-lapsed': { title: 'The reservation is no longer held', status: 409 },

  'payment.declined': { title: 'The payment was declined', status: 409 },
  'payment.provider-failed': { title: 'The payment provider could not be reached', status: 409 },
  'payment.not-found': { title: 'There is no such payment', status: 404 },
  'payment.expired': { title: 'The payment did not come in time', status: 409 },
  'payment.refund-too-large': { title: 'The refund is more than what is left of the payment', status: 409 },
  'payment.nothing-stuck': { title: 'The payment has no call that was given up', status: 409 },
  'payment.not-due': { title: 'No cash is due for this payment', status: 409 },
  'payment.not-collected': { title: 'The cash of this payment is not collected', status: 409 },
  'payment.amount-differs': { title: 'The cash is not what is due', status: 409 },
  'payment.not-captured': { title: 'The payment holds no money to give back', status: 409 },
  'payment.reference-differs': { title: 'The cash was paid in under another reference', status: 409 },
  'payment.cash-due': { title: 'Cash is due for what was sent back: say there that it was paid out', status: 409 },

  'session.not-found': { title: 'There is no such session, or it is over', status: 404 },
  'cart.not-found': { title: 'There is no such cart', status: 404 },
  'cart.empty': { title: 'There is nothing in the cart', status: 409 },
  'cart.full': { title: 'The cart holds as many lines as an order can have', status: 409 },
  'cart.checkout': { title: 'The cart is being checked out', status: 409 },
  'cart.converted': { title: 'The cart was made an order', status: 409 },

  'fulfillment.not-found': { title: 'There is no such fulfilment', status: 404 },
  'fulfillment.already-shipped': { title: 'The carrier has the parcel: it can be returned, not cancelled', status: 409 },
  'fulfillment.not-failed': { title: 'Only a fulfilment that failed can be booked anew', status: 409 },
  'fulfillment.wrong-step': { title: 'The fulfilment is not at the step before this one', status: 409 },

  'order.partly-delivered': { title: 'A part of the order is delivered: call off the rest of its items', status: 409 },
  'order.not-delivered': { title: 'The order is not delivered', status: 409 },
  'return.not-found': { title: 'There is no such return', status: 404 },
  'return.wrong-status': { title: 'The return is not at a point where this can be done', status: 409 },
  'return.not-booked': { title: 'The order has not answered yet whether this can be sent back', status: 409 },
  'return.lapsed': { title: 'The request was withdrawn: make a new one', status: 409 },
  'return.too-many': { title: 'More is sent back than there is to send back', status: 409 },
  'return.window-passed': { title: 'The time to send back is over', status: 409 },
  'return.unknown-item': { title: 'This item is not among what is sent back', status: 422 },
  'exchange.not-found': { title: 'There is no such exchange', status: 404 },
  'exchange.wrong-status': { title: 'The exchange is not at a point where this can be done', status: 409 },
  'exchange.not-booked': { title: 'The order has not answered yet whether this can be sent back', status: 409 },
  'exchange.incomplete': { title: 'Less came back than is exchanged: make it a return', status: 409 },
  'exchange.nothing-to-retry': { title: 'Nothing of the exchange waits to be tried again', status: 409 },
  'exchange.on-its-way': { title: 'The replacement is on its way', status: 409 },

  'truck.not-found': { title: 'There is no such truck', status: 404 },
  'truck.busy': { title: 'The truck is not free', status: 409 },
  'truck.in-service': { title: 'The truck is in service', status: 409 },
  'truck.out-of-service': { title: 'The truck is out of service', status: 409 },
  'truck.under-way': { title: 'The truck has left the plant', status: 409 },
  'truck.out-of-order': { title: 'This is not the truck’s next phase: a supervisor may force it, with a reason', status: 409 },
  'truck.no-materials': { title: 'The materials of its load are still being drawn', status: 409 },
  'load.not-found': { title: 'There is no such load', status: 404 },
  'load.not-at-site': { title: 'The load is not at its site', status: 409 },
  'dispatch.not-waiting': { title: 'The order waits for no truck', status: 409 },
  'dispatch.all-assigned': { title: 'All of the order is on trucks already', status: 409 },
  'dispatch.not-assigned': { title: 'The order is on no truck', status: 409 },
  'dispatch.unsuited': { title: 'The truck does not suit the order: with force and a reason it may go all the same', status: 409 },
  'dispatch.other-plant': { title: 'The two orders are with different plants', status: 409 },
  'plant.broken-down': { title: 'The plant has broken down already', status: 409 },
  'plant.in-order': { title: 'The plant is in order', status: 409 },
  'driver.not-found': { title: 'There is no such driver', status: 404 },
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
