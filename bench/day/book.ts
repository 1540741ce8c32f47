/** The orders' side of the day: who asks when, and what comes of it. It stands where the order actors stood. */
import type { Simulator } from '../../runtime/simulator.ts';
import { leadMs } from '../../services/truck/truck.times.rules.ts';
import { AHEAD_MS, TIME_SCALE } from './actors.ts';
import { MINUTE, type Plan, type PlannedOrder } from './plan.ts';

interface Entry {
  order: PlannedOrder;
  assignedAt?: number;
  arrivedAt?: number;
  delivered: number;
  deliveredAt?: number;
  cancelledAt?: number;
}

/** Trucks are on time within so much of the requested start. */
const ON_TIME_MS = 15 * MINUTE;
/** A recall takes the mail a moment; what is poured meanwhile is poured. */
const RECALL_MS = 2_000;

export class Book {
  readonly wrong: string[] = [];
  readonly #world: Simulator;
  readonly #entries: Map<string, Entry>;

  constructor(world: Simulator, { orders, cancels, rushes }: Plan) {
    this.#world = world;
    this.#entries = new Map(orders.map((order) => [order.orderId, { order, delivered: 0 }]));
    for (const order of orders) world.at(order.placedAt, () => this.#request(order));
    for (const { order, at } of cancels) world.at(at, () => this.#cancel(order));
    for (const { order, at } of rushes)
      world.at(at, () => this.#tell(order, 'dispatch.prioritise', { priority: 90, reason: 'the site stands still' }));
    const now = () => world.now.getTime();
    world.on('order.truck.assigned', ({ data }) => {
      this.#entry(data).assignedAt ??= now();
    });
    world.on('truck.arrived.jobsite', ({ data }) => {
      this.#entry(data).arrivedAt ??= now();
    });
    world.on('order.load.delivered', ({ data }) => this.#delivered(this.#entry(data), Number(data.quantity)));
    world.on('order.delivered', ({ data }) => {
      const entry = this.#entry(data);
      this.#delivered(entry, entry.order.quantity);
    });
  }

  #entry({ orderId }: Record<string, unknown>): Entry {
    return this.#entries.get(String(orderId)) as Entry;
  }

  #tell({ plantId, orderKey }: PlannedOrder, name: string, more: object): void {
    this.#world.tell('dispatch', plantId, name, { orderKey, ...more }, orderKey);
  }

  #request(order: PlannedOrder): void {
    const { orderId, quantity, miles, priority, start, end, ratePerHour, skills } = order;
    this.#tell(order, 'dispatch.request', {
      ...{ orderId, quantity, distanceMiles: miles, priority, requestedStart: start.toISOString(), requestedEnd: end.toISOString() },
      ...(ratePerHour || skills ? { pour: { ...(ratePerHour && { ratePerHour }), ...(skills && { skills }) } } : {}),
    });
  }

  #cancel(order: PlannedOrder): void {
    const entry = this.#entry({ ...order });
    if (entry.deliveredAt !== undefined) return;
    entry.cancelledAt = this.#world.now.getTime();
    this.#tell(order, 'dispatch.cancel', { reason: 'the customer called it off' });
  }

  #delivered(entry: Entry, quantity: number): void {
    const { order, cancelledAt } = entry;
    const now = this.#world.now.getTime();
    if (cancelledAt !== undefined && now > cancelledAt + RECALL_MS)
      this.wrong.push(`order ${order.orderId} is delivered after its cancellation`);
    entry.delivered += quantity;
    if (entry.delivered > order.quantity + 1e-6) this.wrong.push(`order ${order.orderId} gets ${entry.delivered} of ${order.quantity}`);
    if (entry.delivered >= order.quantity - 1e-6) entry.deliveredAt = now;
  }

  /** Once the day is over. */
  figures() {
    const entries = [...this.#entries.values()];
    const kept = entries.filter(({ deliveredAt, cancelledAt }) => deliveredAt !== undefined || cancelledAt === undefined);
    for (const { order, deliveredAt, delivered } of kept)
      if (deliveredAt === undefined) this.wrong.push(`order ${order.orderId} is lost: it has ${delivered} of ${order.quantity}`);
    const lateness = kept.map(({ order, arrivedAt }) => (arrivedAt ?? Number.POSITIVE_INFINITY) - order.start.getTime());
    const waits = kept.map(({ order, assignedAt = 0 }) => Math.max(0, assignedAt - couldGo(order)));
    return {
      delivered: kept.length,
      cancelled: entries.length - kept.length,
      yards: entries.reduce((sum, { delivered }) => sum + delivered, 0),
      late: lateness.filter((ms) => ms > ON_TIME_MS).length,
      onTime: lateness.filter((ms) => Math.abs(ms) <= ON_TIME_MS).length,
      waitMinutes: waits.reduce((sum, ms) => sum + ms, 0) / waits.length / MINUTE,
      lastDelivered: Math.max(...kept.map(({ deliveredAt = 0 }) => deliveredAt)),
    };
  }
}

/** From when on a truck could have been sent. */
const couldGo = ({ placedAt, start, miles }: PlannedOrder): number =>
  Math.max(placedAt.getTime(), start.getTime() - leadMs(miles, TIME_SCALE) - AHEAD_MS);
