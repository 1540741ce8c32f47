/** The face of fulfilments, and where their workers run. */
import type { Context, ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { check, checked } from '../../mixins/checked.ts';
import { crud } from '../../mixins/crud.mixin.ts';
import { decodeCursor, encodeCursor, pageParams } from '../../mixins/cursor.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { worker } from '../../mixins/worker.mixin.ts';
import { Refused } from '../../models/errors.ts';
import { fulfillmentModel } from '../../models/fulfillment.model.ts';
import { fulfillmentMessages, fulfillmentStatuses, holdForm, rebookForm, shipmentWebhook } from '../../models/fulfillment.ts';
import { uuid } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { StartError } from '../../runtime/start-error.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { openWebhook } from '../webhook.ts';
import { type Carrier, startCarrier } from './carrier.ts';
import { fulfillmentDecider } from './fulfillment.decider.ts';
import { fulfillmentJobs } from './fulfillment.jobs.ts';
import type { Fulfillment, FulfillmentFacts } from './fulfillment.state.ts';
import { fulfillmentStore } from './fulfillment.store.ts';
import { fulfillmentById, fulfillmentFigures, historyOf, listFulfillments } from './fulfillment.views.store.ts';
import { type ShippingProvider, sandboxShipping } from './shipping.provider.ts';

const one = z.strictObject({ id: uuid });
const listed = z.strictObject({
  ...pageParams,
  orderId: z
    .string()
    .regex(/^\d{1,18}$/, 'must be an order id')
    .optional(),
  status: z.enum(fulfillmentStatuses).optional(),
});
const webhook = z.object({ carrier: z.literal('sandbox'), signature: z.string().max(200).optional(), raw: z.string() });

export default (config: Config): ServiceSchema => {
  if (!config.shippingUrl && config.production) {
    throw new StartError(
      'SHIPPING_URL is not set: in production fulfilment needs a carrier (or stop running fulfillment here with SERVICES).',
    );
  }
  let provider: ShippingProvider | undefined;
  let carrier: Carrier | undefined;
  const definition: Actor<Fulfillment, FulfillmentFacts> = {
    type: 'fulfillment',
    messages: fulfillmentMessages,
    decide: fulfillmentDecider({ auto: config.fulfillmentAuto, pollMs: config.shippingPollMs, carrier: 'sandbox' }),
    store: fulfillmentStore,
    onPoison: 'park',
  };

  const show = async (ctx: Context<unknown, Record<string, unknown>>, id: string) => {
    const card = await fulfillmentById(runtimeOf(ctx.broker).database, id);
    if (!card) throw new Refused('fulfillment.not-found', { id });
    return card;
  };
  /** Asks the fulfilment on somebody's behalf, in its order's history, and shows what became of it. */
  const asks = (message: string, form: object = {}) =>
    checked(z.strictObject({ ...form, id: uuid, version: z.int().optional() }), async ({ id, ...said }, ctx) => {
      const runtime = runtimeOf(ctx.broker);
      const correlationId = await historyOf(runtime.database, id);
      if (!correlationId) throw new Refused('fulfillment.not-found', { id });
      const headers = newHeaders(`door/${message}`, { ...currentHeaders(), correlationId });
      answered(await runtime.ask('fulfillment', id, message, { ...said, by: headers.by }, headers));
      return show(ctx, id);
    });
  const availability = async () => {
    const began = performance.now();
    await (provider as ShippingProvider).ping(AbortSignal.timeout(1_500));
    return { status: 'pass' as const, observed: Math.round(performance.now() - began) };
  };

  return {
    name: 'fulfillment',
    mixins: [
      actor(definition),
      worker(fulfillmentJobs(() => provider as ShippingProvider)),
      crud({ model: fulfillmentModel, cursor: 'id', notFound: 'fulfillment.not-found', id: uuid }),
      health({ 'shipping:responseTime': availability }),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      get: checked(one, ({ id }, ctx) => show(ctx, id)),
      page: checked(listed, async ({ limit, cursor, ...filter }, ctx) => {
        const after = cursor && check(uuid, decodeCursor(cursor));
        const rows = await listFulfillments(runtimeOf(ctx.broker).database, { ...filter, after }, limit + 1);
        const items = rows.slice(0, limit);
        return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)?.id) : null };
      }),
      pick: asks('fulfillment.pick'),
      pack: asks('fulfillment.pack'),
      hold: asks('fulfillment.hold', holdForm.shape),
      release: asks('fulfillment.release'),
      rebook: asks('fulfillment.rebook', rebookForm.shape),
      /** POST /api/shipments/webhooks/:carrier. Each event id is taken once. */
      webhook: checked(webhook, async ({ carrier: name, signature, raw }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const said = openWebhook(signature, raw, config.shippingWebhookSecret, runtime.database.now());
        const { event_id: eventId, reference, booking_key: bookingKey, tracking_no: trackingNo, ...report } = check(shipmentWebhook, said);
        const once = { consumer: `fulfillment/${name}`, messageId: eventId };
        const heard = { ...report, eventId, bookingKey, trackingNo };
        const fresh = await runtime.tell('fulfillment', reference, 'fulfillment.tracked', heard, { once });
        return { received: true, repeated: !fresh };
      }),
      /** For the health page: what stands where, and whether the carrier answers. */
      figures: checked(z.strictObject({}), async (_, ctx) => ({
        ...(await fulfillmentFigures(runtimeOf(ctx.broker).database, config.shippingCallMs)),
        shipping: await availability().catch((error: Error) => ({ status: 'fail' as const, output: error.message })),
      })),
    },
    async started() {
      if (!config.shippingUrl) {
        carrier = await startCarrier({ secret: config.shippingWebhookSecret, timeScale: config.shippingTimeScale });
      }
      const url = config.shippingUrl ?? (carrier as Carrier).url;
      provider = sandboxShipping({ url, callMs: config.shippingCallMs, callbackUrl: config.shippingCallbackUrl });
      this.logger.info(`parcels go to ${carrier ? 'the sandbox carrier in this process, ' : ''}${url}`);
    },
    async stopped() {
      await carrier?.close();
    },
  } as ServiceSchema;
};
