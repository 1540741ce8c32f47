import { runtime } from './0001-runtime.ts';
import { domain } from './0002-domain.ts';

/** In the order they run. A released one is never changed. */
export const migrations = [runtime, domain];
