/** Whoever acts on the world from outside it: banks, carriers, people. */
import type { World } from './world.ts';

export abstract class Outsider {
  protected readonly world: World;
  /** Takes what will happen by itself at any time from now. */
  protected readonly later: (happens: () => void) => void;
  protected readonly luck: () => number;

  constructor(world: World, later: (happens: () => void) => void, luck: () => number) {
    this.world = world;
    this.later = later;
    this.luck = luck;
  }
}
