/** Plants and trucks as rows: what the CRUD faces add, and how they are shown. */
import type { Hours } from '../../models/hours.ts';
import { iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface NewPlant {
  id: string;
  name: string;
  latitude?: number | undefined;
  longitude?: number | undefined;
  strategy?: string | null | undefined;
  hours?: Hours | null | undefined;
  loadSlots?: number | null | undefined;
}

/** @returns false when there is one under this id already */
export const insertPlant = async (tx: Tx, { id, name, latitude, longitude, strategy, hours, loadSlots }: NewPlant): Promise<boolean> => {
  const rows = await tx.query(
    `insert into plants (id, name, latitude, longitude, strategy, hours, load_slots) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict do nothing returning id`,
    [id, name, latitude ?? null, longitude ?? null, strategy ?? null, hours ? json(hours) : null, loadSlots ?? null],
  );
  return rows.length > 0;
};

export interface NewTruck {
  id: string;
  code: string;
  plantId: string;
  driver?: string | undefined;
  driverId?: string | undefined;
  capacity: number;
  skills?: string[] | undefined;
  reporting?: string | undefined;
  latitude?: number | undefined;
  longitude?: number | undefined;
}

export const insertTruck = async (tx: Tx, truck: NewTruck): Promise<'added' | 'exists' | 'no plant' | 'no driver'> => {
  const { id, code, plantId, driver, driverId, capacity, skills = [], reporting = 'simulated', latitude, longitude } = truck;
  const [row] = await tx.query<{ plant: boolean; driver: boolean; added: string }>(
    `with known as (
       select exists (select from plants where id = $3) as plant, $5::text is null or exists (select from drivers where id = $5) as driver),
     added as (
       insert into trucks (id, code, plant_id, home_plant_id, driver, driver_id, capacity, skills, reporting, latitude, longitude, located_at)
       select $1, $2, $3, $3, coalesce($4, (select name from drivers where id = $5)), $5, $6, $7::json, $8, $9::float, $10::float, case when $9::float is not null then now() end from known
       where plant and driver and not exists (select from trucks where code = $2)
       on conflict do nothing returning id)
     select plant, driver, (select count(*) from added) as added from known`,
    [id, code, plantId, driver ?? null, driverId ?? null, capacity, json(skills), reporting, latitude ?? null, longitude ?? null],
  );
  if (!row?.plant) return 'no plant';
  if (!row.driver) return 'no driver';
  return Number(row.added) > 0 ? 'added' : 'exists';
};

const TRUCK = `select t.id, t.code, t.plant_id as "plantId", t.home_plant_id as "homePlantId", coalesce(d.name, t.driver) as driver,
  t.driver_id as "driverId", t.capacity, t.skills, t.reporting, t.latitude, t.longitude, t.status, t.order_id::text as "orderId",
  t.load_id as "loadId", t.trips, t.phases, ${iso('t.phase_since')} as "phaseSince", t.reason, t.version,
  ${iso('t.created_at')} as "createdAt", ${iso('t.updated_at')} as "updatedAt"`;
/** The open load is the dispatcher's word: a truck hears of it a moment later. */
const OPEN_LOAD = `case when l.id is null then null else json_build_object('id', l.id, 'orderId', l.order_id::text, 'status', l.status,
  'assignedAt', ${iso('l.assigned_at')}, 'quantity', l.quantity) end as load`;
const WITH_DRIVER = 'from trucks t left join drivers d on d.id = t.driver_id';
const WITH_LOAD = `${WITH_DRIVER} left join loads l on l.truck_id = t.id and l.closed_at is null`;

type TruckCard = Record<string, unknown> & { id: string };

/** A truck's open load, and the order it is for. */
export const truckById = async (tx: Tx, id: string): Promise<TruckCard | undefined> =>
  (await tx.query<TruckCard>(`${TRUCK}, ${OPEN_LOAD} ${WITH_LOAD} where t.id = $1`, [id]))[0];

export interface TruckFilter {
  status?: string;
  plantId?: string;
}

/** In the order of their ids, from beyond one of them on. */
export const trucksPage = (tx: Tx, { status, plantId }: TruckFilter, after: string | undefined, limit: number): Promise<TruckCard[]> =>
  tx.query<TruckCard>(
    `${TRUCK} ${WITH_DRIVER} where ($1::text is null or t.status = $1) and ($2::text is null or t.plant_id = $2) and ($3::text is null or t.id > $3)
     order by t.id limit $4`,
    [status ?? null, plantId ?? null, after ?? null, limit],
  );

/** Free by its own word and by the dispatcher's books, longest free first. */
export const availableTrucks = (tx: Tx, plantId: string | undefined, limit: number): Promise<TruckCard[]> =>
  tx.query<TruckCard>(
    `${TRUCK} ${WITH_LOAD} where t.status = 'available' and l.id is null and ($1::text is null or t.plant_id = $1) order by t.phase_since, t.id limit $2`,
    [plantId ?? null, limit],
  );

/** Whose trace what is said of a truck belongs to. @returns undefined when there is no such truck */
export const orderOfTruck = async (tx: Tx, id: string): Promise<{ orderKey: string | null } | undefined> =>
  (await tx.query<{ orderKey: string | null }>('select order_key as "orderKey" from trucks where id = $1', [id]))[0];

/** Which of these there are, and a driver's name. */
export const knownPlaces = async (
  tx: Tx,
  plantId: string | undefined,
  driverId: string | null | undefined,
): Promise<{ plant: boolean; driver: string | null }> => {
  const [row] = await tx.query<{ plant: boolean; driver: string | null }>(
    'select exists (select from plants where id = $1) as plant, (select name from drivers where id = $2) as driver',
    [plantId ?? null, driverId ?? null],
  );
  return row ?? { plant: false, driver: null };
};
