/**
 * Which mailboxes wait to be looked at, by actor type. Rings gather here while batches are in flight: the next batch of a type takes all
 * that has gathered, and the type that has waited longest goes first.
 */
import type { AnyActor } from './actor.ts';

export interface Lane {
  readonly actor: AnyActor;
  readonly pending: Set<string>;
  /** Keys of the batches in flight: rung again, they wait for their batch to end. */
  readonly busy: Set<string>;
  running: number;
  /** Batches that failed in a row: how long the next try waits. */
  failures: number;
  /** The last sweep did not see the end of this type's backlog. */
  backlog: boolean;
  /** On the lanes' own count: when its oldest pending key came. */
  waitingSince: number;
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #count = 0;

  add(actor: AnyActor): void {
    const lane = { actor, pending: new Set<string>(), busy: new Set<string>(), running: 0, failures: 0, backlog: false, waitingSince: 0 };
    this.#lanes.set(actor.type, lane);
  }

  get(type: string): Lane | undefined {
    return this.#lanes.get(type);
  }

  get types(): string[] {
    return [...this.#lanes.keys()];
  }

  ring(lane: Lane, keys: Iterable<string>): void {
    if (lane.pending.size === 0) lane.waitingSince = ++this.#count;
    for (const key of keys) lane.pending.add(key);
  }

  /** The lane to serve next, among those with fewer than `concurrency` batches in flight. */
  longestWaiting(concurrency: number): Lane | undefined {
    let longest: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.running >= concurrency || !hasFreeKey(lane)) continue;
      if (!longest || lane.waitingSince < longest.waitingSince) longest = lane;
    }
    return longest;
  }

  /** Takes up to `count` keys for a batch; `end` gives them back. */
  begin(lane: Lane, count: number): string[] {
    const keys: string[] = [];
    for (const key of lane.pending) {
      if (keys.length >= count) break;
      if (!lane.busy.has(key)) keys.push(key);
    }
    for (const key of keys) {
      lane.pending.delete(key);
      lane.busy.add(key);
    }
    lane.running++;
    lane.waitingSince = ++this.#count;
    return keys;
  }

  end(lane: Lane, keys: readonly string[]): void {
    lane.running--;
    for (const key of keys) lane.busy.delete(key);
  }

  /** Whether a lane that knew of a backlog has nearly worked off what it saw of it. */
  wantsMore(below: number): boolean {
    let wants = false;
    for (const lane of this.#lanes.values()) {
      if (!lane.backlog || lane.pending.size >= below) continue;
      lane.backlog = false;
      wants = true;
    }
    return wants;
  }
}

const hasFreeKey = ({ pending, busy }: Lane): boolean => {
  if (pending.size > busy.size) return true;
  for (const key of pending) if (!busy.has(key)) return true;
  return false;
};
