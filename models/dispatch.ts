/** The dispatcher of a plant: what it hears, what waits in its queue, and the loads it sends. */
import { z } from 'zod';
import { hoursForm } from './hours.ts';
import { placeForm } from './places.ts';
import { id, type Life, MAX_LINES, MAX_QUANTITY, text, time, uuid } from './words.ts';

/**
 * What the dispatcher's books say of a load; where it is while it is open says its truck (docs/adr/0017). `recalled`: its truck is told to
 * stay, and has not answered. An open one that is cancelled, rejected or delivered waits only for its truck to be back.
 */
export type LoadStatus = 'assigned' | 'recalled' | 'cancelled' | 'rejected' | 'delivered' | 'refused';
export const loadLife = {
  assigned: ['recalled', 'cancelled', 'rejected', 'delivered', 'refused'],
  recalled: ['assigned', 'cancelled', 'rejected', 'delivered', 'refused'],
  cancelled: ['refused'],
  rejected: [],
  delivered: [],
  refused: [],
} as const satisfies Life<LoadStatus>;

/** `scheduled`: its (next) truck is not to leave yet. `moved`: another plant has it. */
export type DeliveryJobStatus = 'queued' | 'scheduled' | 'in_progress' | 'done' | 'cancelled' | 'moved';
export const deliveryJobLife = {
  queued: ['scheduled', 'in_progress', 'done', 'cancelled', 'moved'],
  scheduled: ['queued', 'in_progress', 'done', 'cancelled', 'moved'],
  in_progress: ['queued', 'scheduled', 'done', 'cancelled', 'moved'],
  done: [],
  cancelled: [],
  moved: [],
} as const satisfies Life<DeliveryJobStatus>;

/** Why a job waits: every waiting one has a reason, and it is true. */
export const waitingReasons = [
  'no_truck',
  'capacity',
  'skill',
  'no_driver',
  'no_stock',
  'plant_closed',
  'loading_slot',
  'locked',
  'not_due',
  'on_hold',
] as const;
export type WaitingReason = (typeof waitingReasons)[number];

export const strategyNames = ['first', 'nearest', 'plantPool', 'capacity', 'scored'] as const;
export type StrategyName = (typeof strategyNames)[number];

/** What an order for a truck may ask beside its quantity; kept apart since few ask anything. */
export const pourForm = z.strictObject({
  /** So much is unloaded in an hour: the next truck is to come when the last one is empty. */
  ratePerHour: z.number().positive().max(1_000).optional(),
  /** From batching until it must be poured. */
  limitMinutes: z.int().min(10).max(600).optional(),
  skills: z.array(id).min(1).max(10).optional(),
});
export type Pour = z.output<typeof pourForm>;

const by = { by: text(200).optional() };
const seen = { ...by, version: z.int().optional() };
const reason = text(500);
const quantity = z
  .number()
  .positive()
  .max(MAX_QUANTITY * MAX_LINES);
const orderOf = { orderKey: uuid };

/** The plants that have passed it on to where the order is now. */
const via = z.array(id).optional();

export const dispatchMessages = {
  'dispatch.request': z.strictObject({
    ...orderOf,
    orderId: z.string(),
    quantity: z.number().min(0),
    distanceMiles: z.number().min(0),
    priority: z.int().min(0).max(100),
    requestedStart: time.optional(),
    requestedEnd: time.optional(),
    items: z.array(z.strictObject({ sku: id, quantity })).optional(),
    pour: pourForm.optional(),
    site: placeForm.optional(),
    /** Of one that another plant had before: since when it waits. `part`: trucks from there have some of it. */
    moved: z.strictObject({ from: id, requestedAt: time, part: z.literal(true).optional() }).optional(),
    via,
  }),
  /** `queuedOnly`: of an order that is held, not off. A truck that has it already goes on. */
  'dispatch.cancel': z.strictObject({ ...orderOf, reason: z.string(), queuedOnly: z.literal(true).optional(), via }),
  /** A part of the order is off. */
  'dispatch.reduce': z.strictObject({ ...orderOf, quantity, reason: z.string(), via }),
  'dispatch.truck-refused': z.strictObject({ loadId: uuid, truckId: id, reason: z.string() }),
  'dispatch.recall-refused': z.strictObject({ loadId: uuid, truckId: id, reason: z.string() }),
  'dispatch.assign': z.strictObject({ ...orderOf, truckId: id, force: z.boolean().optional(), reason: reason.optional(), ...by }),
  'dispatch.unassign': z.strictObject({ ...orderOf, reason, ...by }),
  'dispatch.swap': z.strictObject({ ...orderOf, withOrderKey: uuid, reason, ...by }),
  /** Null takes the lock away. */
  'dispatch.lock': z.strictObject({ ...orderOf, truckId: id.nullable(), reason: reason.optional(), ...by }),
  'dispatch.prioritise': z.strictObject({ ...orderOf, priority: z.int().min(0).max(100), reason, ...by }),
  /** `wide`: the head of the queue, or of the trucks, was not enough to find out. */
  'dispatch.sweep': z.strictObject({ wide: z.literal(true).optional() }),
  /** A timer: a job's time has come. */
  'dispatch.due': z.strictObject({}),
  'dispatch.change-plant': z.strictObject({
    strategy: z.enum(strategyNames).nullable().optional(),
    hours: hoursForm.nullable().optional(),
    loadSlots: z.int().min(1).max(100).nullable().optional(),
    ...seen,
  }),
  'dispatch.break-down': z.strictObject({ reason, ...seen }),
  'dispatch.repaired': z.strictObject({ reason: reason.optional(), ...seen }),
  'truck.status.changed': z.object({
    truckId: id,
    plantId: id,
    from: z.string(),
    to: z.string(),
    loadId: uuid.nullable(),
    poured: z.number().nullish(),
  }),
  'truck.pouring.completed': z.object({ truckId: id, plantId: id, loadId: uuid, poured: z.number(), at: time }),
  'truck.materials.loaded': z.object({ loadId: uuid, plantId: id, truckId: id }),
  'load.rejected': z.object({ loadId: uuid, plantId: id, truckId: id, reason: z.string() }),
  /** Materials of a load: `orderKey` is the load's id. */
  'inventory.reserved': z.object({ stockKey: z.string(), ...orderOf }),
  'inventory.rejected': z.object({ stockKey: z.string(), ...orderOf, reason: z.string() }),
  /** More of something is here, or free again. */
  'inventory.reservation.released': z.object({ stockKey: z.string() }),
  'inventory.stock.changed': z.object({ stockKey: z.string() }),
};
