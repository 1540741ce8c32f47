/** How a fulfilment follows its parcel: reports come from callbacks and from polls, twice, late, and out of their order. */
import type { TrackingReport, TrackingStatus } from '../../models/fulfillment.ts';
import { cancelTimer, type Effect, publish, write } from '../../runtime/decider.ts';
import { also, bookingKey, changed, type Fulfillment, facts, parcel, stepped, type Tracking, type Way } from './fulfillment.state.ts';
import { exception } from './shipping.effects.ts';

/** @param report one that was not heard before, of the present booking */
export const follow = (way: Way, report: TrackingReport): Way => {
  const heard = also(way, ...recorded(way.fulfillment, report));
  const { fulfillment } = heard;
  if (fulfillment.status === 'cancelled')
    return also(heard, exception(fulfillment, `the carrier says ${report.status} of a cancelled fulfilment`));
  if (!travels(fulfillment)) return heard;
  const underWay = fulfillment.status === 'shipped' ? heard : pickedUp(heard, report);
  if (report.status === 'delivered') return delivered(underWay, report);
  if (report.status === 'returned') return returned(underWay, report);
  return underWay;
};

/** A delivery or a return is final; a booking that nobody heard of, or that seemed lost, may travel after all. */
const travels = ({ status, shipmentStatus }: Fulfillment): boolean =>
  status === 'ready' || status === 'shipped' || (status === 'failed' && (shipmentStatus === 'unknown' || shipmentStatus === 'lost'));

const recorded = (fulfillment: Fulfillment, { eventId, status, at, location, note }: TrackingReport): Effect[] => {
  const row: Tracking = { bookingKey: bookingKey(fulfillment), status, at, location: location ?? null, note: note ?? null };
  const { carrier, trackingNo } = fulfillment;
  return [
    write('tracking', eventId, row),
    publish('shipment.tracking.updated', { ...facts(fulfillment), carrier, trackingNo, status, at, ...(location ? { location } : {}) }),
  ];
};

/** Any sign of it under way: the pick-up itself may have been missed. */
const pickedUp = (way: Way, { at }: TrackingReport): Way => {
  const shipped = stepped(parcel(way, 'in_transit'), 'shipped', { shippedAt: at });
  const { carrier, trackingNo } = shipped.fulfillment;
  return also(shipped, publish('order.shipped', { ...facts(shipped.fulfillment), carrier, trackingNo: trackingNo ?? '', shippedAt: at }));
};

const delivered = (way: Way, { at }: TrackingReport): Way => {
  const there = stepped(parcel(way, 'delivered'), 'delivered', { deliveredAt: at });
  return also(there, publish('order.delivered', { ...facts(there.fulfillment), deliveredAt: at }), cancelTimer('fulfillment.track'));
};

const returned = (way: Way, { note }: TrackingReport): Way => {
  const reason = note ?? 'the carrier could not deliver it';
  return also(stepped(parcel(way, 'returned', { reason }), 'failed', { reason }), cancelTimer('fulfillment.track'));
};

/** The carrier does not know the parcel: nothing more will be heard of it. */
export const lost = (way: Way): Way => {
  const reason = 'the carrier does not know the parcel';
  return stepped(parcel(way, 'lost', { reason }), 'failed', { reason });
};

/** A report may come before the booking's own answer, and brings the number that would have come with it. */
export const named = (way: Way, trackingNo: string): Way => (way.fulfillment.trackingNo ? way : changed(way, { trackingNo }));

const ORDER: readonly TrackingStatus[] = ['picked_up', 'in_transit', 'out_for_delivery', 'returned', 'delivered'];
export const inOrder = (reports: readonly TrackingReport[]): TrackingReport[] =>
  [...reports].sort((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status));
