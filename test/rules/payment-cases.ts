/** Ada's payment in each of its states, and what is said of it. Stands by itself: no other room is needed for it. */
import { type PaymentStatus, paymentLife } from '../../models/payment.ts';
import { decide, type Payment, type PaymentSettings, paymentDecider, type Refund } from '../../services/payment/payment.decider.ts';
import { type Given, given, type Rules, type Scene, uuid } from '../support/given.ts';

export const ADA = uuid(1);
export const ADAS_PAYMENT = uuid(101);
export const CHARGE_KEY = `pay:${ADAS_PAYMENT}:charge:1`;
export const AUTHORIZE_KEY = `pay:${ADAS_PAYMENT}:authorize:1`;
export const adasBill = {
  orderKey: ADA,
  orderId: '1',
  orderNumber: 'ORD-20260302-000001',
  amountCents: 89_300,
  currency: 'USD',
  method: 'card' as const,
  token: 'tok_ok',
};

type PaymentRules = Rules<Payment, undefined>;
export const paymentRules: PaymentRules = { type: 'payment', decide };
const rulesWith = (change: Partial<PaymentSettings>): PaymentRules => ({
  type: 'payment',
  decide: paymentDecider({ provider: 'sandbox', capture: 'immediate', windowMs: 900_000, ...change }),
});
export const onDelivery = rulesWith({ capture: 'on_delivery' });
export const atStripe = rulesWith({ provider: 'stripe' });

const captured = { capturedCents: 89_300, providerRef: 'ch_1' };
const authorized = { manual: true, authorizedCents: 89_300, providerRef: 'ch_1' };
const cash = { method: 'cod' as const };
const money: Partial<Record<PaymentStatus, Partial<Payment>>> = {
  created: { method: 'transfer' },
  authorizing: { manual: true },
  authorized,
  captured,
  failed: { reason: 'card_declined' },
  expired: { method: 'transfer', reason: 'payment.expired' },
  voided: { undo: true, reason: 'rain' },
  voiding: { ...authorized, undo: true, reason: 'rain' },
  partially_refunded: { ...captured, refundedCents: 9_300, refunds: 1 },
  refunding: { ...captured, undo: true, reason: 'rain' },
  refunded: { ...captured, refundedCents: 89_300, undo: true, reason: 'rain' },
  cod_due: cash,
  cod_collected: { ...cash, capturedCents: 89_300 },
  cod_remitted: { ...cash, capturedCents: 89_300, providerRef: 'bag 7' },
};
export const paymentIn = (status: PaymentStatus, change: Partial<Payment> = {}): Payment => ({
  id: ADAS_PAYMENT,
  ...adasBill,
  owner: null,
  provider: 'sandbox',
  status,
  authorizedCents: 0,
  capturedCents: 0,
  refundedCents: 0,
  refundingCents: 0,
  refunds: 0,
  manual: false,
  attempts: 1,
  providerRef: null,
  reason: null,
  undo: false,
  version: 1,
  ...money[status],
  ...change,
});
/** Its capture is on its way. */
export const capturing = (change: Partial<Payment> = {}): Payment => paymentIn('capturing', { ...authorized, ...change });

export const RETURN = uuid(501);
export const OTHER_RETURN = uuid(502);
export const adasRefund = (change: Partial<Refund> = {}): Refund => ({
  id: RETURN,
  number: 1,
  amountCents: 9_300,
  reason: 'chipped',
  by: null,
  status: 'asked',
  providerRef: null,
  ...change,
});
const under = (status: Refund['status'], ...others: Refund[]): Scene<Payment, undefined>['rows'] => ({
  refund: Object.fromEntries([adasRefund({ status }), ...others].map((one) => [one.id, one])),
});
export const waiting = adasRefund({ id: OTHER_RETURN, number: 2, amountCents: 10_000, status: 'waiting' });

const stateOf = (status: PaymentStatus, change: Partial<Payment> = {}): Scene<Payment, undefined> => ({
  key: ADAS_PAYMENT,
  state: paymentIn(status, change),
});
const refundingPart = { refunds: 1, refundingCents: 9_300 };

/** In words, and as it stands when a message comes. */
export const paymentScenes: [string, Scene<Payment, undefined>][] = [
  ['nothing', { key: ADAS_PAYMENT }],
  ...(Object.keys(paymentLife) as PaymentStatus[]).map((status): [string, Scene<Payment, undefined>] => [status, stateOf(status)]),
  ['capturing, to be undone', stateOf('capturing', { undo: true })],
  ['authorizing, to be undone', stateOf('authorizing', { undo: true })],
  ['capturing what was authorised', { key: ADAS_PAYMENT, state: capturing() }],
  ['capturing what was authorised, to be undone', { key: ADAS_PAYMENT, state: capturing({ undo: true }) }],
  ['captured, a part on its way back', { ...stateOf('captured', refundingPart), rows: under('asked') }],
  [
    'captured, a part on its way back and another behind it',
    { ...stateOf('captured', { refunds: 2, refundingCents: 19_300 }), rows: under('asked', waiting) },
  ],
  ['captured, a part stuck', { ...stateOf('captured', refundingPart), rows: under('stuck') }],
  ['refunding, and a part stuck', { ...stateOf('refunding', refundingPart), rows: under('stuck') }],
  ['captured, a part gone back', { ...stateOf('partially_refunded'), rows: under('refunded') }],
  ['capturing, and it is to be less', { ...stateOf('capturing', refundingPart), rows: under('waiting') }],
  ['authorizing, and it is to be less', { ...stateOf('authorizing', refundingPart), rows: under('waiting') }],
  ['an exchange’s, capturing', stateOf('capturing', { owner: 'exchange' })],
];

export const answer = (outcome: 'completed' | 'dead', result: object | null = null) => ({
  jobId: '7',
  outcome,
  result,
  error: outcome === 'dead' ? 'no answer' : null,
});
export const DEAD = answer('dead');
export const CAPTURED = answer('completed', { status: 'captured', providerRef: 'ch_1' });
export const AUTHORIZED = answer('completed', { status: 'authorized', providerRef: 'ch_1' });
export const DECLINED = answer('completed', { status: 'declined', reason: 'card_declined' });
export const REFUNDED = answer('completed', { status: 'refunded', providerRef: 're_1' });
export const VOIDED = answer('completed', { status: 'voided', providerRef: 'ch_1' });
export const NOTHING = answer('completed', { status: 'none' });
export const OFF = { reason: 'rain' };

const parts = [1, 9_300, 89_300, 89_301].flatMap((amountCents) =>
  [RETURN, OTHER_RETURN].map((refundId) => ({ refundId, amountCents, reason: 'chipped' })),
);
/** For every message, payloads that say something to Ada's payment. */
export const paymentSayings: Record<string, object[]> = {
  'payment.charge': [
    adasBill,
    ...(['transfer', 'cod'] as const).map((method) => ({ ...adasBill, method })),
    { ...adasBill, capture: false },
    { ...adasBill, owner: 'exchange' },
  ],
  'payment.charge-answered': [
    CAPTURED,
    answer('completed', { status: 'captured' }),
    AUTHORIZED,
    DECLINED,
    NOTHING,
    answer('completed'),
    DEAD,
  ],
  'payment.capture': [{}],
  'payment.capture-answered': [CAPTURED, DECLINED, answer('completed', { status: 'voided' }), NOTHING, answer('completed'), DEAD],
  'payment.cancel': [OFF],
  'payment.undo-answered': [REFUNDED, VOIDED, NOTHING, answer('completed'), DEAD],
  'payment.void-answered': [VOIDED, answer('completed', { status: 'captured' }), NOTHING, answer('completed'), DEAD],
  'payment.refund': parts,
  'payment.refund-answered': [
    answer('completed', { status: 'refunded', providerRef: 're_1', refundId: RETURN }),
    answer('completed', { status: 'none', refundId: RETURN }),
    DEAD,
  ],
  'payment.reduce': parts,
  'payment.collect': [{}, { amountCents: 89_300, by: 'the driver' }, { amountCents: 5 }],
  'payment.remit': [{ reference: 'bag 7', by: 'the office' }],
  'payment.reported': [
    { outcome: 'captured', eventId: 'evt_1' },
    { outcome: 'captured', eventId: 'evt_1', providerRef: 'pi_1' },
    { outcome: 'failed', eventId: 'evt_2', reason: 'no funds' },
    { outcome: 'failed', eventId: 'evt_3' },
  ],
  'payment.found': [
    ...(['captured', 'authorized', 'voided', 'none'] as const).map((status) => ({ status, providerRef: 'ch_1' })),
    { status: 'declined', reason: 'card_declined' },
  ],
  'payment.window': [{}],
};

/** What the last decision says and asks for, in words. */
export const news = ({ decision }: Given<Payment, undefined>): string[] =>
  decision.effects.flatMap((effect) =>
    effect.kind === 'publish' ? [effect.type] : effect.kind === 'enqueue' ? [`job ${effect.type}`] : [],
  );

export const payment = (state?: Payment, rows?: Scene<Payment, undefined>['rows'], rules = paymentRules) =>
  given(rules, { key: ADAS_PAYMENT, ...(state ? { state } : {}), ...(rows ? { rows } : {}) });
