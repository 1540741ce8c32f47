/** Which runtime, and which settings, belong to a mesh node: a typed accessor instead of a property bolted on the broker. */
import type { Runtime } from './runtime.ts';

const runtimes = new WeakMap<object, Runtime>();

export const holdRuntime = (owner: object, runtime: Runtime): void => {
  runtimes.set(owner, runtime);
};

/** @throws Error when the node was started without one */
export const runtimeOf = (owner: object): Runtime => {
  const runtime = runtimes.get(owner);
  if (!runtime) throw new Error('this broker has no runtime: start it with main.ts, or hold one for it first');
  return runtime;
};
