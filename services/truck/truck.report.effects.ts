/** What people say of a truck: its driver where it is, a supervisor that it is out of service, the fleet's keeper what it is. */
import { type TruckStatus, tripOrder } from '../../models/truck.ts';
import { done, ignore, publish, refuse, tell } from '../../runtime/decider.ts';
import { type Decided, type Deciding, isSimulated, outdated, type Payload, type Truck } from './truck.state.ts';
import { Trip } from './truck.trip.effects.ts';

type Report = Payload<'truck.report'>;

/** So far may a driver's clock be ahead of ours. */
const CLOCK_SKEW_MS = 60_000;

/**
 * A driver's own report: from then on the simulator leaves this trip alone. Only the next phase may be reported; a supervisor may force a later
 * one, and what lies between is passed through, so that nobody who waits for it is left waiting.
 */
export const report = (truck: Truck, said: Report, context: Deciding): Decided => {
  const no = outdated(truck, said.version) ?? badTime(truck, said, context);
  if (no) return no;
  if (said.status === truck.status) return ignore('it is so already');
  if (truck.loadId === null) return offTrip(truck, said, context);
  if (said.status === 'out_of_service') return leaveService(truck, { ...said, reason: said.reason ?? 'reported' }, context);
  const steps = stepsTo(truck, said.status, context);
  if (steps === 1 && truck.trip?.waits && !said.force) return refuse('truck.no-materials');
  if (steps === 1) return reported(truck, said, context, steps);
  const later = steps > 1;
  if (!said.force || !later) return refuse('truck.out-of-order', { status: truck.status, next: nextOf(truck, context) });
  if (!said.reason) return refuse('request.invalid', { errors: [{ pointer: '/reason', detail: 'must say why it is forced' }] });
  return reported(truck, said, context, steps);
};

const badTime = ({ phaseSince }: Truck, { at }: Report, { now }: Deciding): Decided | undefined => {
  if (!at) return undefined;
  const wrong = (detail: string) => refuse('request.invalid', { errors: [{ pointer: '/at', detail }] });
  if (new Date(at).getTime() > now.getTime() + CLOCK_SKEW_MS) return wrong('must not be in the future');
  return new Date(at) < new Date(phaseSince) ? wrong(`must not be before its present phase began, ${phaseSince}`) : undefined;
};

const nextOf = ({ status, loaded }: Truck, { settings }: Deciding): TruckStatus | undefined => {
  const next = tripOrder[(tripOrder as readonly string[]).indexOf(status) + 1];
  return next === 'washing' && !loaded && !settings.washUnloaded ? 'available' : next;
};

/** How many phases on this one is; 0 when it is not ahead. */
const stepsTo = (truck: Truck, to: TruckStatus, context: Deciding): number => {
  const [here, there] = [truck.status, to].map((status) => (tripOrder as readonly string[]).indexOf(status)) as [number, number];
  const next = nextOf(truck, context);
  if (next === to) return 1;
  return there <= here || (to === 'washing' && next === 'available') ? 0 : there - here;
};

const reported = (truck: Truck, { status, at, poured, by, force, reason, ...where }: Report, context: Deciding, steps: number): Decided => {
  if (poured !== undefined && poured > truck.quantity)
    return refuse('request.invalid', { errors: [{ pointer: '/poured', detail: `must not be more than it brought, ${truck.quantity}` }] });
  const { waits: _, ...marks } = truck.trip ?? {};
  const trip = new Trip({ ...truck, trip: { ...marks, reported: true } }, context, at).stopClock();
  if (force && steps > 1) trip.also(publish('truck.forced', { ...named(truck), from: truck.status, to: status, reason, by }));
  while (trip.truck.status !== status && trip.truck.status !== 'available') trip.onward(poured);
  return trip.set(placeOf(where)).decision();
};

const named = ({ id, loadId, orderKey, orderId }: Truck) => ({ truckId: id, loadId, orderKey, orderId });
const placeOf = ({ latitude, longitude }: { latitude?: number | undefined; longitude?: number | undefined }): Pick<Truck, 'changed'> =>
  latitude !== undefined && longitude !== undefined ? { changed: { latitude, longitude } } : {};

/** Breaks are taken between loads. */
const offTrip = (truck: Truck, said: Report, context: Deciding): Decided => {
  const { status, at, by, reason } = said;
  if (status === 'out_of_service') return leaveService(truck, { reason: reason ?? 'reported', by }, context);
  const may = (truck.status === 'available' && status === 'on_break') || (truck.status !== 'available' && status === 'available');
  if (!may) return refuse('truck.out-of-order', { status: truck.status, next: truck.status === 'available' ? 'on_break' : 'available' });
  return new Trip({ ...truck, reason: reason ?? null }, context, at).enter(status).set(placeOf(said)).decision();
};

export const leaveService = (
  truck: Truck,
  { reason, version, force, by }: Omit<Payload<'truck.out-of-service'>, never>,
  context: Deciding,
): Decided => {
  const no = outdated(truck, version);
  if (no) return no;
  if (truck.status === 'out_of_service') return refuse('truck.out-of-service');
  if (truck.status === 'available' || truck.status === 'on_break')
    return new Trip({ ...truck, reason }, context).enter('out_of_service').decision();
  if (!force) return refuse('truck.busy', { status: truck.status });
  return new Trip({ ...truck, reason }, context)
    .stopClock()
    .also(publish('truck.forced', { ...named(truck), from: truck.status, to: 'out_of_service', reason, by }))
    .breakDown()
    .decision();
};

export const rejoin = (truck: Truck, { version }: Payload<'truck.back-in-service'>, context: Deciding): Decided => {
  const no = outdated(truck, version);
  if (no) return no;
  if (truck.status !== 'out_of_service' && truck.status !== 'on_break') return refuse('truck.in-service', { status: truck.status });
  return new Trip({ ...truck, reason: null }, context).enter('available').decision();
};

/** The site sends the load away: the truck comes back with it, and another load is made. */
export const rejectLoad = (truck: Truck, { loadId, reason, by }: Payload<'truck.reject-load'>, context: Deciding): Decided => {
  if (truck.loadId !== loadId) return refuse('load.not-at-site', { status: truck.status });
  if (truck.status !== 'at_job_site' && truck.status !== 'delivering') return refuse('load.not-at-site', { status: truck.status });
  return new Trip({ ...truck, reason }, context)
    .stopClock()
    .also(publish('load.rejected', { ...named(truck), plantId: truck.plantId, reason, by }))
    .enter('returning')
    .runs()
    .decision();
};

/** What it is, not where. Only one that is free goes to another yard. */
export const change = (truck: Truck, { by, version, ...asked }: Payload<'truck.change'>, context: Deciding): Decided => {
  const no = outdated(truck, version);
  if (no) return no;
  const { plantId = truck.plantId, reporting = truck.reporting } = asked;
  const moves = plantId !== truck.plantId;
  if (moves && truck.loadId !== null) return refuse('truck.busy', { status: truck.status });
  const next: Truck = { ...truck, plantId, reporting, changed: asked, version: truck.version + 1 };
  const news = publish('truck.changed', { truckId: truck.id, plantId, ...asked, by });
  if (next.loadId && reporting !== truck.reporting) {
    const trip = new Trip({ ...truck, reporting, changed: asked }, context).also(news).stopClock();
    const mayLoad = truck.status === 'assigned' && !truck.trip?.waits && isSimulated(trip.truck);
    return (mayLoad ? trip.onward() : trip).runs().decision();
  }
  return done(next, news, truck.status === 'available' ? tell('dispatch', plantId, 'dispatch.sweep', {}) : undefined);
};
