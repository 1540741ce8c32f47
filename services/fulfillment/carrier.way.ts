/** A sandbox parcel's way, read off its tracking number: when it was booked, and whether it comes back. */
import { createHash } from 'node:crypto';
import type { TrackingReport, TrackingStatus } from '../../models/fulfillment.ts';

const STEP_MS = 1_000;
const WAYS: Record<string, readonly TrackingStatus[]> = {
  D: ['picked_up', 'in_transit', 'out_for_delivery', 'delivered'],
  R: ['picked_up', 'in_transit', 'out_for_delivery', 'returned'],
};
const PLACES: Partial<Record<TrackingStatus, string>> = { picked_up: 'depot', in_transit: 'hub', out_for_delivery: 'van' };

export const numberOf = (key: string, returns: boolean, now: number): string => {
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 8).toUpperCase();
  return `SB-${returns ? 'R' : 'D'}-${now.toString(36).toUpperCase()}-${digest}`;
};

const NUMBER = /^SB-([DR])-([0-9A-Z]{6,10})-[0-9A-F]{8}$/;

export const bookedAt = (trackingNo: string): number => Number.parseInt(NUMBER.exec(trackingNo)?.[2] ?? '0', 36);

export const pickedUpMs = (timeScale: number): number => STEP_MS * timeScale;

/** All that will be reported of it, with its times; undefined for a number that is not the sandbox's. */
export const wayOf = (trackingNo: string, timeScale: number): TrackingReport[] | undefined => {
  const way = WAYS[NUMBER.exec(trackingNo)?.[1] ?? ''];
  return way?.map((status, index) => ({
    eventId: `${trackingNo}:${index + 1}`,
    status,
    // One thing after the other, even where all of it is at once.
    at: new Date(bookedAt(trackingNo) + Math.round((index + 1) * STEP_MS * timeScale) + (timeScale === 0 ? index : 0)).toISOString(),
    ...(PLACES[status] ? { location: PLACES[status] } : {}),
    ...(status === 'returned' ? { note: 'nobody took it' } : {}),
  }));
};
