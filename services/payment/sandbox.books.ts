/** What the sandbox has taken, holds, and has given back: in memory, and each thing once per idempotency key. */
import { newId } from '../../runtime/ids.ts';

export interface Book {
  status: 'captured' | 'authorized' | 'declined' | 'voided';
  providerRef: string;
  reason?: string;
  paymentId: string;
  orderId: string;
  /** What is held or taken: a capture may take less than was authorised. */
  amountCents: number;
  currency: string;
  refundedCents: number;
  /** All of it went back. */
  refunded: boolean;
}

export interface ChargeBody {
  paymentId: string;
  orderId: string;
  amountCents: number;
  currency: string;
  token: string;
  capture?: boolean;
  callbackUrl?: string;
}

export interface Made {
  status: 'captured' | 'voided' | 'refunded';
  providerRef: string;
}

interface OnBook {
  chargeKey: string;
  amountCents: number;
}

export const outcome = ({ status, providerRef, reason }: Book) => ({ status, providerRef, ...(reason ? { reason } : {}) });

export class SandboxBooks {
  readonly charges = new Map<string, Book>();
  /** Captures, voids, refunds and payouts. */
  readonly made = new Map<string, Made>();

  charge(key: string, { paymentId, orderId, amountCents, currency, token, capture }: ChargeBody): Book {
    const declined = token === 'tok_declined';
    const book: Book = {
      status: declined ? 'declined' : capture === false ? 'authorized' : 'captured',
      providerRef: `ch_${newId()}`,
      ...(declined ? { reason: 'card_declined' } : {}),
      paymentId,
      orderId,
      amountCents,
      currency,
      refundedCents: 0,
      refunded: false,
    };
    this.charges.set(key, book);
    return book;
  }

  /** @returns undefined when there is nothing to take; never more than was authorised is taken */
  capture(key: string, { chargeKey, amountCents }: OnBook): Made | undefined {
    const book = this.charges.get(chargeKey);
    if (this.made.has(key)) return this.made.get(key);
    if (book?.status !== 'authorized' || amountCents > book.amountCents) return undefined;
    book.status = 'captured';
    book.amountCents = amountCents;
    return this.#done(key, { status: 'captured', providerRef: book.providerRef });
  }

  void(key: string, { chargeKey }: OnBook): Made | undefined {
    const book = this.charges.get(chargeKey);
    if (this.made.has(key)) return this.made.get(key);
    if (book?.status !== 'authorized') return undefined;
    book.status = 'voided';
    return this.#done(key, { status: 'voided', providerRef: book.providerRef });
  }

  /** @returns undefined when the charge does not hold so much any more */
  refund(key: string, { chargeKey, amountCents }: OnBook): Made | undefined {
    const book = this.charges.get(chargeKey);
    if (this.made.has(key)) return this.made.get(key);
    if (book?.status !== 'captured' || book.refundedCents + amountCents > book.amountCents) return undefined;
    book.refundedCents += amountCents;
    book.refunded = book.refundedCents === book.amountCents;
    return this.#done(key, { status: 'refunded', providerRef: `re_${newId()}` });
  }

  /** To a bank: no charge stands behind it here. */
  payOut(key: string): Made {
    return this.made.get(key) ?? this.#done(key, { status: 'refunded', providerRef: `po_${newId()}` });
  }

  ledger(): (Book & { key: string })[] {
    return [...this.charges].map(([key, book]) => ({ key, ...book }));
  }

  #done(key: string, made: Made): Made {
    this.made.set(key, made);
    return made;
  }
}
