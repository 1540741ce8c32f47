/** The face of drivers: plain rows, no actor. Who may drive when is looked at when a truck is chosen (dispatch.yard.rules.ts). */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import { checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { changeDriverForm, driverForm } from '../../models/catalogue.ts';
import { Refused } from '../../models/errors.ts';
import { driverModel } from '../../models/truck.model.ts';
import { id } from '../../models/words.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { changeDriver, insertDriver } from './drivers.store.ts';

const changed = z.strictObject({ id, version: z.int().optional(), ...changeDriverForm.shape });

export default (): ServiceSchema =>
  ({
    name: 'driver',
    mixins: [
      crud({ model: driverModel, cursor: 'id', notFound: 'driver.not-found' }),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      add: checked(driverForm, async ({ id: driverId, ...driver }, ctx) => {
        const added = await insertDriver(runtimeOf(ctx.broker).database, driverId, driver);
        if (!added) throw new Refused('resource.exists', { id: driverId });
        return added;
      }),
      /** A new licence, or other hours, may be what an order waits for. */
      change: checked(changed, async ({ id: driverId, version, ...fields }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const found = await changeDriver(runtime.database, driverId, fields, version);
        if (!found) throw new Refused('driver.not-found', { id: driverId });
        if (!found.changed) throw new Refused('resource.changed', { id: driverId });
        await Promise.all(found.plants.map((plant) => runtime.tell('dispatch', plant, 'dispatch.sweep', {})));
        return found.changed;
      }),
    },
  }) as ServiceSchema;
