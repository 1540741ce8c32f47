/** What dispatchers do by hand: each is one message to the dispatcher that has the order, answered with what became of it. */
import type { ActionSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { checked } from '../../mixins/checked.ts';
import { dispatchMessages } from '../../models/dispatch.ts';
import { invalid, Refused } from '../../models/errors.ts';
import { reasonForm } from '../../models/truck.ts';
import { uuid } from '../../models/words.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { jobsOfOrders, type QueueRow, type WhoHasIt, whoHas } from './dispatch.views.store.ts';
import { each } from './each.ts';
import { lastLoad, loadById } from './loads.store.ts';
import { loadCard } from './loads.ts';

const orderId = z.coerce.string().regex(/^\d{1,18}$/, 'must be an order id');
const { reason } = reasonForm.shape;
/** The door knows an order by its id, and who asks by the request's headers. */
const INNER = { orderKey: true, by: true } as const;
const assignForm = dispatchMessages['dispatch.assign'].omit(INNER).extend({ orderId });
const lockForm = dispatchMessages['dispatch.lock'].omit(INNER).extend({ orderId });
const prioritiseForm = dispatchMessages['dispatch.prioritise'].omit(INNER).extend({ orderId });

interface Asked {
  orderId: string;
  /** The other order of a swap. */
  withOrderId?: string;
  truckId?: string | null;
  /** Where an order's trucks are, not where it waits. */
  onTrucks?: boolean;
}
type Found = WhoHasIt & { plantId: string };

/** Which plant's dispatcher has the order. @throws Refused where there is no such order or truck, or it waits for none */
const dispatcherOf = async (runtime: Runtime, { orderId: one, withOrderId, truckId, onTrucks = false }: Asked): Promise<Found[]> => {
  const ids = withOrderId === undefined ? [one] : [one, withOrderId];
  const found = await whoHas(runtime.database, ids, onTrucks, truckId);
  const orders = ids.map((wanted) => {
    const order = found.find(({ orderId: known }) => known === String(BigInt(wanted)));
    if (!order) throw new Refused('order.not-found', { id: wanted });
    return order;
  });
  if (truckId && found[0]?.truckPlant === null) throw new Refused('truck.not-found', { id: truckId });
  for (const order of orders) if (order.plantId === null) throw new Refused('dispatch.not-waiting', { orderId: order.orderId });
  const [first, second] = orders as Found[];
  if (second && second.plantId !== first?.plantId) throw new Refused('dispatch.other-plant');
  if (truckId && first?.truckPlant !== first?.plantId)
    throw invalid([
      { pointer: '/truckId', detail: `stands in another plant’s yard, ${first?.truckPlant}: the order is with ${first?.plantId}` },
    ]);
  return orders as Found[];
};

/** Said in the order's own trace: it stands in its history, with who said it. */
const tellIt = async (runtime: Runtime, { plantId, orderKey }: Found, name: string, payload: object): Promise<void> => {
  const headers = newHeaders(`door/${name}`, { ...currentHeaders(), correlationId: orderKey });
  answered(await runtime.ask('dispatch', plantId, name, { ...payload, orderKey, by: headers.by }, headers));
};

/** The part of the order that this plant has. */
const jobAt = async (runtime: Runtime, { orderKey, plantId }: Found): Promise<Omit<QueueRow, 'orderKey'> | undefined> => {
  const jobs = await jobsOfOrders(runtime.database, [orderKey]);
  const job = jobs.findLast((one) => one.plantId === plantId) ?? jobs.at(-1);
  return job && shown(job);
};
const shown = ({ orderKey: _, ...job }: QueueRow) => job;

export const dispatchCommands = ({ dischargeLimitMinutes }: Config): Record<string, ActionSchema> => {
  const assign = async (runtime: Runtime, { orderId: one, ...asked }: z.output<typeof assignForm>) => {
    const [order] = (await dispatcherOf(runtime, { orderId: one, truckId: asked.truckId })) as [Found];
    await tellIt(runtime, order, 'dispatch.assign', asked);
    const load = await lastLoad(runtime.database, order.orderKey, asked.truckId);
    return load ? loadCard(load, dischargeLimitMinutes, runtime.database.now()) : null;
  };
  return {
    /** POST /api/dispatch/assign: this truck takes the order's next load. Answers the load. */
    assign: checked(assignForm, (asked, ctx) => assign(runtimeOf(ctx.broker), asked)),
    /** Several of them (A56): each answered for itself. */
    assignments: checked(z.strictObject({ assignments: z.array(assignForm).min(1).max(200) }), async ({ assignments }, ctx) => ({
      items: await each(assignments, (asked) => assign(runtimeOf(ctx.broker), asked)),
    })),
    /** POST /api/dispatch/unassign: its trucks that have not left stay. */
    unassign: checked(z.strictObject({ orderId, reason }), async ({ orderId: one, ...asked }, ctx) => {
      const runtime = runtimeOf(ctx.broker);
      const [order] = (await dispatcherOf(runtime, { orderId: one, onTrucks: true })) as [Found];
      await tellIt(runtime, order, 'dispatch.unassign', asked);
      return jobAt(runtime, order);
    }),
    /** POST /api/dispatch/swap: each order gets the other's truck. */
    swap: checked(z.strictObject({ orderId, withOrderId: orderId, reason }), async ({ orderId: one, withOrderId, ...asked }, ctx) => {
      const runtime = runtimeOf(ctx.broker);
      if (BigInt(one) === BigInt(withOrderId)) throw invalid([{ pointer: '/withOrderId', detail: 'must be another order' }]);
      const [order, other] = (await dispatcherOf(runtime, { orderId: one, withOrderId, onTrucks: true })) as [Found, Found];
      await tellIt(runtime, order, 'dispatch.swap', { ...asked, withOrderKey: other.orderKey });
      return { items: await Promise.all([jobAt(runtime, order), jobAt(runtime, other)]) };
    }),
    /** POST /api/dispatch/lock: the truck is kept for the order; null lets it go. */
    lock: checked(lockForm, async ({ orderId: one, ...asked }, ctx) => {
      const runtime = runtimeOf(ctx.broker);
      const [order] = (await dispatcherOf(runtime, { orderId: one, truckId: asked.truckId })) as [Found];
      await tellIt(runtime, order, 'dispatch.lock', asked);
      return jobAt(runtime, order);
    }),
    /** POST /api/dispatch/prioritise */
    prioritise: checked(prioritiseForm, async ({ orderId: one, ...asked }, ctx) => {
      const runtime = runtimeOf(ctx.broker);
      const [order] = (await dispatcherOf(runtime, { orderId: one })) as [Found];
      await tellIt(runtime, order, 'dispatch.prioritise', asked);
      return jobAt(runtime, order);
    }),
    /** POST /api/loads/:id/reject: the site sends it away. The truck says so, since it is there. */
    rejectLoad: checked(z.strictObject({ id: uuid, reason }), async ({ id: loadId, ...asked }, ctx) => {
      const runtime = runtimeOf(ctx.broker);
      const load = await loadById(runtime.database, loadId);
      if (!load) throw new Refused('load.not-found', { id: loadId });
      const headers = newHeaders('door/truck.reject-load', { ...currentHeaders(), correlationId: load.orderKey });
      answered(await runtime.ask('truck', load.truckId, 'truck.reject-load', { ...asked, loadId, by: headers.by }, headers));
      const rejected = await loadById(runtime.database, loadId);
      return rejected && loadCard(rejected, dischargeLimitMinutes, runtime.database.now());
    }),
  };
};
