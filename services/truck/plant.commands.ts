/** What people ask of a plant: how it works, that it stands still, that it works again. Each answers the plant as it is then. */
import type { ActionSchema } from 'moleculer';
import { z } from 'zod';
import { checked } from '../../mixins/checked.ts';
import { plantForm } from '../../models/catalogue.ts';
import { dispatchMessages } from '../../models/dispatch.ts';
import { invalid, Refused } from '../../models/errors.ts';
import { id } from '../../models/words.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { currentHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { insertPlant } from './fleet.store.ts';

const INNER = { by: true } as const;
const atVersion = { id, version: z.int().optional() };

const command = <Shape extends z.ZodRawShape>(name: string, form: z.ZodObject<Shape>) =>
  checked(form.extend(atVersion), async (given, ctx) => {
    const { id: plantId, ...asked } = given as { id: string } & Record<string, unknown>;
    const headers = currentHeaders();
    answered(await runtimeOf(ctx.broker).ask('dispatch', plantId, name, { ...asked, by: headers?.by }, headers));
    return ctx.call('dispatch.get', { id: plantId });
  });

export const plantCommands = (): Record<string, ActionSchema> => ({
  addPlant: checked(plantForm, async (plant, ctx) => {
    const { id: plantId, latitude, longitude } = plant;
    if ((latitude === undefined) !== (longitude === undefined))
      throw invalid([{ pointer: latitude === undefined ? '/latitude' : '/longitude', detail: 'must come together with the other' }]);
    if (!(await insertPlant(runtimeOf(ctx.broker).database, plant))) throw new Refused('resource.exists', { id: plantId });
    return ctx.call('dispatch.get', { id: plantId });
  }),
  /** PATCH /api/plants/:id */
  changePlant: command('dispatch.change-plant', dispatchMessages['dispatch.change-plant'].omit(INNER)),
  /** POST /api/plants/:id/breakdown: what waits goes to other plants. */
  breakDown: command('dispatch.break-down', dispatchMessages['dispatch.break-down'].omit(INNER)),
  /** POST /api/plants/:id/repaired */
  repaired: command('dispatch.repaired', dispatchMessages['dispatch.repaired'].omit(INNER)),
});
