/**
 * The rules of one truck: from its plant to the site and back, a phase at a time. Each phase ends by a timer; a truck that is
 * called back returns from wherever it is, and skips the wash when nothing was loaded.
 */
import type { TruckStatus, truckMessages } from '../../models/truck.ts';
import {
  type Context,
  cancelTimer,
  type Decision,
  done,
  type Effect,
  ignore,
  type Message,
  type MessageOf,
  publish,
  refuse,
  setTimer,
  tell,
} from '../../runtime/decider.ts';

export interface Truck {
  id: string;
  plantId: string;
  status: TruckStatus;
  loadId: string | null;
  jobId: string | null;
  orderKey: string | null;
  orderId: string | null;
  distanceMiles: number;
  loaded: boolean;
  /** When each phase of the present trip began. */
  phases: Record<string, string>;
  phaseSince: string;
  reason: string | null;
  version: number;
}

export interface TruckSettings {
  /** Multiplies every phase time; 0 is at once. */
  timeScale: number;
}

type Heard = MessageOf<typeof truckMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
/** The phases that last a while; `assigned` and `at_job_site` are passed through. */
type Phase = 'loading' | 'en_route' | 'delivering' | 'returning' | 'washing';

/** Seconds, as recovered from the original: mean, spread to either side, least. Travel is 2 s a mile, ± 20 %. */
const PHASE_SECONDS = { loading: [15, 5, 5], delivering: [15, 5, 5], washing: [10, 3, 3] } as const;
const TRAVEL_SECONDS_PER_MILE = 2;

export const truckDecider =
  (settings: TruckSettings) =>
  (truck: Truck | undefined, message: Message, context: Context): Decision<Truck> => {
    const heard = message as unknown as Heard;
    if (!truck) return refuse('truck.not-found');
    switch (heard.name) {
      case 'truck.assign':
        return assign(truck, heard.payload, context, settings);
      case 'truck.phase-done':
        return phaseDone(truck, heard.payload, context, settings);
      case 'truck.return-to-plant':
        return returnToPlant(truck, heard.payload, context, settings);
      case 'truck.out-of-service':
        return leaveService(truck, heard.payload, context);
      case 'truck.back-in-service':
        return rejoin(truck, heard.payload, context);
    }
  };

/** Told by the plant's dispatcher; the truck has the last word, so it is the truck that says so. It drives under the loading chute at once. */
const assign = (truck: Truck, load: Payload<'truck.assign'>, context: Context, settings: TruckSettings): Decision<Truck> => {
  if (truck.loadId === load.loadId) return ignore('it has this load already');
  if (truck.status !== 'available') {
    return refuse(
      'truck.busy',
      { status: truck.status },
      tell('dispatch', load.plantId, 'dispatch.truck-refused', {
        loadId: load.loadId,
        truckId: truck.id,
        reason: truck.status,
      }),
    );
  }
  const { loadId, jobId, orderKey, orderId, distanceMiles } = load;
  return new Trip({ ...truck, loadId, jobId, orderKey, orderId, distanceMiles, loaded: false, phases: {} }, context)
    .enter('assigned')
    .also(publish('order.truck.assigned', { orderKey, orderId, truckId: truck.id, loadId, plantId: truck.plantId }))
    .enter('loading')
    .endsAfter(phaseMs('loading', distanceMiles, context, settings))
    .decision();
};

const phaseDone = (
  truck: Truck,
  { loadId, phase }: Payload<'truck.phase-done'>,
  context: Context,
  settings: TruckSettings,
): Decision<Truck> => {
  if (truck.loadId !== loadId || truck.status !== phase) return ignore('the truck is past that');
  const { orderKey, orderId, distanceMiles } = truck;
  const trip = new Trip(truck, context);
  const news = { truckId: truck.id, loadId, orderKey, orderId };
  const last = (next: Phase): number => phaseMs(next, distanceMiles, context, settings);
  switch (truck.status) {
    case 'loading':
      return trip.load().enter('en_route').also(publish('order.status.intransit', news)).endsAfter(last('en_route')).decision();
    case 'en_route':
      return trip.enter('at_job_site').enter('delivering').endsAfter(last('delivering')).decision();
    case 'delivering':
      return trip
        .also(publish('order.delivered', { ...news, deliveredAt: context.now.toISOString() }))
        .enter('returning')
        .endsAfter(last('returning'))
        .decision();
    case 'returning':
      return truck.loaded ? trip.enter('washing').endsAfter(last('washing')).decision() : trip.free().decision();
    case 'washing':
      return trip.free().decision();
    default:
      return ignore(`nothing ends a truck's ${truck.status}`);
  }
};

/** Told by the dispatcher when the order is off. At the plant the way back takes no time. */
const returnToPlant = (truck: Truck, { loadId, reason }: Payload<'truck.return-to-plant'>, context: Context, settings: TruckSettings) => {
  if (truck.loadId !== loadId) return ignore('it has not this load');
  if (truck.status === 'returning' || truck.status === 'washing') return ignore('it is on its way back');
  const atPlant = truck.status === 'assigned' || truck.status === 'loading';
  const trip = new Trip({ ...truck, reason }, context).cancelTimer().enter('returning');
  if (atPlant) return trip.free().decision();
  return trip.endsAfter(phaseMs('returning', truck.distanceMiles, context, settings)).decision();
};

/** A change that was asked for on the strength of an older version. */
const outdated = ({ version }: Truck, asked: number | undefined): Decision<never> | undefined =>
  asked !== undefined && asked !== version ? refuse('resource.changed', { version }) : undefined;

const leaveService = (truck: Truck, { reason, version }: Payload<'truck.out-of-service'>, context: Context): Decision<Truck> => {
  const no = outdated(truck, version);
  if (no) return no;
  if (truck.status === 'out_of_service') return refuse('truck.out-of-service');
  if (truck.status !== 'available') return refuse('truck.busy', { status: truck.status });
  return new Trip({ ...truck, reason }, context).enter('out_of_service').decision();
};

const rejoin = (truck: Truck, { version }: Payload<'truck.back-in-service'>, context: Context): Decision<Truck> => {
  const no = outdated(truck, version);
  if (no) return no;
  if (truck.status !== 'out_of_service') return refuse('truck.in-service', { status: truck.status });
  return new Trip({ ...truck, reason: null }, context).enter('available').decision();
};

const phaseMs = (phase: Phase, distanceMiles: number, { random }: Context, { timeScale }: TruckSettings): number => {
  if (timeScale === 0) return 0;
  const spread = random() * 2 - 1;
  const travelling = phase === 'en_route' || phase === 'returning';
  const [mean, either, least] = travelling
    ? [TRAVEL_SECONDS_PER_MILE * distanceMiles, 0.2 * TRAVEL_SECONDS_PER_MILE * distanceMiles, 2]
    : PHASE_SECONDS[phase];
  return Math.round(Math.max(least, mean + spread * either) * 1_000 * timeScale);
};

/** Gathers what one step of a trip changes and says. */
class Trip {
  #truck: Truck;
  readonly #context: Context;
  readonly #effects: Effect[] = [];

  constructor(truck: Truck, context: Context) {
    this.#truck = truck;
    this.#context = context;
  }

  enter(to: TruckStatus): this {
    const { id, plantId, status: from, loadId, orderId } = this.#truck;
    const at = this.#context.now.toISOString();
    this.#truck = { ...this.#truck, status: to, phases: { ...this.#truck.phases, [to]: at }, phaseSince: at };
    return this.also(publish('truck.status.changed', { truckId: id, plantId, from, to, loadId, orderId }));
  }

  load(): this {
    this.#truck = { ...this.#truck, loaded: true };
    return this;
  }

  /** Back at the plant with nothing to do: the event still names the load it ends. */
  free(): this {
    this.enter('available');
    this.#truck = {
      ...this.#truck,
      loadId: null,
      jobId: null,
      orderKey: null,
      orderId: null,
      loaded: false,
      reason: null,
    };
    return this;
  }

  endsAfter(ms: number): this {
    const { loadId, status } = this.#truck;
    return this.also(setTimer('truck.phase-done', new Date(this.#context.now.getTime() + ms), { loadId, phase: status }));
  }

  cancelTimer(): this {
    return this.also(cancelTimer('truck.phase-done'));
  }

  also(effect: Effect): this {
    this.#effects.push(effect);
    return this;
  }

  decision(): Decision<Truck> {
    return done({ ...this.#truck, version: this.#truck.version + 1 }, this.#effects);
  }
}
