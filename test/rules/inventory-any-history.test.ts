/**
 * Whatever is said to a stock, in any order, again and late, in turns of any size: its books are right after every turn, and nobody
 * overtakes who waits. A failure prints its seed and path: run it again with SEED=… SEED_PATH=…, more of them with RUNS=….
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Rows } from '../../runtime/decider.ts';
import { decide, type Movement, type Reservation, type Stock } from '../../services/inventory/inventory.decider.ts';
import { CONCRETE, concrete } from '../support/examples.ts';
import { applied, asStored, countedIds, minutesLater, misfits, NOW, said, uuid } from '../support/given.ts';
import { unlawful } from './life-steps.ts';

const { SEED, SEED_PATH, RUNS } = process.env;
const RUN = {
  numRuns: Number(RUNS ?? 400),
  ...(SEED ? { seed: Number(SEED) } : {}),
  ...(SEED_PATH ? { path: SEED_PATH } : {}),
};

interface Saying {
  name: string;
  payload: Record<string, unknown>;
}
/** Minutes until it is said, and what: all that goes into one turn. */
interface TurnPlan {
  after: number;
  says: Saying[];
}

const who = fc.integer({ min: 1, max: 8 }).map((n) => ({ orderKey: uuid(n), orderId: String(n) }));
const some = fc.integer({ min: 1, max: 6 });
const saying: fc.Arbitrary<Saying> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ of: who, quantity: some, minutes: fc.integer({ min: 0, max: 30 }) }).map(({ of, quantity, minutes }) => ({
      name: 'inventory.reserve',
      payload: { ...of, quantity, until: minutesLater(minutes).toISOString() },
    })),
  },
  ...['confirm', 'consume', 'expire'].map((verb) => ({
    weight: 2,
    arbitrary: who.map((of) => ({ name: `inventory.${verb}`, payload: of })),
  })),
  { weight: 2, arbitrary: who.map((of) => ({ name: 'inventory.release', payload: { ...of, reason: 'off' } })) },
  {
    weight: 1,
    arbitrary: fc.tuple(who, some).map(([of, quantity]) => ({ name: 'inventory.reduce', payload: { ...of, quantity, reason: 'x' } })),
  },
  { weight: 2, arbitrary: some.map((quantity) => ({ name: 'inventory.receive', payload: { quantity } })) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: -6, max: 6 }).map((n) => ({ name: 'inventory.adjust', payload: { quantity: n || 1, reason: 'counted' } })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ n: fc.integer({ min: 1, max: 4 }), quantity: some, restock: fc.boolean() }).map(({ n, quantity, restock }) => ({
      name: 'inventory.take-back',
      payload: { orderId: String(n), returnId: uuid(500 + n), quantity, restock },
    })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ reorderLevel: some, allowBackorder: fc.constantFrom(true, true, false) }).map((payload) => ({
      name: 'inventory.limits',
      payload,
    })),
  },
);
const history: fc.Arbitrary<TurnPlan[]> = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 10 }), says: fc.array(saying, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 30 },
);

/** So short a line is loaded that most are longer: the store's own limit is never reached here otherwise. */
const LOADED = 2;
const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

class Keeper {
  state: Stock = { ...concrete, available: 5, allowBackorder: true };
  now = NOW;
  readonly complaints: string[] = [];
  readonly seen = new Set<string>();
  readonly reservations = new Map<string, Reservation>();
  readonly #takenBack = new Map<string, unknown>();
  readonly #movements: Movement[] = [{ kind: 'received', quantity: 5, onHand: 5 }];
  /** Who waits, in the order in which they came, kept apart from the rules' own places. */
  #line: string[] = [];
  readonly #newId = countedIds();

  /** One turn, as the store would load and save it; then those that it asks for itself. */
  turn(says: Saying[]): void {
    const rows = new Rows();
    const asked = new Set(says.map(({ payload }) => payload.orderKey));
    const line = [...this.reservations].filter(([, { place }]) => typeof place === 'number');
    const heads = line.sort(([, one], [, other]) => Number(one.place) - Number(other.place)).slice(0, LOADED);
    const loaded = new Set(heads.map(([key]) => key));
    for (const [key, row] of this.reservations) if (asked.has(key) || loaded.has(key)) rows.loaded('reservation', key, asStored(row));
    for (const [id, row] of this.#takenBack) rows.loaded('takeBack', id, row);
    const last = heads[LOADED - 1]?.[1].place;
    const lineEnds = new Map(typeof last === 'number' ? [[CONCRETE, last]] : []);
    const facts = { lineEnds, sums: new Map() };
    const context = { key: CONCRETE, now: this.now, newId: this.#newId, random: () => 0.5, rows, facts };
    let fillOn = false;
    const toItself: Saying[] = [];
    for (const { name, payload } of says) {
      const decision = decide(this.state, said('inventory', CONCRETE, name, payload), context);
      this.complaints.push(...unlawful('inventory', this.state, decision, rows), ...misfits('inventory', decision));
      this.state = applied(this.state, decision, rows) as Stock;
      for (const effect of decision.effects) {
        if (effect.kind === 'setTimer') fillOn = true;
        if (effect.kind === 'tell') toItself.push({ name: effect.name, payload: effect.payload as Record<string, unknown> });
        if (effect.kind === 'publish') this.#hears(effect.type, effect.data);
      }
    }
    for (const [id, row] of rows.written.get('reservation') ?? []) this.reservations.set(id, asStored(row.row) as Reservation);
    for (const [id, row] of rows.written.get('takeBack') ?? []) this.#takenBack.set(id, row.row);
    for (const row of (rows.written.get('movement') ?? new Map()).values()) this.#movements.push(row.row as Movement);
    this.#check();
    for (const one of toItself) this.turn([one]);
    if (fillOn) this.turn([{ name: 'inventory.fill', payload: {} }]);
  }

  #hears(type: string, data: Record<string, unknown>): void {
    this.seen.add(type);
    const key = data.orderKey as string;
    if (type === 'inventory.backordered') this.#line.push(key);
    if (type === 'inventory.reservation.released') this.#line = this.#line.filter((waiting) => waiting !== key);
    if (type !== 'inventory.reserved') return;
    if (this.#line.length > 0 && this.#line[0] !== key) this.complaints.push(`${key} overtook ${this.#line[0]}`);
    this.#line = this.#line.filter((waiting) => waiting !== key);
  }

  #check(): void {
    const { available, reserved, backordered } = this.state;
    const all = [...this.reservations.values()];
    const open = sum(all.filter(({ status }) => status === 'active' || status === 'confirmed').map(({ quantity }) => quantity));
    const onHand = sum(this.#movements.map((movement) => movement.onHand));
    const waiting = all.filter(({ status }) => status === 'backordered').length;
    if (reserved !== open) this.complaints.push(`${reserved} reserved, ${open} held`);
    if (available + reserved !== onHand) this.complaints.push(`${available} + ${reserved}, but ${onHand} lie there`);
    if (available < 0 || reserved < 0) this.complaints.push(`below zero: ${available}, ${reserved}`);
    if (backordered !== waiting || waiting !== this.#line.length)
      this.complaints.push(`${backordered} in line, ${waiting} rows, ${this.#line.length} said`);
  }

  /** Nobody waits for what is there. */
  atQuiet(): void {
    const [first] = this.#line;
    const wants = first === undefined ? Number.POSITIVE_INFINITY : (this.reservations.get(first)?.quantity ?? 0);
    if (this.state.available >= wants) this.complaints.push(`${first} waits for ${wants}, and ${this.state.available} are there`);
  }
}

const play = (plan: TurnPlan[]): Keeper => {
  const keeper = new Keeper();
  for (const { after, says } of plan) {
    keeper.now = minutesLater(after, keeper.now);
    keeper.turn(says);
    keeper.atQuiet();
  }
  return keeper;
};

describe('whatever is said to a stock', () => {
  test('reserved is what is held, available and reserved are what lies there, none below zero, and first in is first out [E2, E8, E40, E52]', () => {
    fc.assert(
      fc.property(history, (plan) => {
        expect(play(plan).complaints).toEqual([]);
      }),
      RUN,
    );
  });

  test('the same said twice in a row to one hold moves nothing the second time [E32, B22]', () => {
    const again = new Set([
      'inventory.reserve',
      'inventory.confirm',
      'inventory.consume',
      'inventory.release',
      'inventory.expire',
      'inventory.take-back',
    ]);
    fc.assert(
      fc.property(history, (plan) => {
        const keeper = new Keeper();
        for (const { after, says } of plan) {
          keeper.now = minutesLater(after, keeper.now);
          for (const one of says) {
            keeper.turn([one]);
            const { available, reserved, backordered } = keeper.state;
            if (again.has(one.name)) keeper.turn([one]);
            expect(keeper.state).toMatchObject({ available, reserved, backordered });
          }
        }
        expect(keeper.complaints).toEqual([]);
      }),
      RUN,
    );
  });

  test('and what is played is worth it: all that can be said of a stock comes up', () => {
    const seen = new Set(fc.sample(history, { numRuns: 200, seed: 1 }).flatMap((plan) => [...play(plan).seen]));
    const news = ['backordered', 'reserved', 'rejected', 'reservation.released', 'reservation.reduced', 'reservation.expired'];
    for (const one of [...news, 'low_stock', 'replenished', 'stock.changed', 'limits.changed'])
      expect([...seen]).toContain(`inventory.${one}`);
  });
});
