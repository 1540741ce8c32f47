/** One truck's way from its plant to the site and back: what each phase changes, and what is said of it under the documents' names. */
import type { TruckStatus } from '../../models/truck.ts';
import { cancelTimer, done, type Effect, publish, setTimer } from '../../runtime/decider.ts';
import type { Decided, Deciding, Truck } from './truck.state.ts';
import { phaseMs, type Timed, timed } from './truck.times.ts';

/** Gathers what one step of a trip changes and says. */
export class Trip {
  #truck: Truck;
  readonly #context: Deciding;
  readonly #effects: Effect[] = [];
  /** When what is reported happened; now, for the clock. */
  readonly #at: string;

  constructor(truck: Truck, context: Deciding, at?: string) {
    this.#truck = truck;
    this.#context = context;
    this.#at = at ?? context.now.toISOString();
  }

  get truck(): Truck {
    return this.#truck;
  }

  /** The phase after this one, with all that is to be said of the step. */
  onward(poured?: number): this {
    switch (this.#truck.status) {
      case 'assigned':
        return this.enter('loading');
      case 'loading':
        return this.#leavePlant();
      case 'en_route':
        return this.enter('at_job_site').say('truck.arrived.jobsite');
      case 'at_job_site':
        return this.enter('delivering').say('truck.pouring.started');
      case 'delivering':
        return this.#pour(poured ?? this.#truck.quantity).enter('returning');
      case 'returning':
        this.say('truck.returned.plant');
        return this.#truck.loaded || this.#context.settings.washUnloaded ? this.enter('washing').say('truck.wash.started') : this.free();
      case 'washing':
        return this.say('truck.wash.completed').free();
      default:
        return this;
    }
  }

  #leavePlant(): this {
    const { trip } = this.#truck;
    this.#truck = { ...this.#truck, loaded: true };
    return this.say('truck.materials.loaded', { quantity: this.#truck.quantity, ...(trip?.materials ? { materials: trip.materials } : {}) })
      .enter('en_route')
      .say('order.status.intransit');
  }

  #pour(poured: number): this {
    const { trip, plantId } = this.#truck;
    this.#truck = { ...this.#truck, poured };
    this.say('truck.pouring.completed', { plantId, poured, at: this.#at, ...(trip?.part ? { part: true } : {}) });
    return this.#context.settings.completeOn === 'pour_completed' ? this.#delivered() : this;
  }

  /** Of one truck's order; of several trucks' the dispatcher says it, when the last has poured. */
  #delivered(): this {
    return this.#truck.trip?.part ? this : this.say('order.delivered', { deliveredAt: this.#at });
  }

  enter(to: TruckStatus): this {
    const { id, plantId, status: from, loadId, orderId, poured, trip } = this.#truck;
    this.#truck = { ...this.#truck, status: to, phases: { ...this.#truck.phases, [to]: this.#at }, phaseSince: this.#at };
    const ends = to === 'available' || to === 'out_of_service' ? { poured } : {};
    const slot = trip?.slotted && to === 'en_route' ? { slotted: true } : {};
    return this.also(publish('truck.status.changed', { truckId: id, plantId, from, to, loadId, orderId, ...ends, ...slot }));
  }

  /** Back at the plant with nothing to do: the event still names the load it ends. */
  free(): this {
    if (this.#truck.poured !== null && this.#context.settings.completeOn === 'truck_available') this.#delivered();
    return this.enter('available').say('truck.idle').#unload();
  }

  /** Broken down, wherever it is: its load ends here. */
  breakDown(): this {
    return this.enter('out_of_service').#unload();
  }

  #unload(): this {
    this.#truck = {
      ...this.#truck,
      ...{ loadId: null, jobId: null, orderKey: null, orderId: null },
      ...{ loaded: false, trip: null, reason: this.#truck.status === 'out_of_service' ? this.#truck.reason : null },
    };
    return this;
  }

  /** The clock ends the phase, of a truck that nobody reports of. */
  runs(): this {
    const { loadId, status, distanceMiles, reporting, trip } = this.#truck;
    if (reporting === 'reported' || trip?.reported || !timed(status)) return this;
    const ms = phaseMs(status as Timed, distanceMiles, this.#context);
    return this.also(setTimer('truck.phase-done', new Date(this.#context.now.getTime() + ms), { loadId, phase: status }));
  }

  stopClock(): this {
    return this.also(cancelTimer('truck.phase-done'));
  }

  set(change: Partial<Truck>): this {
    this.#truck = { ...this.#truck, ...change };
    return this;
  }

  say(type: string, more: Record<string, unknown> = {}): this {
    const { id: truckId, loadId, orderKey, orderId } = this.#truck;
    return this.also(publish(type, { truckId, loadId, orderKey, orderId, ...more }));
  }

  also(effect: Effect): this {
    this.#effects.push(effect);
    return this;
  }

  decision(): Decided {
    return done({ ...this.#truck, version: this.#truck.version + 1 }, this.#effects);
  }
}
