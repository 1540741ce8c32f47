/**
 * Gives a service's actions patience with the database's weather: a lost connection, a deadlock or a lost race is tried again here,
 * once for the whole mesh, since callers never retry. Turns and jobs have their own (runtime/host.ts, runtime/worker.ts).
 */
import type { ServiceSchema } from 'moleculer';
import { Refused } from '../models/errors.ts';
import { kindOf, retryTransient } from '../runtime/failure.ts';
import { aroundActions } from './wrap.ts';

export const retry = ({ attempts = 4, baseMs = 50 } = {}): Partial<ServiceSchema> =>
  aroundActions(async (_ctx, next) => {
    try {
      return await retryTransient(next, attempts, baseMs);
    } catch (error) {
      if ((error as Error).name === 'Overloaded') throw new Refused('service.overloaded');
      if (kindOf(error) === 'transient') throw new Refused('service.unavailable', { cause: (error as Error).message });
      throw error;
    }
  });
