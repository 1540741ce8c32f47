/** What is read over all stock: by the clocks, by the operators, and by those who order anew. Nothing here is on an order's way. */
import type { Owner } from '../../models/inventory.ts';
import type { Tx } from '../../runtime/database.ts';

export interface Lapsed {
  stockKey: string;
  orderKey: string;
  orderId: string;
  owner: Owner | null;
}

/**
 * Holds whose end has passed. Uses reservations_created, a range of pages instead of an entry for each hold: none is to be held for
 * longer than the seven days that are looked at, and one that is held anew is made anew.
 */
export const expiredReservations = (tx: Tx, limit: number): Promise<Lapsed[]> =>
  tx.query<Lapsed>(
    `select stock_key as "stockKey", order_key as "orderKey", order_id as "orderId", owner from reservations
     where created_at > now() - interval '7 days' and status = 'active' and expires_at <= now() limit $1`,
    [limit],
  );

/** A level and what its rows say of it. */
export interface Drift {
  stockKey: string;
  available: number;
  reserved: number;
  backordered: number;
  /** The sum of its open reservations. */
  held: number;
  /** The sum of its movements. */
  onHand: number;
  /** Its reservations that wait. */
  waiting: number;
}

/** In one statement, hence of one moment: turns commit a level together with its rows. */
export const drifts = (tx: Tx, limit: number): Promise<Drift[]> =>
  tx.query<Drift>(
    `with held as (
       select stock_key, sum(quantity) filter (where status in ('active', 'confirmed')) as open,
         count(*) filter (where status = 'backordered') as waiting from reservations group by stock_key),
     moved as (select stock_key, sum(on_hand) as total from stock_movements group by stock_key)
     select s.key as "stockKey", s.available::float as available, s.reserved::float as reserved, s.backordered,
       coalesce(h.open, 0)::float as held, coalesce(m.total, 0)::float as "onHand", coalesce(h.waiting, 0)::integer as waiting
     from stock_levels s left join held h on h.stock_key = s.key left join moved m on m.stock_key = s.key
     where s.reserved <> coalesce(h.open, 0) or s.available + s.reserved <> coalesce(m.total, 0) or s.backordered <> coalesce(h.waiting, 0)
     order by s.key limit $1`,
    [limit],
  );

export interface Counts {
  levels: number;
  low: number;
  /** Below zero, which the schema forbids: seen only when a constraint was lost. */
  negative: number;
  /** Levels with somebody in line. */
  short: number;
  /** How many stand in all lines. */
  backordered: number;
  available: number;
  reserved: number;
}

export const countLevels = async (tx: Tx): Promise<Counts> => {
  const [row] = await tx.query<Counts>(
    `select count(*)::integer as levels, (count(*) filter (where low))::integer as low,
       (count(*) filter (where available < 0 or reserved < 0 or incoming < 0))::integer as negative,
       (count(*) filter (where backordered > 0))::integer as short, coalesce(sum(backordered), 0)::integer as backordered,
       coalesce(sum(available), 0)::float as available, coalesce(sum(reserved), 0)::float as reserved from stock_levels`,
  );
  return row as Counts;
};

/** Movements of the last hour by kind. Uses stock_movements_at. */
export const movementsOfTheHour = async (tx: Tx): Promise<Record<string, number>> => {
  const rows = await tx.query<{ kind: string; count: number }>(
    `select kind, count(*)::integer as count from stock_movements where at > now() - interval '1 hour' group by kind order by kind`,
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
};

export interface LowProduct {
  sku: string;
  name: string;
  locationId: string;
  available: number;
  incoming: number;
  reorderLevel: number;
}

/** Uses stock_levels_low. */
export const lowStockProducts = (tx: Tx, locationId: string | undefined, after: string | undefined, limit: number) =>
  tx.query<LowProduct & { key: string }>(
    `select s.key, s.sku, p.name, s.location_id as "locationId", s.available::float as available, s.incoming::float as incoming,
       s.reorder_level::float as "reorderLevel"
     from stock_levels s join products p on p.sku = s.sku
     where s.low and ($1::text is null or s.location_id = $1) and ($2::text is null or s.key > $2 collate "C") order by s.key limit $3`,
    [locationId ?? null, after ?? null, limit],
  );

/** Those of these products that there are. */
export const productsBySku = (tx: Tx, skus: readonly string[]) =>
  tx.query<{ sku: string; name: string; description: string | null; kind: string; priceCents: number; currency: string }>(
    `select sku, name, description, kind, price_cents::float as "priceCents", currency from products
     where sku = any(string_to_array($1::text, E'\\x1e')) order by sku`,
    [skus.join('\x1e')],
  );
