/** What a failed statement or turn means, and how long to wait before the next try. The only retrier is the runtime. */

export type FailureKind = 'transient' | 'data' | 'unknown';

const TRANSIENT_CODES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '57014', // query_canceled: statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '25P03', // idle_in_transaction_session_timeout
  '53300', // too_many_connections
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);
const LOST_CONNECTION =
  /Connection terminated|connection timeout|terminating connection|not queryable|Client has encountered|acquire|ConnectionManager\.getConnection|closed the connection|socket hang up|read ECONNRESET/i;

interface DatabaseError extends Error {
  code?: string;
  constraint?: string;
  parent?: { code?: string; constraint?: string };
  original?: { code?: string };
}

/** SQLSTATE, or the socket's error code. */
export const codeOf = (error: unknown): string | undefined => {
  const { parent, original, code } = error as DatabaseError;
  const found: unknown = parent?.code ?? original?.code ?? code;
  return typeof found === 'string' ? found : undefined;
};

export const constraintOf = (error: unknown): string | undefined =>
  (error as DatabaseError).constraint ?? (error as DatabaseError).parent?.constraint;

/** Lost connections, deadlocks and races pass by themselves; what the data broke (classes 22, 23) does not. */
export const kindOf = (error: unknown): FailureKind => {
  const code = codeOf(error);
  if (error instanceof Raced) return 'transient';
  if (code && (TRANSIENT_CODES.has(code) || code.startsWith('08'))) return 'transient';
  if (code && /^(22|23|42|0A)/.test(code)) return 'data';
  return LOST_CONNECTION.test(String((error as Error)?.message)) ? 'transient' : 'unknown';
};

/** Two nodes were at the same actor at once (or made it): the loser runs its batch again and finds what the winner left. */
export class Raced extends Error {
  constructor(actor: string) {
    super(`another node was at a ${actor} of this batch first`);
    this.name = 'Raced';
  }
}

/** Exponential delay with full jitter above one half, so that what failed together does not return together. */
export const backoffMs = (attempt: number, baseMs: number, capMs: number, random: () => number = Math.random): number => {
  const full = Math.min(capMs, baseMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(full / 2 + (random() * full) / 2);
};

/**
 * Runs work again while it fails for a transient reason.
 * @throws the last error, after `attempts` tries or at once when it is not transient
 */
export const retryTransient = async <T>(work: () => Promise<T>, attempts = 5, baseMs = 25): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || kindOf(error) !== 'transient') throw error;
      await pause(backoffMs(attempt, baseMs, 1_000));
    }
  }
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
