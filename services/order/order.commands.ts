/** What people may ask of an order: each is one message, answered from the transaction that handled it, with the order as it is then. */
import type { Context } from 'moleculer';
import { z } from 'zod';
import { checked } from '../../mixins/checked.ts';
import { Refused } from '../../models/errors.ts';
import { cancelForm, cancelItemForm, confirmForm, holdForm, proofForm, retryForm } from '../../models/order.ts';
import { uuid } from '../../models/words.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { derivedId } from '../../runtime/ids.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { correlationOf, orderById } from './order.views.store.ts';

const anOrder = z.object({ id: z.coerce.string().regex(/^\d{1,18}$/, 'must be an order id'), version: z.int().optional() });
const anItem = z.object({ itemId: z.coerce.string().regex(/^\d{1,18}$/, 'must be an item id') });
const nothingElse = z.strictObject({});

type Ctx = Context<unknown, Record<string, unknown>>;

export const orderCommands = () => ({
  /** POST /api/orders/:id/cancel, and the REPL's `cancel`. */
  cancel: command('order.cancel', cancelForm),
  /** POST /api/orders/:id/items/:itemId/cancel */
  cancelItem: command('order.cancel-item', cancelItemForm.extend(anItem.shape)),
  /** POST /api/orders/:id/confirm: of a COD order, by hand. */
  confirm: command('order.confirm', confirmForm),
  /** POST /api/orders/:id/delivery-proof */
  proveDelivery: command('order.prove-delivery', proofForm),
  /** POST /api/orders/:id/payments/retry */
  retryPayment: command('order.retry-payment', retryForm),
  /** POST /api/orders/:id/holds */
  hold: command('order.hold', holdForm, (ctx, id) => ({ holdId: holdIdFor(ctx, id) })),
  /** POST /api/orders/:id/holds/:holdId/release */
  releaseHold: command('order.release-hold', z.strictObject({ holdId: uuid })),
  /** POST /api/orders/:id/complete */
  complete: command('order.complete', nothingElse),
});

/** The same request again is the same hold. */
const holdIdFor = (ctx: Ctx, orderId: string): string => {
  const key = ctx.meta?.idempotencyKey;
  return typeof key === 'string' ? derivedId(`hold ${orderId} ${key}`) : runtimeOf(ctx.broker).newId();
};

const command = <Shape extends z.ZodRawShape>(
  name: string,
  form: z.ZodObject<Shape>,
  also: (ctx: Ctx, id: string) => Record<string, unknown> = () => ({}),
) =>
  checked(anOrder.extend(form.shape).strict(), async (asked, ctx) => {
    const { id, ...payload } = asked as { id: string } & Record<string, unknown>;
    const runtime = runtimeOf(ctx.broker);
    const correlationId = await correlationOf(runtime.database, id);
    if (!correlationId) throw new Refused('order.not-found', { id });
    const headers = newHeaders(`door/${name}`, { ...currentHeaders(), correlationId });
    answered(await runtime.ask('order', correlationId, name, { ...payload, by: headers.by, ...also(ctx as Ctx, id) }, headers));
    return orderById(runtime.database, id);
  });
