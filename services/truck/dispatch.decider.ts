/**
 * The rules of a plant's dispatcher: it alone owns the plant's waiting queue and which of its trucks goes where, so no two assignments race.
 * It hears requests, cancellations and free trucks, and matches once per turn, over all of them together (dispatch.settling.effects.ts).
 */
import { type Context, done, type Message, refuse } from '../../runtime/decider.ts';
import { assignByHand, lock, prioritise, swap, unassign } from './dispatch.hand.effects.ts';
import { loadRejected, poured, recallRefused, truckFree, truckRefused } from './dispatch.loads.effects.ts';
import { materialDrawn, materialMissing, materialsLoaded } from './dispatch.materials.effects.ts';
import { breakDown, changePlant, repaired } from './dispatch.plant.effects.ts';
import { cancel, reduce, request } from './dispatch.queue.effects.ts';
import { settle } from './dispatch.settling.effects.ts';
import type { Decided, Deciding, DispatchFacts, DispatchSettings, Heard, Plant } from './dispatch.state.ts';

export const dispatcher = (settings: DispatchSettings) => ({
  decide: (plant: Plant | undefined, message: Message, given: Context<DispatchFacts>): Decided =>
    plant ? decide(plant, message, { ...given, settings }) : refuse('plant.not-found'),
  settle: (plant: Plant, given: Context<DispatchFacts>): Decided => settle(plant, { ...given, settings }),
});

const decide = (plant: Plant, message: Message, context: Deciding): Decided => {
  const heard = message as unknown as Heard;
  switch (heard.name) {
    case 'dispatch.request':
      return request(plant, heard.payload, message, context);
    case 'dispatch.cancel':
      return cancel(plant, heard.payload, context);
    case 'dispatch.reduce':
      return reduce(plant, heard.payload, context);
    case 'truck.status.changed':
      return truckFree(plant, heard.payload, context);
    case 'truck.pouring.completed':
      return poured(plant, heard.payload, context);
    case 'load.rejected':
      return loadRejected(plant, heard.payload, context);
    case 'dispatch.truck-refused':
      return truckRefused(plant, heard.payload, context);
    case 'dispatch.recall-refused':
      return recallRefused(plant, heard.payload, context);
    case 'truck.materials.loaded':
      return materialsLoaded(plant, heard.payload, context);
    case 'inventory.reserved':
      return materialDrawn(plant, heard.payload, context);
    case 'inventory.rejected':
      return materialMissing(plant, heard.payload, context);
    case 'dispatch.assign':
      return assignByHand(plant, heard.payload, context);
    case 'dispatch.unassign':
      return unassign(plant, heard.payload, context);
    case 'dispatch.swap':
      return swap(plant, heard.payload, context);
    case 'dispatch.lock':
      return lock(plant, heard.payload, context);
    case 'dispatch.prioritise':
      return prioritise(plant, heard.payload, context);
    case 'dispatch.change-plant':
      return changePlant(plant, heard.payload);
    case 'dispatch.break-down':
      return breakDown(plant, heard.payload, context);
    case 'dispatch.repaired':
      return repaired(plant, heard.payload);
    case 'dispatch.sweep':
    case 'dispatch.due':
    case 'inventory.stock.changed':
    case 'inventory.reservation.released':
      return done(plant);
  }
};
