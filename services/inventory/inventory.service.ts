/** The face of stock. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { decodeId, encodeCursor, pageParams } from '../../mixins/cursor.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { Refused } from '../../models/errors.ts';
import { stockModel } from '../../models/inventory.model.ts';
import { adjustForm, inventoryMessages, receiveForm, stockKeyOf } from '../../models/inventory.ts';
import { id } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { answered } from '../answered.ts';
import { locationExists, movementsOf, productExists } from './catalogue.store.ts';
import { decide, type Stock } from './inventory.decider.ts';
import { inventoryStore } from './inventory.store.ts';

const definition: Actor<Stock> = {
  type: 'inventory',
  messages: inventoryMessages,
  decide,
  store: inventoryStore,
  // A hot product must go on selling behind a message that fails.
  onPoison: 'skip',
};

const place = { sku: id, locationId: id };

const card = (sku: string, locationId: string, { available, reserved, reorderLevel, version }: Stock) => ({
  sku,
  locationId,
  available,
  reserved,
  incoming: 0,
  reorderLevel,
  version,
});

export default (): ServiceSchema =>
  ({
    name: 'inventory',
    mixins: [
      actor(definition),
      crud({ model: stockModel, cursor: 'key', notFound: 'inventory.unknown-stock' }),
      health(),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      /** POST /api/inventory/:sku/:locationId/receive. What was never kept there begins to be. */
      receive: checked(z.strictObject({ ...place, ...receiveForm.shape }), async ({ sku, locationId, quantity }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        if (!(await productExists(runtime.database, sku))) throw new Refused('resource.not-found', { sku });
        if (!(await locationExists(runtime.database, locationId))) throw new Refused('plant.not-found', { locationId });
        const key = stockKeyOf(sku, locationId);
        await runtime.ask('inventory', key, 'inventory.stock', { sku, locationId, quantity: 0, reorderLevel: 0 });
        const stock = answered<Stock>(await runtime.ask('inventory', key, 'inventory.receive', { quantity })) as Stock;
        return card(sku, locationId, stock);
      }),
      /** POST /api/inventory/:sku/:locationId/adjust: a count or a loss, with its reason. */
      adjust: checked(z.strictObject({ ...place, ...adjustForm.shape }), async ({ sku, locationId, quantity, reason }, ctx) => {
        const answer = await runtimeOf(ctx.broker).ask('inventory', stockKeyOf(sku, locationId), 'inventory.adjust', {
          quantity,
          reason,
        });
        return card(sku, locationId, answered<Stock>(answer) as Stock);
      }),
      movements: checked(z.strictObject({ ...place, ...pageParams }), async ({ sku, locationId, limit, cursor }, ctx) => {
        const before = cursor && decodeId(cursor);
        const rows = await movementsOf(runtimeOf(ctx.broker).database, stockKeyOf(sku, locationId), before, limit + 1);
        const items = rows.slice(0, limit);
        return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)?.id) : null };
      }),
    },
  }) as ServiceSchema;
