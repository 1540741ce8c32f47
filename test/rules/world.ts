/**
 * All five kinds of actors in memory: mailboxes, timers and jobs as the runtime gives them, and turns in any order that a scheduler
 * picks. A mailbox keeps its order, as the numbered rows of the real one do.
 */
import { stockKeyOf } from '../../models/inventory.ts';
import { type Decision, type Effect, type Message, Rows } from '../../runtime/decider.ts';
import type { Stock } from '../../services/inventory/inventory.decider.ts';
import type { OrderFacts } from '../../services/order/order.state.ts';
import type { DeliveryJob, DispatchFacts, Load } from '../../services/truck/dispatch.decider.ts';
import type { Truck } from '../../services/truck/truck.decider.ts';
import { dispatchRules, orderRules, paymentRules, products, stockRules, truckRulesAt } from '../support/examples.ts';
import { applied, asStored, countedIds, type Envelope, messageOf, misfits, NOW, type Rules, sentBy } from '../support/given.ts';
import { unlawful } from './life-steps.ts';

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

export class World {
  now = NOW;
  readonly states = new Map<string, unknown>();
  readonly tables = new Map<string, Tables>();
  readonly mail = new Map<string, Message[]>();
  readonly timers = new Map<string, Timer>();
  readonly jobs: Job[] = [];
  readonly events: PublishedEvent[] = [];
  /** What no life table knows, and what nobody could take. */
  readonly wrong: string[] = [];
  /** Called after the facts of a turn are read: what commits meanwhile, the turn does not see. */
  meanwhile: () => void = () => undefined;
  readonly #rules: Record<string, Rules<unknown, unknown>>;
  readonly #random: () => number;
  readonly #newId = countedIds();
  #orders = 0;

  constructor(timeScale: number, random: () => number) {
    const all = [orderRules, stockRules, paymentRules, truckRulesAt(timeScale), dispatchRules];
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
    const message = messageOf(key, name, payload);
    waiting.splice(place(waiting), 0, { ...message, headers: { ...message.headers, sender } });
    this.mail.set(address, waiting);
  }

  /** Where a message of this sender goes in a mailbox. Overridden where only each sender's own order is kept. */
  placeFor: (sender: string) => (waiting: readonly Message[]) => number = () => (waiting) => waiting.length;

  /** One turn: the first `count` messages of one mailbox, and what they send. */
  turn(address: string, count: number): void {
    const [actor = '', key = ''] = address.split('/');
    const rules = this.#rules[actor] as Rules<unknown, unknown>;
    const messages = this.mail.get(address)?.splice(0, count) ?? [];
    if (this.mail.get(address)?.length === 0) this.mail.delete(address);
    const rows = this.#rowsFor(actor, address, messages);
    const context = {
      key,
      now: this.now,
      newId: this.#newId,
      random: this.#random,
      rows,
      facts: this.#factsFor(actor, key, messages),
    };
    if (actor === 'dispatch') this.meanwhile();
    const effects: Effect[] = [];
    let state = this.states.get(address);
    const apply = (decision: Decision<unknown>, hears: string): void => {
      for (const what of [...unlawful(actor, state, decision, rows), ...misfits(actor, decision)])
        this.wrong.push(`${address} hears ${hears}: ${what}`);
      state = applied(state, decision, rows);
      effects.push(...decision.effects);
    };
    for (const message of messages) apply(rules.decide(state, message, context), message.name);
    if (rules.settle && state !== undefined) apply(rules.settle(state, context), 'the end of its turn');
    this.#commit(address, state, rows, effects);
  }

  #commit(address: string, state: unknown, rows: Rows, effects: readonly Effect[]): void {
    const [actor = '', key = ''] = address.split('/');
    if (state !== undefined) this.states.set(address, asStored(state));
    for (const [table, written] of rows.written) {
      for (const [id, { row, isNew }] of written) {
        // Attempts are not loaded: their store inserts or updates. All other rows are inserted when the decider found none.
        if (isNew && table !== 'attempt' && this.table(address, table).has(id))
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
        if (unique && this.jobs.some((job) => job.unique === unique)) continue;
        this.jobs.push({
          type: effect.type,
          payload: asStored(effect.payload),
          unique,
          reply: { actor, key, name: effect.options.reply ?? '' },
        });
      }
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

  /** The child rows that the actor's store would have loaded for these messages, and no more. */
  #rowsFor(actor: string, address: string, messages: readonly Message[]): Rows {
    const rows = new Rows();
    const named = (field: string, names?: readonly string[]) =>
      new Set(
        messages.filter(({ name }) => names?.includes(name) ?? true).map(({ payload }) => (payload as Record<string, unknown>)[field]),
      );
    const [orders, called] = [named('orderKey', ['dispatch.request', 'dispatch.cancel']), named('orderKey', ['dispatch.cancel'])];
    const loads = named('loadId', ['truck.status.changed', 'dispatch.truck-refused']);
    const load = <Row>(table: string, wanted: (row: Row, id: string) => boolean): void => {
      for (const [id, row] of this.table<Row>(address, table)) if (wanted(row, id)) rows.loaded(table, id, row);
    };
    if (actor === 'inventory') load('reservation', (_row, id) => named('orderKey').has(id));
    if (actor !== 'dispatch') return rows;
    const allLoads = this.table<Load>(address, 'load');
    const jobsOfLoads = new Set([...allLoads.values()].filter(({ id }) => loads.has(id)).map(({ jobId }) => jobId));
    load<DeliveryJob>('job', ({ id, orderKey, status }) => status === 'queued' || orders.has(orderKey) || jobsOfLoads.has(id));
    load<Load>('load', ({ id, orderKey, closedAt }) => loads.has(id) || (called.has(orderKey) && !closedAt));
    return rows;
  }

  #factsFor(actor: string, key: string, messages: readonly Message[]): OrderFacts | DispatchFacts | undefined {
    if (actor === 'dispatch') {
      const open = new Map(
        [...this.table<Load>(`dispatch/${key}`, 'load').values()]
          .filter(({ closedAt }) => !closedAt)
          .map(({ truckId, id }) => [truckId, id]),
      );
      const free = this.of<Truck>('truck').filter(([, { plantId, status }]) => plantId === key && status === 'available');
      return {
        trucks: new Map([[key, free.map(([id, { status }]) => ({ id, status, openLoadId: open.get(id) ?? null }))]]),
      };
    }
    if (actor !== 'order') return undefined;
    const asked = messages.flatMap(({ payload }) => (payload as { items?: { sku: string; quantity: number }[] }).items ?? []);
    const has = (plant: string): boolean =>
      asked.every(
        ({ sku, quantity }) => ((this.states.get(`inventory/${stockKeyOf(sku, plant)}`) as Stock | undefined)?.available ?? 0) >= quantity,
      );
    const plants = this.of('dispatch').map(([plant]) => plant);
    return {
      products: new Map(products.map((product) => [product.sku, product])),
      plants: new Set(plants),
      ids: new Map([[key, String(++this.#orders)]]),
      stockedPlants: new Map([[key, plants.filter(has)]]),
    };
  }
}
