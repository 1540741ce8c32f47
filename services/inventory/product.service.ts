/** The face of the catalogue: plain rows, no actor. */
import type { ServiceSchema } from 'moleculer';
import { checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { productForm } from '../../models/catalogue.ts';
import { Refused } from '../../models/errors.ts';
import { productModel } from '../../models/inventory.model.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { insertProduct } from './catalogue.store.ts';

export default (): ServiceSchema =>
  ({
    name: 'product',
    mixins: [
      crud({ model: productModel, cursor: 'sku', notFound: 'resource.not-found' }),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      add: checked(productForm, async (product, ctx) => {
        if (!(await insertProduct(runtimeOf(ctx.broker).database, product))) throw new Refused('resource.exists', { sku: product.sku });
        return product;
      }),
    },
  }) as ServiceSchema;
