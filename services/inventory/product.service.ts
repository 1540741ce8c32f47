/** The face of the catalogue: plain rows, no actor. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import { checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { decodeText, encodeCursor, pageParams } from '../../mixins/cursor.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { productForm } from '../../models/catalogue.ts';
import { Refused } from '../../models/errors.ts';
import { productModel } from '../../models/inventory.model.ts';
import { id } from '../../models/words.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { insertProduct } from './catalogue.store.ts';
import { lowStockProducts, productsBySku } from './inventory.views.store.ts';

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
      /** Several at once; those that there are not are left out. */
      getByIds: checked(z.strictObject({ ids: z.array(id).min(1).max(200) }), async ({ ids }, ctx) => ({
        items: await productsBySku(runtimeOf(ctx.broker).database, ids),
      })),
      /** The products to be ordered anew, and where; a page at a time. */
      lowStock: checked(z.strictObject({ ...pageParams, locationId: id.optional() }), async ({ limit, cursor, locationId }, ctx) => {
        const after = cursor && decodeText(cursor);
        const rows = await lowStockProducts(runtimeOf(ctx.broker).database, locationId, after, limit + 1);
        const last = rows[limit - 1];
        const items = rows.slice(0, limit).map(({ key, ...product }) => product);
        return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.key) : null };
      }),
    },
  }) as ServiceSchema;
