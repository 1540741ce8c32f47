/**
 * The rules of one truck: from its plant to the site and back, a phase at a time. A simulated one is moved by timers, a reported one by what
 * its driver says (truck.report.effects.ts); one that is called back returns from wherever it is, and skips the wash when nothing was loaded.
 */
import { type Context, ignore, type Message, publish, refuse, tell } from '../../runtime/decider.ts';
import { change, leaveService, rejectLoad, rejoin, report } from './truck.report.effects.ts';
import {
  type Decided,
  type Deciding,
  isSimulated,
  type Payload,
  type TripMarks,
  type Truck,
  type TruckMessage,
  type TruckSettings,
} from './truck.state.ts';
import { Trip } from './truck.trip.effects.ts';
import { watch } from './truck.watch.effects.ts';

export const truckDecider =
  (settings: TruckSettings) =>
  (truck: Truck | undefined, message: Message, given: Context): Decided => {
    const heard = message as unknown as TruckMessage;
    const context: Deciding = { ...given, settings };
    return truck ? decide(truck, heard, context) : refuse('truck.not-found');
  };

const decide = (truck: Truck, heard: TruckMessage, context: Deciding): Decided => {
  switch (heard.name) {
    case 'truck.assign':
      return assign(truck, heard.payload, context);
    case 'truck.load':
      return load(truck, heard.payload, context);
    case 'truck.phase-done':
      return phaseDone(truck, heard.payload, context);
    case 'truck.return-to-plant':
      return returnToPlant(truck, heard.payload, context);
    case 'truck.report':
      return report(truck, heard.payload, context);
    case 'truck.reject-load':
      return rejectLoad(truck, heard.payload, context);
    case 'truck.change':
      return change(truck, heard.payload, context);
    case 'truck.out-of-service':
      return leaveService(truck, heard.payload, context);
    case 'truck.back-in-service':
      return rejoin(truck, heard.payload, context);
    case 'truck.watch':
      return watch(truck, context);
  }
};

/**
 * Told by the plant's dispatcher; the truck has the last word, so it is the truck that says so. It drives under the loading chute at once,
 * unless its materials are still being drawn, or its driver is to say that it does.
 */
const assign = (truck: Truck, asked: Payload<'truck.assign'>, context: Deciding): Decided => {
  const { loadId, jobId, orderKey, orderId, distanceMiles, plantId, quantity } = asked;
  if (truck.loadId === loadId) return ignore('it has this load already');
  const no = truck.status !== 'available' ? truck.status : plantId !== truck.plantId ? 'it is in another yard' : undefined;
  if (no) {
    const told = tell('dispatch', plantId, 'dispatch.truck-refused', { loadId, truckId: truck.id, reason: no });
    return refuse('truck.busy', { status: truck.status }, told);
  }
  const ready: Truck = {
    ...{ ...truck, loadId, lastLoadId: loadId, jobId, orderKey, orderId, distanceMiles, quantity: quantity ?? 0, poured: null },
    ...{ loaded: false, trips: truck.trips + 1, phases: {}, trip: marksOf(asked) },
  };
  const trip = new Trip(ready, context)
    .enter('assigned')
    .also(publish('order.truck.assigned', { orderKey, orderId, truckId: truck.id, loadId, plantId }));
  return asked.waits || !isSimulated(ready) ? trip.decision() : trip.onward().runs().decision();
};

const marksOf = ({ part, slotted, waits, limitMinutes }: Payload<'truck.assign'>): TripMarks | null =>
  part || slotted || waits || limitMinutes
    ? { ...(part && { part }), ...(slotted && { slotted }), ...(waits && { waits }), ...(limitMinutes && { limitMinutes }) }
    : null;

/** Told by the dispatcher when the plant's stock holds what its mix needs. One that was forced to go before says now what it went with. */
const load = (truck: Truck, { loadId, materials }: Payload<'truck.load'>, context: Deciding): Decided => {
  if (truck.loadId !== loadId || truck.trip?.materials) return ignore('it does not wait for materials');
  const { waits, ...marks } = truck.trip ?? {};
  const trip = new Trip({ ...truck, trip: { ...marks, materials } }, context);
  if (truck.loaded)
    return trip.say('truck.materials.loaded', { loadId, quantity: truck.quantity, plantId: truck.plantId, materials }).decision();
  return waits && truck.status === 'assigned' && isSimulated(truck) ? trip.onward().runs().decision() : trip.decision();
};

const phaseDone = (truck: Truck, { loadId, phase }: Payload<'truck.phase-done'>, context: Deciding): Decided => {
  if (truck.loadId !== loadId || truck.status !== phase || !isSimulated(truck)) return ignore('the truck is past that');
  return new Trip(truck, context).arrives().runs().decision();
};

/** Told by the dispatcher when the order is off, or the truck is taken off it. At the plant the way back takes no time. */
const returnToPlant = (truck: Truck, { loadId, reason, yardOnly }: Payload<'truck.return-to-plant'>, context: Deciding): Decided => {
  if (truck.loadId !== loadId) return ignore('it has not this load');
  const atPlant = truck.status === 'assigned' || truck.status === 'loading';
  if (yardOnly && !atPlant) {
    const no = { loadId, truckId: truck.id, reason: truck.status };
    return refuse('truck.under-way', { status: truck.status }, tell('dispatch', truck.plantId, 'dispatch.recall-refused', no));
  }
  if (truck.status === 'returning' || truck.status === 'washing') return ignore('it is on its way back');
  const trip = new Trip({ ...truck, reason }, context).stopClock().enter('returning');
  return atPlant ? trip.onward().runs().decision() : trip.runs().decision();
};
