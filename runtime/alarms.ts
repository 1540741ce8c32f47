/** Wakes this node when a timer it set comes due, to the next 20 ms. A node that dies leaves its timers to the others' sweeps. */
const BUCKET_MS = 20;
/** Timers further off are left to the sweep of their time. */
const HORIZON_MS = 60_000;

export class Alarms {
  readonly #pending = new Map<number, NodeJS.Timeout>();
  readonly #wake: () => void;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** @param now the database's time, by which timers come due */
  set(dueAt: Date, now: Date): void {
    const delay = dueAt.getTime() - now.getTime();
    if (delay > HORIZON_MS) return;
    const bucket = Math.ceil(dueAt.getTime() / BUCKET_MS);
    if (this.#pending.has(bucket)) return;
    const ring = (): void => {
      this.#pending.delete(bucket);
      this.#wake();
    };
    this.#pending.set(bucket, setTimeout(ring, Math.max(1, delay + BUCKET_MS)).unref());
  }

  clear(): void {
    for (const alarm of this.#pending.values()) clearTimeout(alarm);
    this.#pending.clear();
  }
}
