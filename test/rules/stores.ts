/** What the actors' stores would have loaded for a turn, and no more; and what they would keep of a state, and no more. */
import { defaultMix } from '../../models/catalogue.ts';
import { stockKeyOf } from '../../models/inventory.ts';
import type { Message } from '../../runtime/decider.ts';
import { Rows } from '../../runtime/decider.ts';
import { type Fulfillment, type FulfillmentFacts, slotOf } from '../../services/fulfillment/fulfillment.state.ts';
import type { Reservation, Stock, StockFacts } from '../../services/inventory/inventory.decider.ts';
import type { Order, OrderFacts } from '../../services/order/order.state.ts';
import type { Payment } from '../../services/payment/payment.decider.ts';
import { leftCents } from '../../services/payment/payment.state.ts';
import type { ReturnFacts, SentBack } from '../../services/returns/returns.state.ts';
import type { DeliveryJob, DispatchFacts, Load, Plant, PlantFacts } from '../../services/truck/dispatch.state.ts';
import type { Truck } from '../../services/truck/truck.state.ts';
import { products } from '../support/examples.ts';
import { asStored, NOW } from '../support/given.ts';

/** What the stores need of the world (world.ts). */
interface World {
  readonly states: ReadonlyMap<string, unknown>;
  readonly now: Date;
  readonly born: ReadonlyMap<string, Date>;
  of<State>(actor: string): [key: string, state: State][];
  table<Row = unknown>(address: string, table: string): Map<string, Row>;
  nextOrderId(): string;
}

/** So short a line is read that some are longer. */
const LONGEST_LINE = 3;
const ENDS = ['order.return.completed', 'order.return.rejected', 'order.exchange.completed', 'order.exchange.rejected'];
const NEED: Record<string, readonly string[]> = {
  order_items: ['order.cancel-item', 'order.send-back', ...ENDS],
  order_returns: ['order.send-back', ...ENDS],
  order_holds: ['order.hold', 'order.release-hold'],
  tracking: ['fulfillment.tracked', 'fulfillment.track-answered'],
  refund: ['payment.refund', 'payment.reduce'],
};

/** The child rows that these messages need. */
export const rowsFor = (world: World, address: string, messages: readonly Message[]): Rows => {
  const [actor] = address.split('/');
  const rows = new Rows();
  const load = <Row>(table: string, wanted: (row: Row, id: string) => boolean = () => true): void => {
    for (const [id, row] of world.table<Row>(address, table)) if (wanted(row, id)) rows.loaded(table, id, row);
  };
  const hears = (table: string): boolean => messages.some(({ name }) => NEED[table]?.includes(name));
  const named = (field: string, names?: readonly string[]) =>
    new Set(messages.filter(({ name }) => names?.includes(name) ?? true).map(({ payload }) => (payload as Record<string, unknown>)[field]));
  if (actor === 'order') for (const table of ['order_items', 'order_returns', 'order_holds']) if (hears(table)) load(table);
  if (actor === 'fulfillment' && hears('tracking')) load('tracking');
  if (actor === 'payment' && (hears('refund') || ((world.states.get(address) as Payment)?.refundingCents ?? 0) > 0)) load('refund');
  if (actor === 'inventory') {
    const first = new Set(lineOf(world, address).map(([id]) => id));
    load<Reservation>('reservation', (_row, id) => named('orderKey').has(id) || first.has(id));
    load('takeBack', (_row, id) => named('returnId').has(id));
  }
  if (actor === 'dispatch') {
    const other = named('withOrderKey', ['dispatch.swap']);
    const [orders, called] = [OF_ORDERS, OFF_TRUCKS].map((names) => new Set([...named('orderKey', names), ...other])) as [
      Set<unknown>,
      Set<unknown>,
    ];
    const loads = new Set([...named('loadId', OF_LOADS), ...named('orderKey', ['inventory.reserved', 'inventory.rejected'])]);
    const all = [...world.table<Load>(address, 'load').values()];
    const jobs = new Set(all.filter(({ id }) => loads.has(id)).map(({ jobId }) => jobId));
    const mates = new Set(all.filter(({ id }) => loads.has(id)).map(({ orderKey }) => orderKey));
    const heads = headsOf(world, address, messages);
    const breaks = messages.some(({ name }) => name === 'dispatch.break-down');
    load<DeliveryJob>('job', (job) => heads.has(job.id) || isDue(job, world.now) || orders.has(job.orderKey) || jobs.has(job.id));
    load<Load>(
      'load',
      ({ id, orderKey, closedAt }) => loads.has(id) || (!closedAt && (breaks || called.has(orderKey) || mates.has(orderKey))),
    );
  }
  return rows;
};

const OFF_TRUCKS = ['dispatch.cancel', 'dispatch.reduce', 'dispatch.unassign', 'dispatch.swap'];
const OF_ORDERS = ['dispatch.request', 'dispatch.assign', 'dispatch.lock', 'dispatch.prioritise', ...OFF_TRUCKS];
const OF_LOADS = [
  'truck.status.changed',
  'truck.pouring.completed',
  'truck.materials.loaded',
  'load.rejected',
  'dispatch.truck-refused',
  'dispatch.recall-refused',
];
/** So short a head of the queue is read that some wait behind it. */
const HEAD = 5;
const isWide = (messages: readonly Message[]): boolean =>
  messages.some(({ name, payload }) => name === 'dispatch.sweep' && (payload as { wide?: true }).wide);
const isDue = ({ status, dueAt }: DeliveryJob, now: Date): boolean => status === 'scheduled' && dueAt !== null && new Date(dueAt) <= now;

const headsOf = (world: World, address: string, messages: readonly Message[]): Set<string> => {
  const queued = [...world.table<DeliveryJob>(address, 'job').values()].filter(({ status }) => status === 'queued');
  const rank = ({ requestedAt, priority }: DeliveryJob): number => Date.parse(requestedAt) - priority * 600_000;
  return new Set(
    queued
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, isWide(messages) ? queued.length : HEAD)
      .map(({ id }) => id),
  );
};

const lineOf = (world: World, address: string): [string, Reservation][] => {
  if (((world.states.get(address) as Stock | undefined)?.backordered ?? 0) <= 0) return [];
  const line = [...world.table<Reservation>(address, 'reservation')].filter(([, { place }]) => typeof place === 'number');
  return line.sort(([, one], [, other]) => Number(one.place) - Number(other.place)).slice(0, LONGEST_LINE);
};

export const factsFor = (world: World, actor: string, key: string, messages: readonly Message[]): unknown => {
  if (actor === 'dispatch') return dispatchFacts(world, key, messages);
  if (actor === 'order') return orderFacts(world, key, messages);
  if (actor === 'inventory') return stockFacts(world, key);
  if (actor === 'fulfillment') return holdersFor(world, key, messages);
  return actor === 'return' || actor === 'exchange'
    ? paidFor(world, world.states.get(`${actor}/${key}`) as SentBack | undefined)
    : undefined;
};

const stockFacts = (world: World, key: string): StockFacts => {
  const line = lineOf(world, `inventory/${key}`);
  const last = line[LONGEST_LINE - 1]?.[1].place;
  return { lineEnds: new Map(typeof last === 'number' ? [[key, last]] : []), sums: new Map() };
};

const holdersFor = (world: World, key: string, messages: readonly Message[]): FulfillmentFacts => {
  const holders = new Map<string, string>();
  const open = world.of<Fulfillment>('fulfillment').filter(([, { status }]) => status !== 'delivered' && status !== 'cancelled');
  for (const [id, one] of open) holders.set(slotOf(one), id);
  for (const { name, payload } of messages) {
    const slot = name === 'fulfillment.create' ? slotOf(payload as { orderKey: string; locationId: string }) : undefined;
    if (slot && !holders.has(slot)) holders.set(slot, key);
  }
  return { holders };
};

const NOT_TAKEN_YET = ['created', 'authorizing', 'authorized', 'capturing', 'cod_due'];
const paidFor = (world: World, one: SentBack | undefined): ReturnFacts => {
  const payment = world.states.get(`payment/${one?.paymentId}`) as Payment | undefined;
  if (!payment) return { payments: new Map() };
  const left = NOT_TAKEN_YET.includes(payment.status) ? payment.amountCents - payment.refundingCents : leftCents(payment);
  return { payments: new Map([[payment.id, { status: payment.status, leftCents: left }]]) };
};

const MIXED = 'CONCRETE-C25';
const dispatchFacts = (world: World, plant: string, messages: readonly Message[]): DispatchFacts => {
  const jobs = [...world.table<DeliveryJob>(`dispatch/${plant}`, 'job').values()];
  const loads = [...world.table<Load>(`dispatch/${plant}`, 'load').values()].filter(({ closedAt }) => !closedAt);
  const open = new Map(loads.map(({ truckId, id }) => [truckId, id]));
  const here = world.of<Truck>('truck').filter(([, truck]) => truck.plantId === plant);
  const capacities = here.flatMap(([id, { status }]) => (status === 'out_of_service' ? [] : [capacityOf(id)]));
  const free = here.filter(([, { status }]) => status === 'available').sort(([, a], [, b]) => a.phaseSince.localeCompare(b.phaseSince));
  const lockedBy = (id: string) => jobs.find(({ lockedTruckId, status }) => lockedTruckId === id && isOneOf(status, 'queued', 'scheduled'));
  const due = jobs.flatMap(({ status, dueAt }) => (status === 'scheduled' && dueAt && new Date(dueAt) > world.now ? [dueAt] : []));
  const loading = here.filter(
    ([id, { status, lastLoadId }]) =>
      isOneOf(status, 'assigned', 'loading') || (status === 'available' && open.has(id) && open.get(id) !== lastLoadId),
  );
  const facts: PlantFacts = {
    trucks: free.map(([id, { trips }]) => ({
      ...{ id, trips, capacity: capacityOf(id), openLoadId: open.get(id) ?? null, lockedBy: lockedBy(id)?.id ?? null },
      ...{ skills: [], homePlantId: null, milesAway: null, driver: null },
    })),
    more: { trucks: false, waiting: jobs.filter(({ status }) => status === 'queued').length > HEAD, wide: isWide(messages) },
    largest: capacities.length > 0 ? Math.max(...capacities) : null,
    skilled: [],
    loadingNow: (world.states.get(`dispatch/${plant}`) as Plant).loadSlots === null ? 0 : loading.length,
    nextDue: due.sort()[0] ?? null,
  };
  const material = stockKeyOf(defaultMix[0].material, plant);
  const lies = world.states.get(`inventory/${material}`) as Stock | undefined;
  return {
    plants: new Map([[plant, facts]]),
    mixes: new Map([[MIXED, [{ material: defaultMix[0].material, perUnit: defaultMix[0].perUnit }]]]),
    materials: new Map(lies ? [[material, lies.available]] : []),
    elsewhere: elsewhere(world),
    truckStatus: new Map(loads.map(({ truckId }) => [truckId, (world.states.get(`truck/${truckId}`) as Truck).status])),
  };
};
const isOneOf = (status: string, ...those: string[]): boolean => those.includes(status);
/** Trucks of the world are of different sizes. */
const capacityOf = (truckId: string): number => (truckId.endsWith('0') ? 10 : 6);

const elsewhere = (world: World): string[] =>
  world
    .of<Plant>('dispatch')
    .flatMap(([id, { brokenSince }]) => {
      const trucks = world.of<Truck>('truck').filter(([, { plantId, status }]) => plantId === id && status !== 'out_of_service').length;
      const waiting = [...world.table<DeliveryJob>(`dispatch/${id}`, 'job').values()].filter(({ status }) => status === 'queued').length;
      return brokenSince || trucks === 0 ? [] : [{ id, rank: waiting / trucks }];
    })
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 3)
    .map(({ id }) => id);

const orderFacts = (world: World, key: string, messages: readonly Message[]): OrderFacts => {
  const asked = messages.flatMap(({ payload }) => (payload as { items?: { sku: string; quantity: number }[] }).items ?? []);
  const has = (plant: string): boolean =>
    asked.every(({ sku, quantity }) => ((world.states.get(`inventory/${stockKeyOf(sku, plant)}`) as Stock)?.available ?? 0) >= quantity);
  const plants = world.of('dispatch').map(([plant]) => plant);
  const jobs = plants.flatMap((plant) => [...world.table<DeliveryJob>(`dispatch/${plant}`, 'job').values()]);
  const hasJob = jobs.some(({ orderKey, status }) => orderKey === key && isOneOf(status, 'queued', 'scheduled', 'in_progress'));
  return {
    products: new Map(products.map((product) => [product.sku, product])),
    plants: new Map(world.of<Plant>('dispatch').map(([plant, { brokenSince }]) => [plant, { place: null, broken: brokenSince !== null }])),
    ids: new Map([[key, world.nextOrderId()]]),
    stockedPlants: new Map([[key, plants.filter(has)]]),
    ages: new Map([[key, { createdAt: (world.born.get(`order/${key}`) ?? NOW).toISOString(), requestedEnd: null, hasJob }]]),
  };
};

const SELDOM: readonly (keyof Order)[] = ['stock', 'quantity', 'totalCents', 'paymentToken', 'fulfillmentId', 'blocked', 'marks'];
const RARELY: readonly (keyof Payment)[] = ['amountCents', 'authorizedCents', 'refundingCents', 'refunds'];
const columns = (state: object | undefined, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(state ?? {}).filter(([name]) => names.includes(name)));

/** Columns that seldom change are only written where the rules, or the state, say that they have. */
export const kept = (actor: string, before: unknown, after: unknown): unknown => {
  if (actor === 'order') {
    const { intake: _, amended, ...order } = after as Order;
    return asStored(before && !amended ? { ...order, ...columns(before, SELDOM) } : order);
  }
  const payment = after as Payment;
  const rare = actor !== 'payment' || payment.manual || payment.refunds > 0 || payment.owner !== null;
  return asStored(before && !rare ? { ...payment, ...columns(before, RARELY) } : after);
};
