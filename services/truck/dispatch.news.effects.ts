/** What the dispatcher says of loads to their orders, and how it finds them. */
import type { WaitingReason } from '../../models/dispatch.ts';
import { type Effect, inTrace, publish } from '../../runtime/decider.ts';
import { type Deciding, type DeliveryJob, isUnderWay, type Load, openLoadsOf, traceOf } from './dispatch.state.ts';

export const loadOf = ({ rows }: Deciding, id: string): Load | undefined => rows.get<Load>('load', id);
export const jobOf = ({ rows }: Deciding, { jobId }: Load): DeliveryJob | undefined => rows.get<DeliveryJob>('job', jobId);

/** A truck is off an order: the order hears of it when no other is on its way, and none has been there. */
export const offTruck = (load: Load, reason: string, context: Deciding): Effect[] => {
  const { orderKey, orderId, truckId, id: loadId } = load;
  const job = jobOf(context, load);
  const others = openLoadsOf(context, orderKey).some((one) => one.id !== loadId && isUnderWay(one));
  const news = { orderKey, orderId, truckId, loadId, reason };
  const said =
    others || job?.movedTo || (job?.poured ?? 0) > 0
      ? publish('dispatch.load.off', news)
      : publish('order.truck.unassigned', { ...news, last: true });
  return job ? inTrace(traceOf(job), said) : [said];
};

/** Said once, when the reason is a new one. @returns the same job when nothing of it changes */
export const waits = (job: DeliveryJob, reason: WaitingReason, plantId: string, effects: Effect[]): DeliveryJob => {
  if (job.status === 'queued' && job.reason === reason) return job;
  const { orderKey, orderId, id: jobId, priority } = job;
  const news = { orderKey, orderId, plantId, jobId, priority };
  const said = reason === 'no_truck' ? publish('dispatch.no_truck', news) : publish('dispatch.waiting', { ...news, reason });
  effects.push(...inTrace(traceOf(job), said));
  return { ...job, status: 'queued', reason, dueAt: null };
};
