/** The face of payments, and where their workers run. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { check, checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { health } from '../../mixins/health.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { worker } from '../../mixins/worker.mixin.ts';
import { Refused } from '../../models/errors.ts';
import { paymentModel } from '../../models/payment.model.ts';
import { paymentMessages, paymentWebhook } from '../../models/payment.ts';
import { uuid } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { StartError } from '../../runtime/start-error.ts';
import { decide, type Payment } from './payment.decider.ts';
import { paymentJobs } from './payment.jobs.ts';
import { type PaymentProvider, sandboxProvider } from './payment.provider.ts';
import { paymentStore } from './payment.store.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { verifyWebhook } from './webhook.ts';

const definition: Actor<Payment> = {
  type: 'payment',
  messages: paymentMessages,
  decide,
  store: paymentStore,
  onPoison: 'park',
};

type Report = z.output<typeof paymentWebhook>;

/** What a provider or a bank reports, as the payment hears it. */
const heard = ({ event_type, event_id, failure_reason }: Report) => ({
  outcome: event_type === 'payment.confirmed' ? 'captured' : 'failed',
  eventId: event_id,
  ...(failure_reason ? { reason: failure_reason } : {}),
});

const reports = (event: string) => ({
  [event]: {
    message: 'payment.reported',
    schema: paymentWebhook.extend({ event_type: z.literal(event).default(event) }).transform((report) => ({
      ...heard(report as Report),
      paymentId: report.payment_id,
    })),
    key: ({ paymentId }: { paymentId: string }) => paymentId,
    once: ({ eventId }: { eventId: string }) => eventId,
  },
});

export default (config: Config): ServiceSchema => {
  if (!config.paymentUrl && config.production) {
    throw new StartError('PAYMENT_URL is not set: in production payment needs a provider (or stop running payment here with SERVICES).');
  }
  let provider: PaymentProvider | undefined;
  let sandbox: Sandbox | undefined;

  return {
    name: 'payment',
    mixins: [
      actor(definition, { ...reports('payment.confirmed'), ...reports('payment.failed') }),
      worker(paymentJobs(() => provider as PaymentProvider)),
      crud({ model: paymentModel, cursor: 'id', notFound: 'payment.not-found', id: uuid }),
      health(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      /** POST /api/payments/webhooks/:provider. Each event id is taken once; amounts come from the database, never from here. */
      webhook: checked(
        z.object({ provider: z.literal('sandbox'), signature: z.string().max(200).optional(), raw: z.string() }),
        async ({ provider: name, signature, raw }, ctx) => {
          const runtime = runtimeOf(ctx.broker);
          verifyWebhook(signature, raw, config.paymentWebhookSecret, runtime.database.now());
          const report = check(paymentWebhook, parseBody(raw));
          const once = { consumer: `payment/${name}`, messageId: report.event_id };
          const fresh = await runtime.tell('payment', report.payment_id, 'payment.reported', heard(report), { once });
          return { received: true, repeated: !fresh };
        },
      ),
    },
    async started() {
      if (!config.paymentUrl) sandbox = await startSandbox({ secret: config.paymentWebhookSecret });
      const url = config.paymentUrl ?? (sandbox as Sandbox).url;
      provider = sandboxProvider({ url, callMs: config.paymentCallMs, callbackUrl: config.paymentCallbackUrl });
      this.logger.info(`payments go to ${sandbox ? 'the sandbox in this process, ' : ''}${url}`);
    },
    async stopped() {
      provider?.close();
      await sandbox?.close();
    },
  } as ServiceSchema;
};

const parseBody = (raw: string): unknown => {
  try {
    return JSON.parse(raw);
  } catch {
    throw new Refused('request.malformed');
  }
};
