/** Exchanges, in sets: one statement to load, one more where money goes back, one to save. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import { json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import type { Exchange } from './exchange.state.ts';
import { type Columns, payFacts, SENT_BACK, saveSentBack } from './returns.columns.store.ts';
import type { ReturnFacts } from './returns.state.ts';

const LOAD = `select ${SENT_BACK}, replacements, difference_cents::float as "differenceCents", token, address, supply,
  supply_reason as "supplyReason", awaiting, charge_id as "chargeId", paid, fulfillment_id as "fulfillmentId", carrier,
  tracking_no as "trackingNo"
from exchanges where id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;
const GIVES_BACK = new Set(['exchange.complete', 'order.delivered']);

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Exchange, ReturnFacts>> => {
  const rows = await tx.query<Exchange>(LOAD, [keys.join('\x1e')]);
  return { states: new Map(rows.map((one) => [one.id, one])), facts: await payFacts(tx, rows, messages, GIVES_BACK) };
};

const COLUMNS: Columns<Exchange> = {
  table: 'exchanges',
  changing: {
    token: 'text',
    supply: 'text',
    supply_reason: 'text',
    awaiting: 'json',
    charge_id: 'uuid',
    paid: 'boolean',
    fulfillment_id: 'uuid',
    carrier: 'text',
    tracking_no: 'text',
  },
  fixed: { replacements: 'json', difference_cents: 'bigint', address: 'json' },
  cells: (one) => ({
    token: one.token,
    supply: one.supply,
    supply_reason: one.supplyReason,
    awaiting: json(one.awaiting),
    charge_id: one.chargeId,
    paid: one.paid,
    fulfillment_id: one.fulfillmentId,
    carrier: one.carrier,
    tracking_no: one.trackingNo,
    replacements: json(one.replacements),
    difference_cents: one.differenceCents,
    address: one.address === null ? null : json(one.address),
  }),
};

const save = (tx: Tx, changes: Changes<Exchange>): Promise<void> => saveSentBack(tx, changes, COLUMNS);

export const exchangeStore: Store<Exchange, ReturnFacts> = { table: 'exchanges', key: 'id', keyType: 'uuid', load, save };
