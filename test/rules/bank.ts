/** The payment provider and the banks, with their moods: they take money, lose answers, report late, and give back when asked. */
import type { Job, World } from './world.ts';

export type CardMood = 'captures' | 'declines' | 'loses the answer' | 'is down' | 'reports too' | 'takes it later';
export type TransferMood = 'arrives' | 'arrives twice told' | 'bounces' | 'never comes';

/** What the provider holds of a charge, whatever our books say. */
export interface Charge {
  taken: boolean;
  refunds: number;
  refundKeys: Set<string>;
}

export class Bank {
  /** By the key of the charge. */
  readonly ledger = new Map<string, Charge>();
  readonly #world: World;
  readonly #later: (happens: () => void) => void;

  /** @param later takes what the bank will do by itself, at any time from now */
  constructor(world: World, later: (happens: () => void) => void) {
    this.#world = world;
    this.#later = later;
  }

  /** One call: what a worker would do. A payment's token says the provider's mood. */
  run(job: Job): void {
    if (job.type === 'payment.charge') this.#charge(job);
    else this.#undo(job);
  }

  /** Called when a payment begins to wait for a transfer. */
  expectTransfer(paymentId: string, mood: TransferMood): void {
    const charge = this.#held(`pay:${paymentId}:charge:1`);
    const arrive = (): void => {
      charge.taken = true;
      this.#report(paymentId, 'arrived');
      if (mood === 'arrives twice told') this.#later(() => this.#report(paymentId, 'told again'));
    };
    if (mood === 'bounces') this.#later(() => this.#report(paymentId, 'bounced', 'failed'));
    else if (mood !== 'never comes') this.#later(arrive);
  }

  #charge(job: Job): void {
    const { token, idempotencyKey, paymentId } = job.payload as {
      token: CardMood;
      idempotencyKey: string;
      paymentId: string;
    };
    const charge = this.#held(idempotencyKey);
    const captured = (): void => this.#answer(job, { status: 'captured', providerRef: `ch_${idempotencyKey}` });
    charge.taken = !['declines', 'is down', 'takes it later'].includes(token);
    if (token === 'captures') captured();
    else if (token === 'declines') this.#answer(job, { status: 'declined', reason: 'card_declined' });
    else if (token === 'reports too') {
      for (const event of ['told', 'told again']) this.#later(() => this.#report(paymentId, event));
      this.#later(captured);
    } else this.#answer(job, null);
    if (token !== 'takes it later') return;
    this.#later(() => {
      charge.taken = true;
      this.#report(paymentId, 'late');
    });
  }

  #undo(job: Job): void {
    const { chargeKey, refundKey } = job.payload as { chargeKey: string; refundKey: string };
    const charge = this.#held(chargeKey);
    const known = charge.refundKeys.has(refundKey);
    if (!known && !charge.taken) {
      this.#answer(job, { status: 'none' });
      return;
    }
    if (!known) charge.refunds++;
    charge.refundKeys.add(refundKey);
    this.#answer(job, { status: 'refunded', providerRef: `re_${refundKey}` });
  }

  #held(chargeKey: string): Charge {
    const charge = this.ledger.get(chargeKey) ?? { taken: false, refunds: 0, refundKeys: new Set() };
    this.ledger.set(chargeKey, charge);
    return charge;
  }

  /** @param result null when all tries were in vain */
  #answer({ reply }: Job, result: object | null): void {
    const outcome = result ? 'completed' : 'dead';
    this.#world.tell({ ...reply, payload: { jobId: '1', outcome, result, error: result ? null : 'no answer' } });
  }

  #report(paymentId: string, event: string, outcome = 'captured'): void {
    this.#world.tell({
      actor: 'payment',
      key: paymentId,
      name: 'payment.reported',
      payload: { outcome, eventId: `${paymentId}.${event}` },
    });
  }
}
