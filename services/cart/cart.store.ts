/** Carts in sets: one statement to load, one to save. Their lines stand in the row: fifty at the most. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { Binds, iso, json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import { Raced } from '../../runtime/failure.ts';
import type { Cart, CartFacts } from './cart.decider.ts';

const LOAD = `select id, session_id as "sessionId", customer_id as "customerId", status, lines, checkouts, order_key as "orderKey", version,
  ${iso('last_activity_at')} as "lastActivityAt"
from carts where id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Cart, CartFacts>> => {
  const states = new Map((await tx.query<Cart>(LOAD, [keys.join('\x1e')])).map((cart) => [cart.id, cart]));
  const over = messages.flatMap(({ name, key }) => (name === 'cart.checkout-over' ? (states.get(key)?.orderKey ?? []) : []));
  return { states, facts: { accepted: over.length > 0 ? await acceptedOrders(tx, over) : new Set() } };
};

/** Those that are orders, and those that still wait to become one. */
const acceptedOrders = async (tx: Tx, orderKeys: readonly string[]): Promise<Set<string>> => {
  const rows = await tx.query<{ key: string }>(
    `with asked as (select key from unnest(string_to_array($1::text, E'\\x1e')) as key)
     select key from asked where exists (select from orders o where o.correlation_id = asked.key::uuid)
       or exists (select from mailbox m where m.actor = 'order' and m.key = asked.key)
       or exists (select from dead_letters d where d.actor = 'order' and d.key = asked.key and d.state = 'open')`,
    [orderKeys.join('\x1e')],
  );
  return new Set(rows.map(({ key }) => key));
};

const COLUMNS = {
  id: 'uuid',
  sessionId: 'uuid',
  customerId: 'text',
  status: 'text',
  lines: 'json',
  checkouts: 'integer',
  orderKey: 'uuid',
  version: 'integer',
  lastActivityAt: 'timestamptz',
};

const row = ({ state }: { state: Cart }) => ({ ...state, lines: json(state.lines) });

const save = async (tx: Tx, { created, updated }: Changes<Cart>): Promise<void> => {
  const binds = new Binds();
  const parts: string[] = [];
  if (created.length > 0) {
    parts.push(`made as (insert into carts (id, session_id, customer_id, status, lines, checkouts, order_key, version, last_activity_at)
      select * from ${binds.rows('c', COLUMNS, created.map(row))} on conflict do nothing returning id)`);
  }
  if (updated.length > 0) {
    parts.push(`changed as (update carts c set customer_id = u.customerId, status = u.status, lines = u.lines, checkouts = u.checkouts,
        order_key = u.orderKey, version = u.version, last_activity_at = u.lastActivityAt, updated_at = now()
      from ${binds.rows('u', COLUMNS, updated.map(row))} where c.id = u.id)`);
  }
  const [saved] = await tx.query<{ made: string }>(
    `with ${parts.join(', ')} select ${created.length > 0 ? '(select count(*) from made)' : '0'} as made`,
    binds.values,
  );
  if (Number(saved?.made) < created.length) throw new Raced('cart');
};

export const cartStore: Store<Cart, CartFacts> = { table: 'carts', key: 'id', keyType: 'uuid', load, save };
