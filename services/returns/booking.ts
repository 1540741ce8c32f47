/**
 * How a return or an exchange begins: first it is written down here, unbooked; then the order is asked to book it under the same id; then
 * it is told so. Each step may be lost, and none silently: the id follows from the Idempotency-Key, so that asking again goes on where it
 * stopped, and what nobody goes on with lapses after two minutes and tells the order to drop its booking.
 */
import type { Context } from 'moleculer';
import { errors, invalid, Refused } from '../../models/errors.ts';
import { stockKeyOf } from '../../models/inventory.ts';
import type { Database } from '../../runtime/database.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { derivedId } from '../../runtime/ids.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { cardOf, type Kind, type OrderSentFrom, orderSentFrom, pricesOf, type SentBackCard } from './returns.views.store.ts';

type Ctx = Context<unknown, Record<string, unknown>>;

interface Wanted {
  lines: readonly { itemId: string; quantity: number }[];
  reason: string;
}

/** @throws Refused when there is no such order, or an item is not its */
export const sentFrom = async (database: Database, orderId: string, { lines, reason }: Wanted) => {
  const order = await orderSentFrom(database, orderId);
  if (!order) throw new Refused('order.not-found', { id: orderId });
  const { token, address, items, ...ofOrder } = order;
  const wrong = lines.flatMap(({ itemId }, index) =>
    items.some(({ id }) => id === itemId) ? [] : [{ pointer: `/lines/${index}/itemId`, detail: 'is no item of this order' }],
  );
  if (wrong.length > 0) throw invalid(wrong);
  const priced = lines.map(({ itemId, quantity }) => {
    const { sku, unitPriceCents } = items.find(({ id }) => id === itemId) as OrderSentFrom['items'][number];
    return { itemId, sku, stockKey: stockKeyOf(sku, order.locationId), quantity, unitPriceCents };
  });
  return { token, address, payload: { ...ofOrder, reason, lines: priced } };
};

/** The replacements at today's prices. @throws Refused when the catalogue has not all of them, or not in the order's currency */
export const replacementsFor = async (
  database: Database,
  wanted: readonly { sku: string; quantity: number }[],
  { currency, locationId }: { currency: string; locationId: string },
) => {
  const prices = new Map(
    (
      await pricesOf(
        database,
        wanted.map(({ sku }) => sku),
      )
    ).map((product) => [product.sku, product]),
  );
  const wrong = wanted.flatMap(({ sku }, index) => {
    const product = prices.get(sku);
    if (!product) return [{ pointer: `/replacements/${index}/sku`, detail: 'is not in the catalogue' }];
    return product.currency === currency ? [] : [{ pointer: `/replacements/${index}/sku`, detail: `is not priced in ${currency}` }];
  });
  if (wrong.length > 0) throw invalid(wrong);
  return wanted.map(({ sku, quantity }) => ({
    sku,
    quantity,
    stockKey: stockKeyOf(sku, locationId),
    unitPriceCents: prices.get(sku)?.priceCents ?? 0,
  }));
};

/** @returns the card of what was begun, or of what an earlier try with the same Idempotency-Key had begun */
export const begin = async (
  ctx: Ctx,
  kind: Kind,
  orderId: string,
  wanted: Wanted,
  payload: { orderKey: string; [field: string]: unknown },
): Promise<SentBackCard> => {
  const runtime = runtimeOf(ctx.broker);
  const { orderKey } = payload;
  const id = idFor(ctx, kind, orderId) ?? runtime.newId();
  const headers = newHeaders(`door/${kind}.request`, { ...currentHeaders(), correlationId: orderKey });
  answered(await runtime.ask(kind, id, `${kind}.request`, payload, headers));
  const before = (await cardOf(runtime.database, kind, id)) as SentBackCard;
  if (before.booked) return before;
  if (before.status !== 'requested') throw new Refused('return.lapsed', { id });
  const form = { orderKey, id, kind, lines: wanted.lines, reason: wanted.reason };
  const booked = ctx.call<{ paymentId: string | null }, typeof form>('sending-back.book', form);
  const { paymentId } = await booked.catch(async (error) => {
    const { type, data } = error as Refused;
    // Moleculer's own errors look like refusals (404): kept under the Idempotency-Key they would stand for a day.
    if (isAway(type)) throw new Refused('service.unavailable', { room: 'order' });
    if (!isRefusal(type)) throw error;
    await runtime.ask(kind, id, `${kind}.refused`, { code: type }, headers);
    throw new Refused(type, data);
  });
  answered(await runtime.ask(kind, id, `${kind}.booked`, { paymentId }, headers));
  return (await cardOf(runtime.database, kind, id)) as SentBackCard;
};

const idFor = ({ meta }: Ctx, kind: Kind, orderId: string): string | undefined => {
  if (typeof meta.idempotencyKey !== 'string') return undefined;
  const subject = (meta.user as { sub?: string } | undefined)?.sub ?? 'anyone';
  return derivedId(`${kind} ${orderId} ${subject} ${meta.idempotencyKey}`);
};

/** The order's no, as against an order room that is away. */
const isRefusal = (type: unknown): type is keyof typeof errors =>
  typeof type === 'string' && Object.hasOwn(errors, type) && errors[type as keyof typeof errors].status < 500;

const isAway = (type: unknown): boolean => ['SERVICE_NOT_FOUND', 'SERVICE_NOT_AVAILABLE', 'REQUEST_TIMEOUT'].includes(String(type));
