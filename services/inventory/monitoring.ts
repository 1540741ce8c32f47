/** Stock as a whole: the clocks' sweeps, the check that its books are right, and its figures. */
import type { ServiceSchema } from 'moleculer';
import { z } from 'zod';
import { checked, nothing } from '../../mixins/checked.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { newHeaders } from '../../runtime/trace.ts';
import { countLevels, drifts, expiredReservations, type Lapsed, movementsOfTheHour } from './inventory.views.store.ts';

/** Of one sweep; what is left over lapses with the next one. */
const MOST_EXPIRED = 10_000;
/** Of one check; they are repaired in as many as it takes. */
const MOST_DRIFTS = 1_000;

/** The order's own work, as its history should tell; of an exchange only the exchange knows. */
const lapse = (runtime: Runtime, { stockKey, orderKey, orderId, owner }: Lapsed): Promise<boolean> => {
  const headers = newHeaders('clock/reservation_cleanup', owner ? {} : { correlationId: orderKey });
  return runtime.tell('inventory', stockKey, 'inventory.expire', { orderKey, orderId, ...(owner ? { owner } : {}) }, { headers });
};

const shareOf = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);

/** Every reservation and movement is read for it, so the figures, which are asked for every minute, use what was found within the hour. */
const BOOKS_MS = 3_600_000;

export const monitoring = (): Partial<ServiceSchema> => {
  let books = { wrong: 0, checkedAt: new Date(0) };
  const checkBooks = async ({ database }: Runtime) => {
    books = { wrong: (await drifts(database, MOST_DRIFTS)).length, checkedAt: database.now() };
    return books;
  };
  return {
    actions: {
      /** Called by the clock reservation_cleanup, half-hourly (B9). The holds themselves decide, in their turn, whether they lapse. */
      expire: checked(nothing, async (_, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const lapsed = await expiredReservations(runtime.database, MOST_EXPIRED);
        await Promise.all(lapsed.map((one) => lapse(runtime, one)));
        if (lapsed.length > 0) ctx.broker.logger.info(`${lapsed.length} holds of stock have passed their end`);
        return { expired: lapsed.length, more: lapsed.length === MOST_EXPIRED };
      }),
      /** Called by the hourly clock inventory_monitoring (E19). */
      monitor: checked(nothing, async (_, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const { levels, low, negative, short, backordered } = await countLevels(runtime.database);
        const { wrong: inconsistent } = await checkBooks(runtime);
        const seen = { levels, low, negative, short, backordered, inconsistent };
        if (negative + inconsistent > 0)
          ctx.broker.logger.error('the books of stock are wrong: see POST /api/admin/consistency-check', seen);
        else if (low + short > 0) ctx.broker.logger.warn(`stock is low at ${low} places, and waited for at ${short}`, seen);
        else ctx.broker.logger.info('stock is in order', seen);
        return seen;
      }),
      /** POST /api/admin/consistency-check: which levels are not the sums of their rows. With `repair`, each is told to set itself right. */
      consistency: checked(z.strictObject({ repair: z.boolean().default(false) }), async ({ repair }, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const found = await drifts(runtime.database, MOST_DRIFTS);
        if (repair) await Promise.all(found.map(({ stockKey }) => runtime.tell('inventory', stockKey, 'inventory.repair', {})));
        if (found.length > 0) ctx.broker.logger.warn(`${found.length} stock levels are not the sums of their rows`, { repair });
        return { consistent: found.length === 0, drifts: found, repairing: repair ? found.length : 0 };
      }),
      /** For health and metrics (E20, E36, E40): how stock stands, how it moves, and how true its books are. */
      figures: checked(nothing, async (_, ctx) => {
        const runtime = runtimeOf(ctx.broker);
        const counts = await countLevels(runtime.database);
        const moved = await movementsOfTheHour(runtime.database);
        const known = runtime.database.now().getTime() - books.checkedAt.getTime() < BOOKS_MS;
        const { wrong, checkedAt } = known ? books : await checkBooks(runtime);
        const { reserved = 0, expired = 0, released = 0 } = moved;
        return {
          ...counts,
          inconsistent: wrong,
          checkedAt: checkedAt.toISOString(),
          reservationAccuracy: shareOf(counts.levels - wrong, counts.levels),
          movementsLastHour: moved,
          stockChangesLastHour: Object.values(moved).reduce((sum, count) => sum + count, 0),
          reservationsPerMinute: reserved / 60,
          reservationsKept: shareOf(Math.max(0, reserved - expired - released), reserved),
        };
      }),
    },
  };
};
