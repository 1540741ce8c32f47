/** What fails for good is never lost: it is listed, its actor waits, and an operator mends it or gives it up with a reason. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newHeaders, packed } from '../../runtime/trace.ts';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('dead letters over HTTP', () => {
  let yard: Yard;
  let door: Http;
  let stuck: Body;
  const admin = '/api/admin';
  /** They die side by side, while the first is looked at: each takes its attempts. */
  const dying = [randomUUID(), randomUUID(), randomUUID()] as [string, string, string];

  beforeAll(async () => {
    yard = await openYard({ SWEEP_MS: '100' });
    door = (await yard.start()).http;
    stuck = await door.until(await door.place({ paymentMethod: 'transfer' }), 'payment_processing');
    await poison(stuck.correlationId, 'order.truck.assigned', null);
    for (const key of dying) await poison(key, 'order.accepted', { correlationId: key });
  });
  afterAll(() => yard.close());

  /** Straight into the mailbox, past every door: as a bug or an older version would have left it. */
  const poison = (key: string, name: string, payload: unknown): Promise<unknown> =>
    yard.database.query('insert into mailbox (actor, key, name, payload, headers) values ($1, $2, $3, $4, $5)', [
      'order',
      key,
      name,
      JSON.stringify(payload),
      packed(newHeaders('test', { correlationId: key })),
    ]);
  const letters = async (key: string): Promise<Body[]> =>
    (await door.get(`${admin}/dead-letters?limit=200`)).body.items.filter((letter: Body) => letter.key === key);
  const letterOf = async (key: string): Promise<Body> => {
    await until(async () => (await letters(key)).length === 1);
    return (await letters(key))[0];
  };
  const attention = async (key: string): Promise<string[]> =>
    (await door.get(`${admin}/attention`)).body.items.filter((item: Body) => item.key === key).map(({ kind }: Body) => kind);
  const form = {
    customerId: 'mended',
    kind: 'concrete',
    paymentMethod: 'account',
    items: [{ sku: 'SAND-BULK', quantity: 1 }],
    priority: 50,
  };

  test('a letter is listed with its error and without its stack, its actor is parked, and both are under attention [C23, C34]', async () => {
    const key = dying[0];
    const letter = await letterOf(key);
    expect(letter).toMatchObject({
      actor: 'order',
      key,
      name: 'order.accepted',
      error: expect.stringMatching(/./),
      attempts: expect.any(Number),
    });
    expect(letter.payload).toEqual({ correlationId: key });
    expect(letter.at).toMatch(/^\d{4}-.*Z$/);
    expect(letter.stack).toBeUndefined();
    expect((await attention(key)).sort()).toEqual(['dead-letter', 'parked-actor']);
    expect((await door.get(`/api/orders/status/${key}`)).body.workflowStatus).toBe('PROCESSING');
  });

  test('what came after waits behind it, and a mended letter that is replayed goes first', async () => {
    const order = stuck;
    const key = order.correlationId;
    const { id } = await letterOf(key);
    const refused = await door.post(`/api/orders/${order.id}/cancel`, { reason: 'late' });
    expect([refused.status, refused.body.code]).toEqual([503, 'actor.waiting']);
    await poison(key, 'order.cancel', { reason: 'waits behind' });
    await yard.database.query('update dead_letters set name = $2, payload = $3 where id = $1', [
      id,
      'order.cancel',
      JSON.stringify({ reason: 'goes first' }),
    ]);
    const replayed = await door.post(`${admin}/dead-letters/${id}/replay`);
    expect([replayed.status, replayed.body]).toEqual([200, { id, state: 'replayed' }]);
    expect(await door.until(key, 'cancelled')).toMatchObject({ reason: 'goes first' });
    await untilQuiet(yard.database);
    expect(await letters(key)).toEqual([]);
    expect(await attention(key)).toEqual([]);
    expect((await door.post(`${admin}/dead-letters/${id}/replay`)).status).toBe(404);
  });

  test('a letter that is not mended dies again, in its place', async () => {
    const key = dying[1];
    const { id } = await letterOf(key);
    await door.post(`${admin}/dead-letters/${id}/replay`);
    await until(async () => (await letters(key)).some((letter) => letter.id === id));
    await yard.database.query('update dead_letters set payload = $2 where id = $1', [id, JSON.stringify({ correlationId: key, ...form })]);
    await door.post(`${admin}/dead-letters/${id}/replay`);
    expect(await door.until(key, 'delivered')).toMatchObject({ customerId: 'mended' });
  });

  test('a letter is given up with a reason that is kept, and its actor goes on', async () => {
    const key = dying[2];
    const { id } = await letterOf(key);
    expect((await door.post(`${admin}/dead-letters/${id}/discard`, {})).status).toBe(422);
    const discarded = await door.post(`${admin}/dead-letters/${id}/discard`, { reason: 'a test order' });
    expect([discarded.status, discarded.body]).toEqual([200, { id, state: 'discarded', reason: 'a test order' }]);
    expect(await letters(key)).toEqual([]);
    expect(await attention(key)).toEqual([]);
    const [kept] = await yard.database.query('select state, reason, by from dead_letters where id = $1', [id]);
    expect(kept).toMatchObject({ state: 'discarded', reason: 'a test order', by: 'operator' });
    await door.place(form, { 'X-Correlation-Id': key });
    await door.until(key, 'delivered');
    expect((await door.post(`${admin}/dead-letters/${id}/discard`, { reason: 'twice' })).status).toBe(404);
  });
});
