/** The payment room alone, with its workers, on a database of its own: for what providers do to it. Nobody else is there to hear its news. */
import { ServiceBroker } from 'moleculer';
import { readConfig } from '../../config.ts';
import { jobTypes } from '../../models/jobs.ts';
import { holdRuntime } from '../../runtime/holder.ts';
import { newId } from '../../runtime/ids.ts';
import { Runtime } from '../../runtime/runtime.ts';
import { newHeaders } from '../../runtime/trace.ts';
import paymentService from '../../services/payment/payment.service.ts';
import { openTestDatabase } from './database.ts';
import type { Body } from './http.ts';
import { until, untilQuiet } from './quiet.ts';

export interface PaymentRoom {
  runtime: Runtime;
  /** What was logged as a warning: words and fields. */
  warnings: { message: string; fields: Body }[];
  /** @returns the new payment's id */
  charge(bill?: object): Promise<string>;
  tell(id: string, name: string, payload?: object): Promise<void>;
  call(action: string, params?: object, meta?: object): Promise<Body>;
  /** Waits until it has one of these statuses. */
  until(id: string, ...statuses: string[]): Promise<Body>;
  quiet(): Promise<void>;
  /** Types of the events of a payment, in order. */
  news(id: string): Promise<string[]>;
  attempts(id: string): Promise<Body[]>;
  close(): Promise<void>;
}

export const openPaymentRoom = async (env: Record<string, string> = {}): Promise<PaymentRoom> => {
  const { database, drop } = await openTestDatabase('real', 4);
  const config = readConfig([], { PAYMENT_CALL_MS: '300', ...env });
  const broker = new ServiceBroker({ logger: false, nodeID: newId() });
  const warnings: PaymentRoom['warnings'] = [];
  const quietly = (): void => undefined;
  const log = {
    wordy: false,
    debug: quietly,
    info: quietly,
    error: quietly,
    warn: (message: string, fields?: object) => void warnings.push({ message, fields }),
  };
  const runtime = new Runtime({ database, subscriptions: [], jobTypes, name: broker.nodeID, log, worker: { queues: { critical: 1 } } });
  holdRuntime(broker, runtime);
  broker.createService(paymentService(config));
  await broker.start();
  runtime.start();

  const call: PaymentRoom['call'] = (action, params = {}, meta = {}) => broker.call(`payment.${action}`, params, { meta });
  const tell: PaymentRoom['tell'] = async (id, name, payload = {}) => {
    await runtime.tell('payment', id, name, payload, { headers: newHeaders('test', { correlationId: id }) });
  };
  return {
    runtime,
    warnings,
    tell,
    call,
    async charge(bill = {}) {
      const id = newId();
      const all = {
        orderKey: id,
        orderId: '1',
        orderNumber: 'ORD-1',
        amountCents: 10_000,
        currency: 'USD',
        method: 'card',
        token: 'tok_ok',
        ...bill,
      };
      await tell(id, 'payment.charge', all);
      return id;
    },
    async until(id, ...statuses) {
      let last: Body;
      await until(
        async () => {
          last = await call('get', { id }).catch(() => undefined);
          return statuses.includes(last?.status);
        },
        { what: () => `the payment is not ${statuses.join(' or ')}: ${JSON.stringify(last)}` },
      );
      return last;
    },
    quiet: () => untilQuiet(database),
    news: async (id) =>
      (await database.query<{ type: string }>('select type from event_log where correlation_id = $1 order by entry, place', [id])).map(
        ({ type }) => type,
      ),
    attempts: (id) =>
      database.query<Body>('select idempotency_key as key, status from payment_attempts where payment_id = $1 order by created_at, 1', [
        id,
      ]),
    async close() {
      await runtime.stop();
      await broker.stop();
      await drop();
    },
  };
};
