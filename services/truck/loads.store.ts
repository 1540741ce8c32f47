/** Loads as their tickets show them: one statement for each view. */
import type { LoadStatus } from '../../models/dispatch.ts';
import type { TruckStatus } from '../../models/truck.ts';
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface LoadRow {
  id: string;
  ticketNo: string;
  orderId: string;
  orderKey: string;
  orderNumber: string | null;
  jobId: string;
  truckId: string;
  driver: string | null;
  plantId: string;
  seq: number;
  quantity: number;
  poured: number | null;
  /** What the dispatcher's books say. */
  book: LoadStatus;
  /** While the truck is on this very load. */
  truckStatus: TruckStatus | null;
  /** The truck has had it, and has no other since. */
  wasLast: boolean;
  phases: Record<string, string> | null;
  limitMinutes: number | null;
  distanceMiles: number;
  assignedAt: string;
  closedAt: string | null;
  awaiting: string[] | null;
  materials: Record<string, number> | null;
  explanation: object | null;
  by: string | null;
  reason: string | null;
}

/** A truck keeps the phases of its last load until it gets another; from then on they stand with the load. */
const LOAD = `select l.id, upper(l.plant_id) || '-' || lpad(l.number::text, greatest(6, length(l.number::text)), '0') as "ticketNo",
  l.order_id::text as "orderId", l.order_key as "orderKey", o.order_number as "orderNumber", l.job_id as "jobId", l.truck_id as "truckId",
  coalesce(d.name, t.driver) as driver, l.plant_id as "plantId", l.seq, l.quantity,
  coalesce(l.poured, case when t.last_load_id = l.id then t.poured end) as poured, l.status as book,
  case when t.load_id = l.id then t.status end as "truckStatus", coalesce(t.last_load_id = l.id, false) as "wasLast",
  case when l.phases is not null then l.phases when t.last_load_id = l.id then t.phases end as phases,
  (j.special->>'limitMinutes')::int as "limitMinutes", j.distance_miles as "distanceMiles", ${iso('l.assigned_at')} as "assignedAt",
  ${iso('l.closed_at')} as "closedAt", l.awaiting, l.materials, l.explanation, l.by, l.reason
from loads l join delivery_jobs j on j.id = l.job_id left join orders o on o.id = l.order_id
left join trucks t on t.id = l.truck_id left join drivers d on d.id = t.driver_id`;

export const loadById = async (tx: Tx, id: string): Promise<LoadRow | undefined> =>
  (await tx.query<LoadRow>(`${LOAD} where l.id = $1`, [id]))[0];

/** In the order they were sent. Uses loads_order. */
export const loadsOfOrder = (tx: Tx, orderId: string, limit: number): Promise<LoadRow[]> =>
  tx.query<LoadRow>(
    `${LOAD} where l.order_key = (select correlation_id from orders where id = $1::bigint) order by l.assigned_at, l.seq, l.id limit $2`,
    [orderId, limit],
  );

/** The last load that this truck got of an order. */
export const lastLoad = async (tx: Tx, orderKey: string, truckId: string): Promise<LoadRow | undefined> =>
  (
    await tx.query<LoadRow>(`${LOAD} where l.order_key = $1 and l.truck_id = $2 order by l.assigned_at desc, l.seq desc limit 1`, [
      orderKey,
      truckId,
    ])
  )[0];

/** The trucks that have these orders now. Uses loads_order. */
export const trucksOfOrders = (tx: Tx, orderIds: readonly string[]) =>
  tx.query<{ orderId: string; truckId: string; loadId: string; plantId: string }>(
    `select o.id::text as "orderId", l.truck_id as "truckId", l.id as "loadId", l.plant_id as "plantId"
     from unnest(string_to_array($1::text, E'\\x1e')::bigint[]) as a(id) join orders o on o.id = a.id
     join loads l on l.order_key = o.correlation_id and l.closed_at is null order by o.id, l.seq`,
    [orderIds.join('\x1e')],
  );
