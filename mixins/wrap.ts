/** How a mixin surrounds the doors (checked.ts) of the service that takes it: Moleculer calls `merged` before it builds them. */
import type { ActionSchema, Context, ServiceSchema } from 'moleculer';

export type Ctx = Context<unknown, Record<string, unknown>>;
export type Next = () => Promise<unknown>;
type Handler = (ctx: Ctx) => unknown;

/** @param around gets the context and the rest of the way; what it returns is the action's result */
export const aroundActions = (around: (ctx: Ctx, next: Next, action: ActionSchema) => Promise<unknown>): Partial<ServiceSchema> =>
  ({
    merged(schema: ServiceSchema) {
      for (const given of Object.values(schema.actions ?? {})) {
        const action = given as ActionSchema;
        const { door, handler } = action || {};
        if (!door || !handler) continue;
        action.handler = function (this: unknown, ctx: Ctx) {
          return around(ctx, async () => (handler as Handler).call(this, ctx), action);
        } as ActionSchema['handler'];
      }
    },
  }) as Partial<ServiceSchema>;
