/** The payment provider and the banks, with their moods: they take money, lose answers, report late, and give back when asked. */
import type { Payment } from '../../services/payment/payment.decider.ts';
import { type Book, type Made, outcome, SandboxBooks } from '../../services/payment/sandbox.books.ts';
import { Outsider } from './outsider.ts';
import type { Job } from './world.ts';

export const cardMoods = ['captures', 'captures', 'declines', 'loses the answer', 'is down', 'reports too', 'takes it later'] as const;
export type CardMood = (typeof cardMoods)[number];
export const transferMoods = ['arrives', 'arrives', 'arrives twice told', 'bounces', 'never comes'] as const;
export type TransferMood = (typeof transferMoods)[number];

interface Call {
  token: CardMood;
  paymentId: string;
  orderId: string;
  amountCents: number;
  currency: string;
  idempotencyKey: string;
  chargeKey: string;
  refundKey: string;
  refundId: string;
}

export class Bank extends Outsider {
  /** What is really taken and held, whatever our books say. */
  readonly books = new SandboxBooks();

  /** One call: what a worker would do. A payment's token says the provider's mood. */
  run(job: Job): void {
    const call = job.payload as unknown as Call;
    if (job.type === 'payment.charge' || job.type === 'payment.authorize') {
      this.#charge(job, call, job.type === 'payment.charge');
      return;
    }
    // Given up, before the call or after it: listed under attention, until an operator asks again.
    const luck = this.luck();
    if (luck > 0.15) {
      this.#answer(job, this.#made(job.type, call));
      return;
    }
    if (luck > 0.07) this.#made(job.type, call);
    this.#answer(job, null);
    this.later(() => this.#answer(job, this.#made(job.type, call)));
  }

  /** Called when a payment begins to wait for a transfer. */
  expectTransfer(paymentId: string, mood: TransferMood): void {
    const arrive = (): void => {
      const report = { actor: 'payment', key: paymentId, name: 'payment.reported' };
      this.world.ask({ ...report, payload: { outcome: 'captured', eventId: `${paymentId}.arrived` } });
      // Amounts are those of our books, never a report's: the customer sends what is due when it is booked.
      const { amountCents, capturedCents, orderId, currency } = this.world.states.get(`payment/${paymentId}`) as Payment;
      const sent = capturedCents || amountCents;
      this.books.charge(`pay:${paymentId}:charge:1`, { paymentId, orderId, amountCents: sent, currency, token: 'transfer' });
      if (mood === 'arrives twice told') this.later(() => this.#report(paymentId, 'told again'));
    };
    if (mood === 'bounces') this.later(() => this.#report(paymentId, 'bounced', 'failed'));
    else if (mood !== 'never comes') this.later(arrive);
  }

  #charge(job: Job, call: Call, takes: boolean): void {
    const { token: mood, idempotencyKey, ...body } = call;
    const charged = (): Book =>
      this.books.charge(idempotencyKey, { ...body, capture: takes, token: mood === 'declines' ? 'tok_declined' : '' });
    const answered = (): void => this.#answer(job, outcome(this.books.charges.get(idempotencyKey) as Book));
    if (mood === 'is down' || mood === 'takes it later') this.#answer(job, null);
    else charged();
    if (mood === 'loses the answer') this.#answer(job, null);
    // Of what is only authorised nothing is reported.
    if (mood === 'reports too')
      for (const event of takes ? ['told', 'told again'] : []) this.later(() => this.#report(call.paymentId, event));
    if (mood === 'reports too') this.later(answered);
    if (mood === 'captures' || mood === 'declines') answered();
    if (mood !== 'takes it later' || !takes) return;
    this.later(() => {
      charged();
      this.#report(call.paymentId, 'late');
    });
  }

  /** As payment's workers do: each looks first what there is. */
  #made(type: string, call: Call): object {
    const { chargeKey, idempotencyKey } = call;
    const known = this.books.charges.get(chargeKey);
    const none = { status: 'none' };
    if (!known || known.status === 'declined') return none;
    const done = (made: Made | undefined): object => made ?? none;
    if (type === 'payment.capture') return known.status === 'authorized' ? done(this.books.capture(idempotencyKey, call)) : outcome(known);
    if (type === 'payment.void') return known.status === 'authorized' ? done(this.books.void(idempotencyKey, call)) : outcome(known);
    if (type === 'payment.refund') return { ...done(this.books.refund(idempotencyKey, call)), refundId: call.refundId };
    if (known.status === 'authorized') return done(this.books.void(call.refundKey, call));
    return known.status === 'captured' ? done(this.books.refund(call.refundKey, call)) : none;
  }

  /** @param result null when all tries were in vain */
  #answer({ reply }: Job, result: object | null): void {
    const done = result ? 'completed' : 'dead';
    const { providerRef, status, reason, refundId } = (result ?? {}) as Record<string, unknown>;
    const said = result ? { status, providerRef, reason, refundId } : null;
    this.world.tell({ ...reply, payload: { jobId: '1', outcome: done, result: said, error: result ? null : 'no answer' } });
  }

  #report(paymentId: string, event: string, result = 'captured'): void {
    const payload = { outcome: result, eventId: `${paymentId}.${event}` };
    this.world.tell({ actor: 'payment', key: paymentId, name: 'payment.reported', payload });
  }
}
