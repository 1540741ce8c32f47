/** What a dispatcher's turn has changed, in two statements. */
import type { Changes } from '../../runtime/actor.ts';
import { Binds, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { DeliveryJob, Load, Plant } from './dispatch.state.ts';

const JOB_CHANGES = {
  id: 'uuid',
  status: 'text',
  reason: 'text',
  priority: 'smallint',
  quantity: 'float',
  taken: 'float',
  poured: 'float',
  dueAt: 'timestamptz',
  lockedTruckId: 'text',
  movedTo: 'text',
  special: 'json',
};
const JOB_COLUMNS = {
  ...JOB_CHANGES,
  orderKey: 'uuid',
  orderId: 'bigint',
  plantId: 'text',
  distanceMiles: 'float',
  requestedStart: 'timestamptz',
  requestedAt: 'timestamptz',
  items: 'json',
  traceparent: 'text',
};
const LOAD_CHANGES = {
  id: 'uuid',
  status: 'text',
  closedAt: 'timestamptz',
  poured: 'float',
  reason: 'text',
  awaiting: 'json',
};
const LOAD_COLUMNS = {
  ...LOAD_CHANGES,
  jobId: 'uuid',
  orderKey: 'uuid',
  orderId: 'bigint',
  plantId: 'text',
  truckId: 'text',
  assignedAt: 'timestamptz',
  seq: 'smallint',
  quantity: 'float',
  part: 'boolean',
  by: 'text',
  materials: 'json',
  explanation: 'json',
};
const PLANT_CHANGES = {
  id: 'text',
  strategy: 'text',
  hours: 'json',
  loadSlots: 'smallint',
  brokenSince: 'timestamptz',
  brokenReason: 'text',
  version: 'integer',
};
const asText = (value: unknown): string | null => (value === null || value === undefined ? null : json(value));

export const save = async (tx: Tx, changes: Changes<Plant>): Promise<void> => {
  const binds = new Binds();
  const parts: string[] = [];
  const part = <Row>(rows: readonly Row[], statement: () => string): void => {
    if (rows.length > 0) parts.push(statement());
  };
  const jobs = changes
    .rows<DeliveryJob>('job')
    .map(({ key, row, isNew }) => ({ ...row, special: asText(row.special), items: asText(row.items), plantId: key, isNew }));
  const loads = changes.rows<Load>('load').map(({ key, row, isNew }) => ({
    ...{ ...row, plantId: key, isNew },
    ...{ awaiting: asText(row.awaiting), materials: asText(row.materials), explanation: asText(row.explanation) },
  }));
  const [newJobs, oldJobs] = [jobs.filter(({ isNew }) => isNew), jobs.filter(({ isNew }) => !isNew)];
  const [newLoads, oldLoads] = [loads.filter(({ isNew }) => isNew), loads.filter(({ isNew }) => !isNew)];
  part(
    newJobs,
    () => `insert into delivery_jobs (id, status, reason, priority, quantity, taken, poured, due_at, locked_truck_id, moved_to, special,
      order_key, order_id, plant_id, distance_miles, requested_start, requested_at, items, traceparent)
      select * from ${binds.rows('j', JOB_COLUMNS, newJobs)}`,
  );
  part(
    oldJobs,
    () => `update delivery_jobs j set status = o.status, reason = o.reason, priority = o.priority, quantity = o.quantity, taken = o.taken,
      poured = o.poured, due_at = o.dueAt, locked_truck_id = o.lockedTruckId, moved_to = o.movedTo, special = o.special, updated_at = now()
      from ${binds.rows('o', JOB_CHANGES, oldJobs)} where j.id = o.id`,
  );
  // Before the new ones: a truck's last load is closed by the time its next is opened.
  if (oldLoads.length > 0 && newLoads.length > 0) {
    const closing = new Binds();
    await tx.query(closedLoads(closing, oldLoads), closing.values);
  } else part(oldLoads, () => closedLoads(binds, oldLoads));
  part(
    newLoads,
    () => `insert into loads (id, status, closed_at, poured, reason, awaiting, job_id, order_key, order_id, plant_id, truck_id,
      assigned_at, seq, quantity, part, by, materials, explanation) select * from ${binds.rows('l', LOAD_COLUMNS, newLoads)}`,
  );
  const plants = changes.updated.map(({ state }) => ({ ...state, hours: asText(state.hours) }));
  part(
    plants,
    () => `update plants p set strategy = c.strategy, hours = c.hours, load_slots = c.loadSlots, broken_since = c.brokenSince,
      broken_reason = c.brokenReason, version = c.version, updated_at = now() from ${binds.rows('c', PLANT_CHANGES, plants)} where p.id = c.id`,
  );
  if (parts.length > 0) await tx.query(`with ${parts.map((sql, index) => `part${index} as (${sql})`).join(', ')} select 1`, binds.values);
};

/** A truck's phases are of its last load until it gets another, and that it gets from here: a load that is closed takes them along. */
const closedLoads = (binds: Binds, loads: readonly object[]): string =>
  `update loads l set status = o.status, closed_at = o.closedAt, poured = o.poured, reason = o.reason, awaiting = o.awaiting,
     phases = coalesce((select t.phases from trucks t where t.id = o.truckId and t.last_load_id = o.id and o.closedAt is not null), l.phases)
   from ${binds.rows('o', { ...LOAD_CHANGES, truckId: 'text' }, loads)} where l.id = o.id`;
