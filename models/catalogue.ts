/** What is sold, where it is kept and driven from: the forms of the CRUD surfaces. */
import { z } from 'zod';
import { strategyNames } from './dispatch.ts';
import { hoursForm, shiftForm } from './hours.ts';
import { placeForm } from './places.ts';
import { reportings } from './truck.ts';
import { cents, currency, id, text } from './words.ts';

export const productForm = z.strictObject({
  sku: id,
  name: text(200),
  description: text(2_000).optional(),
  kind: z.enum(['goods', 'concrete']).default('goods'),
  priceCents: cents,
  currency: currency.default('USD'),
});

const { latitude, longitude } = placeForm.shape;

export const plantForm = z.strictObject({
  id,
  name: text(100),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
  /** How its dispatcher chooses trucks; null: as the setting says. */
  strategy: z.enum(strategyNames).nullable().optional(),
  /** Null: always open. */
  hours: hoursForm.nullable().optional(),
  /** How many trucks can stand at it before they leave; null: any number. */
  loadSlots: z.int().min(1).max(100).nullable().optional(),
});

export const truckForm = z.strictObject({
  id: id.optional(),
  code: id,
  plantId: id,
  driver: text(100).optional(),
  driverId: id.optional(),
  capacity: z.number().positive().max(100).default(10),
  skills: z.array(id).max(20).optional(),
  reporting: z.enum(reportings).optional(),
  latitude: latitude.optional(),
  longitude: longitude.optional(),
});

const driver = {
  name: text(100),
  /** The last day on which the licence is good; null: nobody said. */
  licenceExpiry: z.iso.date().nullable().optional(),
  /** Null: at any hour. */
  shift: shiftForm.nullable().optional(),
};
export const driverForm = z.strictObject({ id, ...driver });
export const changeDriverForm = z.strictObject({ ...driver, name: driver.name.optional() });

const component = z.strictObject({ material: id, perUnit: z.number().positive().max(1_000_000) });
export const mixForm = z.strictObject({
  components: z
    .array(component)
    .max(50)
    .refine((all) => new Set(all.map(({ material }) => material)).size === all.length, 'must name each material once'),
});

/** What concrete is made of where its product says nothing else, by unit: ten of each a load of ten, as in the original. */
export const defaultMix = [
  { material: 'MATERIAL-SAND', perUnit: 1 },
  { material: 'MATERIAL-GRAVEL', perUnit: 1 },
  { material: 'MATERIAL-CONCRETE', perUnit: 1 },
] as const;
