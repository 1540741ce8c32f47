/** A cart: fifty lines at the most, one order at the most, and never lost between the two. */
import { describe, expect, test } from '@jest/globals';
import { MAX_LINES } from '../../models/words.ts';
import { ADA } from '../support/examples.ts';
import { given, minutesLater, NOW } from '../support/given.ts';
import { adaAccepted, CART, cartIn, cartRules, nobodyAccepted } from './carts.ts';

const cart = (...state: Parameters<typeof cartIn>) => given(cartRules, { key: CART, state: cartIn(...state), facts: nobodyAccepted });
const OUT = { orderKey: ADA };

describe('what is in the cart', () => {
  test('begins as nothing, and opening it twice opens one', () => {
    const one = given(cartRules, { key: CART, facts: nobodyAccepted }).hears('cart.open', { customerId: 'ada' });
    expect(one.state).toMatchObject({ status: 'active', lines: [], customerId: 'ada', version: 1 });
    expect(one.hears('cart.open').ignored).toBeDefined();
  });

  test('a line is put, changed, and taken out by 0; each change is a version', () => {
    const one = cart('active', { lines: [] })
      .hears('cart.put', { sku: 'SAND', quantity: 2 })
      .hears('cart.put', { sku: 'SALT', quantity: 1 });
    expect(one.hears('cart.put', { sku: 'SAND', quantity: 5 }).state?.lines).toEqual([
      { sku: 'SAND', quantity: 5 },
      { sku: 'SALT', quantity: 1 },
    ]);
    expect(one.hears('cart.put', { sku: 'SAND', quantity: 0 }).state).toMatchObject({ lines: [{ sku: 'SALT', quantity: 1 }], version: 7 });
    expect(one.hears('cart.put', { sku: 'NEVER', quantity: 0 }).state?.lines).toHaveLength(1);
  });

  test('the fifty-first line is refused, and a change of one of the fifty is not [B35]', () => {
    expect(MAX_LINES).toBe(50);
    const lines = Array.from({ length: MAX_LINES }, (_, place) => ({ sku: `SKU-${place}`, quantity: 1 }));
    const one = cart('active', { lines });
    expect(one.hears('cart.put', { sku: 'SAND', quantity: 1 }).refusal).toBe('cart.full');
    expect(one.hears('cart.put', { sku: 'SKU-7', quantity: 3 }).state?.lines[7]).toEqual({ sku: 'SKU-7', quantity: 3 });
  });

  test('a change of what was changed meanwhile is refused', () => {
    expect(cart('active').hears('cart.put', { sku: 'SAND', quantity: 1, version: 2 }).refusal).toBe('resource.changed');
    expect(cart('active').hears('cart.put', { sku: 'SAND', quantity: 1, version: 3 }).state?.version).toBe(4);
    expect(cart('active').hears('cart.check-out', { ...OUT, version: 2 }).refusal).toBe('resource.changed');
  });

  test.each(['checkout', 'converted'] as const)('nothing is changed in %s', (status) => {
    expect(cart(status).hears('cart.put', { sku: 'SAND', quantity: 1 }).refusal).toBe(`cart.${status}`);
  });

  test('a cart that is not there is refused', () => {
    const none = given(cartRules, { key: CART, facts: nobodyAccepted });
    expect(none.hears('cart.put', { sku: 'SAND', quantity: 1 }).refusal).toBe('cart.not-found');
    expect(none.hears('cart.check-out', OUT).refusal).toBe('cart.not-found');
  });
});

describe('a checkout', () => {
  test('of nothing is refused', () => {
    expect(cart('active', { lines: [] }).hears('cart.check-out', OUT).refusal).toBe('cart.empty');
  });

  test('holds the cart until its order is accepted, and is waited for a minute', () => {
    const one = cart('active').hears('cart.check-out', OUT);
    expect(one.state).toMatchObject({ status: 'checkout', checkouts: 1, orderKey: ADA });
    expect(one.timers).toEqual({ 'cart.checkout-over': minutesLater(1) });
    one.hears('cart.convert');
    expect(one.state?.status).toBe('converted');
    expect(one.timers).toEqual({ 'cart.checkout-over': null });
    expect(one.published('cart.converted')).toEqual([{ cartId: CART, orderKey: ADA, lines: 2 }]);
  });

  test('twice is one order: the second finds it made, or goes on under the same key', () => {
    expect(cart('converted').hears('cart.check-out', OUT).ignored).toBeDefined();
    expect(cart('converted').hears('cart.convert').ignored).toBeDefined();
    expect(cart('checkout').hears('cart.check-out', OUT).state).toMatchObject({ status: 'checkout', checkouts: 2, orderKey: ADA });
  });

  test('that the door refuses leaves the cart active; an earlier one that was refused does not end the later', () => {
    expect(cart('checkout').hears('cart.give-up', { checkout: 1 }).state?.status).toBe('active');
    const two = cart('checkout').hears('cart.check-out', OUT).hears('cart.give-up', { checkout: 1 });
    expect([two.ignored, two.state?.status]).toEqual(['another checkout counts', 'checkout']);
    two.hears('cart.give-up', { checkout: 2 }).hears('cart.convert');
    expect(two.state?.status).toBe('converted');
  });

  test('whose end nobody said ends by what is there: an order, or none', () => {
    const over = { checkout: 1 };
    const accepted = given(cartRules, { key: CART, state: cartIn('checkout'), facts: adaAccepted });
    expect(accepted.hears('cart.checkout-over', over).state?.status).toBe('converted');
    expect(cart('checkout').hears('cart.checkout-over', over).state?.status).toBe('active');
    expect(cart('checkout', { checkouts: 2 }).hears('cart.checkout-over', over).ignored).toBeDefined();
    expect(cart('converted').hears('cart.checkout-over', over).ignored).toBeDefined();
  });
});

describe('a cart left behind', () => {
  const idleSince = (minutes: number) => ({ idleSince: minutesLater(minutes).toISOString() });

  test('is abandoned when nobody touched it since, and only then', () => {
    const one = cart('active').hears('cart.abandon', idleSince(1));
    expect(one.state).toMatchObject({ status: 'abandoned', lastActivityAt: NOW.toISOString() });
    expect(one.published('cart.abandoned')).toHaveLength(1);
    expect(cart('active').hears('cart.abandon', idleSince(0)).ignored).toBe('it was touched again');
    expect(cart('checkout').hears('cart.abandon', idleSince(1)).ignored).toBe('it is checkout');
  });

  test('is active again as soon as it is touched, and can be checked out', () => {
    expect(cart('abandoned').hears('cart.put', { sku: 'SAND', quantity: 1 }).state?.status).toBe('active');
    expect(cart('abandoned').hears('cart.check-out', OUT).state?.status).toBe('checkout');
  });
});
