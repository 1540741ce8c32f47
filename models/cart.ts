/** What a cart hears and what it can be; the forms of sessions and carts. A checkout is an order in the making. */
import { z } from 'zod';
import { id, type Life, MAX_QUANTITY, time, uuid, wholeNumber } from './words.ts';

export type CartStatus = 'active' | 'checkout' | 'converted' | 'abandoned';

export const cartLife = {
  // Converted from active (and later abandoned): one of two checkouts failed at the door after the other had begun.
  active: ['checkout', 'converted', 'abandoned'],
  checkout: ['active', 'converted'],
  converted: [],
  // Touched again, it is nobody's left behind any more.
  abandoned: ['active', 'checkout', 'converted'],
} as const satisfies Life<CartStatus>;

/** The body of POST /api/sessions. */
export const sessionForm = z.strictObject({ customerId: id.optional() });

/** The body of POST /api/carts. */
export const cartForm = z.strictObject({ sessionId: uuid.optional(), customerId: id.optional() });

/** How many of one product; 0 takes it out. */
export const lineForm = z.strictObject({ quantity: z.int().min(0).max(MAX_QUANTITY) });

const version = z.int().optional();

export const cartMessages = {
  'cart.open': cartForm,
  'cart.put': z.strictObject({ sku: id, ...lineForm.shape, version }),
  /** Begins a checkout: what is in the cart now is what is ordered. */
  'cart.check-out': z.strictObject({ orderKey: uuid, version }),
  /** The order is accepted under the cart's order key. */
  'cart.convert': z.strictObject({}),
  /** The door refused the order: the checkout with this number is over, unless a later one has begun. */
  'cart.give-up': z.strictObject({ checkout: wholeNumber(1_000_000) }),
  /** Timer: whoever checked out never said how it ended. */
  'cart.checkout-over': z.strictObject({ checkout: wholeNumber(1_000_000) }),
  /** From the hourly clock: untouched since before this time. */
  'cart.abandon': z.strictObject({ idleSince: time }),
};
