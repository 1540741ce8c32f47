/** The rules of a cart: lines until it is checked out, one order of it at the most, and a way back when the door refuses the order. */
import type { CartStatus, cartMessages } from '../../models/cart.ts';
import { MAX_LINES } from '../../models/words.ts';
import {
  type Context,
  cancelTimer,
  type Decision,
  done,
  ignore,
  type Message,
  type MessageOf,
  publish,
  refuse,
  setTimer,
} from '../../runtime/decider.ts';

export interface CartLine {
  sku: string;
  quantity: number;
}

export interface Cart {
  id: string;
  sessionId: string | null;
  customerId: string | null;
  status: CartStatus;
  lines: CartLine[];
  /** How often a checkout was begun: tells a late answer from the last one's. */
  checkouts: number;
  /** The order that is made of it. */
  orderKey: string | null;
  version: number;
  lastActivityAt: string;
}

/** Which orders, of those that carts were checked out to, have been accepted. */
export interface CartFacts {
  accepted: ReadonlySet<string>;
}

type Heard = MessageOf<typeof cartMessages>;
type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
type Deciding = Context<CartFacts>;

/** Longer than a call to the order's door may take. */
const CHECKOUT_MS = 60_000;

export const decide = (cart: Cart | undefined, message: Message, context: Deciding): Decision<Cart> => {
  const heard = message as unknown as Heard;
  if (heard.name === 'cart.open') return open(cart, heard.payload, context);
  if (!cart) return refuse('cart.not-found');
  switch (heard.name) {
    case 'cart.put':
      return put(cart, heard.payload, context);
    case 'cart.check-out':
      return checkOut(cart, heard.payload, context);
    case 'cart.convert':
      return convert(cart, context);
    case 'cart.give-up':
      return giveUp(cart, heard.payload);
    case 'cart.checkout-over':
      return checkoutOver(cart, heard.payload, context);
    case 'cart.abandon':
      return abandon(cart, heard.payload);
  }
};

const open = (cart: Cart | undefined, { sessionId, customerId }: Payload<'cart.open'>, { key, now }: Deciding): Decision<Cart> => {
  if (cart) return ignore('it is open already');
  return done({
    id: key,
    sessionId: sessionId ?? null,
    customerId: customerId ?? null,
    status: 'active',
    lines: [],
    checkouts: 0,
    orderKey: null,
    version: 1,
    lastActivityAt: now.toISOString(),
  });
};

const put = (cart: Cart, { sku, quantity, version }: Payload<'cart.put'>, { now }: Deciding): Decision<Cart> => {
  if (version !== undefined && version !== cart.version) return refuse('resource.changed', { version: cart.version });
  if (cart.status === 'checkout' || cart.status === 'converted') return refuse(`cart.${cart.status}`, { status: cart.status });
  const lines = cart.lines.filter((line) => line.sku !== sku || quantity > 0).map((line) => (line.sku === sku ? { sku, quantity } : line));
  if (quantity > 0 && !lines.some((line) => line.sku === sku)) lines.push({ sku, quantity });
  if (lines.length > MAX_LINES) return refuse('cart.full', { lines: cart.lines.length, most: MAX_LINES });
  return done(changed(cart, { lines, status: 'active', lastActivityAt: now.toISOString() }));
};

/** Asked by the door before it asks the order's. Again while it runs, or when it is done: the same order key, so the same order. */
const checkOut = (cart: Cart, { orderKey, version }: Payload<'cart.check-out'>, { now }: Deciding): Decision<Cart> => {
  if (cart.status === 'converted') return ignore('its order is made');
  if (version !== undefined && version !== cart.version) return refuse('resource.changed', { version: cart.version });
  if (cart.lines.length === 0) return refuse('cart.empty');
  const checkouts = cart.checkouts + 1;
  return done(
    changed(cart, { status: 'checkout', checkouts, orderKey, lastActivityAt: now.toISOString() }),
    setTimer('cart.checkout-over', new Date(now.getTime() + CHECKOUT_MS), { checkout: checkouts }),
  );
};

const convert = (cart: Cart, { now }: Deciding): Decision<Cart> => {
  if (cart.status === 'converted') return ignore('its order is made');
  if (cart.orderKey === null) return ignore('it was never checked out');
  return done(
    changed(cart, { status: 'converted', lastActivityAt: now.toISOString() }),
    cancelTimer('cart.checkout-over'),
    publish('cart.converted', { cartId: cart.id, orderKey: cart.orderKey, lines: cart.lines.length }),
  );
};

const giveUp = (cart: Cart, { checkout }: Payload<'cart.give-up'>): Decision<Cart> => {
  if (cart.status !== 'checkout' || checkout !== cart.checkouts) return ignore('another checkout counts');
  return done(changed(cart, { status: 'active' }), cancelTimer('cart.checkout-over'));
};

/** The door died, or never heard the order's answer: whether there is an order says how it ended. */
const checkoutOver = (cart: Cart, { checkout }: Payload<'cart.checkout-over'>, context: Deciding): Decision<Cart> => {
  if (cart.status !== 'checkout' || checkout !== cart.checkouts) return ignore('the checkout is over');
  return context.facts.accepted.has(cart.orderKey as string) ? convert(cart, context) : giveUp(cart, { checkout });
};

const abandon = (cart: Cart, { idleSince }: Payload<'cart.abandon'>): Decision<Cart> => {
  if (cart.status !== 'active') return ignore(`it is ${cart.status}`);
  if (new Date(cart.lastActivityAt) >= new Date(idleSince)) return ignore('it was touched again');
  return done(
    changed(cart, { status: 'abandoned' }),
    publish('cart.abandoned', { cartId: cart.id, customerId: cart.customerId, lines: cart.lines.length }),
  );
};

const changed = (cart: Cart, change: Partial<Cart>): Cart => ({ ...cart, ...change, version: cart.version + 1 });
