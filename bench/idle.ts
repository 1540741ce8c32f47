import { openWorld, print, round } from './world.ts';

/** What a node with nothing to do asks of the database, for a minute: the clocks tick at its beginning, some of them every five. */
export const idle = async (seconds = Number(process.env.SECONDS ?? 60)): Promise<void> => {
  const world = await openWorld();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const before = world.database.statements;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  print({ bench: 'idle', seconds, statementsPerSecond: round((world.database.statements - before) / seconds, 2) });
  await world.close();
};
