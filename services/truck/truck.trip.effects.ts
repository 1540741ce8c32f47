/** One truck's way from its plant to the site and back: what each phase changes, and what is said of it under the documents' names. */
import type { TruckStatus } from '../../models/truck.ts';
import { cancelTimer, done, type Effect, publish, setTimer } from '../../runtime/decider.ts';
import { type Decided, type Deciding, isSimulated, type Truck } from './truck.state.ts';
import { phaseMs, timed } from './truck.times.rules.ts';

/** Gathers what one step of a trip changes and says. The truck given is copied once, and the copy changed: a trip that takes no time is one step. */
export class Trip {
  readonly truck: Truck;
  readonly #context: Deciding;
  readonly #effects: Effect[] = [];
  /** When what is reported happened; now, for the clock. */
  readonly #at: string;

  constructor(truck: Truck, context: Deciding, at?: string) {
    this.truck = { ...truck, phases: { ...truck.phases } };
    this.#context = context;
    this.#at = at ?? context.now.toISOString();
  }

  /** The phase after this one, with all that is to be said of the step. */
  onward(poured?: number): this {
    switch (this.truck.status) {
      case 'assigned':
        return this.enter('loading');
      case 'loading':
        return this.#leavePlant();
      case 'en_route':
        return this.enter('at_job_site').say('truck.arrived.jobsite');
      case 'at_job_site':
        return this.enter('delivering').say('truck.pouring.started');
      case 'delivering':
        return this.#pour(poured ?? this.truck.quantity).enter('returning');
      case 'returning':
        this.say('truck.returned.plant');
        return this.truck.loaded || this.#context.settings.washUnloaded ? this.enter('washing').say('truck.wash.started') : this.free();
      case 'washing':
        return this.say('truck.wash.completed').free();
      default:
        return this;
    }
  }

  #leavePlant(): this {
    const { trip, plantId, loadId, quantity } = this.truck;
    this.truck.loaded = true;
    return this.say('truck.materials.loaded', { loadId, quantity, ...(trip?.materials && { plantId, materials: trip.materials }) })
      .enter('en_route')
      .tellOrder('order.status.intransit');
  }

  #pour(poured: number): this {
    const { trip, plantId, loadId } = this.truck;
    this.truck.poured = poured;
    const now = this.#context.settings.completeOn === 'pour_completed';
    this.say('truck.pouring.completed', { loadId, plantId, poured, at: this.#at, ...(trip?.part && now && { part: true }) });
    return now ? this.#delivered() : this;
  }

  /** Of one truck's order; of several trucks' the dispatcher says it, when the last has poured. */
  #delivered(): this {
    return this.truck.trip?.part ? this : this.tellOrder('order.delivered', { deliveredAt: this.#at });
  }

  /** What begins and what ends a trip says whose it is; in between the trace and the order tell. */
  enter(to: TruckStatus): this {
    const { id: truckId, plantId, status: from, loadId, orderId, poured, trip } = this.truck;
    this.truck.status = to;
    this.truck.phases[to] = this.#at;
    this.truck.phaseSince = this.#at;
    const ends = to === 'available' || to === 'out_of_service';
    const slotted = trip?.slotted && to === 'en_route';
    if (ends) return this.also(publish('truck.status.changed', { truckId, plantId, from, to, loadId, orderId, poured }));
    const whose = to === 'assigned' || slotted ? { plantId, loadId, ...(slotted && { slotted }) } : {};
    return this.also(publish('truck.status.changed', { truckId, from, to, orderId, ...whose }));
  }

  /** Back at the plant with nothing to do: the event still names the load it ends. */
  free(): this {
    if (this.truck.poured !== null && this.#context.settings.completeOn === 'truck_available') this.#delivered();
    return this.enter('available').say('truck.idle').#unload();
  }

  /** Broken down, wherever it is: its load ends here. */
  breakDown(): this {
    return this.enter('out_of_service').#unload();
  }

  #unload(): this {
    const { truck } = this;
    truck.loadId = truck.jobId = truck.orderKey = truck.orderId = truck.trip = null;
    truck.loaded = false;
    if (truck.status !== 'out_of_service') truck.reason = null;
    return this;
  }

  /** The clock ends the phase, of a truck that nobody reports of; what takes no time is over at once. */
  runs(): this {
    const { loadId, status, distanceMiles } = this.truck;
    if (!isSimulated(this.truck) || !timed(status)) return this;
    const ms = phaseMs(status, distanceMiles, this.#context);
    if (ms === 0) return this.arrives().runs();
    return this.also(setTimer('truck.phase-done', new Date(this.#context.now.getTime() + ms), { loadId, phase: status }));
  }

  /** The phase is over. Nothing keeps a simulated truck from pouring when it is there. */
  arrives(): this {
    if (this.truck.status === 'en_route') this.onward();
    return this.onward();
  }

  stopClock(): this {
    return this.also(cancelTimer('truck.phase-done'));
  }

  set(change: Partial<Truck>): this {
    Object.assign(this.truck, change);
    return this;
  }

  /** Beside each change of status, for those who listen to the documents' names: short, since eight of them are logged on every trip. */
  say(type: string, more: Record<string, unknown> = {}): this {
    return this.also(publish(type, { truckId: this.truck.id, orderId: this.truck.orderId, ...more }));
  }

  tellOrder(type: string, more: Record<string, unknown> = {}): this {
    const { id: truckId, loadId, orderKey, orderId } = this.truck;
    return this.also(publish(type, { truckId, loadId, orderKey, orderId, ...more }));
  }

  also(effect: Effect): this {
    this.#effects.push(effect);
    return this;
  }

  decision(): Decided {
    this.truck.version++;
    return done(this.truck, this.#effects);
  }
}
