/** The fleet as rows: what the CRUD faces add, and how the dispatcher's queue and board are shown. */
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export const insertPlant = async (tx: Tx, plant: { id: string; name: string; latitude?: number; longitude?: number }): Promise<boolean> => {
  const rows = await tx.query(
    'insert into plants (id, name, latitude, longitude) values ($1, $2, $3, $4) on conflict do nothing returning id',
    [plant.id, plant.name, plant.latitude ?? null, plant.longitude ?? null],
  );
  return rows.length > 0;
};

export const insertTruck = async (
  tx: Tx,
  truck: { id: string; code: string; plantId: string; driver?: string; capacity: number },
): Promise<'added' | 'exists' | 'no plant'> => {
  const [row] = await tx.query<{ plant: boolean; added: string }>(
    `with added as (
       insert into trucks (id, code, plant_id, home_plant_id, driver, capacity)
       select $1, $2, $3, $3, $4, $5 where exists (select from plants where id = $3) and not exists (select from trucks where code = $2)
       on conflict do nothing returning id)
     select exists (select from plants where id = $3) as plant, (select count(*) from added) as added`,
    [truck.id, truck.code, truck.plantId, truck.driver ?? null, truck.capacity],
  );
  if (!row?.plant) return 'no plant';
  return Number(row.added) > 0 ? 'added' : 'exists';
};

export interface QueueEntry {
  orderId: string;
  jobId: string;
  plantId: string;
  priority: number;
  waitingSince: string;
  reason: string | null;
  distanceMiles: number;
  quantity: number;
  requestedStart: string | null;
}

/** All waiting jobs of a plant, or of all; the caller orders them by the dispatcher's own rule. */
export const waitingJobs = (tx: Tx, plantId: string | undefined, limit: number): Promise<QueueEntry[]> =>
  tx.query<QueueEntry>(
    `select order_id as "orderId", id as "jobId", plant_id as "plantId", priority, ${iso('requested_at')} as "waitingSince",
       coalesce(reason, 'no_truck') as reason, distance_miles as "distanceMiles", quantity, ${iso('requested_start')} as "requestedStart"
     from delivery_jobs where status = 'queued' and ($1::text is null or plant_id = $1)
     order by priority desc, requested_at limit $2`,
    [plantId ?? null, limit],
  );

/** A truck's open load, and the order it is for. */
export const truckById = async (tx: Tx, id: string): Promise<Record<string, unknown> | undefined> =>
  (
    await tx.query(
      `select t.id, t.code, t.plant_id as "plantId", t.driver, t.capacity, t.status, t.order_id as "orderId", t.phases,
         ${iso('t.phase_since')} as "phaseSince", t.reason, t.version,
         case when l.id is null then null else json_build_object('id', l.id, 'orderId', l.order_id::text, 'status', l.status,
           'assignedAt', ${iso('l.assigned_at')}) end as load
       from trucks t left join loads l on l.truck_id = t.id and l.closed_at is null where t.id = $1`,
      [id],
    )
  )[0];
