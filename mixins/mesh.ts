/** How the runtime reaches other nodes over Moleculer: it rings mailboxes and workers, and announces what happened. */
import type { ServiceBroker } from 'moleculer';
import type { LoggedEvent } from '../runtime/events.ts';
import type { Mesh } from '../runtime/host.ts';

/** In an event's meta: it comes from the event log, so what subscribes to it has been told durably. */
export const PUBLISHED = 'published';

export const meshOf = (broker: ServiceBroker): Mesh => {
  const listeners = new Listeners(broker);
  return {
    ring: (actor, keys) => void broker.emit(`${actor}.mailbox`, { keys }),
    ringJobs: (type) => void broker.emit(`${type}.jobs`, {}),
    announce(events: readonly LoggedEvent[]) {
      for (const { type, data, headers } of events) {
        if (listeners.any(type)) void broker.emit(type, data, { meta: { [PUBLISHED]: true, headers } });
      }
    },
  };
};

/**
 * Whether anybody but our own actors listens to an event. An emit costs 10 µs even when nobody does, and an order makes 25
 * events; the answer is remembered until the mesh changes.
 */
class Listeners {
  readonly #broker: ServiceBroker;
  readonly #known = new Map<string, boolean>();

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
    for (const change of ['$services.changed', '$node.connected', '$node.disconnected']) {
      broker.localBus.on(change, () => this.#known.clear());
    }
  }

  any(event: string): boolean {
    let answer = this.#known.get(event);
    if (answer === undefined) {
      answer = this.#broker.registry.events.getAllEndpoints(event).some(({ event: taken }) => !isActors(taken));
      this.#known.set(event, answer);
    }
    return answer;
  }
}

const isActors = (taken: object): boolean => (taken as { actors?: boolean }).actors === true;
