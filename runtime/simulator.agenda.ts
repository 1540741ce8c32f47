/** The virtual clock, and what is to happen when: the earliest first, and of the same moment whatever was noted first. */
interface Entry {
  at: number;
  number: number;
  happens(): void;
}

/** A binary heap. */
export class Agenda {
  now: number;
  readonly #heap: Entry[] = [];
  #numbers = 0;

  constructor(start: Date) {
    this.now = start.getTime();
  }

  /** A time that is past is now. */
  note(at: number, happens: () => void): void {
    this.#rise({ at: Math.max(at, this.now), number: this.#numbers++, happens });
  }

  run(until: number): void {
    for (let next = this.#heap[0]; next && next.at <= until; next = this.#heap[0]) {
      this.now = next.at;
      this.#takeFirst();
      next.happens();
    }
    if (Number.isFinite(until)) this.now = Math.max(this.now, until);
  }

  #rise(entry: Entry): void {
    let index = this.#heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      this.#heap[index] = above;
      index = parent;
    }
    this.#heap[index] = entry;
  }

  #takeFirst(): void {
    const last = this.#heap.pop();
    if (last && this.#heap.length > 0) this.#sink(last);
  }

  #sink(entry: Entry): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (isBefore(entry, heap[child] as Entry)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = entry;
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.number < b.number);
