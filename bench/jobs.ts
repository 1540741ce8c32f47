import { z } from 'zod';
import { openTestWorld } from './machine.ts';
import { print, round } from './world.ts';

/** Jobs through enqueue, claim and completion of an empty handler. */
export const jobs = async (count = Number(process.env.JOBS ?? 50_000)): Promise<void> => {
  let done = 0;
  const { runtime, close } = await openTestWorld(
    [{ type: 'bench.empty', queue: 'default', payload: z.object({ n: z.number() }) }],
    [
      {
        type: 'bench.empty',
        run: async () => {
          done++;
        },
      },
    ],
  );
  const run = async (total: number): Promise<number> => {
    const began = performance.now();
    const until = done + total;
    for (let from = 0; from < total; from += 1_000) {
      await runtime.enqueue(
        Array.from({ length: Math.min(1_000, total - from) }, (_, n) => ({
          type: 'bench.empty',
          payload: { n: from + n },
        })),
      );
    }
    while (done < until || runtime.worker.counts.completed < until) await new Promise((resolve) => setTimeout(resolve, 5));
    return total / ((performance.now() - began) / 1_000);
  };
  await run(10_000);
  print({ bench: 'jobs', jobs: count, jobsPerSecond: round(await run(count)) });
  await close();
};
