/** Who makes a yard's day hard: customers who order and call off, supervisors who take trucks out of service, and bring them back. */
import { randomUUID } from 'node:crypto';
import type { Tx } from '../../runtime/database.ts';
import { pause } from '../../runtime/failure.ts';
import { newHeaders, packed } from '../../runtime/trace.ts';
import type { Chance } from './seed.ts';

export interface Wish {
  sku: string;
  quantity: number;
  plantId: string;
  distanceMiles: number;
  pour?: { ratePerHour?: number; skills?: string[] };
  /** Calls it off so long after it was accepted. */
  cancelAfterMs?: number;
  /** Calls it off when its truck has left. */
  cancelUnderWay?: boolean;
}

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

const PATIENCE_MS = 75_000;
const CALL_MS = 2_500;

/** Asks one door after another until one gives a usable answer: nodes are killed meanwhile. */
const askAny = async (urls: readonly string[], path: string, init: RequestInit, usable: (reply: Reply) => boolean): Promise<Reply> => {
  const deadline = Date.now() + PATIENCE_MS;
  let last = 'nobody answered';
  for (let turn = Math.floor(Math.random() * urls.length); Date.now() < deadline; turn++) {
    try {
      const response = await fetch(`${urls[turn % urls.length]}${path}`, { ...init, signal: AbortSignal.timeout(CALL_MS) });
      const reply = { status: response.status, body: (await response.json()) as Reply['body'] };
      if (usable(reply)) return reply;
      last = `${reply.status} ${JSON.stringify(reply.body)}`;
    } catch (error) {
      last = String((error as Error).cause ?? error);
    }
    await pause(50);
  }
  throw new Error(`${init.method ?? 'GET'} ${path}: ${last}`);
};

export class People {
  /** Correlation ids of the orders that were accepted. */
  readonly accepted: string[] = [];
  readonly counts = { cancels: 0, tooLate: 0, underWay: 0, outs: 0, forced: 0, backs: 0 };
  readonly #urls: readonly string[];
  readonly #tx: Tx;

  /** @param tx the nodes' database: what a supervisor forces, or a lorry brings, lies in a mailbox, rung by nobody, until a sweep finds it */
  constructor(urls: readonly string[], tx: Tx) {
    this.#urls = urls;
    this.#tx = tx;
  }

  async place({ sku, quantity, cancelAfterMs, cancelUnderWay, ...wish }: Wish): Promise<void> {
    const correlationId = randomUUID();
    const form = { customerId: 'crash', paymentMethod: 'account', items: [{ sku, quantity }], ...wish };
    const { status, body } = await this.#post('/api/orders', form, { 'X-Correlation-Id': correlationId });
    if (status !== 202) throw new Error(`an order was answered ${status} ${JSON.stringify(body)}`);
    this.accepted.push(correlationId);
    if (cancelUnderWay) await this.#cancelUnderWay(correlationId);
    if (cancelAfterMs !== undefined) await pause(cancelAfterMs).then(() => this.#cancel(correlationId));
  }

  async #cancelUnderWay(correlationId: string): Promise<void> {
    const isUnderWay = ({ body }: Reply): boolean => ['shipped', 'delivered', 'cancelled'].includes(body.status as string);
    const left = await askAny(this.#urls, `/api/orders/status/${correlationId}`, {}, isUnderWay).catch(() => undefined);
    // One that never leaves is for the laws to judge.
    if (!left) return;
    if (await this.#cancel(correlationId)) this.counts.underWay++;
  }

  /** @returns false when the door says that it is too late: that is an answer */
  async #cancel(correlationId: string): Promise<boolean> {
    const known = ({ body }: Reply): boolean => body.orderId !== undefined;
    const id = (await askAny(this.#urls, `/api/orders/status/${correlationId}`, {}, known)).body.orderId;
    const { status } = await this.#post(`/api/orders/${id}/cancel`, { reason: 'changed my mind' });
    if (status === 200) this.counts.cancels++;
    else this.counts.tooLate++;
    return status === 200;
  }

  /** A truck that stands in the yard; one that is under way is taken by force. */
  async takeOut(truckId: string): Promise<void> {
    const { status, body } = await this.#post(`/api/trucks/${truckId}/out-of-service`, { reason: 'oil' });
    this.counts.outs++;
    if (status !== 409 || body.code !== 'truck.busy') return;
    this.counts.forced++;
    await this.#tell('truck', truckId, 'truck.out-of-service', { reason: 'broken down', force: true, by: 'supervisor' });
  }

  /** Refused where it is in service. */
  async bringBack(truckId: string): Promise<void> {
    const { status } = await this.#post(`/api/trucks/${truckId}/back-in-service`, {});
    if (status === 200) this.counts.backs++;
  }

  async receive(material: string, plantId: string, quantity: number): Promise<void> {
    await this.#tell('inventory', `${material}@${plantId}`, 'inventory.receive', { quantity });
  }

  async #tell(actor: string, key: string, name: string, payload: object): Promise<void> {
    await this.#tx.query('insert into mailbox (actor, key, name, payload, headers) values ($1, $2, $3, $4, $5)', [
      ...[actor, key, name, JSON.stringify(payload)],
      packed(newHeaders('supervisor')),
    ]);
  }

  #post(path: string, body: object, headers: Record<string, string> = {}): Promise<Reply> {
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
    return askAny(this.#urls, path, init, ({ status }) => status < 500);
  }
}

/** So few go far: long enough for their trucks to hear that they are called back. */
const FAR = 0.03;
const PLANTS = ['north', 'south', 'east'];

/**
 * Of equal priority. Most fit on any truck; some need a large one, or a pump; some need several loads, one after the other or all at once; a
 * third is concrete, whose materials are drawn first; a quarter is called off, and all that go far are, on their way.
 */
export const crowd = (chance: Chance, count: number): Wish[] =>
  Array.from({ length: count }, (): Wish => {
    const [sku, plantId] = [chance.next() < 0.35 ? 'CONCRETE-C25' : 'SAND-BULK', chance.pick(PLANTS)];
    if (chance.next() < FAR) return { sku: 'SAND-BULK', plantId, quantity: chance.whole(2, 8), distanceMiles: 120, cancelUnderWay: true };
    const size = chance.next();
    const quantity = size < 0.72 ? chance.whole(2, 8) : size < 0.86 ? chance.whole(9, 14) : chance.whole(16, 34);
    const skills = quantity <= 8 && chance.next() < 0.08 ? { skills: ['pump'] } : {};
    const rate = quantity > 14 && chance.next() < 0.3 ? { ratePerHour: chance.whole(300, 900) } : {};
    const pour = { ...skills, ...rate };
    return {
      ...{ sku, plantId, quantity },
      distanceMiles: chance.whole(1, 8),
      ...(Object.keys(pour).length > 0 ? { pour } : {}),
      ...(chance.next() < 0.25 ? { cancelAfterMs: chance.whole(0, 15_000) } : {}),
    };
  });
