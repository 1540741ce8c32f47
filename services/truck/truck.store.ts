/** Trucks in sets: one statement to load, one to save. A truck is made by the fleet's CRUD face, never by a message. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Truck } from './truck.state.ts';

const LOAD = `select id, plant_id as "plantId", status, load_id as "loadId", job_id as "jobId", order_key as "orderKey", order_id as "orderId",
  coalesce(distance_miles, 0) as "distanceMiles", quantity, poured, loaded, reporting, last_load_id as "lastLoadId", trips, phases,
  ${iso('phase_since')} as "phaseSince", trip, reason, version
from trucks where id = any(string_to_array($1::text, E'\\x1e'))`;

const load = async (tx: Tx, keys: readonly string[]): Promise<Loaded<Truck, undefined>> => {
  const rows = await tx.query<Truck>(LOAD, [keys.join('\x1e')]);
  return { states: new Map(rows.map((truck) => [truck.id, truck])), facts: undefined };
};

const COLUMNS = {
  id: 'text',
  status: 'text',
  loadId: 'uuid',
  jobId: 'uuid',
  orderKey: 'uuid',
  orderId: 'bigint',
  lastLoadId: 'uuid',
  distanceMiles: 'float',
  quantity: 'float',
  poured: 'float',
  loaded: 'boolean',
  trips: 'integer',
  trip: 'json',
  phases: 'json',
  phaseSince: 'timestamptz',
  reason: 'text',
  version: 'integer',
};

/** What a truck is, seldom changes. Null leaves a column as it is; of the driver's, `noDriver` takes the driver away. */
const FIXED = {
  plantId: 'text',
  reporting: 'text',
  driver: 'text',
  driverId: 'text',
  noDriver: 'boolean',
  capacity: 'float',
  skills: 'json',
  latitude: 'float',
  longitude: 'float',
};

const save = async (tx: Tx, { updated }: Changes<Truck>): Promise<void> => {
  const rows = updated.map(({ state }) => ({
    ...state,
    ...{ phases: json(state.phases), trip: state.trip ? json(state.trip) : null },
    ...(state.changed && fixedOf(state)),
    isChanged: state.changed !== undefined,
  }));
  const [plain, changed] = [rows.filter(({ isChanged }) => !isChanged), rows.filter(({ isChanged }) => isChanged)];
  const binds = new Binds();
  const parts: string[] = [];
  if (plain.length > 0) parts.push(`${update()} from ${binds.rows('u', COLUMNS, plain)} where t.id = u.id`);
  if (changed.length > 0) {
    const more = `, plant_id = u.plantId, reporting = u.reporting, driver = coalesce(u.driver, t.driver),
      driver_id = case when u.noDriver then null else coalesce(u.driverId, t.driver_id) end, capacity = coalesce(u.capacity, t.capacity),
      skills = coalesce(u.skills, t.skills), latitude = coalesce(u.latitude, t.latitude), longitude = coalesce(u.longitude, t.longitude),
      located_at = case when u.latitude is null then t.located_at else now() end`;
    parts.push(`${update(more)} from ${binds.rows('u', { ...COLUMNS, ...FIXED }, changed)} where t.id = u.id`);
  }
  await tx.query(`with ${parts.map((sql, index) => `part${index} as (${sql})`).join(', ')} select 1`, binds.values);
};

const fixedOf = ({ changed, plantId, reporting }: Truck) => ({
  ...{ driver: null, capacity: null, latitude: null, longitude: null, ...changed, plantId, reporting },
  ...{ driverId: changed?.driverId ?? null, noDriver: changed?.driverId === null, skills: changed?.skills ? json(changed.skills) : null },
});

const update = (more = ''): string =>
  `update trucks t set status = u.status, load_id = u.loadId, job_id = u.jobId, order_key = u.orderKey, order_id = u.orderId,
     last_load_id = u.lastLoadId, distance_miles = u.distanceMiles, quantity = u.quantity, poured = u.poured, loaded = u.loaded, trips = u.trips,
     trip = u.trip, phases = u.phases, phase_since = u.phaseSince, reason = u.reason, version = u.version, updated_at = now()${more}`;

export const truckStore: Store<Truck> = { table: 'trucks', key: 'id', keyType: 'text', load, save };
