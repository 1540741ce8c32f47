/** What a fulfilment has its carrier do: each by a job, under a key that is stored before the call. */
import { type Context, type Effect, enqueue, publish, setTimer } from '../../runtime/decider.ts';
import { also, bookingKey, type Fulfillment, type FulfillmentSettings, facts, parcel, type Way } from './fulfillment.state.ts';

/** @param again the present key was used, and nobody knows what came of it: it is looked up, and used again */
export const book = (way: Way, again = false): Way => {
  const { fulfillment } = way;
  const bookings = again ? fulfillment.bookings : fulfillment.bookings + 1;
  const asked = parcel({ ...way, fulfillment: { ...fulfillment, bookings, trackingNo: null } }, 'asked');
  return also(asked, shippingRequested(asked.fulfillment), bookJob(asked.fulfillment, again));
};

const shippingRequested = (fulfillment: Fulfillment): Effect =>
  publish('order.shipping.requested', {
    ...facts(fulfillment),
    orderNumber: fulfillment.orderNumber,
    locationId: fulfillment.locationId,
    carrier: fulfillment.carrier,
    lines: fulfillment.lines,
  });

const bookJob = (fulfillment: Fulfillment, again: boolean): Effect => {
  const { id, orderNumber, locationId, customerId, address, lines } = fulfillment;
  const idempotencyKey = bookingKey(fulfillment);
  return enqueue(
    'shipment.book',
    { fulfillmentId: id, orderNumber, locationId, customerId, address, lines, idempotencyKey, again },
    { reply: 'fulfillment.book-answered', unique: { key: idempotencyKey, while: 'unfinished' } },
  );
};

/** Calls the present booking off, whether or not anybody heard that it was made. */
export const callOff = (fulfillment: Fulfillment): Effect => {
  const key = bookingKey(fulfillment);
  return enqueue('shipment.cancel', ofParcel(fulfillment), {
    reply: 'fulfillment.cancel-answered',
    unique: { key, while: 'unfinished' },
  });
};

export const askForIt = (fulfillment: Fulfillment): Effect =>
  enqueue('shipment.track', ofParcel(fulfillment), {
    reply: 'fulfillment.track-answered',
    unique: { key: bookingKey(fulfillment), while: 'unfinished' },
  });

const ofParcel = (fulfillment: Fulfillment) => ({
  fulfillmentId: fulfillment.id,
  bookingKey: bookingKey(fulfillment),
  trackingNo: fulfillment.trackingNo,
});

/** Lost callbacks delay and never lose: until it has arrived, the carrier is asked. Spread, so that a batch does not ask as one. */
export const askLater = ({ pollMs }: FulfillmentSettings, { now, random }: Context<unknown>): Effect =>
  setTimer('fulfillment.track', new Date(now.getTime() + pollMs * (0.8 + 0.4 * random())), {});

/** Something that no rule can mend: for people, in the order's history. */
export const exception = (fulfillment: Fulfillment, what: string): Effect =>
  publish('order.exception', { ...facts(fulfillment), status: fulfillment.status, what });
