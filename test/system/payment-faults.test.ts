/** Whatever a provider does to its calls: nothing is charged twice, and nothing that was taken stays without its refund. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newHeaders, packed } from '../../runtime/trace.ts';
import { type Mishap, type Sandbox, startSandbox } from '../../services/payment/sandbox.ts';
import { signed } from '../../services/webhook.ts';
import type { Body } from '../support/http.ts';
import { openPaymentRoom, type PaymentRoom } from '../support/payments.ts';
import { until } from '../support/quiet.ts';
import { describeWith } from '../support/yard.ts';

describeWith('postgres')('a payment provider that fails', () => {
  let sandbox: Sandbox;
  let room: PaymentRoom;
  /** What befalls the next calls of an operation, in turn. */
  let mishaps: Record<string, Mishap[]> = {};

  beforeAll(async () => {
    sandbox = await startSandbox({ secret: 'sandbox-secret', mishap: (operation) => mishaps[operation]?.shift() });
    room = await openPaymentRoom({ PAYMENT_URL: sandbox.url, PAYMENT_BREAKER_CALLS: '1000' });
  });
  beforeEach(() => {
    mishaps = {};
  });
  afterAll(async () => {
    await room?.close();
    await sandbox?.close();
  });

  const chargesOf = (id: string) => [...sandbox.charges.values()].filter(({ paymentId }) => paymentId === id);
  const kept = (id: string): number =>
    chargesOf(id).reduce(
      (sum, { status, amountCents, refundedCents }) => sum + (status === 'captured' ? amountCents - refundedCents : 0),
      0,
    );
  /** What the provider keeps is what our books say. */
  const booksAgree = async (id: string): Promise<void> => {
    const { capturedCents, refundedCents } = await room.call('get', { id });
    expect(kept(id)).toBe(capturedCents - refundedCents);
    expect(chargesOf(id).length).toBeLessThanOrEqual(1);
  };

  test('and loses the answer of a charge has charged once, and is not asked under another key [E3, E42, E43]', async () => {
    mishaps = { charges: ['lose'] };
    const id = await room.charge();
    expect(await room.until(id, 'captured')).toMatchObject({ capturedCents: 10_000 });
    expect(await room.attempts(id)).toEqual([{ key: `pay:${id}:charge:1`, status: 'captured' }]);
    await booksAgree(id);
  });

  test('and answers 500 is asked three times more, and no more; the payment fails, and is warned of with its order and amount [B43, B48, E22, E42, E52]', async () => {
    mishaps = { charges: ['fail', 'fail', 'fail', 'fail', 'fail'] };
    const before = sandbox.calls.get('charges') ?? 0;
    const id = await room.charge();
    await room.until(id, 'failed');
    await room.quiet();
    expect((sandbox.calls.get('charges') ?? 0) - before).toBe(4);
    expect(await room.news(id)).toEqual(['payment.failed']);
    expect(room.warnings.filter(({ fields }) => fields?.payment_id === id)).toHaveLength(4);
    expect(room.warnings.find(({ fields }) => fields?.payment_id === id)?.fields).toEqual({ payment_id: id, order_id: '1', amount: 100 });
    await booksAgree(id);
  }, 60_000);

  test('and declines is asked once [E42]', async () => {
    const before = sandbox.calls.get('charges') ?? 0;
    const id = await room.charge({ token: 'tok_declined' });
    await room.until(id, 'failed');
    await room.quiet();
    expect((sandbox.calls.get('charges') ?? 0) - before).toBe(1);
  });

  test('and loses every answer leaves nothing taken: what it charged goes back [E22, E52]', async () => {
    mishaps = { charges: ['lose'] };
    const id = await room.charge();
    await until(async () => chargesOf(id).length === 1);
    await room.tell(id, 'payment.charge-answered', { jobId: '0', outcome: 'dead', result: null, error: 'nobody knows' });
    await room.until(id, 'refunded');
    expect(kept(id)).toBe(0);
    await booksAgree(id);
  });

  test('and charges for an order that is off by then says in its history that money came, and that it went back [E22, E52]', async () => {
    mishaps = { charges: ['lose'] };
    const id = await room.charge();
    await until(async () => chargesOf(id).length === 1);
    await room.tell(id, 'payment.cancel', { reason: 'the order is off' });
    await room.until(id, 'refunded');
    expect(await room.news(id)).toEqual(['payment.captured', 'payment.refunded']);
    await booksAgree(id);
  });

  const report = async (payment_id: string, change: object = {}): Promise<Body> => {
    const said = { event_id: randomUUID(), event_type: 'payment.confirmed', payment_id, order_id: '1', amount: 100, currency: 'USD' };
    const raw = JSON.stringify({ ...said, timestamp: new Date().toISOString(), ...change });
    return room.call('webhook', { provider: 'sandbox', signature: signed(raw, 'sandbox-secret', new Date()), raw });
  };

  test('and reports before the payment has taken its first message is believed', async () => {
    const [id, bill] = [randomUUID(), { orderId: '1', orderNumber: 'ORD-1', amountCents: 10_000, currency: 'USD' }];
    // As the order told it, and nobody has rung for it yet.
    await room.runtime.database.query(
      `insert into mailbox (actor, key, name, payload, headers) values ('payment', $1, 'payment.charge', $2, $3)`,
      [id, JSON.stringify({ ...bill, orderKey: id, method: 'transfer', token: '' }), packed(newHeaders('test', { correlationId: id }))],
    );
    expect(await report(id, { order_number: 'ORD-1' })).toEqual({ received: true, repeated: false });
    expect(await room.until(id, 'captured')).toMatchObject({ capturedCents: 10_000 });
  });

  test('and reports another amount is believed by our own books, and warned of', async () => {
    const [less, same] = await Promise.all([room.charge({ method: 'transfer' }), room.charge({ method: 'transfer' })]);
    await Promise.all([less, same].map((id) => room.until(id, 'created')));
    await Promise.all([report(less, { event_id: 'evt_less', amount: 1 }), report(same)]);
    expect(await room.until(less, 'captured')).toMatchObject({ capturedCents: 10_000 });
    await room.until(same, 'captured');
    expect(room.warnings.filter(({ fields }) => fields?.payment_id === same)).toEqual([]);
    expect(room.warnings.filter(({ fields }) => fields?.payment_id === less)).toEqual([
      {
        message: 'report evt_less says 1 USD, and the payment is 100 USD: ours is booked',
        fields: { payment_id: less, order_id: '1', amount: 100 },
      },
    ]);
  });

  test.each<[string, Mishap[]]>([
    ['fails twice', ['fail', 'fail']],
    ['loses the answer', ['lose']],
  ])('and %s when a part goes back has given it back once [E42]', async (_how, refunds) => {
    const id = await room.charge();
    await room.until(id, 'captured');
    mishaps = { refunds };
    await room.tell(id, 'payment.refund', { refundId: randomUUID(), amountCents: 3_000, reason: 'chipped' });
    expect(await room.until(id, 'partially_refunded')).toMatchObject({ refundedCents: 3_000, refundingCents: 0 });
    await booksAgree(id);
  });

  test('and loses the answer of a capture, or of letting go, has done it once [E42]', async () => {
    const [taken, off] = await Promise.all([room.charge({ capture: false }), room.charge({ capture: false })]);
    await Promise.all([taken, off].map((id) => room.until(id, 'authorized')));
    mishaps = { captures: ['lose'], voids: ['lose'] };
    await room.tell(taken, 'payment.capture');
    await room.tell(off, 'payment.cancel', { reason: 'rain' });
    expect(await room.until(taken, 'captured')).toMatchObject({ capturedCents: 10_000 });
    expect(await room.until(off, 'voided')).toMatchObject({ capturedCents: 0 });
    await Promise.all([taken, off].map(booksAgree));
  });

  test('and refuses a refund leaves it under attention with its reason, until a person asks again [E22, E52, B46]', async () => {
    const id = await room.charge();
    await room.until(id, 'captured');
    mishaps = { refunds: ['refuse'] };
    await room.tell(id, 'payment.cancel', { reason: 'rain' });
    await until(async () => (await room.news(id)).includes('payment.stuck'));
    expect(await room.call('get', { id })).toMatchObject({ status: 'refunding', reason: 'the provider refused the refund with 422' });
    const dead = await room.runtime.database.query(`select reply_key as key, last_error as error from jobs where state = 'dead'`);
    expect(dead).toContainEqual({ key: id, error: 'the provider refused the refund with 422' });
    expect(await room.call('figures')).toMatchObject({ stuck: 1 });
    expect(await room.call('retry', { id })).toEqual({ paymentId: id, retried: 1 });
    expect(await room.until(id, 'refunded')).toMatchObject({ refundedCents: 10_000 });
    await booksAgree(id);
    await expect(room.call('retry', { id })).rejects.toMatchObject({ type: 'payment.nothing-stuck' });
  });

  test('offers a transfer that came too late to its order, and sends it back when it says so [X4]', async () => {
    const id = await room.charge({ method: 'transfer' });
    await room.until(id, 'created');
    await room.tell(id, 'payment.window');
    await room.until(id, 'expired');
    await room.tell(id, 'payment.reported', { outcome: 'captured', eventId: 'evt_late' });
    await room.until(id, 'captured');
    await room.tell(id, 'payment.cancel', { reason: 'the order is off' });
    expect(await room.until(id, 'refunded')).toMatchObject({ capturedCents: 10_000, refundedCents: 10_000 });
  });

  test('and whose end nobody heard is looked up by the reconciliation [B46, E42]', async () => {
    const [paid, never] = await Promise.all([room.charge(), room.charge()]);
    await Promise.all([paid, never].map((id) => room.until(id, 'captured')));
    await room.quiet();
    await room.runtime.database.query(
      `update payments set status = 'capturing', captured_cents = 0, attempts = case when id = $1 then 1 else 7 end where id in ($1, $2)`,
      [paid, never],
    );
    expect(await room.call('reconcile')).toMatchObject({ looked: 0 });
    expect(await room.call('reconcile', { olderThanMs: 0 })).toEqual({ looked: 2, found: { captured: 1, none: 1 }, failed: 0 });
    expect(await room.until(paid, 'captured')).toMatchObject({ capturedCents: 10_000 });
    expect(await room.until(never, 'failed')).toMatchObject({ reason: 'payment.expired' });
  });
});

describeWith('postgres')('a payment provider that is down', () => {
  test('is not called while its breaker is open, payments wait for it, and none is charged twice [B43, B46, E42]', async () => {
    let down = true;
    const sandbox = await startSandbox({ secret: 'sandbox-secret', mishap: () => (down ? 'fail' : undefined) });
    const room = await openPaymentRoom({ PAYMENT_URL: sandbox.url, PAYMENT_BREAKER_CALLS: '4', PAYMENT_BREAKER_RESET_MS: '500' });
    try {
      const ids = await Promise.all(Array.from({ length: 8 }, () => room.charge()));
      const breaker = async () => (await room.call('figures')).breakers[0];
      await until(async () => (await breaker()).state === 'open' && (await breaker()).rejected > 0);
      expect((await room.call('health')).checks['payment:breaker']).toEqual({ status: 'warn', observed: 'sandbox' });
      expect(room.warnings.map(({ message }) => message)).toContain('the circuit breaker of sandbox is open: calls wait');
      down = false;
      for (const id of ids) await room.until(id, 'captured', 'failed');
      await room.quiet();
      await until(async () => (await breaker()).state === 'closed');
      const captured = (await Promise.all(ids.map((id) => room.call('get', { id })))).filter(({ status }) => status === 'captured');
      const taken = [...sandbox.charges.values()].filter(({ refunded }) => !refunded);
      expect(taken.map(({ paymentId }) => paymentId).sort()).toEqual(captured.map(({ id }) => id).sort());
      expect(captured.length).toBeGreaterThan(0);
    } finally {
      await room.close();
      await sandbox.close();
    }
  }, 60_000);
});
