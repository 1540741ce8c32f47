/** What is said of a truck that stands too long, or whose load gets old: once each, until it moves. */
import { type Effect, ignore, publish } from '../../runtime/decider.ts';
import type { Decided, Deciding, TripMarks, Truck } from './truck.state.ts';
import { Trip } from './truck.trip.effects.ts';

/** Told by the sweep of those that look stuck; the truck itself looks whether it is. */
export const watch = (truck: Truck, context: Deciding): Decided => {
  const { status, phaseSince, orderKey, orderId, loadId } = truck;
  if (!loadId) return ignore('it is on no trip');
  const news = { truckId: truck.id, plantId: truck.plantId, loadId, orderKey, orderId, status };
  const marks: TripMarks = { ...truck.trip };
  const effects: Effect[] = [];
  const limit = context.settings.stuckMs[status];
  if (limit !== undefined && since(phaseSince, context) > limit && marks.stuck !== status) {
    marks.stuck = status;
    effects.push(publish('truck.stuck', { ...news, since: phaseSince }));
  }
  const deadline = dischargeDeadline(truck, context.settings.limitMinutes);
  if (deadline && context.now > deadline && !marks.overdue) {
    marks.overdue = true;
    effects.push(publish('load.overdue', { ...news, deadline: deadline.toISOString() }));
  }
  if (effects.length === 0) return ignore('it is in its time');
  const trip = new Trip({ ...truck, trip: marks }, context);
  // A simulated one that stands has lost its timer: it is set anew.
  if (marks.stuck === status) trip.runs();
  for (const effect of effects) trip.also(effect);
  return trip.decision();
};

const since = (at: string, { now }: Deciding): number => now.getTime() - new Date(at).getTime();

/** By when what is on the truck must be poured; undefined when nothing is. */
export const dischargeDeadline = ({ loaded, poured, phases, trip }: Truck, limitMinutes: number): Date | undefined =>
  loaded && poured === null && phases.loading
    ? new Date(new Date(phases.loading).getTime() + (trip?.limitMinutes ?? limitMinutes) * 60_000)
    : undefined;
