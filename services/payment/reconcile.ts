/** Payments whose call should have ended long ago are looked up at their provider, and told what it says. Asked for by a clock. */
import type { Runtime } from '../../runtime/runtime.ts';
import { newHeaders } from '../../runtime/trace.ts';
import type { Overdue } from './payment.views.store.ts';
import { overdue } from './payment.views.store.ts';
import type { Providers } from './providers.ts';

export interface Reconciled {
  looked: number;
  /** How many were found in which state. */
  found: Record<string, number>;
  /** Those that could not be looked up: they are again next time. */
  failed: number;
}

export const reconcile = async (
  runtime: Runtime,
  providers: Providers,
  { afterMs, callMs }: { afterMs: number; callMs: number },
): Promise<Reconciled> => {
  const late = await overdue(runtime.database, runtime.database.now(), afterMs);
  const reconciled: Reconciled = { looked: 0, found: {}, failed: 0 };
  for (const payment of late) {
    reconciled.looked++;
    try {
      const result = await providers.get(payment.provider).lookUp(payment, AbortSignal.timeout(callMs));
      reconciled.found[result.status] = (reconciled.found[result.status] ?? 0) + 1;
      const headers = newHeaders('payment/reconcile', { correlationId: payment.orderKey });
      await runtime.tell('payment', payment.id, 'payment.found', result, { headers });
      runtime.log.info(`payment ${payment.id} was ${payment.status} too long: the provider says ${result.status}`, contextOf(payment));
    } catch (error) {
      reconciled.failed++;
      runtime.log.warn(`payment ${payment.id} could not be looked up: ${(error as Error).message}`, contextOf(payment));
    }
  }
  return reconciled;
};

const contextOf = ({ id: payment_id, orderId: order_id, amountCents }: Overdue) => ({ payment_id, order_id, amount: amountCents / 100 });
