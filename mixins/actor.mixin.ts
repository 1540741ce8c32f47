/**
 * Gives a Moleculer service an actor type: its mailbox is rung by `<type>.mailbox`, and events from the mesh become messages.
 * Needs the actor's definition, and for each event it takes from outside: its schema and whom it is for.
 */
import type { Context, ServiceSchema } from 'moleculer';
import type { z } from 'zod';
import type { AnyActor } from '../runtime/actor.ts';
import { runtimeOf } from '../runtime/holder.ts';
import { newHeaders } from '../runtime/trace.ts';
import { fieldErrors } from './checked.ts';
import { PUBLISHED } from './mesh.ts';

type Told = (data: Record<string, unknown>) => void;

export interface Inbound {
  /** The name under which the event stands in the mailbox. Default: its own. */
  message?: string;
  schema: z.ZodType;
  /** The key of the actor it is for. */
  key(payload: never): string | undefined;
  /** Id by which a repeat is known. */
  once?(payload: never): string | undefined;
}

/** @param told called after the commit, on the node whose turn it was, with each event of this type: for shows such as caches, never for work */
export const actor = (
  definition: AnyActor,
  inbound: Record<string, Inbound> = {},
  told: Record<string, Told> = {},
): Partial<ServiceSchema> => ({
  events: {
    [`${definition.type}.mailbox`]: {
      handler(ctx: Context<{ keys: string[] }>) {
        runtimeOf(ctx.broker).host.ring(definition.type, ctx.params.keys);
      },
    },
    ...Object.fromEntries(Object.entries(inbound).map(([event, taken]) => [event, takes(definition.type, event, taken)])),
  },
  created() {
    runtimeOf(this.broker).register(definition);
    for (const [event, tell] of Object.entries(told)) runtimeOf(this.broker).host.onPublished(event, tell);
  },
});

/** A plain `emit` from the REPL or from a service that is no actor: validated, told once, and logged when refused. */
const takes = (type: string, event: string, { message = event, schema, key, once }: Inbound) => ({
  actors: true,
  async handler(ctx: Context<unknown, Record<string, unknown>>) {
    if (ctx.meta[PUBLISHED]) return; // From our own log: its subscription has delivered it already.
    const { broker } = ctx;
    const parsed = schema.safeParse(ctx.params);
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
      headers: newHeaders(`mesh/${event}`, { correlationId: correlationIn(payload) }),
      ...(id ? { once: { consumer: type, messageId: `${event}:${id}` } } : {}),
    });
  },
});

const correlationIn = (payload: { correlationId?: unknown }): string | undefined =>
  typeof payload.correlationId === 'string' ? payload.correlationId : undefined;
