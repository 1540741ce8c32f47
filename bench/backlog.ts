import { newHeaders, packed } from '../runtime/trace.ts';
import { openWorld, print, round, runOrders } from './world.ts';

/** 200,000 messages lie in the mailboxes of a node that was away: how fast it works them off, beside its usual rate. */
export const backlog = async (messages = Number(process.env.MESSAGES ?? 200_000)): Promise<void> => {
  const world = await openWorld();
  await runOrders(world, 1_500, 2_000);
  const usual = await runOrders(world, 5_000, 2_000);
  await world.runtime.host.pause();
  // As a way of orders ends: stock that is to be received, spread over all of it. The usual mix of work is in the usual rate.
  await world.database.query(
    `insert into mailbox (actor, key, name, payload, headers, sent_at)
     select 'inventory', 'SKU-' || n % 100 || '@plant-' || n / 100 % 10, 'inventory.receive', '{"quantity":1}', $2, now() - interval '1 minute'
     from generate_series(1, $1::int) n`,
    [messages, packed(newHeaders('bench'))],
  );
  const before = world.runtime.host.counts.messages;
  const began = performance.now();
  world.runtime.host.resume();
  while (world.runtime.host.counts.messages - before < messages) await new Promise((resolve) => setTimeout(resolve, 10));
  const rate = messages / ((performance.now() - began) / 1_000);
  print({
    bench: 'backlog',
    messages,
    messagesPerSecond: round(rate),
    usualMessagesPerSecond: usual.messagesPerSecond,
    ratio: round(rate / usual.messagesPerSecond, 2),
  });
  await world.close();
};
