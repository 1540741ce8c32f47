/** Trucks, and the dispatcher of a plant that sends them. */
import { z } from 'zod';
import { id, type Life, text, time, uuid } from './words.ts';

export type TruckStatus =
  | 'available'
  | 'assigned'
  | 'loading'
  | 'en_route'
  | 'at_job_site'
  | 'delivering'
  | 'returning'
  | 'washing'
  | 'out_of_service'
  | 'on_break';

export const truckLife = {
  available: ['assigned', 'out_of_service', 'on_break'],
  assigned: ['loading', 'returning'],
  loading: ['en_route', 'returning'],
  en_route: ['at_job_site', 'returning'],
  at_job_site: ['delivering', 'returning'],
  delivering: ['returning'],
  returning: ['washing', 'available'],
  washing: ['available'],
  out_of_service: ['available'],
  on_break: ['available'],
} as const satisfies Life<TruckStatus>;

export type LoadStatus = 'assigned' | 'cancelled' | 'delivered' | 'refused';
export type DeliveryJobStatus = 'queued' | 'in_progress' | 'done' | 'cancelled';

/** Why a job waits: every waiting one has a reason. */
export type WaitingReason = 'no_truck' | 'on_hold' | 'plant_closed' | 'capacity' | 'skill' | 'no_stock';

const load = { loadId: uuid, orderKey: uuid, orderId: z.string() };

export const truckMessages = {
  'truck.assign': z.strictObject({ ...load, jobId: uuid, plantId: id, distanceMiles: z.number().min(0) }),
  'truck.return-to-plant': z.strictObject({ loadId: uuid, reason: z.string() }),
  'truck.phase-done': z.strictObject({ loadId: uuid, phase: z.string() }),
  'truck.out-of-service': z.strictObject({ reason: text(500), by: text(200).optional(), version: z.int().optional() }),
  'truck.back-in-service': z.strictObject({ reason: text(500).optional(), by: text(200).optional(), version: z.int().optional() }),
};

export const dispatchMessages = {
  'dispatch.request': z.strictObject({
    orderKey: uuid,
    orderId: z.string(),
    quantity: z.number().min(0),
    distanceMiles: z.number().min(0),
    priority: z.int().min(0).max(100),
    requestedStart: time.optional(),
  }),
  /** `queuedOnly`: of an order that is held, not off. A truck that has it already goes on. */
  'dispatch.cancel': z.strictObject({ orderKey: uuid, reason: z.string(), queuedOnly: z.literal(true).optional() }),
  'dispatch.truck-refused': z.strictObject({ loadId: uuid, truckId: id, reason: z.string() }),
  'dispatch.sweep': z.strictObject({}),
  'truck.status.changed': z.object({
    truckId: id,
    plantId: id,
    from: z.string(),
    to: z.string(),
    loadId: uuid.nullable(),
  }),
};

export const reasonForm = z.strictObject({ reason: text(500) });
