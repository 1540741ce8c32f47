/** The replacement of an exchange: held back, paid for where it costs more, made lasting, and sent. Each command says whose it is: `owner`. */
import { type Effect, tell } from '../../runtime/decider.ts';
import type { Deciding, Exchange, ExchangeSettings } from './exchange.state.ts';
import { changed } from './returns.state.ts';

export interface Step {
  state: Exchange;
  effects: Effect[];
}

const OWNER = 'exchange';
const address = ({ id, orderId }: Exchange) => ({ orderKey: id, orderId, owner: OWNER });

const stocks = ({ replacements }: Exchange): [stockKey: string, quantity: number][] => {
  const sums = new Map<string, number>();
  for (const { stockKey, quantity } of replacements) sums.set(stockKey, (sums.get(stockKey) ?? 0) + quantity);
  return [...sums];
};
const toStocks = (exchange: Exchange, name: string, more: object = {}): Effect[] =>
  stocks(exchange).map(([stockKey]) => tell('inventory', stockKey, name, { ...address(exchange), ...more }));

/** All or nothing, as for an order: only when the last product is held does it go on. */
export const holdBack = (exchange: Exchange, context: Deciding, { holdMs }: ExchangeSettings): Step => {
  const until = new Date(context.now.getTime() + holdMs).toISOString();
  const wanted = stocks(exchange);
  return {
    state: changed(exchange, { supply: 'reserving', supplyReason: null, awaiting: wanted.map(([stockKey]) => stockKey) }),
    effects: wanted.map(([stockKey, quantity]) =>
      tell('inventory', stockKey, 'inventory.reserve', { ...address(exchange), quantity, until }),
    ),
  };
};

/** Releasing what is not held changes nothing, so all are told: one may have been held after it had said no. */
export const letGo = (exchange: Exchange, reason: string): Effect[] => toStocks(exchange, 'inventory.release', { reason });

export const consume = (exchange: Exchange): Effect[] => toStocks(exchange, 'inventory.consume');

/** All is held. A difference is paid first, unless it is on account or paid at the door. */
export const payDifference = (exchange: Exchange, context: Deciding): Step => {
  const { differenceCents, paymentMethod, paid } = exchange;
  if (differenceCents <= 0 || paid || paymentMethod === 'account') return makeReady(exchange, context);
  // Asked for before the hold lapsed, and not answered yet: a second charge beside it could take the money twice.
  if (exchange.chargeId) return { state: changed(exchange, { supply: 'paying' }), effects: [] };
  const chargeId = context.newId();
  const charge = tell('payment', chargeId, 'payment.charge', {
    ...address(exchange),
    orderNumber: exchange.orderNumber,
    amountCents: differenceCents,
    currency: exchange.currency,
    method: paymentMethod,
    token: exchange.token ?? '',
  });
  const charged = changed(exchange, { chargeId, supply: 'paying' });
  if (paymentMethod !== 'cod') return { state: charged, effects: [charge] };
  const ready = makeReady(changed(charged, { paid: true }), context);
  return { ...ready, effects: [charge, ...ready.effects] };
};

/** Held for good from now on; sent as soon as the other goods are back. */
export const makeReady = (exchange: Exchange, context: Deciding): Step => {
  const ready = changed(exchange, { supply: 'ready', supplyReason: null, awaiting: [] });
  const sent = send(ready, context);
  return { ...sent, effects: [...toStocks(ready, 'inventory.confirm'), ...sent.effects] };
};

/** Both must be so: the goods are back, and the replacement stands ready. */
export const send = (exchange: Exchange, context: Deciding): Step => {
  if (exchange.status !== 'received' || exchange.supply !== 'ready' || exchange.fulfillmentId) return { state: exchange, effects: [] };
  const fulfillmentId = context.newId();
  return {
    state: changed(exchange, { fulfillmentId, supplyReason: null }),
    effects: [
      tell('fulfillment', fulfillmentId, 'fulfillment.create', {
        ...address(exchange),
        orderNumber: exchange.orderNumber,
        locationId: exchange.locationId,
        customerId: exchange.customerId,
        ...(exchange.address ? { address: exchange.address } : {}),
        lines: exchange.replacements.map(({ sku, quantity }) => ({ sku, quantity })),
      }),
    ],
  };
};

/** The difference goes back, or is never taken. */
export const undoCharge = ({ chargeId }: Exchange, reason: string): Effect[] =>
  chargeId ? [tell('payment', chargeId, 'payment.cancel', { reason })] : [];

export const callBack = ({ fulfillmentId }: Exchange, reason: string): Effect[] =>
  fulfillmentId ? [tell('fulfillment', fulfillmentId, 'fulfillment.cancel', { reason })] : [];

/** Where money is only authorised until delivery, this is the delivery. What is captured already stays so. */
export const capture = ({ chargeId, paid, paymentMethod }: Exchange): Effect[] =>
  chargeId && paid && paymentMethod === 'card' ? [tell('payment', chargeId, 'payment.capture', {})] : [];
