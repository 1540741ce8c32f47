/**
 * What a load is made of: sand, gravel and the like, drawn from the plant's own stock before its truck loads. The stock holds them for the load
 * as it would for an order; when all of it is held it is taken, and the truck told to load; when some is not there, none is taken.
 */
import { stockKeyOf } from '../../models/inventory.ts';
import { done, type Effect, ignore, inTrace, publish, tell } from '../../runtime/decider.ts';
import { offTruck } from './dispatch.news.ts';
import {
  type Decided,
  type Deciding,
  type DeliveryJob,
  isOpen,
  isUnderWay,
  type Load,
  type Payload,
  type Plant,
  save,
  saveLoad,
  traceOf,
} from './dispatch.state.ts';

/** A load waits for its stock for milliseconds; should it never hear of it, the stock lets go by itself. */
const HOLD_MS = 30 * 60_000;

/** By stock key, whole units, of materials that the plant counts. */
export const materialsFor = (
  { items, quantity }: DeliveryJob,
  loaded: number,
  plantId: string,
  { facts }: Deciding,
): Map<string, number> => {
  const needed = new Map<string, number>();
  for (const item of items ?? []) {
    for (const { material, perUnit } of facts.mixes.get(item.sku) ?? []) {
      const stockKey = stockKeyOf(material, plantId);
      if (!facts.materials.has(stockKey)) continue;
      needed.set(stockKey, (needed.get(stockKey) ?? 0) + (item.quantity * loaded * perUnit) / quantity);
    }
  }
  return new Map([...needed].map(([stockKey, amount]) => [stockKey, Math.ceil(amount)]));
};

/** Asked of each stock in the load's name. */
export const draw = (load: Load, { now }: Deciding): Effect[] => {
  const until = new Date(now.getTime() + HOLD_MS).toISOString();
  return Object.entries(load.materials ?? {}).map(([stockKey, quantity]) =>
    tell('inventory', stockKey, 'inventory.reserve', { ...held(load), quantity, until }),
  );
};

export const release = (load: Load, reason: string): Effect[] =>
  Object.keys(load.materials ?? {}).map((stockKey) => tell('inventory', stockKey, 'inventory.release', { ...held(load), reason }));

const held = ({ id, orderId }: Load) => ({ orderKey: id, orderId, owner: 'load' });

export const materialDrawn = (plant: Plant, { stockKey, orderKey: loadId }: Payload<'inventory.reserved'>, context: Deciding): Decided => {
  const load = context.rows.get<Load>('load', loadId);
  if (!load?.awaiting?.includes(stockKey)) return ignore('no load waits for it');
  const awaiting = load.awaiting.filter((one) => one !== stockKey);
  if (awaiting.length > 0) return done(plant, saveLoad({ ...load, awaiting }));
  const taken = Object.keys(load.materials ?? {}).map((key) => tell('inventory', key, 'inventory.consume', held(load)));
  const loads = tell('truck', load.truckId, 'truck.load', { loadId, materials: load.materials ?? {} });
  return done(plant, saveLoad({ ...load, awaiting: null }), traced(load, context, ...taken, loads));
};

/** Somebody else had it first: the truck is free again, and the job waits until there is more. */
export const materialMissing = (plant: Plant, said: Payload<'inventory.rejected'>, context: Deciding): Decided => {
  const { stockKey, orderKey: loadId } = said;
  const load = context.rows.get<Load>('load', loadId);
  if (!load?.awaiting) return ignore('no load waits for it');
  const reason = 'no_stock';
  const job = context.rows.get<DeliveryJob>('job', load.jobId);
  const rest: Effect[] = job && isOpen(job) ? [save({ ...job, status: 'queued', reason, taken: job.taken - load.quantity })] : [];
  const { orderKey, orderId, truckId, jobId } = load;
  const back = [
    publish('dispatch.no_stock', { orderKey, orderId, plantId: plant.id, jobId, stockKey }),
    tell('truck', truckId, 'truck.return-to-plant', { loadId, reason }),
    ...release(load, reason),
  ];
  const off = saveLoad({ ...load, status: isUnderWay(load) ? 'cancelled' : load.status, awaiting: null, reason });
  if (!isUnderWay(load)) return done(plant, off, traced(load, context, ...back));
  return done(plant, off, rest, offTruck(load, reason, context), traced(load, context, ...back));
};

const traced = (load: Load, { rows }: Deciding, ...effects: Effect[]): Effect[] => {
  const job = rows.get<DeliveryJob>('job', load.jobId);
  return job ? inTrace(traceOf(job), ...effects) : effects;
};
