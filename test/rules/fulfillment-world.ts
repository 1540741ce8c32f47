/** One fulfilment, its carrier, and all that can befall them: jobs that die before or after the call, callbacks lost, twice and late. */
import type { TrackingReport, TrackingStatus } from '../../models/fulfillment.ts';
import type { BookPayload, ParcelPayload } from '../../models/jobs.ts';
import type { Enqueue } from '../../runtime/decider.ts';
import type { Fulfillment } from '../../services/fulfillment/fulfillment.state.ts';
import { type Given, given, minutesLater } from '../support/given.ts';
import { adasGoods, answered, byHand, fulfillmentRules, nobodyHolds, PARCEL } from './fulfillments.ts';
import { unlawful } from './life-steps.ts';

type Fate = 'ok' | 'answer lost' | 'dies before' | 'dies after';
export type Act =
  | { do: 'say'; name: string; payload: object }
  | { do: 'job'; which: number; fate: Fate }
  | { do: 'move'; which: number }
  | { do: 'call'; which: number; keep: boolean }
  | { do: 'lose'; which: number }
  | { do: 'forget' }
  | { do: 'timer' };

const WAY: readonly TrackingStatus[] = ['picked_up', 'in_transit', 'out_for_delivery', 'delivered'];

interface Parcel {
  key: string;
  status: 'booked' | 'declined' | 'cancelled';
  returns: boolean;
  events: TrackingReport[];
}
type Callback = TrackingReport & { bookingKey: string; trackingNo: string };

export interface Nature {
  auto: boolean;
  declines: boolean;
  returns: boolean;
}

export class FulfillmentWorld {
  readonly parcels = new Map<string, Parcel>();
  readonly said: { type: string; data: Record<string, unknown> }[] = [];
  readonly broken: string[] = [];
  readonly one: Given<Fulfillment, typeof nobodyHolds>;
  readonly #nature: Nature;
  #jobs: Enqueue[] = [];
  #callbacks: Callback[] = [];
  #timer = false;

  constructor(nature: Nature) {
    this.#nature = nature;
    this.one = given(nature.auto ? fulfillmentRules : byHand, { key: PARCEL, facts: nobodyHolds }) as Given<
      Fulfillment,
      typeof nobodyHolds
    >;
    this.#hear('fulfillment.create', adasGoods);
  }

  act(act: Act): void {
    if (act.do === 'say') this.#hear(act.name, act.payload);
    else if (act.do === 'job') this.#work(act.which, act.fate);
    else if (act.do === 'move') this.#move(act.which);
    else if (act.do === 'timer') this.#fire();
    else if (act.do === 'forget') for (const [key, { events }] of this.parcels) events.length === 0 && this.parcels.delete(key);
    else if (this.#callbacks.length > 0) {
      const [callback] = this.#callbacks.splice(act.which % this.#callbacks.length, 1) as [Callback];
      if (act.do === 'lose') return;
      if (act.keep) this.#callbacks.push(callback);
      this.#hear('fulfillment.tracked', callback);
    }
  }

  /** From now on nothing goes wrong but that the callbacks are all lost: does it come to an end by itself? */
  settle(): void {
    this.#callbacks = [];
    for (let rounds = 0; rounds < 200; rounds++) {
      if (this.#jobs.length > 0) this.#work(0, 'ok');
      else if (this.#timer) {
        this.#move(0);
        this.#move(1);
        this.#fire();
      } else return;
    }
    this.broken.push('it does not come to rest');
  }

  /** Parcels that the carrier has, or will bring. */
  get out(): Parcel[] {
    return [...this.parcels.values()].filter(({ status, events }) => status === 'booked' && events.at(-1)?.status !== 'returned');
  }

  #hear(name: string, payload: object): void {
    const before = this.one.state;
    const { decision } = this.one.hears(name, payload);
    this.broken.push(...unlawful('fulfillment', before, decision, this.one.context.rows));
    for (const effect of decision.effects) {
      if (effect.kind === 'publish') this.said.push(effect);
      else if (effect.kind === 'setTimer') this.#timer = true;
      else if (effect.kind === 'cancelTimer') this.#timer = false;
      else if (effect.kind === 'enqueue' && !this.#jobs.some((job) => isSame(job, effect))) this.#jobs.push(effect);
    }
  }

  #fire(): void {
    if (!this.#timer) return;
    this.#timer = false;
    this.#hear('fulfillment.track', {});
  }

  #work(which: number, fate: Fate): void {
    const [job] = this.#jobs.splice(which % Math.max(1, this.#jobs.length), 1);
    if (!job) return;
    const result = fate === 'dies before' ? undefined : this.#call(job);
    // A try whose answer is lost is followed by another, which looks first.
    if (fate === 'answer lost') this.#jobs.push({ ...job, payload: { ...job.payload, again: true } });
    else this.#hear(job.options.reply as string, result && fate === 'ok' ? answered(result) : answered(null, 'dead'));
  }

  #call({ type, payload }: Enqueue): object {
    if (type === 'shipment.book') return this.#book(payload as BookPayload);
    const parcel = this.parcels.get((payload as ParcelPayload).bookingKey);
    if (!parcel || parcel.status === 'declined') return { status: 'none' };
    if (type === 'shipment.track') return parcel.status === 'booked' ? { status: 'known', events: parcel.events } : { status: 'none' };
    if (parcel.events.length > 0) return { status: 'too_late' };
    parcel.status = 'cancelled';
    return { status: 'cancelled' };
  }

  #book({ idempotencyKey: key }: BookPayload): object {
    const { declines, returns } = this.#nature;
    const parcel = this.parcels.get(key) ?? { key, status: declines ? ('declined' as const) : ('booked' as const), returns, events: [] };
    this.parcels.set(key, parcel);
    return parcel.status === 'booked' ? { status: 'booked', trackingNo: `no-${key}` } : { status: 'declined', reason: 'no such place' };
  }

  #move(which: number): void {
    const parcel = [...this.parcels.values()][which % Math.max(1, this.parcels.size)];
    if (parcel?.status !== 'booked' || parcel.events.length >= WAY.length) return;
    const number = parcel.events.length;
    const status = number === WAY.length - 1 && parcel.returns ? 'returned' : (WAY[number] as TrackingStatus);
    const event = { eventId: `${parcel.key}:${number}`, status, at: minutesLater(number).toISOString() };
    parcel.events.push(event);
    this.#callbacks.push({ ...event, bookingKey: parcel.key, trackingNo: `no-${parcel.key}` });
  }
}

const isSame = (job: Enqueue, other: Enqueue): boolean => job.type === other.type && job.options.unique?.key === other.options.unique?.key;
