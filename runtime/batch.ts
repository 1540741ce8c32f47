/** A batch that fails for its data is halved until the culprit stands alone, and that one is treated as a message that threw. */
import type { AnyActor } from './actor.ts';
import { buryHead } from './dead-letters.ts';
import { kindOf } from './failure.ts';
import type { Limits } from './mailbox.ts';
import { runBatch, type TurnParts, type TurnResult } from './turn.ts';

/**
 * @param done called with the result of each part, after its commit
 * @throws what was transient, or could not be stored even as a failure: what was not done is to be tried again
 */
export const runHalving = async (
  parts: TurnParts,
  actor: AnyActor,
  keys: readonly string[],
  limits: Limits,
  done: (result: TurnResult) => void,
): Promise<void> => {
  try {
    done(await runBatch(parts, actor, keys, limits));
  } catch (thrown) {
    const error = thrown as Error;
    if (kindOf(error) === 'transient') throw error;
    if (keys.length > 1) {
      const half = Math.ceil(keys.length / 2);
      await runHalving(parts, actor, keys.slice(0, half), limits, done);
      await runHalving(parts, actor, keys.slice(half), limits, done);
    } else if (limits.messages > 1) {
      await runHalving(parts, actor, keys, { ...limits, messages: 1 }, done);
    } else {
      await blame(parts, actor, keys[0] as string, error, done);
    }
  }
};

/** The first message of the key is what fails: it is tried again later, or becomes a dead letter. */
const blame = async (parts: TurnParts, actor: AnyActor, key: string, error: Error, done: (result: TurnResult) => void): Promise<void> => {
  try {
    done(await runBatch(parts, actor, [key], { messages: 1, messagesPerKey: 1, bytes: 1 }, error));
  } catch (again) {
    if (kindOf(again) === 'transient') throw again;
    // Not even its mailbox can be opened as this actor's: a key that its table cannot hold.
    await buryHead(parts.database, actor.type, key, error);
  }
};
