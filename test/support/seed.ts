/** Chance that can be had again: a printed seed, and the same draws from it. */
import { randomInt } from 'node:crypto';

export class Chance {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, below: number): number {
    return least + this.next() * (below - least);
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)] as T;
  }

  /** A stream of its own, so that who draws more often does not change what others draw. */
  branch(name: string): Chance {
    let hash = this.seed;
    for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    return new Chance(hash);
  }
}

/** From CRASH_SEED, or new; said either way, so that a failure can be had again. */
export const chanceOf = (title: string): Chance => {
  const chance = new Chance(Number(process.env.CRASH_SEED ?? randomInt(2 ** 31)));
  process.stdout.write(`${title}: CRASH_SEED=${chance.seed}\n`);
  return chance;
};
