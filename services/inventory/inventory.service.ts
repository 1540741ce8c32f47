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
import { adjustForm, inventoryMessages, limitsForm, receiveForm, stockKeyOf } from '../../models/inventory.ts';
import { id, text, uuid } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { answered } from '../answered.ts';
import { locationExists, movementsOf, productExists } from './catalogue.store.ts';
import { decide, type Stock } from './inventory.decider.ts';
import { inventoryStore } from './inventory.store.ts';
import { monitoring } from './monitoring.ts';

const definition: Actor<Stock> = {
  type: 'inventory',
  messages: inventoryMessages,
  decide,
  store: inventoryStore,
  // A hot product must go on selling behind a message that fails.
  onPoison: 'skip',
};

const place = { sku: id, locationId: id };
const change = { ...place, version: z.int().optional() };
const filters = {
  sku: id.optional(),
  locationId: id.optional(),
  lowStock: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
};

const hold = { stockKey: text(130), orderKey: uuid, orderId: text(64) };

const card = (stock: Stock) => {
  const { low: lowStock, ...shown } = stock;
  return { ...shown, lowStock };
};

export default (): ServiceSchema =>
  ({
    name: 'inventory',
    mixins: [
      actor(definition),
      crud({ model: stockModel, cursor: 'key', notFound: 'inventory.unknown-stock' }),
      monitoring(),
      health(),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      /** POST /api/inventory/:sku/:locationId/receive. What was never kept there begins to be. */
      receive: checked(z.strictObject({ ...change, ...receiveForm.shape }), async ({ sku, locationId, ...received }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        if (!(await productExists(runtime.database, sku))) throw new Refused('resource.not-found', { sku });
        if (!(await locationExists(runtime.database, locationId))) throw new Refused('plant.not-found', { locationId });
        const key = stockKeyOf(sku, locationId);
        await runtime.ask('inventory', key, 'inventory.stock', { sku, locationId, quantity: 0, reorderLevel: 0 });
        const stock = answered<Stock>(await runtime.ask('inventory', key, 'inventory.receive', received)) as Stock;
        return card(stock);
      }),
      /** POST /api/inventory/:sku/:locationId/adjust: a count or a loss, with its reason. */
      adjust: checked(z.strictObject({ ...change, ...adjustForm.shape }), async ({ sku, locationId, ...adjusted }, ctx) => {
        const answer = await runtimeOf(ctx.broker).ask('inventory', stockKeyOf(sku, locationId), 'inventory.adjust', adjusted);
        return card(answered<Stock>(answer) as Stock);
      }),
      /** POST /api/inventory/:sku/:locationId/limits: when it counts as low, what is on its way, and whether orders may wait for it. */
      limits: checked(z.strictObject({ ...change, ...limitsForm.shape }), async ({ sku, locationId, ...limits }, ctx) => {
        const key = stockKeyOf(sku, locationId);
        const answer = await runtimeOf(ctx.broker).ask('inventory', key, 'inventory.limits', limits);
        const stock = answered<Stock>(answer);
        // Those are its limits already: it is answered as it stands.
        return stock ? card(stock) : ctx.call('inventory.get', { id: key });
      }),
      /** GET /api/inventory?sku=&locationId=&lowStock=true */
      levels: checked(z.strictObject({ ...pageParams, ...filters }), async ({ limit, cursor, ...asked }, ctx) => {
        const query = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
        return ctx.call('inventory.page', { limit, cursor, query });
      }),
      level: checked(z.strictObject(place), ({ sku, locationId }, ctx) => ctx.call('inventory.get', { id: stockKeyOf(sku, locationId) })),
      /** What a warehouse's client asks for by hand (B22): a hold is known by its stock and by whose it is. */
      confirmReservation: checked(z.strictObject(hold), async ({ stockKey, ...ofOrder }, ctx) => {
        answered(await runtimeOf(ctx.broker).ask('inventory', stockKey, 'inventory.confirm', ofOrder));
        return { ...ofOrder, stockKey };
      }),
      releaseReservation: checked(z.strictObject({ ...hold, reason: text(500) }), async ({ stockKey, ...ofOrder }, ctx) => {
        answered(await runtimeOf(ctx.broker).ask('inventory', stockKey, 'inventory.release', ofOrder));
        return { ...ofOrder, stockKey };
      }),
      movements: checked(z.strictObject({ ...place, ...pageParams }), async ({ sku, locationId, limit, cursor }, ctx) => {
        const before = cursor && decodeId(cursor);
        const rows = await movementsOf(runtimeOf(ctx.broker).database, stockKeyOf(sku, locationId), before, limit + 1);
        const items = rows.slice(0, limit);
        return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)?.id) : null };
      }),
    },
  }) as ServiceSchema;
