/** The sandbox carrier's signed callbacks: each report of a parcel when its time has come, tried again a few times as real ones are. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TrackingReport } from '../../models/fulfillment.ts';
import { signed } from '../webhook.ts';
import { wayOf } from './carrier.way.ts';

export interface Callbacks {
  url: string;
  secret: string;
  key: string;
  reference: string;
  trackingNo: string;
  timeScale: number;
  stop: AbortSignal;
}

const TRIES = 3;
const RETRY_MS = 500;

/** In the order of their times: a slow receiver delays what follows. Never throws. */
export const tell = async (callbacks: Callbacks): Promise<void> => {
  try {
    for (const report of wayOf(callbacks.trackingNo, callbacks.timeScale) ?? []) {
      await pause(Math.max(0, new Date(report.at).getTime() - Date.now()), undefined, { ref: false, signal: callbacks.stop });
      await deliver(callbacks, report);
    }
  } catch {
    // The sandbox is closed: whoever asks for the parcel finds it by its number.
  }
};

const deliver = async ({ url, secret, key, reference, trackingNo, stop }: Callbacks, report: TrackingReport): Promise<void> => {
  const { eventId, ...rest } = report;
  const body = JSON.stringify({ event_id: eventId, reference, booking_key: key, tracking_no: trackingNo, ...rest });
  for (let tries = 1; tries <= TRIES; tries++) {
    const headers = { 'Content-Type': 'application/json', 'X-Signature': signed(body, secret, new Date()) };
    const sent = await fetch(url, { method: 'POST', headers, body, signal: stop }).catch(() => undefined);
    if (sent?.ok) return;
    await pause(RETRY_MS * tries, undefined, { ref: false, signal: stop });
  }
};
