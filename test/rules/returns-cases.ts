/** What Ada sends back: a return and an exchange of her delivered order, in each of their states. */
import { type ExchangeStatus, exchangeLife, type ReturnStatus, returnLife, type Supply } from '../../models/returns.ts';
import { exchangeDecider } from '../../services/returns/exchange.decider.ts';
import type { Exchange } from '../../services/returns/exchange.state.ts';
import { decide, type Return } from '../../services/returns/return.decider.ts';
import type { ReturnFacts } from '../../services/returns/returns.state.ts';
import { type Rules, type Scene, uuid } from '../support/given.ts';

// As in support/examples.ts.
export const ADA = uuid(1);
export const ADAS_PAYMENT = uuid(101);
export const CONCRETE = 'CONCRETE-C25@north';
export const CEMENT = 'CEMENT-25KG@north';

export const RETURN = uuid(601);
export const EXCHANGE = uuid(602);
export const DIFFERENCE = uuid(603);
export const PARCEL = uuid(604);
export const HOLD_MINUTES = 30;

export const returnRules: Rules<Return, ReturnFacts> = { type: 'return', decide };
export const exchangeRules: Rules<Exchange, ReturnFacts> = {
  type: 'exchange',
  decide: exchangeDecider({ holdMs: HOLD_MINUTES * 60_000 }),
};

/** Ada's payment of 893 dollars, as it stands. */
export const paidFacts = (status = 'captured', leftCents = 89_300): ReturnFacts => ({
  payments: new Map([[ADAS_PAYMENT, { status, leftCents }]]),
});
export const nothingPaid: ReturnFacts = { payments: new Map() };

export const ofAdasOrder = {
  orderKey: ADA,
  orderId: '1',
  orderNumber: 'ORD-20260302-000001',
  customerId: 'ada',
  locationId: 'north',
  currency: 'USD',
  paymentId: ADAS_PAYMENT as string | null,
  paymentMethod: 'card' as Return['paymentMethod'],
  reason: 'too grey',
};
export const concreteLine = { itemId: '11', sku: 'CONCRETE-C25', stockKey: CONCRETE, quantity: 2, unitPriceCents: 14_500 };
export const cementLine = { itemId: '12', sku: 'CEMENT-25KG', stockKey: CEMENT, quantity: 1, unitPriceCents: 1_150 };
export const askForReturn = { ...ofAdasOrder, lines: [concreteLine, cementLine] };

const open = { received: null, condition: null, refund: true };
const looked = { received: 1, condition: 'ok' as const, refund: true };
const behind = { note: null, booked: true, refundCents: 0, refundState: 'none' as const, version: 3 };
const lines = (status: string) => {
  const found = ['received', 'inspected', 'replacement_shipped', 'completed'].includes(status);
  return [concreteLine, cementLine].map((line) => ({ ...line, ...(found ? { ...looked, received: line.quantity } : open) }));
};

export const returnIn = (status: ReturnStatus, change: Partial<Return> = {}): Return => ({
  id: RETURN,
  ...ofAdasOrder,
  ...behind,
  status,
  lines: lines(status),
  ...(status === 'received' ? { lines: lines(status).map((line) => ({ ...line, condition: null })) } : {}),
  ...change,
});

/** Concrete for cement: sixty bags cost more, ten less. */
export const bags = (quantity: number) => ({ sku: 'CEMENT-25KG', stockKey: CEMENT, quantity, unitPriceCents: 1_150 });
export const askForExchange = {
  ...ofAdasOrder,
  lines: [concreteLine],
  replacements: [bags(60)],
  token: 'tok_ok',
  address: { line1: 'Mill Lane 1', city: 'Faenza' },
};
const supplies: Partial<Record<ExchangeStatus, Supply>> = {
  approved: 'reserving',
  received: 'ready',
  replacement_shipped: 'ready',
  completed: 'ready',
};
export const exchangeIn = (status: ExchangeStatus, change: Partial<Exchange> = {}): Exchange => ({
  id: EXCHANGE,
  ...ofAdasOrder,
  ...behind,
  status,
  lines: lines(status).slice(0, 1),
  replacements: [bags(60)],
  differenceCents: 40_000,
  token: 'tok_ok',
  address: askForExchange.address,
  supply: supplies[status] ?? 'none',
  supplyReason: null,
  awaiting: status === 'approved' ? [CEMENT] : [],
  chargeId: ['received', 'replacement_shipped', 'completed'].includes(status) ? DIFFERENCE : null,
  paid: ['received', 'replacement_shipped', 'completed'].includes(status),
  fulfillmentId: ['received', 'replacement_shipped', 'completed'].includes(status) ? PARCEL : null,
  carrier: null,
  trackingNo: null,
  ...change,
});

/** People are to give it back. */
export const cashDue = { paymentMethod: 'cod' as const, refundState: 'due' as const, refundCents: 17_500 };

type ReturnScene = [string, Scene<Return, ReturnFacts>];
export const returnScenes: ReturnScene[] = [
  ['nothing', { key: RETURN, facts: nothingPaid }],
  ['requested, not booked', { key: RETURN, state: returnIn('requested', { booked: false }), facts: paidFacts() }],
  ['inspected, cash', { key: RETURN, state: returnIn('inspected', { paymentMethod: 'cod' }), facts: paidFacts('cod_collected') }],
  ['inspected, cash to come', { key: RETURN, state: returnIn('inspected', { paymentMethod: 'cod' }), facts: paidFacts('cod_due') }],
  ['completed, cash due', { key: RETURN, state: returnIn('completed', cashDue), facts: paidFacts('cod_collected') }],
  ...(Object.keys(returnLife) as ReturnStatus[]).map(
    (status): ReturnScene => [status, { key: RETURN, state: returnIn(status), facts: paidFacts() }],
  ),
];

type ExchangeScene = [string, Scene<Exchange, ReturnFacts>];
const approved = (change: Partial<Exchange>): Exchange => exchangeIn('approved', { awaiting: [], ...change });
const variants: [string, Exchange][] = [
  ['requested, not booked', exchangeIn('requested', { booked: false })],
  ['approved, of equal worth', exchangeIn('approved', { differenceCents: 0 })],
  ['approved, to be paid at the door', exchangeIn('approved', { paymentMethod: 'cod' })],
  ['approved, the difference is being paid', approved({ supply: 'paying', chargeId: DIFFERENCE })],
  ['approved, short', approved({ supply: 'short', supplyReason: 'inventory.short' })],
  ['approved, unpaid', approved({ supply: 'unpaid', supplyReason: 'card_declined' })],
  ['approved, ready', approved({ supply: 'ready', chargeId: DIFFERENCE, paid: true })],
  ['received, short', exchangeIn('received', { supply: 'short', fulfillmentId: null })],
  ['received, the parcel is off', exchangeIn('received', { fulfillmentId: null })],
  ['completed, cash due', exchangeIn('completed', cashDue)],
  ['shipped, worth less', exchangeIn('replacement_shipped', { differenceCents: -500, chargeId: null, paid: false })],
];
export const exchangeScenes: ExchangeScene[] = [
  ['nothing', { key: EXCHANGE, facts: nothingPaid }],
  ...variants.map(([when, state]): ExchangeScene => [when, { key: EXCHANGE, state, facts: paidFacts() }]),
  ...(Object.keys(exchangeLife) as ExchangeStatus[]).map(
    (status): ExchangeScene => [status, { key: EXCHANGE, state: exchangeIn(status), facts: paidFacts() }],
  ),
];
