/** Waits until nothing moves any more: no message, no due timer, no job. Never for time. */
import type { Tx } from '../../runtime/database.ts';

export interface Stillness {
  messages: number;
  timers: number;
  jobs: number;
}

/** What still moves or will within the horizon. Parked keys' messages are at rest. */
export const moving = async (tx: Tx, horizonMs = 60_000): Promise<Stillness> => {
  const [row] = await tx.query<Record<keyof Stillness, string>>(
    `select
       (select count(*) from mailbox m where not exists (select from paused p where p.actor = m.actor and p.key = m.key and p.until is null)) as messages,
       (select count(*) from timers where due_at < now() + make_interval(secs => $1::float / 1000)) as timers,
       (select count(*) from jobs where state in ('scheduled', 'available', 'running', 'retryable')) as jobs`,
    [horizonMs],
  );
  return { messages: Number(row?.messages), timers: Number(row?.timers), jobs: Number(row?.jobs) };
};

/** @throws Error saying what still moves when `timeoutMs` is over */
export const untilQuiet = async (tx: Tx, { timeoutMs = 60_000, horizonMs = 60_000 } = {}): Promise<void> => {
  const still = ({ messages, timers, jobs }: Stillness): boolean => messages + timers + jobs === 0;
  await until(async () => still(await moving(tx, horizonMs)) && still(await moving(tx, horizonMs)), {
    timeoutMs,
    what: async () => `it is not quiet: ${JSON.stringify(await moving(tx, horizonMs))}`,
  });
};

/** Polls a condition; the only place in the tests that knows time. */
export const until = async (
  condition: () => Promise<boolean> | boolean,
  { timeoutMs = 30_000, everyMs = 20, what = (): string | Promise<string> => 'the condition did not come true' } = {},
): Promise<void> => {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(await what());
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};
