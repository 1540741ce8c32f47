/** A circuit breaker around one provider: when most calls fail, the next fail at once, until one that is let through succeeds. */
import { createRequire } from 'node:module';
import type { Logger } from '../../runtime/logger.ts';
import { Hopeless } from '../../runtime/perform.ts';
import type { PaymentProvider } from './payment.provider.ts';

type Work = () => Promise<unknown>;
interface Breaker {
  opened: boolean;
  halfOpen: boolean;
  stats: { fires: number; failures: number; rejects: number };
  fire(work: Work): Promise<unknown>;
  on(event: 'open' | 'halfOpen' | 'close', listener: () => void): void;
  shutdown(): void;
}
const CircuitBreaker = createRequire(import.meta.url)('opossum') as new (
  action: (work: Work) => Promise<unknown>,
  options: object,
) => Breaker;

export interface BreakerSettings {
  percent: number;
  calls: number;
  resetMs: number;
}
export interface BreakerFigures {
  provider: string;
  state: 'closed' | 'open' | 'half-open';
  /** Of the last ten seconds. */
  calls: number;
  failures: number;
  rejected: number;
}
export interface GuardedProvider extends PaymentProvider {
  figures(): BreakerFigures;
}

const WINDOW_MS = 10_000;

export const guarded = (provider: PaymentProvider, settings: BreakerSettings, log: Pick<Logger, 'warn' | 'info'>): GuardedProvider => {
  const breaker = new CircuitBreaker((work) => work(), {
    timeout: false, // Each call has its own.
    errorThresholdPercentage: settings.percent,
    volumeThreshold: settings.calls,
    resetTimeout: settings.resetMs,
    rollingCountTimeout: WINDOW_MS,
    rollingPercentilesEnabled: false,
    // A provider that says no is well.
    errorFilter: (error: Error) => error instanceof Hopeless,
  });
  breaker.on('open', () => log.warn(`the circuit breaker of ${provider.name} is open: calls wait`, { provider: provider.name }));
  breaker.on('halfOpen', () => log.info(`the circuit breaker of ${provider.name} lets one call try`, { provider: provider.name }));
  breaker.on('close', () => log.info(`the circuit breaker of ${provider.name} is closed: calls go on`, { provider: provider.name }));

  const guard = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return (await breaker.fire(work)) as Result;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EOPENBREAKER') throw error;
      throw new Error(`the circuit breaker of ${provider.name} is open`);
    }
  };
  const { name } = provider;
  return {
    name,
    charge: (request, signal) => guard(() => provider.charge(request, signal)),
    lookUp: (charge, signal) => guard(() => provider.lookUp(charge, signal)),
    capture: (request, signal) => guard(() => provider.capture(request, signal)),
    void: (request, signal) => guard(() => provider.void(request, signal)),
    refund: (request, signal) => guard(() => provider.refund(request, signal)),
    lookUpRefund: (request, signal) => guard(() => provider.lookUpRefund(request, signal)),
    payOut: (request, signal) => guard(() => provider.payOut(request, signal)),
    figures: () => ({
      provider: name,
      state: breaker.halfOpen ? 'half-open' : breaker.opened ? 'open' : 'closed',
      calls: breaker.stats.fires,
      failures: breaker.stats.failures,
      rejected: breaker.stats.rejects,
    }),
    close() {
      breaker.shutdown();
      provider.close();
    },
  };
};
