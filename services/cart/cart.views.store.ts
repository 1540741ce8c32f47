/** Carts and sessions as they are shown, and sessions as they are kept: plain rows, since nothing is decided about them. */
import { iso } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface CartCard {
  id: string;
  sessionId: string | null;
  customerId: string | null;
  status: string;
  items: { sku: string; name: string | null; quantity: number; unitPriceCents: number | null }[];
  totalCents: number;
  currency: string | null;
  correlationId: string | null;
  version: number;
  lastActivityAt: string;
}

/** With today's names and prices of the catalogue: an order's are fixed when it is made. */
export const cartById = async (tx: Tx, id: string): Promise<CartCard | undefined> => {
  const [card] = await tx.query<CartCard>(
    `select c.id, c.session_id as "sessionId", c.customer_id as "customerId", c.status, coalesce(l.items, '[]') as items,
       coalesce(l.total, 0)::float as "totalCents", l.currency,
       case when c.status in ('checkout', 'converted') then c.order_key end as "correlationId", c.version, ${iso('c.last_activity_at')} as "lastActivityAt"
     from carts c left join lateral (
       select json_agg(json_build_object('sku', line->>'sku', 'name', p.name, 'quantity', (line->>'quantity')::int, 'unitPriceCents', p.price_cents)
           order by place) as items, sum((line->>'quantity')::bigint * p.price_cents) as total, min(p.currency) as currency
       from json_array_elements(c.lines) with ordinality as raw(line, place) left join products p on p.sku = line->>'sku') l on true
     where c.id = $1::uuid`,
    [id],
  );
  return card;
};

export const productExists = async (tx: Tx, sku: string): Promise<boolean> =>
  (await tx.query('select from products where sku = $1', [sku])).length > 0;

export interface Session {
  id: string;
  customerId: string | null;
  lastSeenAt: string;
  expiresAt: string;
}

const SESSION = `id, customer_id as "customerId", ${iso('last_seen_at')} as "lastSeenAt", ${iso('expires_at')} as "expiresAt"`;

export const insertSession = async (tx: Tx, id: string, customerId: string | undefined, ttlMs: number): Promise<Session> => {
  const [session] = await tx.query<Session>(
    `insert into sessions (id, customer_id, expires_at) values ($1::uuid, $2, now() + $3::bigint * interval '1 ms') returning ${SESSION}`,
    [id, customerId ?? null, ttlMs],
  );
  return session as Session;
};

/** Seen now: it lasts another while from here. @returns undefined when there is none, or none any more */
export const touchSession = async (tx: Tx, id: string, ttlMs: number): Promise<Session | undefined> => {
  const [session] = await tx.query<Session>(
    `update sessions set last_seen_at = now(), expires_at = now() + $2::bigint * interval '1 ms'
     where id = $1::uuid and expires_at > now() returning ${SESSION}`,
    [id, ttlMs],
  );
  return session;
};

export interface CartFigures {
  carts: Record<string, number>;
  sessions: number;
}

export const cartFigures = async (tx: Tx): Promise<CartFigures> => {
  const [row] = await tx.query<CartFigures>(
    `select coalesce((select json_object_agg(status, number) from (select status, count(*) as number from carts group by status) c), '{}') as carts,
       (select count(*)::int from sessions where expires_at > now()) as sessions`,
  );
  return row as CartFigures;
};
