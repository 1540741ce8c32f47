/**
 * Gives a service a `health` action: whether this node can take its work. Needs nothing; a service may add checks of its own.
 * A check answers with its figure, or throws.
 */
import type { Context, ServiceSchema } from 'moleculer';
import { runtimeOf } from '../runtime/holder.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface CheckResult {
  status: 'pass' | 'warn' | 'fail';
  observed?: string | number | boolean;
  output?: string;
}
export type Check = (runtime: Runtime) => Promise<CheckResult> | CheckResult;

const ownChecks: Record<string, Check> = {
  'node:draining': ({ stopping }) => ({ status: stopping ? 'fail' : 'pass', observed: stopping }),
  async 'postgres:responseTime'({ database }) {
    const began = performance.now();
    await database.ping();
    const ms = Math.round(performance.now() - began);
    return { status: ms > 1_000 ? 'warn' : 'pass', observed: ms };
  },
};

export const health = (checks: Record<string, Check> = {}): Partial<ServiceSchema> => ({
  actions: {
    health: {
      visibility: 'public',
      handler: (ctx: Context) => runChecks(runtimeOf(ctx.broker), { ...ownChecks, ...checks }),
    },
  },
});

export const runChecks = async (runtime: Runtime, checks: Record<string, Check> = ownChecks) => {
  const results: Record<string, CheckResult> = {};
  for (const [name, check] of Object.entries(checks)) {
    try {
      results[name] = await within(2_000, check(runtime));
    } catch (error) {
      results[name] = { status: 'fail', output: (error as Error).message };
    }
  }
  const all = Object.values(results).map(({ status }) => status);
  const status = all.includes('fail') ? 'fail' : all.includes('warn') ? 'warn' : 'pass';
  return { status, checks: results };
};

const within = async <T>(ms: number, work: Promise<T> | T): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};
