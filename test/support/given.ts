/**
 * Given an actor's state, when it hears messages, then this: deciders under test, without a broker and without a database.
 * Folds as the turn does (runtime/turn.ts), and refuses what the turn's neighbours would: a message that does not fit its receiver's
 * words, a job whose payload does not fit its type, a refusal without words.
 */
import { cartMessages } from '../../models/cart.ts';
import { dispatchMessages } from '../../models/dispatch.ts';
import { errors } from '../../models/errors.ts';
import { fulfillmentMessages } from '../../models/fulfillment.ts';
import { inventoryMessages } from '../../models/inventory.ts';
import { jobTypes } from '../../models/jobs.ts';
import { orderMessages } from '../../models/order.ts';
import { paymentMessages } from '../../models/payment.ts';
import { exchangeMessages, returnMessages } from '../../models/returns.ts';
import { subscriptions } from '../../models/subscriptions.ts';
import { truckMessages } from '../../models/truck.ts';
import { type Context, type Decision, type Effect, type Enqueue, type Message, Rows, type Schemas } from '../../runtime/decider.ts';

export interface Rules<State, Facts> {
  type: string;
  decide(state: State | undefined, message: Message, context: Context<Facts>): Decision<State>;
  settle?(state: State, context: Context<Facts>): Decision<State>;
}

export interface Scene<State, Facts> {
  key: string;
  state?: State;
  facts?: Facts;
  /** Child rows: table, then id. */
  rows?: Record<string, Record<string, unknown>>;
  random?: () => number;
}

export interface Envelope {
  actor: string;
  key: string;
  name: string;
  payload: unknown;
}

export const words: Record<string, Schemas> = {
  order: orderMessages,
  inventory: inventoryMessages,
  payment: paymentMessages,
  fulfillment: fulfillmentMessages,
  truck: truckMessages,
  dispatch: dispatchMessages,
  cart: cartMessages,
  return: returnMessages,
  exchange: exchangeMessages,
};

export const NOW = new Date('2026-03-02T08:00:00.000Z');
export const minutesLater = (minutes: number, from = NOW): Date => new Date(from.getTime() + minutes * 60_000);
/** When the saga of an order that is placed now is over. */
export const SAGA_END = minutesLater(30).toISOString();

export const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
/** Ids from 9001 on, so that they are told apart from those the examples name. */
export const countedIds = (next = 9_001) => {
  let number = next;
  return (): string => uuid(number++);
};

/** As it would come out of the mailbox: through JSON. */
export const asStored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A message as a door lets it in: checked, and with the defaults of its words. @throws Error when it cannot be said */
export const said = (actor: string, key: string, name: string, payload: unknown): Message => {
  const schema = words[actor]?.[name];
  if (!schema) throw new Error(`the test says ${name}, which ${actor} does not hear`);
  return messageOf(key, name, schema.parse(asStored(payload)));
};

export const messageOf = (key: string, name: string, payload: unknown): Message => ({
  id: '1',
  key,
  name,
  payload: asStored(payload),
  headers: { correlationId: key, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, sender: 'test/given' },
  attempts: 0,
});

/** What the effects of one decision send to other actors: what they are told, and what the subscriptions make of what is published. */
export const sentBy = (effects: readonly Effect[]): Envelope[] =>
  effects.flatMap((effect) => {
    if (effect.kind === 'tell') return [{ actor: effect.actor, key: effect.key, name: effect.name, payload: effect.payload }];
    if (effect.kind !== 'publish') return [];
    return subscriptions.flatMap(({ event, actor, key }) => {
      const receiver = event === effect.type ? key(effect.data) : undefined;
      return receiver === undefined ? [] : [{ actor, key: receiver, name: event, payload: effect.data }];
    });
  });

/** Why the decision of this actor could not be carried out; empty when it can. */
export const misfits = (actor: string, decision: Decision<unknown>): string[] => {
  const refused =
    decision.kind === 'refused' && !(decision.refusal.code in errors) ? [`models/errors.ts has no words for ${decision.refusal.code}`] : [];
  const timers = decision.effects.flatMap((effect) =>
    effect.kind === 'setTimer' ? [{ actor, key: '', name: effect.name, payload: effect.payload }] : [],
  );
  const jobs = decision.effects.filter((effect) => effect.kind === 'enqueue');
  return [
    ...refused,
    ...[...sentBy(decision.effects), ...timers].flatMap(misfitOfMessage),
    ...jobs.flatMap((job) => misfitOfJob(actor, job)),
  ];
};

const misfitOfMessage = ({ actor, name, payload }: Envelope): string[] => {
  const schema = words[actor]?.[name];
  if (!schema) return [`${actor} does not hear ${name}`];
  const { error } = schema.safeParse(asStored(payload));
  return error ? [`${actor} cannot take ${name}: ${error.message}`] : [];
};

const misfitOfJob = (actor: string, { type, payload, options }: Enqueue): string[] => {
  const job = jobTypes.find((known) => known.type === type);
  if (!job) return [`models/jobs.ts has no ${type}`];
  const { error } = job.payload.safeParse(asStored(payload));
  const unheard = options.reply && !words[actor]?.[options.reply] ? [`${actor} does not hear the answer ${options.reply}`] : [];
  return [...(error ? [`the job ${type} cannot take its payload: ${error.message}`] : []), ...unheard];
};

export const given = <State, Facts = undefined>(rules: Rules<State, Facts>, scene: Scene<State, Facts>) => new Given(rules, scene);

export class Given<State, Facts> {
  state: State | undefined;
  /** The last decision. */
  decision: Decision<State> = { kind: 'ignored', reason: 'nothing was heard yet', effects: [] };
  readonly context: Context<Facts>;
  readonly #rules: Rules<State, Facts>;

  constructor(rules: Rules<State, Facts>, { key, state, facts, rows = {}, random = () => 0.5 }: Scene<State, Facts>) {
    this.#rules = rules;
    this.state = state;
    this.context = { key, now: NOW, newId: countedIds(), random, rows: new Rows(), facts: facts as Facts };
    for (const [table, byId] of Object.entries(rows))
      for (const [id, row] of Object.entries(byId)) this.context.rows.loaded(table, id, row);
  }

  /** From now on it is this time. */
  at(now: Date): this {
    this.context.now = now;
    return this;
  }

  hears(name: string, payload: object = {}): this {
    return this.#apply(this.#rules.decide(this.state, said(this.#rules.type, this.context.key, name, payload), this.context));
  }

  /** The end of the turn. */
  settles(): this {
    return this.state && this.#rules.settle ? this.#apply(this.#rules.settle(this.state, this.context)) : this;
  }

  #apply(decision: Decision<State>): this {
    const wrong = misfits(this.#rules.type, decision);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    this.decision = decision;
    this.state = applied(this.state, decision, this.context.rows);
    return this;
  }

  /** What the last decision told, as `actor name`, in order. */
  get told(): string[] {
    return this.tells().map(({ actor, name }) => `${actor} ${name}`);
  }
  tells(name?: string): Envelope[] {
    return this.decision.effects.filter((effect) => effect.kind === 'tell').filter((effect) => !name || effect.name === name);
  }
  published(type: string): Record<string, unknown>[] {
    return this.decision.effects.flatMap((effect) => (effect.kind === 'publish' && effect.type === type ? [effect.data] : []));
  }
  get jobs(): Enqueue[] {
    return this.decision.effects.filter((effect) => effect.kind === 'enqueue');
  }
  /** When each timer that was set falls due; null for one that was cancelled. */
  get timers(): Record<string, Date | null> {
    const timers: Record<string, Date | null> = {};
    for (const effect of this.decision.effects) {
      if (effect.kind === 'setTimer') timers[effect.name] = effect.dueAt;
      if (effect.kind === 'cancelTimer') timers[effect.name] = null;
    }
    return timers;
  }
  get refusal(): string | undefined {
    return this.decision.kind === 'refused' ? this.decision.refusal.code : undefined;
  }
  get ignored(): string | undefined {
    return this.decision.kind === 'ignored' ? this.decision.reason : undefined;
  }
  row<Row>(table: string, id: string): Row | undefined {
    return this.context.rows.get<Row>(table, id);
  }
  rows<Row>(table: string): Row[] {
    return this.context.rows.all<Row>(table);
  }
}

/** As the turn applies a decision: rows are written whatever it is, the state only when it is done. */
export const applied = <State>(state: State | undefined, decision: Decision<State>, rows: Rows): State | undefined => {
  for (const effect of decision.effects) if (effect.kind === 'write') rows.write(effect.table, effect.id, effect.row);
  return decision.kind === 'done' ? decision.state : state;
};
