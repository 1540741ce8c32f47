/**
 * The seams of a turn, a job and a tell, named, so that test/crash can end or freeze a process in each. Nothing is registered outside
 * tests: a seam then costs one comparison with undefined.
 */
export type FailPoint =
  | 'turn.taken'
  | 'turn.decided'
  | 'turn.saved'
  | 'turn.sent'
  | 'turn.committed'
  | 'jobs.claimed'
  | 'jobs.done'
  | 'jobs.ended'
  | 'tells.stored';

/** @param of the actor type of a turn */
type Failing = (name: FailPoint, of?: string) => void;

let failing: Failing | undefined;

/** Called at each seam. @throws what the test wants to go wrong there */
export const failPoint = (name: FailPoint, of?: string): void => failing?.(name, of);

/** Called by tests only; undefined takes it away again. */
export const onFailPoint = (register: Failing | undefined): void => {
  failing = register;
};
