/** An exchange: goods that come back, and other goods that go out for them. */
import type { ExchangeStatus, exchangeMessages, Replacement, Supply } from '../../models/returns.ts';
import type { Context, MessageOf } from '../../runtime/decider.ts';
import type { ReturnFacts, SentBack } from './returns.state.ts';

export interface Exchange extends SentBack {
  status: ExchangeStatus;
  replacements: Replacement[];
  /** What the replacements cost more than what comes back, by the catalogue of the day it was asked for; negative when they cost less. */
  differenceCents: number;
  /** Pays the difference: given at the approval, or the order's own. */
  token: string | null;
  address: Record<string, unknown> | null;
  supply: Supply;
  supplyReason: string | null;
  /** Stock that has not said yet whether it holds its part. */
  awaiting: string[];
  /** The payment of the difference. */
  chargeId: string | null;
  paid: boolean;
  fulfillmentId: string | null;
  carrier: string | null;
  trackingNo: string | null;
}

export interface ExchangeSettings {
  /** How long the replacement is held back for its payment. */
  holdMs: number;
}

export type Heard = MessageOf<typeof exchangeMessages>;
export type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
export type Deciding = Context<ReturnFacts>;
