/** The face of orders: what the gateway, the REPL and the mesh can ask. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked, nothing } from '../../mixins/checked.ts';
import { decodeId, encodeCursor, pageParams } from '../../mixins/cursor.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { invalid, Refused } from '../../models/errors.ts';
import { type OrderStatus, orderAccepted, orderForm, orderLife, orderMessages, paymentMethods } from '../../models/order.ts';
import { id, text, time, uuid } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { eventsOf } from '../../runtime/events.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { Catalogue } from './catalogue.ts';
import { legacyStatus, timeline } from './order.cards.ts';
import { orderCommands } from './order.commands.ts';
import { orderDecider } from './order.decider.ts';
import type { Order, OrderFacts } from './order.state.ts';
import { orderStore } from './order.store.ts';
import {
  correlationOf,
  listOrders,
  openExceptions,
  orderById,
  orderFigures,
  orphanedSagas,
  progressOf,
  waitsInMailbox,
} from './order.views.store.ts';
import { memoryWorkflow, redisWorkflow } from './workflow.ts';

const orderId = z.object({ id: z.coerce.string().regex(/^\d{1,18}$/, 'must be an order id') });
const filter = z.strictObject({
  ...pageParams,
  status: z.enum(Object.keys(orderLife) as [OrderStatus, ...OrderStatus[]]).optional(),
  customerId: id.optional(),
  paymentMethod: z.enum(paymentMethods).optional(),
  plantId: id.optional(),
  createdAfter: time.optional(),
  createdBefore: time.optional(),
  q: text(100).optional(),
});

export default (config: Config): ServiceSchema => {
  const definition: Actor<Order, OrderFacts> = {
    type: 'order',
    messages: orderMessages,
    decide: orderDecider({
      sagaMs: config.sagaTimeoutMs,
      defaultDistanceMiles: config.defaultDistanceMiles,
      autoCancelMs: config.orderAutoCancelMs,
      autoCancelSpares: config.orderAutoCancelSpares,
      returnWindowMs: config.orderCompletionMs,
      codDispatchBeforeConfirm: config.codDispatchBeforeConfirm,
    }),
    store: orderStore,
    onPoison: 'park',
  };
  const catalogue = new Catalogue();
  let workflow = memoryWorkflow(config.workflowTtlMs);

  return {
    name: 'order',
    mixins: [
      actor(
        definition,
        {
          'order.accepted': {
            schema: orderAccepted,
            also: [config.acceptedQueue],
            key: ({ correlationId }: z.output<typeof orderAccepted>) => correlationId,
          },
        },
        {
          // The row exists now, so the workflow is complete (S2).
          'order.processed': ({ correlationId }) => workflow.advance([correlationId as string], 'COMPLETED'),
        },
        { 'order.accepted': (keys) => workflow.advance(keys, 'PROCESSING') },
      ),
      health(),
      idempotency(),
      retry(),
      tracing(),
    ] as ServiceSchema[],
    actions: {
      /** POST /api/orders. Durable when it answers; the order itself is made by its first turn. */
      accept: checked(orderForm, async (form, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const problems = await catalogue.problemsWith(runtime.database, form);
        if (problems.length > 0) throw invalid(problems);
        const { correlationId, ...rest } = currentHeaders() ?? newHeaders('door');
        const headers = newHeaders(`door/${correlationId}`, { ...rest, correlationId });
        await runtime.tell('order', correlationId, 'order.accepted', { correlationId, ...form }, { headers });
        workflow.advance([correlationId], 'ACCEPTED');
        return { correlationId };
      }),
      /** GET /api/orders/status/:correlationId. Postgres knows; the workflow state fills the time before the row exists. */
      status: checked(z.strictObject({ correlationId: uuid }), async ({ correlationId }, ctx) => {
        const { database } = runtimeOf(ctx.broker);
        const [progress] = await progressOf(database, [correlationId]);
        if (progress) {
          const { reason, ...rest } = progress;
          return { ...rest, workflowStatus: 'COMPLETED', ...(reason ? { reason } : {}) };
        }
        const shown = await workflow.read(correlationId);
        if (!shown && !(await waitsInMailbox(database, correlationId))) throw new Refused('order.not-found', { correlationId });
        return { correlationId, workflowStatus: shown === 'COMPLETED' ? 'PROCESSING' : (shown ?? 'ACCEPTED') };
      }),
      /** Where several orders stand, for clients that wait: one statement for all of them. */
      progress: checked(z.strictObject({ correlationIds: z.array(uuid).max(1_000) }), ({ correlationIds }, ctx) =>
        progressOf(runtimeOf(ctx.broker).database, correlationIds),
      ),
      get: checked(orderId.extend({ view: z.enum(['s0', 's1', 's4']).optional() }).strict(), async ({ id, view }, ctx) => {
        const order = await orderById(runtimeOf(ctx.broker).database, id);
        if (!order) throw new Refused('order.not-found', { id });
        return view ? { ...order, legacyStatus: legacyStatus(order.status, view) } : order;
      }),
      page: checked(filter, async ({ limit, cursor, ...asked }, ctx) => {
        const rows = await listOrders(runtimeOf(ctx.broker).database, asked, cursor && decodeId(cursor), limit + 1);
        const items = rows.slice(0, limit);
        return { items, nextCursor: rows.length > limit ? encodeCursor(items.at(-1)?.id) : null };
      }),
      /** GET /api/orders/:id/history: the event log of the order's correlation, in order. */
      history: checked(orderId.strict(), async ({ id }, ctx) => {
        const { database } = runtimeOf(ctx.broker);
        const correlationId = await correlationOf(database, id);
        if (!correlationId) throw new Refused('order.not-found', { id });
        return { items: timeline(await eventsOf(database, correlationId)), nextCursor: null };
      }),
      /** What needs a person, among the items of GET /api/admin/attention. */
      attention: checked(nothing, (_, ctx) => openExceptions(runtimeOf(ctx.broker).database)),
      /** Orders by status, stalled ones, sagas overdue or compensating. */
      figures: checked(nothing, (_, ctx) => orderFigures(runtimeOf(ctx.broker).database)),
      /** Sagas and orders that miss each other. */
      orphans: checked(nothing, (_, ctx) => orphanedSagas(runtimeOf(ctx.broker).database)),
      ...orderCommands(),
    },
    created() {
      if (config.redisUrl) workflow = redisWorkflow(config.redisUrl, config.workflowTtlMs, runtimeOf(this.broker).log);
    },
    async stopped() {
      await workflow.close();
    },
  } as ServiceSchema;
};
