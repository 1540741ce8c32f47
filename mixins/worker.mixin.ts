/**
 * Gives a Moleculer service workers: handlers for types of jobs, rung by `<type>.jobs`. When the mesh reports a node gone, its
 * jobs are taken over at once. Needs the handlers; each type is registered in models/jobs.ts.
 */
import type { Context, ServiceSchema } from 'moleculer';
import { runtimeOf } from '../runtime/holder.ts';
import type { JobHandler } from '../runtime/perform.ts';
import { StartError } from '../runtime/start-error.ts';

export const worker = (handlers: readonly JobHandler[]): Partial<ServiceSchema> => ({
  events: {
    ...Object.fromEntries(handlers.map(({ type }) => [`${type}.jobs`, { handler: (ctx: Context) => runtimeOf(ctx.broker).worker.ring() }])),
    '$node.disconnected': {
      async handler(ctx: Context<{ node: { id: string } }>) {
        await runtimeOf(ctx.broker).worker.takeOver(ctx.params.node.id);
      },
    },
  },
  created() {
    try {
      for (const handler of handlers) runtimeOf(this.broker).handle(handler);
    } catch (error) {
      throw new StartError((error as Error).message);
    }
  },
});
