/** Trucks in sets: one statement to load, one to save. A truck is made by the fleet's CRUD face, never by a message. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Truck } from './truck.decider.ts';

const LOAD = `select id, plant_id as "plantId", status, load_id as "loadId", job_id as "jobId", order_key as "orderKey", order_id as "orderId",
  coalesce(distance_miles, 0) as "distanceMiles", loaded, phases, ${iso('phase_since')} as "phaseSince", reason, version
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
  distanceMiles: 'float',
  loaded: 'boolean',
  phases: 'json',
  phaseSince: 'timestamptz',
  reason: 'text',
  version: 'integer',
};

const save = async (tx: Tx, { updated }: Changes<Truck>): Promise<void> => {
  const binds = new Binds();
  const rows = updated.map(({ state }) => ({ ...state, phases: json(state.phases) }));
  await tx.query(
    `update trucks t set status = u.status, load_id = u.loadId, job_id = u.jobId, order_key = u.orderKey, order_id = u.orderId,
       distance_miles = u.distanceMiles, loaded = u.loaded, phases = u.phases, phase_since = u.phaseSince, reason = u.reason,
       version = u.version, updated_at = now()
     from ${binds.rows('u', COLUMNS, rows)} where t.id = u.id`,
    binds.values,
  );
};

export const truckStore: Store<Truck> = { table: 'trucks', key: 'id', keyType: 'text', load, save };
