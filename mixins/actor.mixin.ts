/**
 * Gives a Moleculer service an actor type: its mailbox is rung by `<type>.mailbox`, and events from the mesh become messages.
 * Needs the actor's definition, and for each event it takes from outside: its schema and whom it is for.
 */
import type { Context, ServiceSchema } from 'moleculer';
import type { z } from 'zod';
import { aliases, fromDocument, identityIn } from '../models/events.ts';
import type { AnyActor } from '../runtime/actor.ts';
import { runtimeOf } from '../runtime/holder.ts';
import { isTraceparent, newHeaders } from '../runtime/trace.ts';
import { fieldErrors } from './checked.ts';
import { PUBLISHED } from './mesh.ts';

type Told = (data: Record<string, unknown>) => void;
type Taken = (keys: readonly string[]) => void;

export interface Inbound {
  /** The name under which the event stands in the mailbox. Default: its own. */
  message?: string;
  /** Names under which it comes too, besides its aliases. */
  also?: readonly string[];
  schema: z.ZodType;
  /** The key of the actor it is for. */
  key(payload: never): string | undefined;
  /** Id by which a repeat is known. */
  once?(payload: never): string | undefined;
}

/**
 * @param told called after the commit, on the node whose turn it was, with each event of this type: for shows such as caches, never for work
 * @param taken called in the turn, before it decides, with the keys that a message of this name is for: for the same, and perhaps twice
 */
export const actor = (
  definition: AnyActor,
  inbound: Record<string, Inbound> = {},
  told: Record<string, Told> = {},
  taken: Record<string, Taken> = {},
): Partial<ServiceSchema> => ({
  events: {
    [`${definition.type}.mailbox`]: {
      handler(ctx: Context<{ keys: string[] }>) {
        runtimeOf(ctx.broker).host.ring(definition.type, ctx.params.keys);
      },
    },
    ...Object.fromEntries(
      Object.entries(inbound).flatMap(([event, one]) =>
        [event, ...(aliases[event] ?? []), ...(one.also ?? [])].map((name, _, names) => [name, takes(definition.type, event, names, one)]),
      ),
    ),
  },
  created() {
    runtimeOf(this.broker).register(watched(definition, taken));
    for (const [event, tell] of Object.entries(told)) runtimeOf(this.broker).host.onPublished(event, tell);
  },
});

/** The store is the first to see what a turn takes. */
const watched = (definition: AnyActor, taken: Record<string, Taken>): AnyActor => {
  if (Object.keys(taken).length === 0) return definition;
  const { store } = definition;
  return {
    ...definition,
    store: {
      ...store,
      load(tx, keys, messages) {
        for (const [name, call] of Object.entries(taken)) {
          const named = messages.filter((message) => message.name === name);
          if (named.length > 0) call(named.map(({ key }) => key));
        }
        return store.load(tx, keys, messages);
      },
    },
  };
};

/** A plain `emit` from the REPL or from a service that is no actor, under any of its names: validated, told once, and logged when refused. */
const takes = (type: string, event: string, names: readonly string[], { message = event, schema, key, once }: Inbound) => ({
  actors: true,
  async handler(ctx: Context<unknown, Meta>) {
    if (ctx.meta[PUBLISHED]) return; // From our own log: its subscription has delivered it already.
    const { broker } = ctx;
    const parsed = schema.safeParse(fromDocument(event, names, ctx.params));
    if (!parsed.success) {
      broker.logger.warn(`the event ${event} is refused`, { errors: fieldErrors(parsed.error), from: ctx.nodeID });
      return;
    }
    const payload = parsed.data as never;
    const receiver = key(payload);
    if (receiver === undefined) {
      broker.logger.warn(`the event ${event} names nobody it could be for`, { from: ctx.nodeID });
      return;
    }
    const id = once?.(payload);
    await runtimeOf(broker).tell(type, receiver, message, payload, {
      headers: newHeaders(`mesh/${event}`, { ...sentWith(ctx), correlationId: correlationIn(payload) }),
      ...(id ? { once: { consumer: type, messageId: `${event}:${id}` } } : {}),
    });
  },
});

interface Meta {
  [PUBLISHED]?: boolean;
  headers?: { traceparent?: unknown; by?: unknown };
  envelope?: { traceparent?: unknown };
}

/** The trace that an event comes in, and on whose behalf. */
const sentWith = ({ meta, params }: Context<unknown, Meta>): { traceparent?: string; by?: string } => {
  const traceparent = [meta.headers?.traceparent, meta.envelope?.traceparent].find(isTraceparent);
  const by = [meta.headers?.by, identityIn(params)].find((one) => typeof one === 'string' && /^\P{Cc}{1,200}$/u.test(one));
  return { ...(traceparent ? { traceparent } : {}), ...(by ? { by: by as string } : {}) };
};

const correlationIn = (payload: { correlationId?: unknown }): string | undefined =>
  typeof payload.correlationId === 'string' ? payload.correlationId : undefined;
