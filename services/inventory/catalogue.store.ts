/** Products, and what a first start fills the world with. */
import { stockKeyOf } from '../../models/inventory.ts';
import { Binds, iso } from '../../runtime/columns.ts';
import type { Database, Tx } from '../../runtime/database.ts';

export interface ProductRow {
  sku: string;
  name: string;
  description?: string;
  kind: string;
  priceCents: number;
  currency: string;
}

/** @returns false when there is one with this SKU already */
export const insertProduct = async (tx: Tx, product: ProductRow): Promise<boolean> => {
  const rows = await tx.query(
    `insert into products (sku, name, description, kind, price_cents, currency) values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing returning sku`,
    [product.sku, product.name, product.description ?? null, product.kind, product.priceCents, product.currency],
  );
  return rows.length > 0;
};

/** Sold, or only kept: what concrete is mixed from is in no catalogue. */
export const productExists = async (tx: Tx, sku: string): Promise<boolean> =>
  (await tx.query('select from products where sku = $1 union all select from stock_levels where sku = $1 limit 1', [sku])).length > 0;

export const locationExists = async (tx: Tx, id: string): Promise<boolean> =>
  (await tx.query('select from plants where id = $1', [id])).length > 0;

export interface MovementRow {
  id: string;
  kind: string;
  quantity: number;
  onHand: number;
  orderId: string | null;
  reason: string | null;
  by: string | null;
  at: string;
}

/** Newest first. Uses stock_movements_key. */
export const movementsOf = (tx: Tx, stockKey: string, before: string | undefined, limit: number): Promise<MovementRow[]> =>
  tx.query<MovementRow>(
    `select id, kind, quantity::float as quantity, on_hand::float as "onHand", order_id as "orderId", reason, by, ${iso('at')} as at
     from stock_movements where stock_key = $1 and ($2::bigint is null or id < $2::bigint) order by id desc limit $3`,
    [stockKey, before ?? null, limit],
  );

interface SeedData {
  plants: readonly { id: string; name: string; latitude: number; longitude: number }[];
  trucks: readonly { id: string; code: string; plantId: string; driver: string }[];
  products: readonly ProductRow[];
  stockPerPlant: number;
  /** Not sold: kept at the plants, by plant. */
  materials: readonly ({ sku: string; name: string } & Readonly<Record<string, string | number>>)[];
}

/** Fills an empty database, once, however many processes start together. @returns whether it was this one */
export const seedOnce = (database: Database, world: SeedData): Promise<boolean> =>
  database.transaction(async (tx) => {
    await tx.query('lock table plants in share row exclusive mode');
    const [row] = await tx.query<{ plants: string }>('select count(*) as plants from plants');
    if (Number(row?.plants) > 0) return false;
    const binds = new Binds();
    const stock = world.plants.flatMap(({ id }) =>
      world.products.map(({ sku }) => ({
        key: stockKeyOf(sku, id),
        sku,
        locationId: id,
        available: world.stockPerPlant,
      })),
    );
    for (const { sku, name: _, ...byPlant } of world.materials)
      for (const [locationId, available] of Object.entries(byPlant))
        stock.push({ key: stockKeyOf(sku, locationId), sku, locationId, available: Number(available) });
    await tx.query(
      `with p as (insert into plants (id, name, latitude, longitude)
         select * from ${binds.rows('p', { id: 'text', name: 'text', latitude: 'float', longitude: 'float' }, world.plants)}),
       t as (insert into trucks (id, code, plant_id, home_plant_id, driver)
         select id, code, plantId, plantId, driver from ${binds.rows('t', { id: 'text', code: 'text', plantId: 'text', driver: 'text' }, world.trucks)}),
       c as (insert into products (sku, name, kind, price_cents, currency)
         select * from ${binds.rows('c', { sku: 'text', name: 'text', kind: 'text', priceCents: 'bigint', currency: 'text' }, world.products)}),
       s as (insert into stock_levels (key, sku, location_id, available)
         select * from ${binds.rows('s', { key: 'text', sku: 'text', locationId: 'text', available: 'bigint' }, stock)} returning key, available)
       insert into stock_movements (stock_key, kind, quantity, on_hand, reason) select key, 'received', available, available, 'first stock' from s`,
      binds.values,
    );
    return true;
  });
