/**
 * What version 0.2.0 leaves behind when it is stopped in the middle of its work, row by row as its own nodes wrote it: a schema at
 * 0009-headers. One order of four yards of concrete each: what it was doing is in its name.
 */
import type { Tx } from '../../runtime/database.ts';
import { newHeaders, packed } from '../../runtime/trace.ts';

export const QUANTITY = 4;
const MINUTE = 60_000;
const SKU = 'CONCRETE-C25';

interface Doing {
  plant: string;
  order: 'confirmed' | 'shipped' | 'delivered' | 'cancelled';
  job?: 'queued' | 'in_progress' | 'done' | 'cancelled';
  load?: 'assigned' | 'delivered' | 'cancelled';
  closed?: true;
  truck?: string;
  /** Where its truck is, if it is still its truck's. */
  phases?: string[];
}

export const doings = {
  done: { plant: 'east', order: 'delivered', job: 'done', load: 'delivered', closed: true, truck: 'truck-5' },
  'en route': {
    ...{ plant: 'east', order: 'shipped', job: 'in_progress', load: 'assigned', truck: 'truck-5' },
    phases: ['assigned', 'loading', 'en_route'],
  },
  queued: { plant: 'east', order: 'confirmed', job: 'queued' },
  // The order was delivered when its truck turned round; its load and its job are over when the truck is back.
  'coming back': {
    ...{ plant: 'south', order: 'delivered', job: 'in_progress', load: 'assigned', truck: 'truck-3' },
    phases: ['assigned', 'loading', 'en_route', 'at_job_site', 'delivering', 'returning'],
  },
  'called back': {
    ...{ plant: 'north', order: 'cancelled', job: 'cancelled', load: 'cancelled', truck: 'truck-1' },
    phases: ['assigned', 'loading', 'en_route', 'returning'],
  },
  /** Its plant has not read that its truck is back. */
  'just back': { plant: 'north', order: 'delivered', job: 'in_progress', load: 'assigned', truck: 'truck-6' },
  /** Its truck has not read that it has it. */
  'just given': { plant: 'north', order: 'confirmed', job: 'in_progress', load: 'assigned', truck: 'truck-2' },
  /** Its plant has not read that it is there. */
  'just asked': { plant: 'south', order: 'confirmed' },
} as const satisfies Record<string, Doing>;
export type Left = keyof typeof doings;

const idOf = (kind: number, number: number): string => `0000000${kind}-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const numberOf = (name: Left): number => Object.keys(doings).indexOf(name) + 1;
export const keyOf = (name: Left): string => idOf(1, numberOf(name));
export const jobOf = (name: Left): string => idOf(2, numberOf(name));
export const loadOf = (name: Left): string => idOf(3, numberOf(name));

type Row = Record<string, unknown>;

/** Rows into a table of a schema that is not today's. */
const insert = async (tx: Tx, table: string, rows: Row[]): Promise<void> => {
  const columns = Object.keys(rows[0] ?? {})
    .map((name) => `"${name}"`)
    .join(', ');
  await tx.query(`insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1::json)`, [
    JSON.stringify(rows),
  ]);
};

export const leaveBehind = async (tx: Tx): Promise<void> => {
  const at = (minutesAgo: number): string => new Date(Date.now() - minutesAgo * MINUTE).toISOString();
  const all = Object.entries(doings as Record<Left, Doing>) as [Left, Doing][];
  const having = (what: keyof Doing): [Left, Doing][] => all.filter(([, doing]) => doing[what]);
  const headers = (name: Left) => ({ ...newHeaders(`order/${keyOf(name)}`), correlationId: keyOf(name) });
  const ofOrder = (name: Left): Row => ({ order_key: keyOf(name), order_id: numberOf(name) });

  const plants = ['north', 'south', 'east'];
  await insert(
    tx,
    'plants',
    plants.map((id) => ({ id, name: id, latitude: 45, longitude: -93 })),
  );
  await insert(tx, 'products', [{ sku: SKU, name: 'Concrete', kind: 'concrete', price_cents: 14_500, currency: 'USD' }]);
  const held = ({ order }: Doing): boolean => order === 'confirmed' || order === 'shipped';
  const levels = plants.map((plant) => {
    const here = all.filter(([, doing]) => doing.plant === plant);
    const gone = here.filter(([, { order }]) => order === 'delivered').length * QUANTITY;
    const reserved = here.filter(([, doing]) => held(doing)).length * QUANTITY;
    return { key: `${SKU}@${plant}`, sku: SKU, location_id: plant, available: 100 - gone - reserved, reserved };
  });
  await insert(tx, 'stock_levels', levels);

  await insert(
    tx,
    'orders',
    all.map(([name, { plant, order, truck }]) => ({
      ...{ id: numberOf(name), correlation_id: keyOf(name), order_number: `ORD-${numberOf(name)}`, customer_id: 'acme', kind: 'concrete' },
      ...{ status: order, payment_method: 'account', currency: 'USD', subtotal_cents: 58_000, total_cents: 58_000, plant_id: plant },
      ...{ distance_miles: 3, quantity: QUANTITY, priority: 50, delivered: order === 'delivered', version: 5 },
      ...{ delivery_proof_at: order === 'delivered' ? at(2) : null, closed_at: held({ plant, order }) ? null : at(2) },
      ...{ stock: [{ stockKey: `${SKU}@${plant}`, quantity: QUANTITY }], awaiting: [], reason: order === 'cancelled' ? 'rain' : null },
      ...(order === 'confirmed' ? { truck_id: null, assigned_from: null } : { truck_id: truck, assigned_from: 'confirmed' }),
    })),
  );
  await insert(
    tx,
    'order_items',
    all
      .map(([name]) => ({ order_id: numberOf(name), sku: SKU, name: 'Concrete', quantity: QUANTITY, unit_price_cents: 14_500 }))
      .map(whole),
  );
  const sagas = { confirmed: 'Paid', shipped: 'Shipped', delivered: 'Completed', cancelled: 'Failed' };
  await insert(
    tx,
    'order_sagas',
    all.map(([name, { order }]) => ({ correlation_id: keyOf(name), order_id: numberOf(name), state: sagas[order], compensations: [] })),
  );
  const holds = { confirmed: 'confirmed', shipped: 'confirmed', delivered: 'consumed', cancelled: 'released' };
  await insert(
    tx,
    'reservations',
    all.map(([name, { plant, order }]) => ({
      ...{ stock_key: `${SKU}@${plant}`, ...ofOrder(name), quantity: QUANTITY, status: holds[order], confirmed_at: at(9) },
    })),
  );

  await insert(
    tx,
    'delivery_jobs',
    having('job').map(([name, { plant, job }]) => ({
      ...{ id: jobOf(name), ...ofOrder(name), plant_id: plant, status: job, reason: job === 'queued' ? 'no_truck' : null, priority: 50 },
      ...{ quantity: QUANTITY, distance_miles: 3, requested_at: at(9), traceparent: headers(name).traceparent },
    })),
  );
  await insert(
    tx,
    'loads',
    having('load').map(([name, { plant, load, closed, truck }]) => ({
      ...{ id: loadOf(name), job_id: jobOf(name), ...ofOrder(name), plant_id: plant, truck_id: truck, status: load },
      ...{ assigned_at: at(8), closed_at: closed ? at(2) : null },
    })),
  );
  const yard = { 'truck-1': 'north', 'truck-2': 'north', 'truck-3': 'south', 'truck-4': 'south', 'truck-5': 'east', 'truck-6': 'north' };
  await insert(
    tx,
    'trucks',
    Object.entries(yard).map(([id, plant]) => {
      const [name, { phases = [], order = undefined } = {}] = having('phases').find(([, { truck }]) => truck === id) ?? [];
      const trip = name && { load_id: loadOf(name), job_id: jobOf(name), ...ofOrder(name), distance_miles: 3, loaded: true };
      return {
        ...{ id, code: id, plant_id: plant, capacity: 10, status: phases.at(-1) ?? 'available', version: 5, phase_since: at(1) },
        ...{ load_id: null, job_id: null, order_key: null, order_id: null, distance_miles: null, loaded: false, ...trip },
        ...{
          phases: Object.fromEntries(phases.map((phase, step) => [phase, at(8 - step)])),
          reason: order === 'cancelled' ? 'rain' : null,
        },
      };
    }),
  );
  await insert(
    tx,
    'timers',
    having('phases').map(([name, { truck, phases }]) => ({
      ...{ actor: 'truck', key: truck, name: 'truck.phase-done', due_at: at(0), headers: packed(headers(name)) },
      payload: JSON.stringify({ loadId: loadOf(name), phase: phases?.at(-1) }),
    })),
  );

  const waits = (name: Left, actor: string, key: string, message: string, payload: Row) =>
    tx.query('insert into mailbox (actor, key, name, payload, headers) values ($1, $2, $3, $4, $5)', [
      ...[actor, key, message, JSON.stringify({ orderId: String(numberOf(name)), ...payload })],
      packed(headers(name)),
    ]);
  const asked = (name: Left): Row => ({ orderKey: keyOf(name), distanceMiles: 3 });
  const back = { truckId: 'truck-6', plantId: 'north', from: 'washing', to: 'available', loadId: loadOf('just back') };
  await waits('just back', 'dispatch', 'north', 'truck.status.changed', back);
  const given = { loadId: loadOf('just given'), jobId: jobOf('just given'), plantId: 'north' };
  await waits('just given', 'truck', 'truck-2', 'truck.assign', { ...asked('just given'), ...given });
  await waits('just asked', 'dispatch', 'south', 'dispatch.request', { ...asked('just asked'), quantity: QUANTITY, priority: 50 });
  await tx.query(`select setval(pg_get_serial_sequence('orders', 'id'), 100)`);
};

const whole = (line: Row): Row => ({ ...line, quantity_cancelled: 0, quantity_sent_back: 0, quantity_returned: 0 });
