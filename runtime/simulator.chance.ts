/** Chance that is the same again for the same seed. */

/** A small generator of good repute (mulberry32). @returns a function that draws a number in [0, 1) */
export const chanceOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A sequence of its own for each name: what one draws changes nobody else's luck. */
export const chanceFor = (seed: number, name: string): (() => number) => chanceOf(hashed(`${seed}/${name}`));

/** FNV-1a. */
const hashed = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
};

/** All the chance of one world. */
export class Luck {
  readonly #seed: number;
  readonly #sequences = new Map<string, () => number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A number in [0, 1) from this name's own sequence. */
  draw(name: string): number {
    const sequence = this.#sequences.get(name) ?? chanceFor(this.#seed, name);
    this.#sequences.set(name, sequence);
    return sequence();
  }

  /** Nothing is drawn where nothing can strike. */
  strikes(name: string, share = 0): boolean {
    return share > 0 && this.draw(name) < share;
  }

  /** A whole number from 0 to `most`. */
  upTo(name: string, most = 0): number {
    return most > 0 ? Math.floor(this.draw(name) * (most + 1)) : 0;
  }
}
