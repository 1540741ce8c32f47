/** The carrier, with its moods: it books, declines, loses answers and parcels, brings them back; and tells of it once, twice or never. */
import type { TrackingReport, TrackingStatus } from '../../models/fulfillment.ts';
import { Outsider } from './outsider.ts';
import type { Job } from './world.ts';

export const parcelMoods = ['delivers', 'delivers', 'declines', 'loses the answer', 'is down', 'returns', 'forgets'] as const;
export type ParcelMood = (typeof parcelMoods)[number];

const WAY: readonly TrackingStatus[] = ['picked_up', 'in_transit', 'out_for_delivery', 'delivered'];

interface Parcel {
  key: string;
  fulfillmentId: string;
  orderNumber: string;
  status: 'booked' | 'declined' | 'cancelled' | 'forgotten';
  mood: ParcelMood;
  events: TrackingReport[];
}
interface Call {
  fulfillmentId: string;
  orderNumber: string;
  address: { line1: ParcelMood } | null;
  idempotencyKey: string;
  bookingKey: string;
}

export class Carrier extends Outsider {
  readonly parcels = new Map<string, Parcel>();

  /** One call: what a worker would do. The first line of the address says the mood. */
  run({ type, payload, reply }: Job): void {
    const call = payload as unknown as Call;
    const result = type === 'shipment.book' ? this.#book(call) : this.#ask(type, call.bookingKey);
    const outcome = result ? 'completed' : 'dead';
    this.world.tell({ ...reply, payload: { jobId: '1', outcome, result, error: result ? null : 'no answer' } });
  }

  #book({ idempotencyKey: key, fulfillmentId, orderNumber, address }: Call): object | null {
    const mood = address?.line1 ?? 'delivers';
    if (mood === 'is down') return null;
    const known = this.parcels.get(key);
    const status = mood === 'declines' ? ('declined' as const) : ('booked' as const);
    const parcel = known ?? { key, fulfillmentId, orderNumber, status, mood, events: [] };
    this.parcels.set(key, parcel);
    if (!known && parcel.status === 'booked') for (const _ of WAY) this.later(() => this.#move(parcel));
    if (parcel.status === 'declined') return { status: 'declined', reason: 'no such place' };
    return mood === 'loses the answer' && !known ? null : { status: 'booked', trackingNo: `no-${key}` };
  }

  #ask(type: string, key: string): object | null {
    const parcel = this.parcels.get(key);
    if (!parcel || parcel.status === 'declined' || parcel.status === 'forgotten') return { status: 'none' };
    if (type === 'shipment.track') return parcel.status === 'booked' ? { status: 'known', events: parcel.events } : { status: 'none' };
    if (parcel.events.length > 0) return { status: 'too_late' };
    parcel.status = 'cancelled';
    return { status: 'cancelled' };
  }

  #move(parcel: Parcel): void {
    if (parcel.status !== 'booked') return;
    const number = parcel.events.length;
    if (parcel.mood === 'forgets' && number === 1) {
      parcel.status = 'forgotten';
      return;
    }
    const status = number === WAY.length - 1 && parcel.mood === 'returns' ? 'returned' : (WAY[number] as TrackingStatus);
    const event = { eventId: `${parcel.key}:${number}`, status, at: this.world.now.toISOString() };
    parcel.events.push(event);
    const call = (): void => {
      const payload = { ...event, bookingKey: parcel.key, trackingNo: `no-${parcel.key}` };
      this.world.tell({ actor: 'fulfillment', key: parcel.fulfillmentId, name: 'fulfillment.tracked', payload });
    };
    const luck = this.luck();
    if (luck > 0.3) this.later(call);
    if (luck > 0.8) this.later(call);
  }
}
