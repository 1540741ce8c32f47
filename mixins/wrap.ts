/** How a mixin surrounds the actions of the service that takes it: Moleculer calls `merged` before it builds them. */
import type { ActionSchema, Context, ServiceSchema } from 'moleculer';

export type Ctx = Context<unknown, Record<string, unknown>>;
export type Next = () => Promise<unknown>;
type Handler = (ctx: Ctx) => unknown;

/** @param around gets the context and the rest of the way; what it returns is the action's result */
export const aroundActions = (around: (ctx: Ctx, next: Next, action: ActionSchema) => Promise<unknown>): Partial<ServiceSchema> =>
  ({
    merged(schema: ServiceSchema) {
      for (const [name, given] of Object.entries(schema.actions ?? {})) {
        if (!given) continue;
        const action = (typeof given === 'function' ? { handler: given } : given) as ActionSchema;
        const { handler } = action;
        if (!handler) continue;
        action.handler = function (this: unknown, ctx: Ctx) {
          return around(ctx, async () => (handler as Handler).call(this, ctx), action);
        } as ActionSchema['handler'];
        (schema.actions as Record<string, ActionSchema>)[name] = action;
      }
    },
  }) as Partial<ServiceSchema>;
