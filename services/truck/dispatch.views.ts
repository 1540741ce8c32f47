/** What dispatchers look at: the queue, the board, loads, arrivals, figures, and what needs a person. */
import type { ActionSchema } from 'moleculer';
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { checked, nothing } from '../../mixins/checked.ts';
import { pageParams } from '../../mixins/cursor.ts';
import { Refused } from '../../models/errors.ts';
import { id, uuid } from '../../models/words.ts';
import type { Database } from '../../runtime/database.ts';
import { runtimeOf } from '../../runtime/holder.ts';
import { boardOf, inOrder, queueCards, type Yards } from './board.ts';
import { dispatchAttention, loadFigures, standing } from './dispatch.figures.store.ts';
import { boardRows, jobsOfOrders, phaseMeans, waitingJobs, whoHas } from './dispatch.views.store.ts';
import { LEAST_LOADS, type PhaseMeans, simulatedMeans } from './eta.ts';
import { dispatchFigures } from './figures.ts';
import { availableTrucks } from './fleet.store.ts';
import { loadById, loadsOfOrder, trucksOfOrders } from './loads.store.ts';
import { loadCard } from './loads.ts';
import { orderEta } from './order.eta.ts';

const HOUR_MS = 3_600_000;
/** Means are taken over so long, and anew so often. */
const MEANS_OVER_MS = 4 * HOUR_MS;
const MEANS_KEPT_MS = 15_000;

/** Of one order, in its arrivals. */
const MOST_LOADS = 200;

const orderId = z.coerce.string().regex(/^\d{1,18}$/, 'must be an order id');
const ofPlant = { plantId: id.optional() };
const limit = pageParams.limit;
const figuresForm = z.strictObject({ ...ofPlant, hours: z.coerce.number().positive().max(168).default(1) });

export const dispatchViews = (config: Config): Record<string, ActionSchema> => {
  const { truckTimeScale: timeScale, dischargeLimitMinutes: limitMinutes, dispatchAheadMs } = config;
  const simulated = simulatedMeans(timeScale);
  let means = { until: 0, byPlant: new Map<string, PhaseMeans>() };

  const measured = async (database: Database, now: Date): Promise<Map<string, PhaseMeans>> => {
    if (now.getTime() > means.until || now.getTime() < means.until - MEANS_KEPT_MS) {
      const rows = await phaseMeans(database, new Date(now.getTime() - MEANS_OVER_MS));
      const enough = rows.filter(({ loads }) => loads >= LEAST_LOADS);
      means = { until: now.getTime() + MEANS_KEPT_MS, byPlant: new Map(enough.map(({ plantId, ...rest }) => [plantId, rest])) };
    }
    return means.byPlant;
  };

  const yardsOf = async (database: Database, plantId: string | undefined): Promise<Yards> => {
    const now = database.now();
    const [trucks, byPlant] = await Promise.all([boardRows(database, plantId), measured(database, now)]);
    return { trucks, meansOf: (plant) => byPlant.get(plant) ?? simulated, now, timeScale };
  };

  return {
    /** GET /api/dispatch/queue?plantId= */
    queue: checked(z.strictObject({ ...ofPlant, limit }), async ({ plantId, limit: most }, ctx) => {
      const { database } = runtimeOf(ctx.broker);
      const [jobs, yards] = await Promise.all([waitingJobs(database, plantId), yardsOf(database, plantId)]);
      return { items: queueCards(inOrder(jobs, yards.now), yards).slice(0, most), nextCursor: null };
    }),
    /** GET /api/dispatch/board?plantId=: all trucks by phase. */
    board: checked(z.strictObject(ofPlant), async ({ plantId }, ctx) =>
      boardOf(await yardsOf(runtimeOf(ctx.broker).database, plantId), limitMinutes),
    ),
    /** GET /api/dispatch/eta?orderId=: when its trucks arrive, and whether that is too late. */
    eta: checked(z.strictObject({ orderId }), async (asked, ctx) => {
      const { database } = runtimeOf(ctx.broker);
      const [order] = await whoHas(database, [asked.orderId], false);
      if (!order) throw new Refused('order.not-found', { id: asked.orderId });
      const jobs = await jobsOfOrders(database, [order.orderKey]);
      const open = jobs.find(({ plantId, status }) => plantId === order.plantId && status !== 'moved');
      const [queue, yards, loads] = await Promise.all([
        open ? waitingJobs(database, open.plantId) : [],
        yardsOf(database, jobs.length === 1 ? open?.plantId : undefined),
        loadsOfOrder(database, order.orderId, MOST_LOADS),
      ]);
      return orderEta(order.orderId, open ?? jobs.at(-1), inOrder(queue, yards.now), loads, yards);
    }),
    /** GET /api/loads/:id: its ticket, with the explanation of the choice. */
    load: checked(z.strictObject({ id: uuid }), async ({ id: loadId }, ctx) => {
      const { database } = runtimeOf(ctx.broker);
      const load = await loadById(database, loadId);
      if (!load) throw new Refused('load.not-found', { id: loadId });
      return loadCard(load, limitMinutes, database.now());
    }),
    /** GET /api/loads?orderId= */
    loads: checked(z.strictObject({ orderId, limit }), async (asked, ctx) => {
      const { database } = runtimeOf(ctx.broker);
      const rows = await loadsOfOrder(database, asked.orderId, asked.limit);
      return { items: rows.map((row) => loadCard(row, limitMinutes, database.now())), nextCursor: null };
    }),
    /** Those that could be sent at once, longest free first (A55). */
    availableTrucks: checked(z.strictObject({ ...ofPlant, limit }), async ({ plantId, limit: most }, ctx) => ({
      items: await availableTrucks(runtimeOf(ctx.broker).database, plantId, most),
    })),
    /** Which trucks have these orders now (A60); orders that none has are left out. */
    trucksForOrders: checked(z.strictObject({ orderIds: z.array(orderId).min(1).max(200) }), async ({ orderIds }, ctx) => ({
      items: await trucksOfOrders(runtimeOf(ctx.broker).database, orderIds),
    })),
    /** GET /api/dispatch/figures?plantId=&hours= */
    figures: checked(figuresForm, async ({ plantId, hours }, ctx) => {
      const { database } = runtimeOf(ctx.broker);
      const since = new Date(database.now().getTime() - hours * HOUR_MS);
      const [were, now] = await Promise.all([loadFigures(database, since, plantId, dispatchAheadMs), standing(database, plantId)]);
      return dispatchFigures(were, now, hours);
    }),
    /** What needs a person, among the items of GET /api/admin/attention. */
    attention: checked(nothing, (_, ctx) =>
      dispatchAttention(runtimeOf(ctx.broker).database, limitMinutes, config.dispatchAttentionMs, dispatchAheadMs),
    ),
  };
};
