/** The face of payments, and where their workers run. */
import type { Context as Call, ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { check, checked, nothing } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { worker } from '../../mixins/worker.mixin.ts';
import { Refused } from '../../models/errors.ts';
import { paymentModel } from '../../models/payment.model.ts';
import { collectForm, paymentMessages, paymentWebhook, refundForm, remitForm } from '../../models/payment.ts';
import { uuid } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { derivedId } from '../../runtime/ids.ts';
import { type Logger, silent } from '../../runtime/logger.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { openWebhook } from '../webhook.ts';
import { type Payment, paymentDecider } from './payment.decider.ts';
import { paymentJobs } from './payment.jobs.ts';
import { paymentStore } from './payment.store.ts';
import { billOf, cashDueFor, figuresOf, orderKeyOf, refundsOf, retryStuck } from './payment.views.store.ts';
import { Providers } from './providers.ts';
import { reconcile } from './reconcile.ts';
import { heard, mustBeOf, mustExist, type Report, type Reported, reportOf, warnOfAmount } from './report.ts';
import { stripeReport } from './webhook.ts';

const definitionOf = (config: Config): Actor<Payment> => ({
  type: 'payment',
  messages: paymentMessages,
  decide: paymentDecider({
    provider: config.stripeApiKey ? 'stripe' : 'sandbox',
    capture: config.paymentCapture,
    windowMs: config.paymentWindowMs,
  }),
  store: paymentStore,
  onPoison: 'park',
});

const reports = (event: string) => ({
  [event]: {
    message: 'payment.reported',
    schema: paymentWebhook.extend({ event_type: z.literal(event).default(event) }).transform((report) => reportOf(report as Reported)),
    key: ({ paymentId }: { paymentId: string }) => paymentId,
    once: ({ eventId }: { eventId: string }) => eventId,
  },
});

const HOUR_MS = 3_600_000;
const RECONCILE_AFTER_MS = 900_000;
const at = z.strictObject({ id: uuid });
const change = at.extend({ version: z.int().optional() });
const signed = z.object({ provider: z.enum(['sandbox', 'stripe']), signature: z.string().max(2_000).optional(), raw: z.string() });

export default (config: Config): ServiceSchema => {
  const providers = new Providers(config);
  let log: Logger = silent;

  /** @returns undefined for what concerns no payment. @throws Refused when it is not signed, or speaks of no payment that we know */
  const reportFrom = async ({ provider, signature, raw }: z.output<typeof signed>, ctx: Call): Promise<Report | undefined> => {
    const { database } = runtimeOf(ctx.broker);
    if (provider === 'stripe') {
      const report = await stripeReport(signature, raw, config.stripeWebhookSecret);
      if (report) mustExist(await billOf(database, report.paymentId), report.paymentId);
      return report;
    }
    const said = check(paymentWebhook, openWebhook(signature, raw, config.paymentWebhookSecret, database.now()));
    const bill = mustExist(await billOf(database, said.payment_id), said.payment_id);
    mustBeOf(bill, said);
    warnOfAmount(bill, said, log);
    return reportOf(said);
  };

  /** Asks the payment in its own turn, in its order's history. @throws Refused with its code */
  const ask = async (ctx: Call, id: string, name: string, payload: object): Promise<void> => {
    const runtime = runtimeOf(ctx.broker);
    const correlationId = await orderKeyOf(runtime.database, id);
    if (!correlationId) throw new Refused('payment.not-found', { id });
    const headers = newHeaders(`door/${name}`, { ...currentHeaders(), correlationId });
    const by = headers.by ? { by: headers.by } : {};
    answered(await runtime.ask('payment', id, name, { ...payload, ...by }, headers));
  };
  /** Read afresh: an Idempotency-Key is the command's, not the reading's. */
  const card = (ctx: Call, id: string): Promise<object> => ctx.call('payment.get', { id }, { meta: { idempotencyKey: undefined } });

  return {
    name: 'payment',
    mixins: [
      actor(definitionOf(config), { ...reports('payment.confirmed'), ...reports('payment.failed') }),
      worker(
        paymentJobs({
          provider: (name) => providers.get(name),
          now: () => new Date(),
          log: { warn: (message, fields) => log.warn(message, fields) },
        }),
      ),
      crud({ model: paymentModel, cursor: 'id', notFound: 'payment.not-found', id: uuid }),
      health({
        'payment:breaker': () => {
          const open = providers.figures().filter(({ state }) => state !== 'closed');
          return { status: open.length > 0 ? 'warn' : 'pass', observed: open.map(({ provider }) => provider).join(', ') || 'closed' };
        },
      }),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      /** POST /api/payments/webhooks/:provider. Each event id is taken once; amounts come from the database, never from here. */
      webhook: checked(signed, async (sent, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const report = await reportFrom(sent, ctx);
        if (!report) return { received: true, ignored: true };
        const once = { consumer: `payment/${sent.provider}`, messageId: report.eventId };
        const fresh = await runtime.tell('payment', report.paymentId, 'payment.reported', heard(report), { once });
        return { received: true, repeated: !fresh };
      }),
      /**
       * POST /api/payments/:id/refund. The same Idempotency-Key is the same refund, even when the first answer was lost. While cash is due for
       * what was sent back, it is paid out there: booked here too, the same cash would go out twice.
       */
      refund: checked(change.extend(refundForm.shape), async ({ id, ...form }, ctx) => {
        const key = ctx.meta.idempotencyKey as string | undefined;
        const refundId = key ? derivedId(`refund ${id} ${key}`) : runtimeOf(ctx.broker).newId();
        const due = await cashDueFor(runtimeOf(ctx.broker).database, id, refundId);
        if (due.length > 0) throw new Refused('payment.cash-due', { id, due });
        await ask(ctx, id, 'payment.refund', { refundId, ...form });
        const refunds = await refundsOf(runtimeOf(ctx.broker).database, id);
        return { paymentId: id, ...refunds.find((refund) => refund.refundId === refundId) };
      }),
      /** GET /api/payments/:id/refunds */
      refunds: checked(at, async ({ id }, ctx) => {
        const { database } = runtimeOf(ctx.broker);
        if (!(await orderKeyOf(database, id))) throw new Refused('payment.not-found', { id });
        return { items: await refundsOf(database, id), nextCursor: null };
      }),
      /** POST /api/payments/:id/collect: the cash of a COD order. */
      collect: checked(change.extend(collectForm.shape), async ({ id, ...form }, ctx) => {
        await ask(ctx, id, 'payment.collect', form);
        return card(ctx, id);
      }),
      /** POST /api/payments/:id/remit: that cash is paid in. */
      remit: checked(change.extend(remitForm.shape), async ({ id, ...form }, ctx) => {
        await ask(ctx, id, 'payment.remit', form);
        return card(ctx, id);
      }),
      /** POST /api/payments/:id/retry: an operator makes the calls again that were given up. Under their old keys. */
      retry: checked(at, async ({ id }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const retried = await retryStuck(runtime.database, id);
        if (retried === 0) throw new Refused('payment.nothing-stuck', { id });
        runtime.log.info(`${retried} given up calls of payment ${id} are made again`, { payment_id: id, by: currentHeaders()?.by });
        runtime.worker.ring();
        return { paymentId: id, retried };
      }),
      /** How payments are doing: the last hour's outcomes, what is open, and this process's breakers. */
      figures: checked(nothing, async (_, ctx) => {
        const { database } = runtimeOf(ctx.broker);
        const figures = await figuresOf(database, new Date(database.now().getTime() - HOUR_MS));
        return { ...figures, breakers: providers.figures() };
      }),
      /** Called by a clock. */
      reconcile: checked(z.strictObject({ olderThanMs: z.int().min(0).optional() }), ({ olderThanMs }, ctx) =>
        reconcile(runtimeOf(ctx.broker), providers, { afterMs: olderThanMs ?? RECONCILE_AFTER_MS, callMs: config.paymentCallMs }),
      ),
    },
    created() {
      log = runtimeOf(this.broker).log;
    },
    started() {
      return providers.start(log);
    },
    stopped() {
      return providers.stop();
    },
  } as ServiceSchema;
};
