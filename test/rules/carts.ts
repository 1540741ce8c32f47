/** Ada's cart, in each of its states. */
import { type CartStatus, cartLife } from '../../models/cart.ts';
import { type Cart, type CartFacts, decide } from '../../services/cart/cart.decider.ts';
import { ADA } from '../support/examples.ts';
import { NOW, type Rules, type Scene, uuid } from '../support/given.ts';

export const CART = uuid(801);
export const cartRules: Rules<Cart, CartFacts> = { type: 'cart', decide };

const lives: Record<CartStatus, Partial<Cart>> = {
  active: {},
  checkout: { checkouts: 1, orderKey: ADA },
  converted: { checkouts: 1, orderKey: ADA },
  abandoned: {},
};
export const cartIn = (status: CartStatus, change: Partial<Cart> = {}): Cart => ({
  id: CART,
  sessionId: null,
  customerId: 'ada',
  status,
  lines: [
    { sku: 'CONCRETE-C25', quantity: 6 },
    { sku: 'CEMENT', quantity: 1 },
  ],
  checkouts: 0,
  orderKey: null,
  version: 3,
  lastActivityAt: NOW.toISOString(),
  ...lives[status],
  ...change,
});

export const nobodyAccepted: CartFacts = { accepted: new Set() };
export const adaAccepted: CartFacts = { accepted: new Set([ADA]) };

const statuses = Object.keys(cartLife) as CartStatus[];
export const cartScenes: [string, Scene<Cart, CartFacts>][] = [
  ['nothing', { key: CART, facts: nobodyAccepted }],
  ['empty', { key: CART, state: cartIn('active', { lines: [] }), facts: nobodyAccepted }],
  ['active, with a checkout that failed', { key: CART, state: cartIn('active', { checkouts: 1, orderKey: ADA }), facts: nobodyAccepted }],
  ['checkout, accepted', { key: CART, state: cartIn('checkout'), facts: adaAccepted }],
  ...statuses.map((status): [string, Scene<Cart, CartFacts>] => [status, { key: CART, state: cartIn(status), facts: nobodyAccepted }]),
];
