/** A payment as its rules know it, and the keys under which the provider knows what is done to it. */
import type { PaymentMethod } from '../../models/order.ts';
import type { PaymentStatus, paymentMessages } from '../../models/payment.ts';
import type { Decision, MessageOf } from '../../runtime/decider.ts';

export interface Payment {
  id: string;
  /** The order's key; of an exchange's payment the exchange's. */
  orderKey: string;
  owner: 'exchange' | null;
  orderId: string;
  orderNumber: string;
  method: PaymentMethod;
  provider: string;
  status: PaymentStatus;
  amountCents: number;
  authorizedCents: number;
  capturedCents: number;
  refundedCents: number;
  /** Of refunds that wait or are under way. */
  refundingCents: number;
  /** How many refunds and reductions there were: the number in a refund's idempotency key. */
  refunds: number;
  currency: string;
  token: string;
  /** Authorised first, captured when it is told to. */
  manual: boolean;
  /** How often a charge was begun: the number in its idempotency key. */
  attempts: number;
  providerRef: string | null;
  reason: string | null;
  /** The order is off while a call is on its way: undo what it brings. */
  undo: boolean;
  version: number;
}

/** One call to the provider, stored before it is made. */
export interface Attempt {
  operation: 'charge' | 'authorize' | 'capture' | 'void' | 'refund' | 'undo';
  status: 'asked' | 'captured' | 'authorized' | 'declined' | 'unknown' | 'refunded' | 'voided' | 'none';
  providerRef: string | null;
  reason: string | null;
}

/**
 * A part that goes back, by the id that who asked gave it. `waiting`: behind another, or for the charge's outcome; `stuck`: the provider could
 * not be reached; `reduced`: it was never taken; `void`: the whole went back.
 */
export interface Refund {
  id: string;
  number: number;
  amountCents: number;
  reason: string;
  by: string | null;
  status: 'waiting' | 'asked' | 'stuck' | 'refunded' | 'reduced' | 'void';
  providerRef: string | null;
}

export interface PaymentSettings {
  /** Where new card payments go. */
  provider: 'sandbox' | 'stripe';
  capture: 'immediate' | 'on_delivery';
  windowMs: number;
}

export type Heard = MessageOf<typeof paymentMessages>;
export type Payload<N extends Heard['name']> = Extract<Heard, { name: N }>['payload'];
export type Decided = Decision<Payment>;

export const chargeKey = ({ id, manual, attempts }: Payment): string => `pay:${id}:${manual ? 'authorize' : 'charge'}:${attempts}`;
export const captureKey = ({ id, attempts }: Payment): string => `pay:${id}:capture:${attempts}`;
export const voidKey = ({ id, attempts }: Payment): string => `pay:${id}:void:${attempts}`;
export const undoKey = ({ id, attempts }: Payment): string => `pay:${id}:undo:${attempts}`;
export const refundKey = ({ id }: Payment, { number }: Refund): string => `pay:${id}:refund:${number}`;

/** What no refund, asked for or made, has a claim on. */
export const leftCents = ({ capturedCents, refundedCents, refundingCents }: Payment): number =>
  capturedCents - refundedCents - refundingCents;

export const isCash = ({ status }: Payment): boolean => status === 'cod_collected' || status === 'cod_remitted';

export const changed = (payment: Payment, change: Partial<Payment>): Payment => ({
  ...payment,
  ...change,
  version: payment.version + 1,
});
