/** What the faces of returns and of exchanges do alike: show one, list them, and put a question to one. */
import type { ActionSchema } from 'moleculer';
import { z } from 'zod';
import { checked } from '../../mixins/checked.ts';
import { decodeId, encodeCursor, pageParams } from '../../mixins/cursor.ts';
import { Refused } from '../../models/errors.ts';
import { id, uuid } from '../../models/words.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { cardOf, cardsOf, type Kind } from './returns.views.store.ts';

export const orderId = z.coerce.string().regex(/^\d{1,18}$/, 'must be an order id');

export const reads = (kind: Kind, statuses: readonly [string, ...string[]]): Record<string, ActionSchema> => ({
  get: checked(z.strictObject({ id: uuid }), async ({ id: key }, ctx) => {
    const card = await cardOf(runtimeOf(ctx.broker).database, kind, key);
    if (!card) throw new Refused(`${kind}.not-found`, { id: key });
    return card;
  }),
  page: checked(
    z.strictObject({ ...pageParams, orderId: orderId.optional(), status: z.enum(statuses).optional(), customerId: id.optional() }),
    async ({ limit, cursor, ...filter }, ctx) => {
      const { items, last } = await cardsOf(runtimeOf(ctx.broker).database, kind, filter, cursor && decodeId(cursor), limit);
      return { items, nextCursor: last === null ? null : encodeCursor(last) };
    },
  ),
});

/** POST /api/returns/:id/… : what somebody says to it, answered from the transaction that decided it. */
export const ask = <Form extends z.ZodRawShape>(kind: Kind, name: string, form: z.ZodObject<Form>): ActionSchema =>
  checked(z.strictObject({ ...form.shape, id: uuid, version: z.int().optional() }), async (params, ctx) => {
    const { id: key, ...payload } = params as { id: string };
    const runtime = runtimeOf(ctx.broker);
    const card = await cardOf(runtime.database, kind, key);
    if (!card) throw new Refused(`${kind}.not-found`, { id: key });
    const headers = newHeaders(`door/${name}`, { ...currentHeaders(), correlationId: card.orderKey });
    answered(await runtime.ask(kind, key, name, payload, headers));
    return cardOf(runtime.database, kind, key);
  });
