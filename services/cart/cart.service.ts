/** The face of sessions and carts. A checkout goes through the same door as any order. */
import type { Context, ServiceSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { actor } from '../../mixins/actor.mixin.ts';
import { checked } from '../../mixins/checked.ts';
import { health } from '../../mixins/health.mixin.ts';
import { idempotency } from '../../mixins/idempotency.mixin.ts';
import { retry } from '../../mixins/retry.mixin.ts';
import { tracing } from '../../mixins/tracing.mixin.ts';
import { cartForm, cartMessages, lineForm, sessionForm } from '../../models/cart.ts';
import { invalid, Refused } from '../../models/errors.ts';
import { uuid, id as word } from '../../models/words.ts';
import type { Actor } from '../../runtime/actor.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { derivedId } from '../../runtime/ids.ts';
import { currentHeaders, newHeaders } from '../../runtime/trace.ts';
import { answered } from '../answered.ts';
import { type Cart, type CartFacts, decide } from './cart.decider.ts';
import { cartStore } from './cart.store.ts';
import { cartById, cartFigures, insertSession, productExists, touchSession } from './cart.views.store.ts';

const definition: Actor<Cart, CartFacts> = { type: 'cart', messages: cartMessages, decide, store: cartStore, onPoison: 'park' };

const one = z.object({ id: uuid });
const version = z.int().optional();
/** The order form without items; what is wrong in it is said by the order's own door. */
const checkoutForm = one.extend({ version }).loose();

/** One order of one cart, however often it is checked out. */
const orderKeyOf = (cartId: string): string => derivedId(`cart ${cartId}`);

const showCart = async (ctx: Context, id: string) => {
  const cart = await cartById(runtimeOf(ctx.broker).database, id);
  if (!cart) throw new Refused('cart.not-found', { id });
  return cart;
};

export default (config: Config): ServiceSchema => {
  /** Asks the order's door. What it refuses leaves the cart as it was; when nobody knows, the cart's timer finds out. */
  const order = async (ctx: Context, cart: Cart, form: Record<string, unknown>): Promise<void> => {
    const runtime = runtimeOf(ctx.broker);
    const headers = newHeaders('door/cart.checkout', { ...currentHeaders(), correlationId: cart.orderKey as string });
    const customer = form.customerId === undefined && form.customer === undefined && cart.customerId ? { customerId: cart.customerId } : {};
    try {
      // The key was this call's: under the order's own action it would be another client's.
      const meta = { headers, idempotencyKey: undefined };
      await ctx.call('order.accept', { ...customer, ...form, items: cart.lines }, { meta });
    } catch (error) {
      const { code, type } = error as Refused;
      if (typeof type === 'string' && code >= 400 && code < 500) {
        await runtime.ask('cart', cart.id, 'cart.give-up', { checkout: cart.checkouts }, headers);
      }
      throw error;
    }
    await runtime.ask('cart', cart.id, 'cart.convert', {}, headers);
  };

  return {
    name: 'cart',
    mixins: [actor(definition), health(), idempotency(), retry(), tracing()] as ServiceSchema[],
    actions: {
      /** POST /api/sessions. */
      openSession: checked(sessionForm, ({ customerId }, ctx) => {
        const { database, newId } = runtimeOf(ctx.broker);
        return insertSession(database, newId(), customerId, config.sessionTtlMs);
      }),
      /** GET /api/sessions/:id. Asking for it prolongs it. */
      session: checked(one.strict(), async ({ id }, ctx) => {
        const session = await touchSession(runtimeOf(ctx.broker).database, id, config.sessionTtlMs);
        if (!session) throw new Refused('session.not-found', { id });
        return session;
      }),
      /** POST /api/carts. A session brings its customer, unless another is named. */
      open: checked(cartForm, async ({ sessionId, customerId }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const session = sessionId ? await touchSession(runtime.database, sessionId, config.sessionTtlMs) : undefined;
        if (sessionId && !session) throw invalid([{ pointer: '/sessionId', detail: `there is no session ${sessionId}` }]);
        const id = runtime.newId();
        const customer = customerId ?? session?.customerId ?? undefined;
        answered(await runtime.ask('cart', id, 'cart.open', { sessionId, ...(customer ? { customerId: customer } : {}) }));
        return showCart(ctx, id);
      }),
      /** GET /api/carts/:id. */
      get: checked(one.strict(), ({ id }, ctx) => showCart(ctx, id)),
      /** PUT /api/carts/:id/items/:sku. */
      put: checked(one.extend({ sku: word, ...lineForm.shape, version }).strict(), async ({ id, ...line }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        if (line.quantity > 0 && !(await productExists(runtime.database, line.sku))) {
          throw invalid([{ pointer: '/sku', detail: `the catalogue has no ${line.sku}` }]);
        }
        answered(await runtime.ask('cart', id, 'cart.put', line));
        return showCart(ctx, id);
      }),
      /** POST /api/carts/:id/checkout. Answers as POST /api/orders does. */
      checkout: checked(checkoutForm, async ({ id, version: seen, ...form }, ctx) => {
        if ('items' in form) throw invalid([{ pointer: '/items', detail: 'is what the cart holds' }]);
        const correlationId = orderKeyOf(id);
        const asked = { orderKey: correlationId, version: seen };
        const cart = answered<Cart>(await runtimeOf(ctx.broker).ask('cart', id, 'cart.check-out', asked));
        // None: it is converted already.
        if (cart) await order(ctx, cart, form);
        return { correlationId };
      }),
      /** How many carts in which state, and how many sessions live. */
      figures: checked(z.strictObject({}), (_, ctx) => cartFigures(runtimeOf(ctx.broker).database)),
    },
  } as ServiceSchema;
};
