/**
 * All kinds of actors in memory: mailboxes, timers and jobs as the runtime gives them, and turns in any order that a scheduler
 * picks. A mailbox keeps its order, as the numbered rows of the real one do.
 */
import type { Decision, Effect, Message, Rows } from '../../runtime/decider.ts';
import type { Order } from '../../services/order/order.state.ts';
import { dispatchRules, earlyRules, orderRules, stockRules, truckRulesAt } from '../support/examples.ts';
import { applied, asStored, countedIds, type Envelope, messageOf, misfits, NOW, type Rules, said, sentBy } from '../support/given.ts';
import { fulfillmentRules } from './fulfillments.ts';
import { unlawful } from './life-steps.ts';
import { onDelivery, paymentRules } from './payment-cases.ts';
import { exchangeRules, returnRules } from './returns-cases.ts';
import { factsFor, kept, rowsFor } from './stores.ts';

type Tables = Map<string, Map<string, unknown>>;
interface Timer extends Envelope {
  dueAt: Date;
}
export interface Job {
  type: string;
  payload: Record<string, unknown>;
  unique: string | undefined;
  reply: Omit<Envelope, 'payload'>;
}
export interface PublishedEvent {
  type: string;
  data: Record<string, unknown>;
}
export interface Nature {
  /** Multiplies the trucks' times; 0 is at once. */
  timeScale: number;
  /** Cards are authorised first, and captured on delivery. */
  authorizes: boolean;
  /** Trucks go to COD orders before these are confirmed. */
  trucksFirst: boolean;
}

/** Saved by an upsert: their deciders do not look first whether they are there. */
const upserted = new Set(['attempt', 'refund', 'shipment', 'order_holds']);

export class World {
  now = NOW;
  readonly states = new Map<string, unknown>();
  readonly born = new Map<string, Date>();
  readonly tables = new Map<string, Tables>();
  readonly mail = new Map<string, Message[]>();
  readonly timers = new Map<string, Timer>();
  readonly jobs: Job[] = [];
  readonly events: PublishedEvent[] = [];
  /** What no life table knows, and what nobody could take. */
  readonly wrong: string[] = [];
  /** Called after the facts of a turn are read: what commits meanwhile, the turn does not see. */
  meanwhile: () => void = () => undefined;
  readonly newId = countedIds();
  readonly #rules: Record<string, Rules<unknown, unknown>>;
  readonly #random: () => number;
  #orders = 0;
  #items = 0;

  constructor({ timeScale, authorizes, trucksFirst }: Nature, random: () => number) {
    const all = [
      ...[trucksFirst ? earlyRules : orderRules, stockRules, authorizes ? onDelivery : paymentRules, truckRulesAt(timeScale)],
      ...[dispatchRules, fulfillmentRules, returnRules, exchangeRules],
    ];
    this.#rules = Object.fromEntries(all.map((rules) => [rules.type, rules as Rules<unknown, unknown>]));
    this.#random = random;
  }

  tell(
    { actor, key, name, payload }: Envelope,
    place: (waiting: readonly Message[]) => number = (waiting) => waiting.length,
    sender = 'door',
  ): void {
    const address = `${actor}/${key}`;
    const waiting = this.mail.get(address) ?? [];
    const message = sender === 'door' ? said(actor, key, name, payload) : messageOf(key, name, payload);
    waiting.splice(place(waiting), 0, { ...message, headers: { ...message.headers, sender } });
    this.mail.set(address, waiting);
  }

  /** A turn right here, behind whatever waits already. @returns what was decided of this message */
  ask(envelope: Envelope): Decision<unknown> {
    this.tell(envelope);
    const address = `${envelope.actor}/${envelope.key}`;
    return this.turn(address, this.mail.get(address)?.length ?? 1) as Decision<unknown>;
  }

  /** Where a message of this sender goes in a mailbox. Overridden where only each sender's own order is kept. */
  placeFor: (sender: string) => (waiting: readonly Message[]) => number = () => (waiting) => waiting.length;

  nextOrderId = (): string => String(++this.#orders);

  /** One turn: the first `count` messages of one mailbox, and what they send. @returns the last decision */
  turn(address: string, count: number): Decision<unknown> | undefined {
    const [actor = '', key = ''] = address.split('/');
    const rules = this.#rules[actor] as Rules<unknown, unknown>;
    const messages = this.mail.get(address)?.splice(0, count) ?? [];
    if (this.mail.get(address)?.length === 0) this.mail.delete(address);
    const rows = rowsFor(this, address, messages);
    const facts = factsFor(this, actor, key, messages);
    const context = { key, now: this.now, newId: this.newId, random: this.#random, rows, facts };
    if (actor === 'dispatch') this.meanwhile();
    const effects: Effect[] = [];
    let state = this.states.get(address);
    let last: Decision<unknown> | undefined;
    const apply = (decision: Decision<unknown>, hears: string): void => {
      for (const what of [...unlawful(actor, state, decision, rows), ...misfits(actor, decision)])
        this.wrong.push(`${address} hears ${hears}: ${what}`);
      state = applied(state, decision, rows);
      effects.push(...decision.effects);
    };
    for (const message of messages) {
      last = rules.decide(state, message, context);
      apply(last, message.name);
    }
    if (rules.settle && state !== undefined) apply(rules.settle(state, context), 'the end of its turn');
    this.#commit(address, state, rows, effects);
    return last;
  }

  #commit(address: string, state: unknown, rows: Rows, effects: readonly Effect[]): void {
    const [actor = '', key = ''] = address.split('/');
    if (state !== undefined) this.#save(actor, address, state);
    for (const [table, written] of rows.written) {
      for (const [id, { row, isNew }] of written) {
        if (isNew && !upserted.has(table) && this.table(address, table).has(id))
          this.wrong.push(`${address} inserts the ${table} ${id}, which is there`);
        this.table(address, table).set(id, asStored(row));
      }
    }
    for (const envelope of sentBy(effects)) this.tell(envelope, this.placeFor(address), address);
    for (const effect of effects) {
      if (effect.kind === 'publish') this.events.push({ type: effect.type, data: asStored(effect.data) });
      if (effect.kind === 'cancelTimer') this.timers.delete(`${address}/${effect.name}`);
      if (effect.kind === 'setTimer') this.timers.set(`${address}/${effect.name}`, { ...effect, actor, key });
      if (effect.kind === 'enqueue') {
        const unique = effect.options.unique?.key;
        if (unique && this.jobs.some((job) => job.unique === unique && job.type === effect.type)) continue;
        const reply = { actor, key, name: effect.options.reply ?? '' };
        this.jobs.push({ type: effect.type, payload: asStored(effect.payload), unique, reply });
      }
    }
  }

  #save(actor: string, address: string, state: unknown): void {
    const before = this.states.get(address);
    this.states.set(address, kept(actor, before, state));
    if (before) return;
    this.born.set(address, this.now);
    if (actor !== 'order') return;
    const { intake, id: orderId } = state as Order;
    for (const { sku, quantity, unitPriceCents } of intake?.items ?? []) {
      const none = { quantityCancelled: 0, quantitySentBack: 0, quantityReturned: 0 };
      this.table(address, 'order_items').set(String(++this.#items), { orderId, sku, quantity, unitPriceCents, ...none });
    }
  }

  table<Row = unknown>(address: string, table: string): Map<string, Row> {
    const tables: Tables = this.tables.get(address) ?? new Map();
    this.tables.set(address, tables);
    const rows = tables.get(table) ?? new Map();
    tables.set(table, rows);
    return rows as Map<string, Row>;
  }

  of<State>(actor: string): [key: string, state: State][] {
    return [...this.states].flatMap(([address, state]) =>
      address.startsWith(`${actor}/`) ? [[address.slice(actor.length + 1), state as State]] : [],
    );
  }
}
