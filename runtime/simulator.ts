/**
 * A world in memory for actors of this runtime: their real deciders, mailboxes in order, timers, subscriptions and jobs, on a virtual clock.
 * A day passes in a moment, and the same seed gives the same day to the last event (`hash`), so that what fails once fails again.
 *
 *     const world = new Simulator({ actors: [{ ...truck, keep }, { ...dispatch, rows, facts }], subscriptions, seed: 7, start });
 *     world.shelves.put('truck', 'T1', newTruck);
 *     world.on('order.delivered', ({ at, data }) => …);
 *     world.at(noon, () => world.tell('truck', 'T1', 'truck.out-of-service', { reason: 'a flat tyre' }));
 *     world.run({ until: evening });
 *
 * An actor's definition can be handed over as it is: only its store is replaced, by `shelves`, and by `rows`, `facts` and `keep`, which say
 * what its store would have loaded and saved. With `faults`, turns crash before their commit and are repeated, mail is late, facts are
 * stale, and what doors tell comes twice: what the laws allow, and no more. A decider that throws ends the run.
 */
import type { Context, Enqueue, Message } from './decider.ts';
import { Agenda } from './simulator.agenda.ts';
import { Luck } from './simulator.chance.ts';
import { Mail } from './simulator.mail.ts';
import type { Committed, Faults, SimulatedActor, SimulatedEvent, SimulatorParts } from './simulator.parts.ts';
import { Shelves } from './simulator.shelves.ts';
import { type FoldedTurn, foldTurn } from './simulator.turn.ts';

export type { Committed, Faults, SimulatedActor, SimulatedEvent, SimulatorParts };

/** Until another node takes over what a crashed one had. */
const RECOVERY_MS = 500;

export class Simulator {
  /** Where the actors' states and rows are: put there what is there when the day begins. */
  readonly shelves = new Shelves();
  turns = 0;
  readonly #actors: ReadonlyMap<string, SimulatedActor>;
  readonly #faults: Faults;
  readonly #agenda: Agenda;
  readonly #luck: Luck;
  readonly #mail: Mail;
  readonly #open = new Set<string>();
  readonly #listeners = new Map<string, ((event: SimulatedEvent) => void)[]>();
  readonly #lookers: ((turn: Committed) => void)[] = [];
  #ids = 0;

  constructor(parts: SimulatorParts) {
    this.#actors = new Map(parts.actors.map((actor) => [actor.type, actor]));
    this.#faults = parts.faults ?? {};
    this.#agenda = new Agenda(parts.start);
    this.#luck = new Luck(parts.seed);
    this.#mail = new Mail(parts, this.#agenda, this.#luck, (actor, key) => this.#turn(actor, key));
  }

  get now(): Date {
    return new Date(this.#agenda.now);
  }

  /** All that was published, in order, with its times. */
  get log(): readonly SimulatedEvent[] {
    return this.#mail.log;
  }

  /** Of the log: the same for the same seed. */
  get hash(): string {
    return this.#mail.hash;
  }

  get jobs(): readonly Enqueue[] {
    return this.#mail.jobs;
  }

  /** A number in [0, 1) from this name's own sequence: for what the outside leaves to chance. */
  chance(name: string): number {
    return this.#luck.draw(name);
  }

  readonly newId = (): string => `00000000-0000-4000-8000-${(++this.#ids).toString(16).padStart(12, '0')}`;

  /** From outside, as through a door. */
  tell(actor: string, key: string, name: string, payload: unknown, correlationId = key): void {
    const traceparent = `00-${(++this.#ids).toString(16).padStart(32, '0')}-${'1'.padStart(16, '0')}-01`;
    const twice = this.#luck.strikes('fault duplicate', this.#faults.duplicate);
    for (let times = twice ? 2 : 1; times > 0; times--)
      this.#mail.post(actor, key, name, payload, { correlationId, traceparent, sender: 'door' });
  }

  /** What the outside does then. A time that is past is now. */
  at(time: Date, happens: () => void): void {
    this.#agenda.note(time.getTime(), happens);
  }

  /** @param type of events; `*` for all */
  on(type: string, hears: (event: SimulatedEvent) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), hears]);
  }

  /** After each commit: the place to look whether what must always hold still does. */
  afterTurn(looks: (turn: Committed) => void): void {
    this.#lookers.push(looks);
  }

  /** Until nothing is left to happen, or until this time. */
  run({ until }: { until?: Date } = {}): void {
    this.#agenda.run(until?.getTime() ?? Number.POSITIVE_INFINITY);
  }

  /** One turn over all that waits. It ends later, in its commit or in a crash; until then nobody else has this key. */
  #turn(actor: string, key: string): void {
    const address = `${actor}/${key}`;
    if (this.#open.has(address)) return;
    this.#open.add(address);
    const messages = this.#mail.take(actor, key);
    const turn = this.#fold(actor, key, messages);
    const ends = (): void => {
      if (this.#luck.strikes('fault crash', this.#faults.crash)) this.#crash(actor, key, messages);
      else this.#commit(actor, key, turn);
    };
    const openMs = this.#luck.upTo('fault turn', this.#faults.turnMs);
    if (openMs === 0) ends();
    else this.#agenda.note(this.#agenda.now + openMs, ends);
  }

  #fold(actor: string, key: string, messages: readonly Message[]): FoldedTurn {
    const rules = this.#actors.get(actor) as SimulatedActor;
    const { now, newId, shelves } = this;
    const rows = rules.rows?.(key, messages, shelves, now) ?? shelves.everyRow(actor, key);
    const facts = rules.facts?.(key, messages, rows, shelves, now);
    const context: Context = { key, now, newId, random: () => this.chance(`${actor}/${key}`), rows, facts };
    return foldTurn(rules, { actor, messages, state: shelves.state(actor, key), context });
  }

  /** Nothing of the turn is left but its messages, at their place. */
  #crash(actor: string, key: string, messages: readonly Message[]): void {
    this.#agenda.note(this.#agenda.now + RECOVERY_MS, () => {
      this.#open.delete(`${actor}/${key}`);
      this.#mail.putBack(actor, key, messages);
      this.#turn(actor, key);
    });
  }

  #commit(actor: string, key: string, turn: FoldedTurn): void {
    this.turns++;
    this.#open.delete(`${actor}/${key}`);
    this.shelves.save(actor, key, turn, this.#actors.get(actor)?.keep);
    for (const { name, payload, headers } of turn.left) this.#mail.post(actor, key, name, payload, headers);
    const said = turn.effects.flatMap((sent) => this.#mail.carryOut(actor, key, sent));
    this.#mail.ring(actor, key);
    for (const looks of this.#lookers) looks({ at: this.now, actor, key, rows: turn.rows, decisions: turn.decisions });
    for (const event of said) for (const type of [event.type, '*']) for (const hears of this.#listeners.get(type) ?? []) hears(event);
  }
}
