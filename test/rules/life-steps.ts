/** Which steps of which life a decision makes, and whether the life tables of models/ know them. */
import { cartLife } from '../../models/cart.ts';
import { deliveryJobLife, loadLife } from '../../models/dispatch.ts';
import { fulfillmentLife, shipmentLife } from '../../models/fulfillment.ts';
import { type ReservationStatus, reservationLife } from '../../models/inventory.ts';
import { orderLife, sagaLife, terminalOrderStatuses } from '../../models/order.ts';
import { paymentLife } from '../../models/payment.ts';
import { exchangeLife, returnLife } from '../../models/returns.ts';
import { truckLife } from '../../models/truck.ts';
import type { Decision, Effect, Rows } from '../../runtime/decider.ts';
import { parcelSteps } from './fulfillments.ts';

type Table = Readonly<Record<string, readonly string[]>>;
type LifeName =
  | 'order'
  | 'saga'
  | 'payment'
  | 'truck'
  | 'deliveryJob'
  | 'load'
  | 'reservation'
  | 'fulfillment'
  | 'shipment'
  | 'cart'
  | 'return'
  | 'exchange';
export const lives: Record<LifeName, Table> = {
  order: orderLife,
  saga: sagaLife,
  payment: paymentLife,
  truck: truckLife,
  deliveryJob: deliveryJobLife,
  load: loadLife,
  reservation: reservationLife,
  fulfillment: fulfillmentLife,
  shipment: shipmentLife,
  cart: cartLife,
  return: returnLife,
  exchange: exchangeLife,
};

/** Where each life may begin: what the first word of an actor may make of it. */
const births: Record<LifeName, readonly string[]> = {
  order: ['pending', 'failed'],
  saga: ['Created', 'Failed'],
  payment: ['created', 'capturing', 'authorizing', 'cod_due'],
  truck: [],
  deliveryJob: ['queued', 'scheduled'],
  load: ['assigned'],
  reservation: ['active', 'backordered'] satisfies ReservationStatus[],
  fulfillment: ['pending', 'delivered'],
  shipment: ['asked'],
  cart: ['active'],
  return: ['requested', 'approved', 'inspected'],
  exchange: ['requested'],
};

export interface Step {
  life: LifeName;
  from: string | null;
  to: string;
  /** As many steps of the table as this one may be made of. */
  most: number;
}

interface Alive {
  status: string;
  sagaState?: string;
}

/** Steps that are published one by one are checked one by one; a saga walks at most one step for each of its order's. */
export const stepsOf = (actor: string, before: unknown, decision: Decision<unknown>, rows: Rows): Step[] => {
  const was = before as Alive | undefined;
  const is = decision.kind === 'done' ? (decision.state as Alive) : was;
  const from = was?.status ?? null;
  if (actor === 'order' && is) {
    const steps = publishedSteps('order', decision.effects, 'orders.order.status_changed', 'oldStatus', 'newStatus');
    const saga = {
      life: 'saga' as const,
      from: was?.sagaState ?? null,
      to: is.sagaState as string,
      most: Math.max(1, steps.length),
    };
    return [...chained('order', from, is.status, steps), ...(saga.from === saga.to ? [] : [saga])];
  }
  if (actor === 'truck' && is) {
    return chained('truck', from, is.status, publishedSteps('truck', decision.effects, 'truck.status.changed', 'from', 'to'));
  }
  if (actor === 'payment' && is) return from === is.status ? [] : [{ life: 'payment', from, to: is.status, most: 1 }];
  if (actor === 'cart' && is) return from === is.status ? [] : [{ life: 'cart', from, to: is.status, most: 1 }];
  if (actor === 'return' && is) return from === is.status ? [] : [{ life: 'return', from, to: is.status, most: 2 }];
  if (actor === 'exchange' && is) return from === is.status ? [] : [{ life: 'exchange', from, to: is.status, most: 2 }];
  if (actor === 'fulfillment' && is) {
    const parcels = parcelSteps(before, decision).map((step) => ({ life: 'shipment' as const, most: 1, ...step }));
    return [
      ...chained(
        'fulfillment',
        from,
        is.status,
        publishedSteps('fulfillment', decision.effects, 'fulfillment.status_changed', 'from', 'to'),
      ),
      ...parcels,
    ];
  }
  if (actor === 'inventory') return rowSteps('reservation', 'reservation', decision.effects, rows);
  if (actor === 'dispatch')
    return [...rowSteps('deliveryJob', 'job', decision.effects, rows), ...rowSteps('load', 'load', decision.effects, rows)];
  return [];
};

const publishedSteps = (life: LifeName, effects: readonly Effect[], event: string, from: string, to: string): Step[] =>
  effects.flatMap((effect) =>
    effect.kind === 'publish' && effect.type === event
      ? [{ life, from: (effect.data[from] as string) ?? null, to: effect.data[to] as string, most: 1 }]
      : [],
  );

/** What is published must lead from where the state was to where it is; a gap is a step that the tables cannot know. */
const chained = (life: LifeName, from: string | null, to: string, steps: Step[]): Step[] => {
  let at = from;
  const gaps: Step[] = [];
  for (const step of steps) {
    if (step.from !== at) gaps.push({ life, from: `unpublished: ${at}`, to: String(step.from), most: 1 });
    at = step.to;
  }
  if (at !== to) gaps.push({ life, from: `unpublished: ${at}`, to, most: 1 });
  return [...steps, ...gaps];
};

/** One after the other, since a decision may write a row twice. */
const rowSteps = (life: LifeName, table: string, effects: readonly Effect[], rows: Rows): Step[] => {
  const at = new Map<string, string>();
  return effects.flatMap((effect) => {
    if (effect.kind !== 'write' || effect.table !== table) return [];
    const from = at.get(effect.id) ?? rows.get<Alive>(table, effect.id)?.status ?? null;
    const to = (effect.row as Alive).status;
    at.set(effect.id, to);
    return from === to ? [] : [{ life, from, to, most: 1 }];
  });
};

export const isKnown = ({ life, from, to, most }: Step): boolean => {
  if (from === null) return births[life].includes(to);
  let reached = new Set([from]);
  for (let step = 0; step < most; step++) {
    reached = new Set([...reached].flatMap((state) => lives[life][state] ?? []));
    if (reached.has(to)) return true;
  }
  return false;
};

/** Called before the decision's rows are written. @returns what no life table allows */
export const unlawful = (actor: string, before: unknown, decision: Decision<unknown>, rows: Rows): string[] => {
  const unknown = stepsOf(actor, before, decision, rows).filter((step) => !isKnown(step));
  const status = (before as Alive | undefined)?.status;
  const over = actor === 'order' && terminalOrderStatuses.some((terminal) => terminal === status) && isChanged(before, decision);
  return [
    ...unknown.map(({ life, from, to }) => `the life of a ${life} knows no step from ${from} to ${to}`),
    ...(over ? [`a ${status} order was changed`] : []),
  ];
};

/** That its saga's compensation goes on changes nothing of an order that is over. */
const isChanged = (before: unknown, decision: Decision<unknown>): boolean => {
  if (decision.kind !== 'done') return false;
  const without = (order: unknown): string => JSON.stringify({ ...(order as object), sagaState: '', compensations: [] });
  return without(before) !== without(decision.state);
};
