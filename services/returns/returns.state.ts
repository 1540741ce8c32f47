/** What a return and an exchange have in common: goods of a delivered order that come back, are looked at, and are worth something. */
import type { PaymentMethod } from '../../models/order.ts';
import type { Condition, ReturnLine } from '../../models/returns.ts';
import { type Decision, ignore, inTrace, type Message, refuse } from '../../runtime/decider.ts';

/** `due`: cash that was taken at the door is to be given back by people, who then say so; `asked`: the payment was told. */
export type RefundState = 'none' | 'asked' | 'due';

export interface SentBack {
  id: string;
  orderKey: string;
  orderId: string;
  orderNumber: string;
  customerId: string;
  locationId: string;
  currency: string;
  /** The order's payment, from which money goes back. */
  paymentId: string | null;
  paymentMethod: PaymentMethod;
  status: string;
  /** The order has these quantities down as sent back under this id. */
  booked: boolean;
  reason: string;
  /** Why it was rejected, cancelled, or let lapse. */
  note: string | null;
  lines: ReturnLine[];
  refundCents: number;
  refundState: RefundState;
  version: number;
}

/** What the store reads of the orders' payments, for the messages that give money back. */
export interface ReturnFacts {
  payments: ReadonlyMap<string, PaidSoFar>;
}
export interface PaidSoFar {
  status: string;
  /** What was taken, or will be, and is not on its way back. */
  leftCents: number;
}

/** How long a request waits to hear whether the order has booked it, before it is withdrawn. */
export const BOOKING_MS = 120_000;

export const changed = <S extends SentBack>(state: S, change: Partial<S>): S => ({ ...state, ...change, version: state.version + 1 });

export const fresh = (lines: readonly Omit<ReturnLine, 'received' | 'condition' | 'refund'>[]): ReturnLine[] =>
  lines.map((line) => ({ ...line, received: null, condition: null, refund: true }));

/** A change that was asked for on the strength of an older version. */
export const outdated = (state: SentBack, version: number | undefined): Decision<never> | undefined =>
  version !== undefined && version !== state.version ? refuse('resource.changed', { version: state.version }) : undefined;

/** What a life table says of a step: nothing when it may be taken, else why not. A step that was taken before is let pass. */
export const barred = (
  of: 'return' | 'exchange',
  life: Readonly<Record<string, readonly string[]>>,
  state: SentBack,
  to: string,
): Decision<never> | undefined => {
  if (state.status === to) return ignore(`it is ${to} already`);
  if (!life[state.status]?.includes(to)) return refuse(`${of}.wrong-status`, { status: state.status });
  return state.booked ? undefined : refuse(`${of}.not-booked`);
};

export interface Findings {
  condition?: Condition | undefined;
  lines?:
    | readonly { itemId: string; quantity?: number | undefined; condition?: Condition | undefined; refund?: boolean | undefined }[]
    | undefined;
}

/** What was sent back that is not what came. */
export const mistaken = (lines: readonly ReturnLine[], found: Findings): Decision<never> | undefined => {
  for (const { itemId, quantity } of found.lines ?? []) {
    const line = lines.find((known) => known.itemId === itemId);
    if (!line) return refuse('return.unknown-item', { itemId });
    if (quantity !== undefined && quantity > line.quantity) return refuse('return.too-many', { itemId, quantity: line.quantity });
  }
  return undefined;
};

/** The lines with what came, and its condition where somebody named one. */
export const counted = (lines: readonly ReturnLine[], found: Findings): ReturnLine[] =>
  lines.map((line) => {
    const named = found.lines?.find(({ itemId }) => itemId === line.itemId);
    return {
      ...line,
      received: named?.quantity ?? line.received ?? line.quantity,
      condition: named?.condition ?? found.condition ?? line.condition,
      refund: named?.refund ?? line.refund,
    };
  });

/** Nothing was said against it: it is as it was sent out. */
export const passed = (lines: readonly ReturnLine[]): ReturnLine[] => lines.map((line) => ({ ...line, condition: line.condition ?? 'ok' }));

export const worth = (lines: readonly { quantity: number; unitPriceCents: number }[]): number =>
  lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);

/** What is to be given back for what came. */
export const worthBack = (lines: readonly ReturnLine[]): number =>
  worth(lines.filter(({ refund }) => refund).map((line) => ({ ...line, quantity: line.received ?? 0 })));

/** Whoever opened the door, what follows stands in the order's own history. */
export const inTheOrder = <S>(orderKey: string, { headers }: Message, decision: Decision<S>): Decision<S> => ({
  ...decision,
  effects: inTrace({ correlationId: orderKey, traceparent: headers.traceparent }, ...decision.effects),
});
