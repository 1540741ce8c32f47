/** The port to a payment provider. Calls are made by jobs only; its adapters are sandbox.provider.ts and stripe.provider.ts. */
export interface ChargeRequest {
  idempotencyKey: string;
  paymentId: string;
  orderId: string;
  amountCents: number;
  currency: string;
  token: string;
  /** False: only authorise. */
  capture?: false;
}
export interface ChargeResult {
  status: 'captured' | 'authorized' | 'declined' | 'voided' | 'none';
  providerRef?: string;
  reason?: string;
}
export interface RefundResult {
  status: 'refunded' | 'voided' | 'captured' | 'none';
  providerRef?: string;
  refundId?: string;
}
/** A charge that was made or may have been: by the key it was asked for with, and by the provider's name where that is known. */
export interface ChargeName {
  chargeKey: string;
  providerRef: string | null;
}
export interface OnCharge extends ChargeName {
  idempotencyKey: string;
  paymentId: string;
  amountCents: number;
}

/**
 * Each call does its work once per idempotency key, however often it is made.
 * @throws Error for an outcome that is not known: look it up; Hopeless when the provider will never take the call
 */
export interface PaymentProvider {
  name: string;
  /** Takes the money, or with `capture: false` reserves it. */
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeResult>;
  /** What became of a charge; `none` when the provider never heard of it. */
  lookUp(charge: ChargeName, signal: AbortSignal): Promise<ChargeResult>;
  /** Takes what was reserved, or less. */
  capture(request: OnCharge, signal: AbortSignal): Promise<ChargeResult>;
  /** Lets go what was reserved. */
  void(request: OnCharge, signal: AbortSignal): Promise<RefundResult>;
  /** Gives back what a charge took, or a part; `none` when it took nothing. */
  refund(request: OnCharge, signal: AbortSignal): Promise<RefundResult>;
  /** What became of a refund or of a transfer's way back; `none` when it was never made. */
  lookUpRefund(request: OnCharge, signal: AbortSignal): Promise<RefundResult>;
  /** Sends back what a bank transfer brought. */
  payOut(request: OnCharge, signal: AbortSignal): Promise<RefundResult>;
  close(): void;
}
