/** A load as its ticket shows it: the dispatcher's books, and its truck while it is out. */
import type { TruckStatus } from '../../models/truck.ts';
import type { LoadRow } from './loads.store.ts';

export type LiveStatus =
  | 'assigned'
  | 'loading'
  | 'en_route'
  | 'at_site'
  | 'discharging'
  | 'discharged'
  | 'closed'
  | 'cancelled'
  | 'rejected'
  | 'refused';

const MINUTE_MS = 60_000;

const ON_TRUCK: Partial<Record<TruckStatus, LiveStatus>> = {
  assigned: 'assigned',
  loading: 'loading',
  en_route: 'en_route',
  at_job_site: 'at_site',
  delivering: 'discharging',
};

/** While a load is open its truck says where it is, unless it is off. `refused`: its truck did not take it. */
export const liveStatus = ({ book, closedAt, truckStatus, wasLast, poured, phases }: LoadRow): LiveStatus => {
  if (book === 'cancelled' || book === 'rejected' || book === 'refused') return book;
  if (closedAt) return 'closed';
  if (truckStatus && ON_TRUCK[truckStatus]) return ON_TRUCK[truckStatus] as LiveStatus;
  if (poured !== null) return truckStatus ? 'discharged' : 'closed';
  if (!wasLast) return 'assigned';
  // Its truck comes back with it, and the dispatcher has not heard of it yet.
  return phases?.at_job_site ? 'rejected' : 'cancelled';
};

/** @param limitMinutes from batching to pouring, for orders that say nothing of it. Quantities in the order's unit, times in RFC 3339 */
export const loadCard = (row: LoadRow, limitMinutes: number, now: Date) => {
  const { book, truckStatus: _, wasLast: __, orderKey: ___, limitMinutes: own, phases, ...load } = row;
  const status = liveStatus(row);
  const batchStartedAt = phases?.loading ?? null;
  const deadline = batchStartedAt ? new Date(Date.parse(batchStartedAt) + (own ?? limitMinutes) * MINUTE_MS) : undefined;
  const perishes = deadline && row.poured === null && ['loading', 'en_route', 'at_site', 'discharging'].includes(status);
  return {
    ...load,
    status,
    ...(book === 'recalled' ? { recalled: true } : {}),
    returned: row.poured === null ? null : row.quantity - row.poured,
    phases: phases ?? {},
    batchStartedAt,
    dischargeDeadline: deadline?.toISOString() ?? null,
    ...(perishes ? { minutesLeft: Math.floor((deadline.getTime() - now.getTime()) / MINUTE_MS), overdue: now > deadline } : {}),
  };
};
