/** What is sold, where it is kept and driven from: the forms of the CRUD surfaces. */
import { z } from 'zod';
import { cents, currency, id, text } from './words.ts';

export const productForm = z.strictObject({
  sku: id,
  name: text(200),
  description: text(2_000).optional(),
  kind: z.enum(['goods', 'concrete']).default('goods'),
  priceCents: cents,
  currency: currency.default('USD'),
});

export const plantForm = z.strictObject({
  id,
  name: text(100),
  latitude: z.number().min(-90).max(90).optional(),
  longitude: z.number().min(-180).max(180).optional(),
});

export const truckForm = z.strictObject({
  id: id.optional(),
  code: id,
  plantId: id,
  driver: text(100).optional(),
  capacity: z.number().positive().max(100).default(10),
});

/** What concrete is made of where its product says nothing else, by unit: ten of each a load of ten, as in the original. */
export const defaultMix = [
  { material: 'MATERIAL-SAND', perUnit: 1 },
  { material: 'MATERIAL-GRAVEL', perUnit: 1 },
  { material: 'MATERIAL-CONCRETE', perUnit: 1 },
] as const;
