/** Trucks: what they hear, and the phases of their trips. */
import { z } from 'zod';
import { placeForm } from './places.ts';
import { id, type Life, MAX_LINES, MAX_QUANTITY, text, time, uuid } from './words.ts';

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

/** Out of service from under way only by a supervisor's force: a truck that broke down. */
export const truckLife = {
  available: ['assigned', 'out_of_service', 'on_break'],
  assigned: ['loading', 'returning', 'out_of_service'],
  loading: ['en_route', 'returning', 'out_of_service'],
  en_route: ['at_job_site', 'returning', 'out_of_service'],
  at_job_site: ['delivering', 'returning', 'out_of_service'],
  delivering: ['returning', 'out_of_service'],
  returning: ['washing', 'available', 'out_of_service'],
  washing: ['available', 'out_of_service'],
  out_of_service: ['available'],
  on_break: ['available', 'out_of_service'],
} as const satisfies Life<TruckStatus>;

/** A trip in its order: a report that is not the next of these is refused. */
export const tripOrder = [
  'assigned',
  'loading',
  'en_route',
  'at_job_site',
  'delivering',
  'returning',
  'washing',
  'available',
] as const satisfies readonly TruckStatus[];

/** Whose word moves a truck: the simulator's clock, or its driver's. */
export const reportings = ['simulated', 'reported'] as const;
export type Reporting = (typeof reportings)[number];

const by = { by: text(200).optional() };
const seen = { ...by, version: z.int().optional() };
const reason = text(500);
const load = { loadId: uuid, orderKey: uuid, orderId: z.string() };
const quantity = z
  .number()
  .positive()
  .max(MAX_QUANTITY * MAX_LINES);

const place = placeForm.shape;

export const reportForm = z.strictObject({
  status: z.enum(['loading', 'en_route', 'at_job_site', 'delivering', 'returning', 'washing', 'available', 'on_break', 'out_of_service']),
  /** When it was so, of a report that comes late. */
  at: time.optional(),
  /** What was poured, where that is less than what was brought. */
  poured: z.number().min(0).max(MAX_QUANTITY).optional(),
  latitude: place.latitude.optional(),
  longitude: place.longitude.optional(),
  /** A supervisor's: what lies between is passed through. */
  force: z.boolean().optional(),
  reason: reason.optional(),
});

export const changeTruckForm = z.strictObject({
  driver: text(100).optional(),
  driverId: id.nullable().optional(),
  capacity: z.number().positive().max(100).optional(),
  skills: z.array(id).max(20).optional(),
  reporting: z.enum(reportings).optional(),
  latitude: place.latitude.optional(),
  longitude: place.longitude.optional(),
  /** To another plant's yard, on loan. */
  plantId: id.optional(),
});

export const truckMessages = {
  'truck.assign': z.strictObject({
    ...load,
    jobId: uuid,
    plantId: id,
    distanceMiles: z.number().min(0),
    quantity: quantity.optional(),
    /** One of several: who sent it counts them, and says when the order is delivered. */
    part: z.literal(true).optional(),
    /** Its plant has few loading places: it is told when this one is free again. */
    slotted: z.literal(true).optional(),
    /** Its materials are being drawn: it loads when it is told to. */
    waits: z.literal(true).optional(),
    limitMinutes: z.int().optional(),
  }),
  'truck.load': z.strictObject({ loadId: uuid, materials: z.record(z.string(), z.number()) }),
  /** `yardOnly`: taken back by hand. A truck that has left already goes on, and says so. */
  'truck.return-to-plant': z.strictObject({ loadId: uuid, reason: z.string(), yardOnly: z.literal(true).optional() }),
  'truck.phase-done': z.strictObject({ loadId: uuid, phase: z.string() }),
  'truck.report': reportForm.extend(seen),
  'truck.reject-load': z.strictObject({ loadId: uuid, reason, ...by }),
  'truck.change': changeTruckForm.extend(seen),
  'truck.out-of-service': z.strictObject({ reason, force: z.boolean().optional(), ...seen }),
  'truck.back-in-service': z.strictObject({ reason: reason.optional(), ...seen }),
  /** From the sweep: its phase takes longer than such phases do, or its load gets old. */
  'truck.watch': z.strictObject({}),
};

export const reasonForm = z.strictObject({ reason });
