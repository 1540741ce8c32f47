/**
 * Clients that wait for an order to move (`Prefer: wait=N`). While anybody waits, one call every 100 ms asks for all of them together;
 * when nobody does, nothing runs. Lost events cannot leave a client hanging, since none are relied on.
 */
const ASK_EVERY_MS = 100;

interface Progress {
  correlationId: string;
  status: string;
}
interface Waiting {
  correlationId: string;
  known: string | undefined;
  wake(): void;
}

export class ProgressWatch {
  readonly #ask: (correlationIds: string[]) => Promise<Progress[]>;
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ask: (correlationIds: string[]) => Promise<Progress[]>) {
    this.#ask = ask;
  }

  /** Resolves when the order's status is no longer `known`, or after `ms`. */
  changed(correlationId: string, known: string | undefined, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiting.wake(), ms);
      const waiting: Waiting = {
        correlationId,
        known,
        wake: () => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve();
        },
      };
      this.#waiting.add(waiting);
      this.#timer ??= setTimeout(() => this.#look(), ASK_EVERY_MS);
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const waiting of this.#waiting) waiting.wake();
  }

  async #look(): Promise<void> {
    const ids = [...new Set([...this.#waiting].map(({ correlationId }) => correlationId))].slice(0, 1_000);
    const found = await this.#ask(ids).catch(() => []);
    const status = new Map(found.map((progress) => [progress.correlationId, progress.status]));
    for (const waiting of this.#waiting) {
      const now = status.get(waiting.correlationId);
      if (now !== undefined && now !== waiting.known) waiting.wake();
    }
    this.#timer = this.#waiting.size > 0 ? setTimeout(() => this.#look(), ASK_EVERY_MS) : undefined;
  }
}
