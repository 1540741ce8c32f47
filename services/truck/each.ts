/** Several requests as one: each answered for itself, one after the other, so that what is said of the same thing keeps its order. */
import { Refused } from '../../models/errors.ts';

/** @returns for each what came of it, or the refusal's code and data. @throws what is no refusal */
export const each = async <Asked, Result>(
  asked: readonly Asked[],
  work: (one: Asked) => Promise<Result>,
): Promise<({ result: Result } | { refused: string; data: Record<string, unknown> })[]> => {
  const items: ({ result: Result } | { refused: string; data: Record<string, unknown> })[] = [];
  for (const one of asked) {
    try {
      items.push({ result: await work(one) });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      items.push({ refused: error.type, data: error.data });
    }
  }
  return items;
};
