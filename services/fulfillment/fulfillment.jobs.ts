/** What fulfilment's workers do: the calls to the carrier. A handler may run again after a crash, so each begins where the last may have ended. */
import type { BookPayload, ParcelPayload } from '../../models/jobs.ts';
import type { JobContext, JobHandler } from '../../runtime/perform.ts';
import type { BookingResult, ShippingProvider } from './shipping.provider.ts';

export const fulfillmentJobs = (provider: () => ShippingProvider): JobHandler[] => [
  { type: 'shipment.book', run: (payload, context) => book(provider(), payload as BookPayload, context) },
  { type: 'shipment.cancel', run: (payload, { signal }) => provider().cancel((payload as ParcelPayload).bookingKey, signal) },
  { type: 'shipment.track', run: (payload, context) => track(provider(), payload as ParcelPayload, context) },
];

/** An earlier try may have booked the parcel and lost the answer: look first, under the same key. */
const book = async (provider: ShippingProvider, payload: BookPayload, { attempt, signal }: JobContext): Promise<BookingResult> => {
  const { fulfillmentId, again, ...request } = payload;
  if (attempt > 1 || again) {
    const known = await provider.lookUp(payload.idempotencyKey, signal);
    if (known.status !== 'none') return known;
  }
  return provider.book({ ...request, reference: fulfillmentId }, signal);
};

const track = (provider: ShippingProvider, { bookingKey, trackingNo }: ParcelPayload, { signal }: JobContext) =>
  provider.track(bookingKey, trackingNo, signal);
