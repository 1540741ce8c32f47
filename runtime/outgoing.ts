/**
 * What a batch sends: messages, events, timers, jobs, and what failed. Collected in memory while the decisions fold, written
 * with one statement in the batch's transaction, and announced (rung, emitted) after the commit.
 */
import { Binds, json } from './columns.ts';
import type { Tx } from './database.ts';
import { type DeadLetter, insertDeadLetters } from './dead-letters.ts';
import type { Effect, Message, SetTimer, Tell, Trace } from './decider.ts';
import { appendEntries, type Entry, type LoggedEvent, type Subscription } from './events.ts';
import { insertJobs, type JobType, type NewJob, newJob } from './jobs.ts';
import {
  insertMessages,
  type OutgoingMessage,
  type Pause,
  pauseKeys,
  type ReturnedMessage,
  resumeKeys,
  returnMessages,
} from './mailbox.ts';
import { cancelTimers, setTimers, type Timer } from './timers.ts';
import { type Headers, inTraceOf, packed } from './trace.ts';

/** What the whole process agrees on, whichever actors it hosts. */
export interface Vocabulary {
  subscriptions: ReadonlyMap<string, readonly Subscription[]>;
  jobTypes: ReadonlyMap<string, JobType>;
  /** Commands that are announced to the mesh as events are. */
  announced?: ReadonlySet<string>;
}

/** What an actor sends itself, due at once. */
export interface OwnMessage {
  name: string;
  payload: unknown;
}

type CancelledTimer = Pick<Timer, 'actor' | 'key' | 'name'>;

interface Said {
  headers: Headers;
  key: string;
  texts: string[];
}

/** Of one decision, before it is known to be whole. */
interface Parts {
  messages: OutgoingMessage[];
  events: LoggedEvent[];
  said: { headers: Headers; text: string }[];
  timers: (Timer | CancelledTimer)[];
  jobs: NewJob[];
  own: OwnMessage[];
}

export class Outgoing {
  readonly events: LoggedEvent[] = [];
  readonly timers: Timer[] = [];
  readonly retries: { key: string; until: Date }[] = [];
  readonly #messages: OutgoingMessage[] = [];
  readonly #said: Said[] = [];
  #lastSaid: Said | undefined;
  readonly #timers = new Map<string, Timer | CancelledTimer>();
  readonly #jobs: NewJob[] = [];
  readonly #returned: ReturnedMessage[] = [];
  readonly #pauses: Pause[] = [];
  readonly #resumed: string[] = [];
  readonly #dead: DeadLetter[] = [];
  readonly #vocabulary: Vocabulary;
  readonly #actor: string;
  readonly #now: Date;

  constructor(vocabulary: Vocabulary, actor: string, now: Date) {
    this.#vocabulary = vocabulary;
    this.#actor = actor;
    this.#now = now;
  }

  /**
   * Adds what one decision wants done on behalf of `actor/key`: whole, or when a part of it cannot be written, not at all.
   * @returns what the actor sends itself and is due: the turn hands it over behind what waits, and it never lies in the mailbox
   */
  add(key: string, effects: readonly Effect[], headers: Headers): OwnMessage[] {
    const parts: Parts = { messages: [], events: [], said: [], timers: [], jobs: [], own: [] };
    let traced = false;
    for (const effect of effects) {
      const trace = traceOf(effect);
      if (trace) traced = true;
      if (effect.kind === 'enqueue') {
        const from = { actor: this.#actor, key, headers: trace ? inTraceOf(headers, trace) : headers };
        parts.jobs.push(newJob(this.#vocabulary.jobTypes, effect, from, this.#now));
      }
    }
    this.#collect(key, traced ? effects.filter((effect) => !traceOf(effect)) : effects, headers, parts);
    if (traced) {
      for (const effect of effects) {
        const trace = traceOf(effect);
        if (trace) this.#collect(key, [effect], inTraceOf(headers, trace), parts);
      }
    }
    this.#messages.push(...parts.messages);
    this.events.push(...parts.events);
    this.#jobs.push(...parts.jobs);
    for (const timer of parts.timers) this.#timers.set(`${key}\x1e${timer.name}`, timer);
    for (const { headers: told, text } of parts.said) this.#log(key, told, text);
    return parts.own;
  }

  #collect(key: string, effects: readonly Effect[], headers: Headers, parts: Parts): void {
    if (effects.length === 0) return;
    const sent = packed(headers);
    const said: string[] = [];
    for (const effect of effects) {
      switch (effect.kind) {
        case 'tell':
          if (this.#vocabulary.announced?.has(effect.name)) parts.events.push(this.#announced(key, effect, headers));
          if (effect.actor === this.#actor && effect.key === key) parts.own.push({ name: effect.name, payload: effect.payload });
          else
            parts.messages.push({ actor: effect.actor, key: effect.key, name: effect.name, payload: json(effect.payload), headers: sent });
          break;
        case 'publish':
          said.push(this.#publish(key, effect.type, effect.data, headers, sent, parts));
          break;
        case 'setTimer':
          this.#setTimer(key, effect, sent, parts);
          break;
        case 'cancelTimer':
          parts.timers.push({ actor: this.#actor, key, name: effect.name });
          break;
      }
    }
    if (said.length > 0) parts.said.push({ headers, text: said.join() });
  }

  /** @returns the event's part of the log entry */
  #publish(key: string, type: string, data: Record<string, unknown>, headers: Headers, sent: string, parts: Parts): string {
    const text = json(data);
    parts.events.push({ type, at: this.#now, actor: this.#actor, key, data, headers });
    for (const { actor, key: keyOf } of this.#vocabulary.subscriptions.get(type) ?? []) {
      const receiver = keyOf(data);
      if (receiver !== undefined) parts.messages.push({ actor, key: receiver, name: type, payload: text, headers: sent });
    }
    return `{"type":"${type}","data":${text}}`;
  }

  /** Heard on the mesh after the commit; it is no event of the log. */
  #announced(key: string, { name, key: to, payload }: Tell, headers: Headers): LoggedEvent {
    return { type: name, at: this.#now, actor: this.#actor, key, data: { ...(payload as object), to }, headers };
  }

  /** A timer that is due already is a message to oneself: its moment is now. */
  #setTimer(key: string, { name, dueAt, payload }: SetTimer, sent: string, parts: Parts): void {
    if (dueAt <= this.#now) {
      parts.timers.push({ actor: this.#actor, key, name });
      parts.own.push({ name, payload });
    } else {
      parts.timers.push({ actor: this.#actor, key, name, dueAt, payload: json(payload), headers: sent });
    }
  }

  /** What one cause made an actor say, in however many steps of one turn, is one entry. */
  #log(key: string, headers: Headers, text: string): void {
    if (this.#lastSaid?.headers === headers && this.#lastSaid.key === key) {
      this.#lastSaid.texts.push(text);
      return;
    }
    this.#lastSaid = { headers, key, texts: [text] };
    this.#said.push(this.#lastSaid);
  }

  get #entries(): Entry[] {
    return this.#said.map(({ headers, key, texts }) => ({
      actor: this.#actor,
      key,
      said: `[${texts.join()}]`,
      correlationId: headers.correlationId,
      causationId: headers.causationId,
      traceparent: headers.traceparent,
      by: headers.by,
    }));
  }

  /** Into the mailbox with what an actor sent itself and this turn did not come to. */
  sendOwn(key: string, own: OwnMessage, headers: Headers): void {
    this.#messages.push({ actor: this.#actor, key, name: own.name, payload: json(own.payload), headers: packed(headers) });
  }

  /** Puts a message that was not handled back at its place; `until` holds its key back for a retry. */
  putBack(message: Message, attempts = message.attempts): void {
    this.#returned.push({
      id: message.id,
      actor: this.#actor,
      key: message.key,
      name: message.name,
      payload: json(message.payload),
      headers: packed(message.headers),
      attempts,
    });
  }

  retryLater(message: Message, until: Date, reason: string): void {
    this.putBack(message, message.attempts + 1);
    this.#pauses.push({ actor: this.#actor, key: message.key, until, reason });
    this.retries.push({ key: message.key, until });
  }

  bury(message: Message, error: Error, park: boolean): void {
    this.#dead.push({ actor: this.#actor, message, error });
    if (park) this.#pauses.push({ actor: this.#actor, key: message.key, until: null, reason: error.message });
    else this.resume(message);
  }

  resume({ key, attempts }: Message): void {
    if (attempts > 0) this.#resumed.push(key);
  }

  /** One statement, whatever it carries; none when there is nothing. */
  async write(tx: Tx): Promise<void> {
    const binds = new Binds();
    const parts: string[] = [];
    const part = (items: { length: number }, statement: () => string): void => {
      if (items.length > 0) parts.push(statement());
    };
    const timers = [...this.#timers.values()];
    const set = timers.filter((timer): timer is Timer => 'dueAt' in timer);
    const cancelled = timers.filter((timer) => !('dueAt' in timer));
    this.timers.push(...set);
    const paused = new Set(this.#pauses.map(({ key }) => key));
    const resumed = this.#resumed.filter((key) => !paused.has(key));

    part(this.#messages, () => insertMessages(binds, this.#messages));
    part(this.#said, () => appendEntries(binds, this.#entries));
    part(set, () => setTimers(binds, set));
    part(cancelled, () => cancelTimers(binds, cancelled));
    part(this.#jobs, () => insertJobs(binds, this.#jobs));
    part(this.#returned, () => returnMessages(binds, this.#returned));
    part(this.#dead, () => insertDeadLetters(binds, this.#dead));
    part(this.#pauses, () => pauseKeys(binds, this.#pauses));
    part(resumed, () => resumeKeys(binds, this.#actor, resumed));
    if (parts.length === 0) return;
    await tx.query(`with ${parts.map((statement, index) => `part${index} as (${statement})`).join(',\n')} select 1`, binds.values);
  }

  /** Whom to ring after the commit: keys by actor type. */
  get rings(): Map<string, Set<string>> {
    const rings = new Map<string, Set<string>>();
    for (const { actor, key } of this.#messages) {
      const keys = rings.get(actor);
      if (keys) keys.add(key);
      else rings.set(actor, new Set([key]));
    }
    return rings;
  }

  /** Job types that have work now. */
  get jobTypes(): Set<string> {
    return new Set(this.#jobs.map(({ type }) => type));
  }

  get deadLetters(): readonly DeadLetter[] {
    return this.#dead;
  }
}

const traceOf = (effect: Effect): Trace | undefined => ('trace' in effect ? effect.trace : undefined);
