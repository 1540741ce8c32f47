/** The plant north and its queue, for the rules of its dispatcher. */
import type { DeliveryJob, DispatchFacts, DispatchSettings, Load, Plant } from '../../services/truck/dispatch.state.ts';
import { dispatchRulesWith, north } from '../support/examples.ts';
import { given } from '../support/given.ts';

const byId = <Row extends { id: string }>(rows: Row[]): Record<string, Row> => Object.fromEntries(rows.map((row) => [row.id, row]));

interface Given {
  jobs?: DeliveryJob[];
  loads?: Load[];
  state?: Partial<Plant>;
  settings?: Partial<DispatchSettings>;
}
export const plantWith = (facts: DispatchFacts, { jobs = [], loads = [], state = {}, settings = {} }: Given = {}) =>
  given(dispatchRulesWith(settings), { key: 'north', state: { ...north, ...state }, facts, rows: { job: byId(jobs), load: byId(loads) } });
export type Dispatcher = ReturnType<typeof plantWith>;

/** From now on other things are known. */
export const nowKnows = (one: Dispatcher, facts: DispatchFacts): Dispatcher => {
  one.context.facts = facts;
  return one;
};

export const jobOf = (one: Dispatcher, id: string): DeliveryJob => one.row<DeliveryJob>('job', id) as DeliveryJob;
export const loadsOf = (one: Dispatcher): Load[] => one.rows<Load>('load');
/** Which truck goes with how much of which order. */
export const sent = (one: Dispatcher): [truck: string, quantity: number][] =>
  one.tells('truck.assign').map(({ key, payload }) => [key, (payload as { quantity: number }).quantity]);
/** Why it is said that somebody waits. */
export const saidReasons = (one: Dispatcher): unknown[] => [
  ...one.published('dispatch.no_truck').map(() => 'no_truck'),
  ...one.published('dispatch.waiting').map(({ reason }) => reason),
];
export const back = (truckId: string, loadId: string, more: object = {}) => ({
  ...{ truckId, plantId: 'north', from: 'returning', to: 'available', loadId, poured: null },
  ...more,
});
