/** Every way that messages can lead: from the first word on, each reached state hears everything, until nothing new is reached. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Rows } from '../../runtime/decider.ts';
import type { Order } from '../../services/order/order.state.ts';
import {
  ADA,
  ADAS_PAYMENT,
  CONCRETE,
  concrete,
  market,
  orderRules,
  paymentRules,
  stockRules,
  truck1In,
  truckRules,
} from '../support/examples.ts';
import { applied, asStored, misfits, NOW, type Rules, type Scene, said } from '../support/given.ts';
import { lives, stepsOf, unlawful } from './life-steps.ts';
import { sayings } from './sayings.ts';

/** States that the tables know and this slice does not reach: each waits for a later capability. One that is reached leaves the list. */
const later: Record<keyof typeof lives, readonly string[]> = {
  order: ['draft', 'completed'], // the basket; the end of the return window
  saga: [],
  payment: ['authorizing', 'authorized', 'expired', 'partially_refunded', 'cod_due', 'cod_collected', 'cod_remitted'],
  truck: ['on_break'],
  reservation: ['expired', 'backordered'], // the half-hourly cron; backorders
};

/** What nobody says yet, since nobody asks for it: T8, a truck for an order that is not confirmed, is a later capability. */
const notYet = (state: unknown, name: string): boolean =>
  (state as Order | undefined)?.status === 'validated' && name === 'order.truck.assigned';

interface Found {
  reached: Map<string, Set<string>>;
  wrong: Set<string>;
  states: number;
}

/** @param depth how many messages a way is long at the most: stock has no end of states */
const walk = <State, Facts>(
  found: Found,
  rules: Rules<State, Facts>,
  scene: Scene<State, Facts>,
  depth = Number.POSITIVE_INFINITY,
): void => {
  const seen = new Set<string>();
  let edge = [{ state: scene.state, tables: {} as Record<string, Record<string, unknown>> }];
  for (let length = 0; edge.length > 0 && length < depth; length++) {
    const next: typeof edge = [];
    for (const { state, tables } of edge) {
      for (const [name, payloads] of Object.entries(sayings[rules.type] ?? {})) {
        if (notYet(state, name)) continue;
        for (const payload of payloads) {
          const rows = rowsOf(tables);
          const context = {
            key: scene.key,
            now: NOW,
            newId: () => ADAS_PAYMENT,
            random: () => 0.5,
            rows,
            facts: scene.facts as Facts,
          };
          const decision = rules.decide(state, said(rules.type, scene.key, name, payload), context);
          for (const { life, to } of stepsOf(rules.type, state, decision, rows)) found.reached.get(life)?.add(to);
          for (const what of [...unlawful(rules.type, state, decision, rows), ...misfits(rules.type, decision)]) {
            found.wrong.add(`${rules.type} (${(state as { status?: string })?.status ?? 'new'}) hears ${name}: ${what}`);
          }
          const after = applied(state, decision, rows);
          const place = {
            state: after && asStored({ ...after, version: 1, intake: undefined }),
            tables: { reservation: tableOf(rows) },
          };
          const id = JSON.stringify(place);
          if (seen.has(id)) continue;
          seen.add(id);
          next.push(place);
        }
      }
    }
    edge = next;
  }
  found.states += seen.size;
};

const rowsOf = (tables: Record<string, Record<string, unknown>>): Rows => {
  const rows = new Rows();
  for (const [table, byId] of Object.entries(tables)) for (const [id, row] of Object.entries(byId)) rows.loaded(table, id, row);
  return rows;
};
const tableOf = (rows: Rows): Record<string, unknown> => {
  const row = rows.get('reservation', ADA);
  return row ? { [ADA]: row } : {};
};

describe('every way that messages can lead', () => {
  const found: Found = {
    reached: new Map(Object.keys(lives).map((life) => [life, new Set()])),
    wrong: new Set(),
    states: 0,
  };
  beforeAll(() => {
    walk(found, orderRules, { key: ADA, facts: market });
    walk(found, paymentRules, { key: ADAS_PAYMENT });
    walk(found, truckRules, { key: 'truck-1', state: truck1In('available') });
    walk(found, stockRules, { key: CONCRETE, state: concrete }, 4);
  });

  test('takes only steps that a life table knows, and says only what is understood', () => {
    expect([...found.wrong]).toEqual([]);
    expect(found.states).toBeGreaterThan(200);
  });

  test.each(Object.keys(lives) as (keyof typeof lives)[])(
    'every state of the life of a %s is reached, or listed as a later capability’s',
    (life) => {
      const unreached = Object.keys(lives[life]).filter((state) => !found.reached.get(life)?.has(state));
      expect(unreached.sort()).toEqual([...later[life]].sort());
    },
  );
});
