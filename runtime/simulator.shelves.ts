/** Where simulated actors keep what a database would keep for them: a state for each key, and tables of child rows. */
import { Rows } from './decider.ts';
import { type FoldedTurn, stored } from './simulator.turn.ts';

type Tables = Map<string, Map<string, unknown>>;

export class Shelves {
  readonly #states = new Map<string, Map<string, unknown>>();
  readonly #rows = new Map<string, Tables>();

  state<State>(actor: string, key: string): State | undefined {
    return this.#states.get(actor)?.get(key) as State | undefined;
  }

  /** All of a type, by key, in the order in which they came to be. */
  states<State>(actor: string): ReadonlyMap<string, State> {
    return (this.#states.get(actor) ?? NONE) as ReadonlyMap<string, State>;
  }

  /** One actor's child rows of one table, by id. */
  rows<Row>(actor: string, key: string, table: string): ReadonlyMap<string, Row> {
    return (this.#rows.get(`${actor}/${key}`)?.get(table) ?? NONE) as ReadonlyMap<string, Row>;
  }

  /** All child rows of an actor: what a turn gets whose actor does not say which it needs. */
  everyRow(actor: string, key: string): Rows {
    const rows = new Rows();
    for (const [table, byId] of this.#rows.get(`${actor}/${key}`) ?? []) for (const [id, row] of byId) rows.loaded(table, id, row);
    return rows;
  }

  put(actor: string, key: string, state: unknown): void {
    into(this.#states, actor).set(key, state);
  }

  /** What a turn has left. @param keep what the actor's store keeps of a state */
  save(actor: string, key: string, { state, rows }: FoldedTurn, keep = (after: unknown, _before: unknown): unknown => after): void {
    const before = this.state(actor, key);
    if (state !== undefined && state !== before) this.put(actor, key, keep(state, before));
    for (const [table, written] of rows.written) for (const [id, { row }] of written) this.putRow(actor, key, table, id, stored(row));
  }

  putRow(actor: string, key: string, table: string, id: string, row: unknown): void {
    const tables: Tables = this.#rows.get(`${actor}/${key}`) ?? new Map();
    this.#rows.set(`${actor}/${key}`, tables);
    into(tables, table).set(id, row);
  }
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

const into = <Value>(maps: Map<string, Map<string, Value>>, name: string): Map<string, Value> => {
  const map = maps.get(name) ?? new Map<string, Value>();
  maps.set(name, map);
  return map;
};
