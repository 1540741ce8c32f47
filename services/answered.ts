/** What an actor's answer means at a door: its state, or the refusal thrown as the error that the gateway speaks. */
import { Refused } from '../models/errors.ts';
import type { Answer } from '../runtime/turn.ts';

/** @throws Refused with the decider's code; `actor.waiting` when a failed message stands before this one */
export const answered = <State>(answer: Answer): State | undefined => {
  if (answer.kind === 'refused') throw new Refused(answer.code, answer.data);
  if (answer.kind === 'unavailable') throw new Refused('actor.waiting', { reason: answer.reason });
  return answer.kind === 'done' ? (answer.state as State) : undefined;
};
