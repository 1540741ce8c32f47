/** What simulated actors send: mail in order, timers, events to whom they concern, jobs. */
import { createHash } from 'node:crypto';
import type { Enqueue, Message } from './decider.ts';
import type { Agenda } from './simulator.agenda.ts';
import type { Luck } from './simulator.chance.ts';
import type { Sent, SimulatedActor, SimulatedEvent, SimulatorParts } from './simulator.parts.ts';
import { type SentEffect, stored } from './simulator.turn.ts';
import type { Headers } from './trace.ts';

const MAIL_MS = 1;

export class Mail {
  readonly log: SimulatedEvent[] = [];
  readonly jobs: Enqueue[] = [];
  readonly #parts: SimulatorParts;
  readonly #actors: ReadonlyMap<string, SimulatedActor>;
  readonly #agenda: Agenda;
  readonly #luck: Luck;
  readonly #opens: (actor: string, key: string) => void;
  readonly #waiting = new Map<string, Message[]>();
  readonly #timers = new Map<string, object>();
  readonly #unfinished = new Set<string>();
  readonly #hash = createHash('sha256');
  #numbers = 0;

  /** @param opens is called when mail has come, and its actor may look */
  constructor(parts: SimulatorParts, agenda: Agenda, luck: Luck, opens: (actor: string, key: string) => void) {
    this.#parts = parts;
    this.#actors = new Map(parts.actors.map((actor) => [actor.type, actor]));
    this.#agenda = agenda;
    this.#luck = luck;
    this.#opens = opens;
  }

  get hash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }

  post(actor: string, key: string, name: string, payload: unknown, headers: Headers): void {
    const receiver = this.#actors.get(actor);
    // Of actors that are not simulated, the outside hears by the events.
    if (!receiver) return;
    const message: Message = { id: String(++this.#numbers), key, name, payload: stored(payload), headers, attempts: 0 };
    const misfit = misfitOf(receiver, message);
    if (misfit) throw new Error(`seed ${this.#parts.seed}, ${this.#at.toISOString()}: ${actor}/${key} cannot take ${name}: ${misfit}`);
    const waiting = this.#waiting.get(`${actor}/${key}`);
    if (waiting) waiting.push(message);
    else this.#waiting.set(`${actor}/${key}`, [message]);
    this.ring(actor, key, this.#luck.upTo('fault delay', this.#parts.faults?.delayMs));
  }

  ring(actor: string, key: string, afterMs = 0): void {
    this.#agenda.note(this.#agenda.now + MAIL_MS + afterMs, () => {
      if (this.#waiting.has(`${actor}/${key}`)) this.#opens(actor, key);
    });
  }

  take(actor: string, key: string): Message[] {
    const messages = this.#waiting.get(`${actor}/${key}`) ?? [];
    this.#waiting.delete(`${actor}/${key}`);
    return messages;
  }

  /** At its place, before what came since. */
  putBack(actor: string, key: string, messages: readonly Message[]): void {
    this.#waiting.set(`${actor}/${key}`, [...messages, ...this.take(actor, key)]);
  }

  /** @returns what was published */
  carryOut(actor: string, key: string, { effect, headers }: SentEffect): SimulatedEvent[] {
    if (effect.kind === 'tell') this.post(effect.actor, effect.key, effect.name, effect.payload, headers);
    if (effect.kind === 'cancelTimer') this.#timers.delete(`${actor}/${key}/${effect.name}`);
    if (effect.kind === 'setTimer') this.#setTimer(actor, key, effect, headers);
    if (effect.kind === 'enqueue') this.#enqueue(actor, key, effect, headers);
    return effect.kind === 'publish' ? [this.#publish(actor, key, effect, headers)] : [];
  }

  get #at(): Date {
    return new Date(this.#agenda.now);
  }

  #publish(actor: string, key: string, { type, data: said }: Sent<'publish'>, headers: Headers): SimulatedEvent {
    const event = { at: this.#at, actor, key, type, data: stored(said) };
    this.log.push(event);
    this.#hash.update(`${this.#agenda.now} ${actor}/${key} ${type} ${JSON.stringify(event.data)}\n`);
    for (const { event: heard, actor: receiver, key: keyOf } of this.#parts.subscriptions) {
      const to = heard === type ? keyOf(event.data) : undefined;
      if (to !== undefined) this.post(receiver, to, type, event.data, headers);
    }
    return event;
  }

  /** Setting one again replaces it. */
  #setTimer(actor: string, key: string, { name, dueAt, payload }: Sent<'setTimer'>, headers: Headers): void {
    const [timer, address] = [{}, `${actor}/${key}/${name}`];
    this.#timers.set(address, timer);
    this.#agenda.note(dueAt.getTime(), () => {
      if (this.#timers.get(address) !== timer) return;
      this.#timers.delete(address);
      this.post(actor, key, name, payload, headers);
    });
  }

  #enqueue(actor: string, key: string, job: Enqueue, headers: Headers): void {
    const { unique, runAt, delayMs = 0, reply } = job.options;
    const held = unique && `${job.type}/${unique.key}`;
    if (held && this.#unfinished.has(held)) return;
    if (held) this.#unfinished.add(held);
    this.jobs.push(job);
    const answer = (payload: unknown): void => {
      if (held) this.#unfinished.delete(held);
      if (reply) this.post(actor, key, reply, payload, headers);
    };
    this.#agenda.note(runAt?.getTime() ?? this.#agenda.now + delayMs, () => this.#parts.onJob?.(job, answer));
  }
}

const misfitOf = ({ messages }: SimulatedActor, { name, payload }: Message): string | undefined => {
  if (!messages) return undefined;
  return messages[name] ? messages[name].safeParse(payload).error?.message : 'it has no such word';
};
