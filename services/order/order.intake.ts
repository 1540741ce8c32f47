/** The first turn of an order: what was accepted at the door becomes an order, or fails with its reason. */
import { stockKeyOf } from '../../models/inventory.ts';
import { deliveryOf } from '../../models/order.ts';
import { milesBetween, roadMiles } from '../../models/places.ts';
import { MAX_CENTS } from '../../models/words.ts';
import { done, ignore, setTimer } from '../../runtime/decider.ts';
import { created, processed, reserveStock, statusEvent } from './order.effects.ts';
import { type Decided, type Deciding, laterBy, type Order, type OrderFacts, type OwnPlant, type Payload } from './order.state.ts';

/** Told by the gateway, or by anyone on the mesh who emits order.accepted. The same correlation id twice is one order. */
export const accept = (order: Order | undefined, form: Payload<'order.accepted'>, context: Deciding): Decided => {
  if (order) return ignore('it is accepted already', processed(order));
  const fresh = place(form, context);
  const problem = problemWith(form, context) ?? (fresh.totalCents > MAX_CENTS ? 'order.too-large' : undefined);
  if (problem) {
    const off = { status: 'failed', sagaState: 'Failed', sagaExpiresAt: null, reason: problem, stock: [], awaiting: [] } as const;
    const failed: Order = { ...fresh, ...off, stock: [], awaiting: [] };
    return done(failed, created(failed), statusEvent(failed, null, problem), processed(failed));
  }
  const until = fresh.sagaExpiresAt as string;
  return done(
    fresh,
    created(fresh),
    statusEvent(fresh, null),
    processed(fresh),
    reserveStock(fresh, until),
    setTimer('saga.expire', new Date(until), {}),
  );
};

const problemWith = ({ items, plantId }: Payload<'order.accepted'>, { facts }: Deciding): string | undefined => {
  if (items.some(({ sku }) => !facts.products.has(sku))) return 'order.unknown-sku';
  if (plantId !== undefined && !facts.plants.has(plantId)) return 'order.unknown-plant';
  const currencies = new Set(items.map(({ sku }) => facts.products.get(sku)?.currency));
  return currencies.size > 1 ? 'order.mixed-currencies' : undefined;
};

/** Prices come from the catalogue, never from the client. */
const place = (form: Payload<'order.accepted'>, context: Deciding): Order => {
  const { facts, now, key, settings } = context;
  const id = facts.ids.get(key) as string;
  const items = form.items.map(({ sku, quantity }) => {
    const product = facts.products.get(sku);
    return { sku, quantity, name: product?.name ?? sku, unitPriceCents: product?.priceCents ?? 0 };
  });
  const plantId = form.plantId ?? plantFor(key, form, facts);
  const stock = sumByStock(form.items, plantId);
  const kind = form.kind ?? kindOf(form.items, context);
  const delivery = deliveryOf({ ...form, kind });
  return {
    id,
    orderNumber: `ORD-${now.toISOString().slice(0, 10).replaceAll('-', '')}-${id.padStart(6, '0')}`,
    correlationId: key,
    status: 'pending',
    sagaState: 'Created',
    sagaExpiresAt: laterBy(now, settings.sagaMs).toISOString(),
    compensations: [],
    customerId: form.customerId ?? form.customer?.externalId ?? '',
    plantId,
    delivery,
    address: delivery === 'carrier' ? (form.shippingAddress ?? null) : null,
    fulfillmentId: null,
    paymentMethod: form.paymentMethod,
    paymentToken: form.paymentToken ?? 'tok_ok',
    currency: facts.products.get(form.items[0]?.sku ?? '')?.currency ?? form.currency ?? 'USD',
    totalCents: items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0),
    distanceMiles: form.distanceMiles ?? milesTo(form, facts.plants.get(plantId)) ?? settings.defaultDistanceMiles,
    quantity: form.items.reduce((sum, { quantity }) => sum + quantity, 0),
    priority: form.priority,
    requestedStart: form.requestedWindow?.start ?? null,
    stock,
    awaiting: stock.map(({ stockKey }) => stockKey),
    paymentId: null,
    truckId: null,
    assignedFrom: null,
    blocked: 0,
    deliveredAt: null,
    marks: delivery === 'truck' ? marksFor(form, context) : null,
    reason: null,
    version: 1,
    intake: { form: kind ? { ...form, kind } : form, items },
  };
};

/** Of the plants that work and have all of it, the nearest to its site, or else the fullest. */
const plantFor = (key: string, { site }: Payload<'order.accepted'>, { plants, stockedPlants }: OrderFacts): string => {
  const works = (id: string): boolean => plants.get(id)?.broken !== true;
  const stocked = stockedPlants.get(key)?.filter(works) ?? [];
  const known = stocked.length > 0 ? stocked : [...plants.keys()].filter(works);
  if (!site) return known[0] ?? [...plants.keys()][0] ?? 'none';
  const away = (id: string): number => {
    const place = plants.get(id)?.place;
    return place ? milesBetween(site, place) : Number.POSITIVE_INFINITY;
  };
  return known.reduce((best, id) => (away(id) < away(best) ? id : best), known[0] ?? 'none');
};

const milesTo = ({ site }: Payload<'order.accepted'>, plant: OwnPlant | undefined): number | undefined =>
  site && plant?.place ? roadMiles(site, plant.place) : undefined;

const marksFor = ({ items, pour, requestedWindow, site }: Payload<'order.accepted'>, { facts }: Deciding): Order['marks'] => {
  const concrete = items.some(({ sku }) => facts.products.get(sku)?.kind === 'concrete');
  const truck = {
    ...(pour && { pour }),
    ...(requestedWindow && { requestedEnd: requestedWindow.end }),
    ...(concrete && { concrete }),
    ...(site && { site }),
  };
  return Object.keys(truck).length > 0 ? { truck } : null;
};

/** Who names no kind and orders nothing but concrete means concrete: no carrier takes it, whatever address is given. */
const kindOf = (items: readonly { sku: string }[], { facts }: Deciding): 'concrete' | undefined =>
  items.every(({ sku }) => facts.products.get(sku)?.kind === 'concrete') ? 'concrete' : undefined;

const sumByStock = (items: readonly { sku: string; quantity: number }[], plantId: string): Order['stock'] => {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of items) {
    const stockKey = stockKeyOf(sku, plantId);
    sums.set(stockKey, (sums.get(stockKey) ?? 0) + quantity);
  }
  return [...sums].map(([stockKey, quantity]) => ({ stockKey, quantity }));
};
