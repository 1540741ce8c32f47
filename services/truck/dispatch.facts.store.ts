/** What a dispatcher must know of others: trucks that say they are free, stock of materials, plants that could help. Perhaps stale. */

import { defaultMix } from '../../models/catalogue.ts';
import { stockKeyOf } from '../../models/inventory.ts';
import { type Place, roadMiles } from '../../models/places.ts';
import { Binds } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import type { Candidate, DeliveryJob, DispatchFacts } from './dispatch.state.ts';

interface TruckRow extends Pick<Candidate, 'id' | 'capacity' | 'homePlantId' | 'trips' | 'openLoadId' | 'lockedBy'> {
  plantId: string;
  special: Special | null;
}

/** What few trucks have. */
interface Special {
  skills: string[];
  driver: Candidate['driver'];
  stands: Place | null;
  plant: Place | null;
}

const NOT_SPECIAL = { skills: [], driver: null, milesAway: null };

/** Said since it came back: then it stood at its plant. */
const STANDS = `t.located_at is not null and t.located_at >= coalesce(t.phases->>'washing', t.phases->>'returning', '1970-01-01')::timestamptz`;
const placeOf = (alias: string): string => `json_build_object('latitude', ${alias}.latitude, 'longitude', ${alias}.longitude)`;

/**
 * As many of a plant's trucks as it could send, longest free first, without those it has sent and that have not heard of it; and those people name.
 * Measured with 300 loads closing at a time: the list of them as a hashed set, 3 ms a turn instead of 40. `(select $1)` keeps what is bound from
 * the planner, which would else plan each call anew (0.5 ms) because it knows how many there are.
 */
const TRUCKS = `
with closing as materialized (select id::uuid from unnest(string_to_array((select $4::text), E'\\x1e')) as c(id)),
found as (
  select t.* from unnest(string_to_array((select $1::text), E'\\x1e'), string_to_array((select $2::text), E'\\x1e')::int[]) as p(id, wanted) cross join lateral (
    select f.*, o.id as open_load_id from trucks f left join loads o on o.truck_id = f.id and o.closed_at is null
    where f.plant_id = p.id and f.status = 'available' and (o.id is null or o.id in (select id from closing))
    order by f.phase_since, f.id limit p.wanted) t
  union all
  select n.*, o.id from trucks n left join loads o on o.truck_id = n.id and o.closed_at is null
  where n.id = any(string_to_array((select $3::text), E'\\x1e')) and n.status = 'available')
select t.plant_id as "plantId", t.id, t.capacity, t.home_plant_id as "homePlantId", t.trips, t.open_load_id as "openLoadId",
  (select k.id from delivery_jobs k where k.locked_truck_id = t.id collate "default" and k.status in ('queued', 'scheduled') limit 1) as "lockedBy",
  case when t.skills::text <> '[]' or t.driver_id is not null or t.located_at is not null then json_build_object('skills', t.skills,
    'driver', (select json_build_object('licenceExpiry', d.licence_expiry, 'shift', d.shift) from drivers d where d.id = t.driver_id),
    'stands', case when ${STANDS} then ${placeOf('t')} end,
    'plant', (select ${placeOf('p')} from plants p where p.id = t.plant_id and p.latitude is not null and p.longitude is not null)) end as special
from found t
order by t.phase_since, t.id`;

/**
 * @param wanted how many trucks at the most, by plant
 * @param closing loads that this turn may close, joined: their trucks are free then
 */
export const loadTrucks = async (
  tx: Tx,
  wanted: ReadonlyMap<string, number>,
  named: readonly string[],
  closing: string,
): Promise<Map<string, Candidate[]>> => {
  const trucks = new Map<string, Candidate[]>([...wanted.keys()].map((plant) => [plant, []]));
  const binds = [[...wanted.keys()].join('\x1e'), [...wanted.values()].join('\x1e'), named.join('\x1e'), closing];
  const seen = new Set<string>();
  for (const row of await tx.query<TruckRow>(TRUCKS, binds)) {
    // One that is named may be among the first as well.
    if (!seen.has(row.id)) trucks.get(row.plantId)?.push(candidateOf(row));
    seen.add(row.id);
  }
  return trucks;
};

const candidateOf = ({ plantId: _, special, ...truck }: TruckRow): Candidate => {
  if (!special) return { ...truck, ...NOT_SPECIAL };
  const { stands, plant, ...rest } = special;
  return { ...truck, ...rest, milesAway: stands && plant ? roadMiles(stands, plant) : null };
};

type Materials = Pick<DispatchFacts, 'mixes' | 'materials'>;
export const NO_MATERIALS: Materials = { mixes: new Map(), materials: new Map() };

/** The mixes of what waits, and what of their materials lies at these plants. Concrete with no mix of its own is made by the default one. */
export const loadMaterials = async (
  tx: Tx,
  plants: readonly string[],
  jobs: readonly { items?: DeliveryJob['items'] | undefined }[],
): Promise<Materials> => {
  const skus = [...new Set(jobs.flatMap(({ items }) => items?.map(({ sku }) => sku) ?? []))];
  if (skus.length === 0) return NO_MATERIALS;
  const binds = new Binds();
  const standard = binds.rows('standard', { material: 'text', perUnit: 'float' }, defaultMix);
  const rows = await tx.query<{ sku: string; material: string; perUnit: number; plant: string | null; available: string | null }>(
    `with asked as (select sku from unnest(string_to_array(${binds.add(skus.join('\x1e'))}::text, E'\\x1e')) as a(sku)),
       mixes as (
         select sku, material, per_unit from mix_components where sku in (select sku from asked)
         union all
         select p.sku, material, perUnit from products p cross join ${standard}
         where p.sku in (select sku from asked) and p.kind = 'concrete' and not exists (select from mix_components m where m.sku = p.sku))
     select m.sku, m.material, m.per_unit as "perUnit", s.location_id as plant, s.available
     from mixes m left join stock_levels s on s.sku = m.material and s.location_id = any(string_to_array(${binds.add(plants.join('\x1e'))}::text, E'\\x1e'))`,
    binds.values,
  );
  const mixes = new Map<string, Map<string, number>>();
  const materials = new Map<string, number>();
  for (const { sku, material, perUnit, plant, available } of rows) {
    mixes.set(sku, (mixes.get(sku) ?? new Map()).set(material, perUnit));
    if (plant !== null) materials.set(stockKeyOf(material, plant), Number(available));
  }
  return {
    mixes: new Map([...mixes].map(([sku, parts]) => [sku, [...parts].map(([material, perUnit]) => ({ material, perUnit }))])),
    materials,
  };
};

/** Trucks in service that have skills, by plant. */
export const loadSkilled = async (tx: Tx, plants: readonly string[]): Promise<Map<string, { capacity: number; skills: string[] }[]>> => {
  const rows = await tx.query<{ plantId: string; capacity: number; skills: string[] }>(
    `select plant_id as "plantId", capacity, skills from trucks
     where plant_id = any(string_to_array($1::text, E'\\x1e')) and status <> 'out_of_service' and skills::text <> '[]'`,
    [plants.join('\x1e')],
  );
  return Map.groupBy(rows, ({ plantId }) => plantId);
};

/** Plants that work and have trucks: those with the fewest waiting jobs for each truck first. For jobs of a plant that does not. */
export const loadElsewhere = async (tx: Tx): Promise<string[]> => {
  const rows = await tx.query<{ id: string }>(
    `select p.id from plants p
       cross join lateral (select count(*) as trucks from trucks t where t.plant_id = p.id and t.status <> 'out_of_service') t
       cross join lateral (select count(*) as waiting from (select from delivery_jobs j where j.plant_id = p.id and j.status = 'queued' limit 1000) j) j
     where p.broken_since is null and trucks > 0 order by waiting::float / trucks, p.id limit 3`,
  );
  return rows.map(({ id }) => id);
};

/** Where the trucks of these loads are: for what people want of them. */
export const loadTruckStatus = async (tx: Tx, trucks: readonly string[]): Promise<Map<string, string>> => {
  if (trucks.length === 0) return new Map();
  const rows = await tx.query<{ id: string; status: string }>(
    `select id, status from trucks where id = any(string_to_array($1::text, E'\\x1e'))`,
    [trucks.join('\x1e')],
  );
  return new Map(rows.map(({ id, status }) => [id, status]));
};

/** A field of the messages of these names. */
export const named = (messages: readonly Message[], field: string, ...names: string[]): string[] =>
  messages.flatMap(({ name, payload }) => (names.includes(name) ? ((payload as Record<string, string | null>)[field] ?? []) : []));
