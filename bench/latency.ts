import { openWorld, print, round } from './world.ts';

/** Orders offered at a steady rate over HTTP: from the POST to delivered, whatever the answer took. */
export const latency = async (rate = Number(process.env.RATE ?? 100), seconds = Number(process.env.SECONDS ?? 20)): Promise<void> => {
  const world = await openWorld();
  const url = `http://127.0.0.1:${world.config.port}/api/orders`;
  const offer = async (number: number): Promise<number> => {
    const correlationId = world.runtime.newId();
    const ended = world.ended(correlationId);
    const began = performance.now();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Correlation-Id': correlationId },
      body: JSON.stringify({
        customerId: `customer-${number % 1_000}`,
        paymentMethod: 'card',
        items: [
          { sku: `SKU-${number % 100}`, quantity: 1 },
          { sku: `SKU-${(number * 7 + 3) % 100}`, quantity: 2 },
        ],
        plantId: `plant-${number % 10}`,
      }),
    });
    await response.arrayBuffer();
    if (response.status !== 202) throw new Error(`POST answered ${response.status}`);
    await ended;
    return performance.now() - began;
  };
  const offerFor = async (count: number, base: number): Promise<number[]> => {
    const began = performance.now();
    const runs: Promise<number>[] = [];
    while (runs.length < count) {
      const due = Math.floor(((performance.now() - began) / 1_000) * rate);
      while (runs.length < Math.min(due, count)) runs.push(offer(base + runs.length));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return Promise.all(runs);
  };
  await offerFor(rate * 4, 0); // Warm-up.
  const times = (await offerFor(rate * seconds, 1_000_000)).sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.floor(times.length * share)] ?? 0);
  print({
    bench: 'latency',
    offeredPerSecond: rate,
    orders: times.length,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    maxMs: at(0.9999),
  });
  await world.close();
};
