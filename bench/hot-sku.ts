import { openWorld, print, round, runOrders } from './world.ts';

/** Every order asks for the same product at the same plant: one stock row takes it all. Held against spread orders, in turn. */
export const hotSku = async (
  orders = Number(process.env.ORDERS ?? 4_000),
  concurrency = Number(process.env.CONCURRENCY ?? 2_000),
): Promise<void> => {
  const world = await openWorld();
  await runOrders(world, 1_500, concurrency);
  const ratios: number[] = [];
  let hot = 0;
  let spread = 0;
  for (let round_ = 0; round_ < 3; round_++) {
    spread = (await runOrders(world, orders, concurrency)).ordersPerSecond;
    hot = (await runOrders(world, orders, concurrency, true)).ordersPerSecond;
    ratios.push(hot / spread);
  }
  ratios.sort((a, b) => a - b);
  print({
    bench: 'hot-sku',
    orders,
    ordersPerSecond: hot,
    spreadOrdersPerSecond: spread,
    ratio: round(ratios[1] ?? 0, 2),
  });
  await world.close();
};
