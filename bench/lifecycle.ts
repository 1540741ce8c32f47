import { openWorld, print, runOrders } from './world.ts';

/** Orders from acceptance to delivery, everything on. One line of JSON. For the first 15,000 the engine is still compiling: a seventh of the processor. */
export const lifecycle = async (
  orders = Number(process.env.ORDERS ?? 30_000),
  concurrency = Number(process.env.CONCURRENCY ?? 2_000),
): Promise<void> => {
  const world = await openWorld();
  await runOrders(world, Math.min(1_500, orders), concurrency); // Warm-up, as the yardstick has one.
  print({ bench: 'lifecycle', ...(await runOrders(world, orders, concurrency)) });
  await world.close();
};
