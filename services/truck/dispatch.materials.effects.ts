/**
 * What a load is made of: sand, gravel and the like, from the plant's own stock. The stock holds them for the load as it would for an order; when
 * all is held the truck is told to load, and when it has, they are taken. When some is not there, or the load comes to nothing, they are released.
 */
import { stockKeyOf } from '../../models/inventory.ts';
import { done, type Effect, ignore, inTrace, publish, tell } from '../../runtime/decider.ts';
import { offTruck } from './dispatch.news.effects.ts';
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
  withoutLoad,
} from './dispatch.state.ts';

/** A load waits for its stock for milliseconds; should it never hear of it, the stock lets go by itself. */
const HOLD_MS = 30 * 60_000;

/** By stock key, whole units, of materials that the plant counts. */
export const materialsFor = ({ items }: DeliveryJob, loaded: number, plantId: string, { facts }: Deciding): Map<string, number> => {
  const ordered = (items ?? []).reduce((sum, { quantity }) => sum + quantity, 0);
  const needed = new Map<string, number>();
  for (const item of items ?? []) {
    for (const { material, perUnit } of facts.mixes.get(item.sku) ?? []) {
      const stockKey = stockKeyOf(material, plantId);
      if (!facts.materials.has(stockKey)) continue;
      needed.set(stockKey, (needed.get(stockKey) ?? 0) + (item.quantity * loaded * perUnit) / ordered);
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

/** Held by all, the truck may load; it is taken when the truck has loaded it. */
export const materialDrawn = (plant: Plant, { stockKey, orderKey: loadId }: Payload<'inventory.reserved'>, context: Deciding): Decided => {
  const load = context.rows.get<Load>('load', loadId);
  if (!load?.awaiting?.includes(stockKey)) return ignore('no load waits for it');
  const awaiting = load.awaiting.filter((one) => one !== stockKey);
  const held = saveLoad({ ...load, awaiting });
  if (awaiting.length > 0 || !isUnderWay(load)) return done(plant, held);
  const loads = tell('truck', load.truckId, 'truck.load', { loadId, materials: load.materials ?? {} });
  return done(plant, held, traced(load, context, loads));
};

/** What left with a truck has left, whatever the books say of its load. */
export const materialsLoaded = (plant: Plant, { loadId }: Payload<'truck.materials.loaded'>, context: Deciding): Decided => {
  const load = context.rows.get<Load>('load', loadId);
  if (!load?.materials) return ignore('it is made of nothing that is counted');
  const taken = Object.keys(load.materials).map((key) => tell('inventory', key, 'inventory.consume', held(load)));
  return done(plant, saveLoad({ ...load, awaiting: null }), traced(load, context, ...taken));
};

/** Somebody else had it first: the truck is free again, and the job waits until there is more. */
export const materialMissing = (plant: Plant, said: Payload<'inventory.rejected'>, context: Deciding): Decided => {
  const { stockKey, orderKey: loadId } = said;
  const load = context.rows.get<Load>('load', loadId);
  if (!load?.awaiting) return ignore('no load waits for it');
  const reason = 'no_stock';
  const job = context.rows.get<DeliveryJob>('job', load.jobId);
  const rest: Effect[] = job && isOpen(job) ? [save(withoutLoad(job, load, context.now, reason))] : [];
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
