/** What customers, operators and clocks say of one order, at any time; and how those in whose hands a thing lies bring it to its end. */
import { stockKeyOf } from '../../models/inventory.ts';
import type { Fulfillment } from '../../services/fulfillment/fulfillment.state.ts';
import type { Reservation } from '../../services/inventory/inventory.decider.ts';
import type { Item, Order } from '../../services/order/order.state.ts';
import type { Exchange } from '../../services/returns/exchange.state.ts';
import type { Return } from '../../services/returns/return.decider.ts';
import { products } from '../support/examples.ts';
import { minutesLater } from '../support/given.ts';
import { Outsider } from './outsider.ts';

export const acts = [
  ...['cancel', 'cancel a line', 'cancel a line', 'retry', 'retry', 'prove', 'prove, collected', 'confirm', 'hold', 'collect'],
  ...['refund by hand', 'return', 'return', 'exchange', 'exchange', 'complete', 'auto-complete', 'auto-cancel', 'stop the parcel'],
] as const;
export type Act = (typeof acts)[number];

export class People extends Outsider {
  /** Refunds that a person asked for. */
  readonly byHand = new Set<string>();
  readonly #visits = new Map<string, number>();

  does(act: Act, key: string): void {
    const order = this.world.states.get(`order/${key}`) as Order | undefined;
    const say = (name: string, payload: object = {}) => this.world.tell({ actor: 'order', key, name: `order.${name}`, payload });
    const pay = (name: string, payload: object) =>
      order?.paymentId && this.world.tell({ actor: 'payment', key: order.paymentId, name: `payment.${name}`, payload });
    if (act === 'cancel') say('cancel', { reason: 'rain' });
    if (act === 'cancel a line') this.#cancelLine(key, say);
    if (act === 'retry') say('retry-payment', { paymentToken: this.#pick(['captures', 'captures', 'declines', 'loses the answer']) });
    if (act === 'prove') say('prove-delivery', { signedBy: 'ada' });
    if (act === 'prove, collected') say('prove-delivery', { collected: true });
    if (act === 'confirm') say('confirm', { by: 'bo' });
    if (act === 'hold') this.#hold(say);
    if (act === 'collect' && order?.paymentMethod === 'cod') pay('collect', { by: 'the driver' });
    if (act === 'refund by hand') this.#refund(order);
    if (act === 'return' || act === 'exchange') this.#sendBack(act, order);
    if (act === 'complete' || act === 'auto-complete' || act === 'auto-cancel') say(act);
    if (act === 'stop the parcel' && order?.fulfillmentId)
      this.world.tell({ actor: 'fulfillment', key: order.fulfillmentId, name: 'fulfillment.cancel', payload: { reason: 'a mistake' } });
  }

  /** The clocks go round: what has run out is told so. */
  ticks(): void {
    for (const [key] of this.world.of('inventory')) {
      for (const [orderKey, held] of this.world.table<Reservation>(`inventory/${key}`, 'reservation')) {
        const { status, expiresAt, orderId, owner } = held;
        if (status !== 'active' || !expiresAt || new Date(expiresAt) > this.world.now) continue;
        const payload = { orderKey, orderId, ...(owner ? { owner } : {}) };
        this.world.tell({ actor: 'inventory', key, name: 'inventory.expire', payload });
      }
    }
    for (const [key, { paymentMethod, deliveredAt }] of this.world.of<Order>('order')) {
      if (paymentMethod === 'cod' && deliveredAt)
        this.world.tell({ actor: 'order', key, name: 'order.confirm', payload: { auto: true, by: 'cod_auto_confirm' } });
      this.world.tell({ actor: 'order', key, name: 'order.auto-cancel', payload: {} });
    }
  }

  timePasses(minutes: number): void {
    this.world.now = minutesLater(minutes, this.world.now);
    this.ticks();
  }

  /** Called when nothing moves. @returns whether somebody saw to a thing that waits for people */
  attend(): boolean {
    for (const [key, { status }] of this.world.of<Return>('return'))
      if (!['rejected', 'completed', 'cancelled'].includes(status) && this.#sees(`return/${key}`, 20)) return this.#clerk('return', key);
    for (const [key, one] of this.world.of<Exchange>('exchange'))
      if (!['rejected', 'completed', 'cancelled'].includes(one.status) && this.#sees(`exchange/${key}`, 20))
        return this.#clerk('exchange', key, true);
    for (const [key, one] of this.world.of<Fulfillment>('fulfillment'))
      if (one.status === 'failed' && (one.owner === 'exchange' || this.luck() < 0.5) && this.#sees(`fulfillment/${key}`, 6))
        return this.#rebook(key);
    return false;
  }

  #sees(what: string, most: number): boolean {
    const visits = (this.#visits.get(what) ?? 0) + 1;
    this.#visits.set(what, visits);
    return visits <= most;
  }

  #rebook(key: string): boolean {
    this.world.tell({
      actor: 'fulfillment',
      key,
      name: 'fulfillment.rebook',
      payload: { address: { line1: 'delivers', city: 'Faenza' } },
    });
    return true;
  }

  #pick<T>(those: readonly T[]): T {
    return those[Math.floor(this.luck() * those.length)] as T;
  }

  #items(key: string): [string, Item][] {
    return [...this.world.table<Item>(`order/${key}`, 'order_items')];
  }

  #cancelLine(key: string, say: (name: string, payload: object) => void): void {
    const items = this.#items(key);
    if (items.length === 0) return;
    const [itemId, { quantity }] = this.#pick(items);
    say('cancel-item', { itemId, quantity: this.#pick([1, 1, quantity]), reason: 'too much' });
  }

  #hold(say: (name: string, payload: object) => void): void {
    const holdId = this.world.newId();
    say('hold', { holdId, kind: 'fraud', severity: this.#pick(['blocking', 'blocking', 'info'] as const) });
    if (this.luck() < 0.7) this.later(() => say('release-hold', { holdId }));
  }

  #refund(order: Order | undefined): void {
    if (!order?.paymentId) return;
    const refundId = this.world.newId();
    this.byHand.add(refundId);
    const payload = { refundId, amountCents: 1 + Math.floor(this.luck() * order.totalCents * 0.3), reason: 'a scratch', by: 'bo' };
    this.world.tell({ actor: 'payment', key: order.paymentId, name: 'payment.refund', payload });
  }

  /** As services/returns/booking.ts: written down, then booked by the order, then told so; and a step may be lost. */
  #sendBack(kind: 'return' | 'exchange', order: Order | undefined): void {
    const items = order ? this.#items(order.correlationId) : [];
    if (!order || items.length === 0) return;
    const {
      correlationId: orderKey,
      id: orderId,
      orderNumber,
      customerId,
      plantId: locationId,
      currency,
      paymentId,
      paymentMethod,
    } = order;
    const [itemId, { sku, unitPriceCents, quantity: most }] = this.#pick(items);
    const quantity = 1 + Math.floor(this.luck() * most);
    const reason = 'too grey';
    const lines = [{ itemId, sku, stockKey: stockKeyOf(sku, locationId), quantity, unitPriceCents }];
    const form = { orderKey, orderId, orderNumber, customerId, locationId, currency, paymentId, paymentMethod, reason, lines };
    const id = this.world.newId();
    const here = (name: string, payload: object): void => void this.world.tell({ actor: kind, key: id, name: `${kind}.${name}`, payload });
    const { ask } = this.world;
    this.world.ask({
      actor: kind,
      key: id,
      name: `${kind}.request`,
      payload: { ...form, ...(kind === 'exchange' ? this.#instead(order) : {}) },
    });
    const book = (): void => {
      if (this.luck() < 0.05) return;
      const asked = { id, kind, lines: [{ itemId, quantity }], reason };
      const answer = ask.call(this.world, { actor: 'order', key: orderKey, name: 'order.send-back', payload: asked });
      if (this.luck() < 0.05) return;
      const { paymentId: paidBy } = this.world.states.get(`order/${orderKey}`) as Order;
      this.later(() =>
        answer.kind === 'refused' ? here('refused', { code: answer.refusal.code }) : here('booked', { paymentId: paidBy }),
      );
      for (let visit = 0; visit < 4; visit++) this.later(() => this.#clerk(kind, id));
    };
    // The door asks at once; what is delivered may meanwhile change.
    if (order.status === 'delivered') this.later(book);
    else book();
  }

  #instead({ plantId, currency, paymentToken, address }: Order) {
    const { sku, priceCents: unitPriceCents } = this.#pick(products.filter((product) => product.currency === currency));
    const quantity = 1 + Math.floor(this.luck() * 5);
    return { replacements: [{ sku, stockKey: stockKeyOf(sku, plantId), quantity, unitPriceCents }], token: paymentToken, address };
  }

  /** Whoever has the thing in hand does the next that is to be done, or calls it off. */
  #clerk(kind: 'return' | 'exchange', key: string, quiet = false): boolean {
    const one = this.world.states.get(`${kind}/${key}`) as Return | Exchange | undefined;
    const say = (name: string, payload: object = {}): void => void this.world.tell({ actor: kind, key, name: `${kind}.${name}`, payload });
    if (one?.status === 'requested') this.luck() < 0.1 ? say('reject', { reason: 'used' }) : say('approve');
    else if (this.luck() < 0.05) say('cancel', { reason: 'kept after all' });
    else if (kind === 'return' && one) this.#receives(one as Return, say);
    else if (one) this.#supplies(one as Exchange, say, quiet);
    return true;
  }

  #receives({ status, lines }: Return, say: (name: string, payload?: object) => void): void {
    const [line] = lines;
    const part = {
      lines: [{ itemId: line?.itemId, quantity: Math.floor(this.luck() * ((line?.quantity ?? 0) + 1)), refund: this.luck() > 0.1 }],
    };
    if (status === 'approved') say('receive', this.luck() < 0.5 ? part : {});
    else if (status === 'received') say(this.#pick(['inspect', 'complete']), {});
    else say('complete');
  }

  #supplies({ status, supply, fulfillmentId }: Exchange, say: (name: string, payload?: object) => void, quiet: boolean): void {
    const wanting = supply === 'short' || supply === 'unpaid' || (quiet && supply === 'reserving');
    if (wanting && (quiet || this.luck() < 0.3)) say(this.luck() < 0.4 ? 'retry' : 'to-return', {});
    else if (wanting) say('retry', { paymentToken: this.#pick(['captures', 'declines']) });
    else if (status === 'approved') say('receive', { condition: this.#pick(['ok', 'damaged'] as const) });
    else if (status === 'received' && !fulfillmentId) say('retry');
    else if (quiet && fulfillmentId) this.#parcel(fulfillmentId, status, say);
  }

  #parcel(key: string, status: string, say: (name: string) => void): void {
    const { status: parcel } = (this.world.states.get(`fulfillment/${key}`) ?? {}) as Partial<Fulfillment>;
    if (parcel === 'failed') this.#rebook(key);
    else if (status === 'replacement_shipped') say('complete');
  }
}
