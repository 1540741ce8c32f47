/** How the runtime reaches other nodes over Moleculer: it rings mailboxes and workers, and announces what happened. */
import { type ServiceBroker, Utils } from 'moleculer';
import { documentFields, type Envelope, type NamesOf } from '../models/events.ts';
import type { LoggedEvent } from '../runtime/events.ts';
import type { Mesh } from '../runtime/host.ts';
import { spanOf, traceIdOf } from '../runtime/trace.ts';

/** In an event's meta: it comes from the event log, so what subscribes to it has been told durably. */
export const PUBLISHED = 'published';

/** @param namesOf the other names of an event, under which the documents know it */
export const meshOf = (broker: ServiceBroker, namesOf: NamesOf = () => []): Mesh => {
  const listeners = new Listeners(broker, namesOf);
  return {
    ring: (actor, keys) => void broker.emit(`${actor}.mailbox`, { keys }),
    ringJobs: (type) => void broker.emit(`${type}.jobs`, {}),
    announce(events) {
      if (!events.some(({ type }) => listeners.of(type).length > 0)) return;
      for (const [event, envelope] of enveloped(events)) {
        const names = listeners.of(event.type);
        if (names.length === 0) continue;
        const data = { ...event.data, ...documentFields(envelope) };
        const meta = { [PUBLISHED]: true, headers: event.headers, envelope };
        // The documents speak of orders: what is held for a load or an exchange is said under our name only.
        for (const { name, groups } of names)
          if (name === event.type || event.data.owner === undefined) void broker.emit(name, data, { meta, groups });
      }
    },
  };
};

/** The trace, the span and the place in it name an event: the log has the first two, and keeps the order of the third. */
const enveloped = (events: readonly LoggedEvent[]): [LoggedEvent, Envelope][] => {
  const said = new Map<object, number>();
  return events.map((event) => {
    const { type, at, actor, key, data, headers } = event;
    const place = said.get(headers) ?? 0;
    said.set(headers, place + 1);
    const { correlationId, causationId, traceparent, by, sender } = headers;
    const envelope: Envelope = {
      id: `${traceIdOf(traceparent)}-${spanOf(traceparent)}-${place}`,
      type,
      version: 1,
      occurredAt: at.toISOString(),
      correlationId,
      causationId,
      aggregate: { type: actor, id: key },
      actor: by ?? sender,
      data,
      traceparent,
    };
    return [event, envelope];
  });
};

interface Named {
  name: string;
  groups: string[];
}

/**
 * Whether anybody but our own actors listens to an event, and under which of its names. An emit costs 10 µs even when nobody does,
 * and an order makes 25 events; the answer is remembered until the mesh changes.
 */
class Listeners {
  readonly #broker: ServiceBroker;
  readonly #namesOf: NamesOf;
  readonly #known = new Map<string, Named[]>();

  constructor(broker: ServiceBroker, namesOf: NamesOf) {
    this.#broker = broker;
    this.#namesOf = namesOf;
    for (const change of ['$services.changed', '$node.connected', '$node.disconnected']) {
      broker.localBus.on(change, () => this.#known.clear());
    }
  }

  of(event: string): Named[] {
    let answer = this.#known.get(event);
    if (answer === undefined) {
      answer = this.#listenedTo(event);
      this.#known.set(event, answer);
    }
    return answer;
  }

  /** Who listens to a pattern such as `payment.*` hears an event under our name only, not once more under each alias. */
  #listenedTo(event: string): Named[] {
    const ours = { name: event, groups: this.#groups((pattern) => Utils.match(event, pattern)) };
    const theirs = this.#namesOf(event).map((name) => ({ name, groups: this.#groups((pattern) => pattern === name) }));
    return [ours, ...theirs].filter(({ groups }) => groups.length > 0);
  }

  #groups(takes: (pattern: string) => boolean): string[] {
    const lists = this.#broker.registry.events.events as unknown as List[];
    const listening = lists.filter(
      ({ name, endpoints }) => takes(name) && endpoints.some((endpoint) => endpoint.isAvailable && !isActors(endpoint.event)),
    );
    return [...new Set(listening.map(({ group }) => group))];
  }
}

interface List {
  name: string;
  group: string;
  endpoints: { isAvailable: boolean; event: object }[];
}

const isActors = (taken: object): boolean => (taken as { actors?: boolean }).actors === true;
