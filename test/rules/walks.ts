/**
 * Walks of one actor's life: from its first word on, each place that is reached hears everything that can be said, until no new place is
 * reached. A place is what the state says in kind: its status, which facts it has, which of them are open, how its figures stand to each
 * other. Versions, ids, times and reasons are left out, and of a figure only whether there is any of it and whether there is more than a
 * part: no rule branches on more. So a walk ends by itself, and each of its ways is one that messages can really take.
 */
import type { Message } from '../../runtime/decider.ts';
import { Rows } from '../../runtime/decider.ts';
import { applied, asStored, misfits, NOW, type Rules, type Scene, said } from '../support/given.ts';
import { lives, stepsOf, unlawful } from './life-steps.ts';
import { sayings } from './sayings.ts';

export interface Found {
  reached: Map<string, Set<string>>;
  wrong: Set<string>;
  /** `actor message`: what was heard in some place with an effect or a change. */
  mattered: Set<string>;
  places: number;
}
export const nothingFound = (): Found => ({
  reached: new Map(Object.keys(lives).map((life) => [life, new Set()])),
  wrong: new Set(),
  mattered: new Set(),
  places: 0,
});

type Table = Record<string, Record<string, unknown>>;
interface Place {
  state: unknown;
  tables: Table;
}

export interface Walk<State, Facts> {
  rules: Rules<State, Facts>;
  scene: Scene<State, Facts>;
  /** What of a state makes it a place of its own. */
  kindOf(state: State, tables: Table): unknown;
  /** Every message is heard now, and these also at other times. */
  times?: Record<string, readonly Date[]>;
  /** The id of all that is made. */
  newId: string;
}

export const walk = <State, Facts>(found: Found, { rules, scene, kindOf, times = {}, newId }: Walk<State, Facts>): void => {
  const messages = sayable(rules.type, scene.key);
  const seen = new Set<string>();
  const edge: Place[] = [{ state: scene.state, tables: asStored(scene.rows ?? {}) }];
  for (const { state, tables } of edge) {
    for (const message of messages) {
      for (const now of times[message.name] ?? [NOW]) {
        const rows = rowsOf(tables);
        const context = { key: scene.key, now, newId: () => newId, random: () => 0.5, rows, facts: scene.facts as Facts };
        const decision = rules.decide(state as State | undefined, message, context);
        for (const { life, to } of stepsOf(rules.type, state, decision, rows)) found.reached.get(life)?.add(to);
        for (const what of [...unlawful(rules.type, state, decision, rows), ...misfits(rules.type, decision)]) {
          found.wrong.add(`${rules.type} (${(state as { status?: string })?.status ?? 'new'}) hears ${message.name}: ${what}`);
        }
        if (decision.effects.length > 0 || decision.kind === 'done') found.mattered.add(`${rules.type} ${message.name}`);
        const after = applied(state as State | undefined, decision, rows);
        if (after === undefined || (decision.kind !== 'done' && rows.written.size === 0)) continue;
        const next = { state: asStored({ ...after, intake: undefined, amended: undefined }), tables: tablesOf(tables, rows) };
        const kind = JSON.stringify(kindOf(next.state as State, next.tables));
        if (seen.has(kind)) continue;
        seen.add(kind);
        edge.push(next);
      }
    }
  }
  found.places += seen.size;
};

const sayable = (actor: string, key: string): Message[] =>
  Object.entries(sayings[actor] ?? {}).flatMap(([name, payloads]) => payloads.map((payload) => said(actor, key, name, payload)));

const rowsOf = (tables: Table): Rows => {
  const rows = new Rows();
  for (const [table, byId] of Object.entries(tables)) for (const [id, row] of Object.entries(byId)) rows.loaded(table, id, row);
  return rows;
};
/** The log of movements and the answers of calls are written, and read by no rule. */
const unread = new Set(['movement', 'attempt', 'shipment']);
const tablesOf = (before: Table, rows: Rows): Table => {
  const after: Table = { ...before };
  for (const [table, written] of rows.written) {
    if (unread.has(table)) continue;
    after[table] = { ...after[table], ...Object.fromEntries([...written].map(([id, { row }]) => [id, asStored(row)])) };
  }
  return after;
};
