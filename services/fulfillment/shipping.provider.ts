/** The port to a carrier, and its adapter for the sandbox. Calls are made by jobs only. */
import type { z } from 'zod';
import {
  bookingResult,
  type cancelBookingResult,
  type ShippingAddress,
  type TrackingReport,
  trackingResult,
} from '../../models/fulfillment.ts';
import { Hopeless } from '../../runtime/perform.ts';

export interface BookingRequest {
  idempotencyKey: string;
  /** Comes back with each report. */
  reference: string;
  orderNumber: string;
  locationId: string;
  customerId: string;
  /** Without one the carrier delivers to the address that it has of the customer. */
  address: ShippingAddress | null;
  lines: { sku: string; quantity: number }[];
}
export type BookingResult = z.output<typeof bookingResult>;
export type CancelResult = z.output<typeof cancelBookingResult>;
export interface TrackingResult {
  status: 'known' | 'none';
  events: TrackingReport[];
}

export interface ShippingProvider {
  /** One parcel per idempotency key. @throws for an outcome that is not known: look it up */
  book(request: BookingRequest, signal: AbortSignal): Promise<BookingResult>;
  /** What became of a booking; `none` when the carrier never heard of it. */
  lookUp(bookingKey: string, signal: AbortSignal): Promise<BookingResult>;
  /** Calls a booking off; `too_late` when the parcel is picked up. */
  cancel(bookingKey: string, signal: AbortSignal): Promise<CancelResult>;
  /** Where the parcel has been so far. */
  track(bookingKey: string, trackingNo: string | null, signal: AbortSignal): Promise<TrackingResult>;
  /** @throws when the carrier does not answer */
  ping(signal: AbortSignal): Promise<void>;
}

export interface SandboxCarrierOptions {
  url: string;
  callMs: number;
  callbackUrl: string;
}

export const sandboxShipping = ({ url, callMs, callbackUrl }: SandboxCarrierOptions): ShippingProvider => {
  const call = async (method: string, path: string, signal: AbortSignal, body?: object, key?: string) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...(key ? { 'Idempotency-Key': key } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]),
    });
    const text = await response.text();
    return { status: response.status, body: text ? (JSON.parse(text) as unknown) : undefined };
  };
  const at = (bookingKey: string) => `/bookings/${encodeURIComponent(bookingKey)}`;
  const unexpected = (status: number): Error => new Error(`the carrier answered ${status}`);

  return {
    async book({ idempotencyKey, ...request }, signal) {
      const { status, body } = await call('POST', '/bookings', signal, { ...request, callbackUrl }, idempotencyKey);
      if (status === 200 || status === 422) return bookingResult.parse(body);
      if (status >= 400 && status < 500 && status !== 408 && status !== 429)
        throw new Hopeless(`the carrier refused the booking with ${status}`);
      throw unexpected(status);
    },
    async lookUp(bookingKey, signal) {
      const { status, body } = await call('GET', at(bookingKey), signal);
      if (status === 404) return { status: 'none' };
      if (status === 200) return bookingResult.parse(body);
      throw unexpected(status);
    },
    async cancel(bookingKey, signal) {
      const { status } = await call('DELETE', at(bookingKey), signal);
      if (status === 200) return { status: 'cancelled' };
      if (status === 404) return { status: 'none' };
      if (status === 409) return { status: 'too_late' };
      throw unexpected(status);
    },
    async track(bookingKey, trackingNo, signal) {
      const known = trackingNo ? `?trackingNo=${encodeURIComponent(trackingNo)}` : '';
      const { status, body } = await call('GET', `${at(bookingKey)}${known}`, signal);
      if (status === 404) return { status: 'none', events: [] };
      if (status === 200) return { status: 'known', events: trackingResult.parse({ ...(body as object), status: 'known' }).events };
      throw unexpected(status);
    },
    async ping(signal) {
      const { status } = await call('GET', '/health', signal);
      if (status !== 200) throw unexpected(status);
    },
  };
};
