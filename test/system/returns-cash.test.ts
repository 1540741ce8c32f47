/** Cash goes back by hand: who is still owed is listed until somebody says that it was handed over, and it is booked once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http, Reply } from '../support/http.ts';
import { untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

const CONCRETE = { kind: 'concrete', items: [{ sku: 'CONCRETE-C25', quantity: 2 }], plantId: 'north' };

describeWith('postgres')('what comes back of an order', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard({ SWEEP_MS: '200' });
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const show = async (url: string): Promise<Body> => (await door.get(url)).body;
  const say = async (url: string, body: object = {}): Promise<Body> => {
    const answer = await door.post(url, body);
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  const ask = ({ id, items }: Body, quantity: number): Promise<Reply> =>
    door.post(`/api/orders/${id}/returns`, { lines: [{ itemId: items[0].id, quantity }], reason: 'too grey' });
  const owed = async (key: string): Promise<Body[]> =>
    (await show('/api/admin/attention')).items.filter((item: Body) => item.kind === 'refund.cash-due' && item.key === key);

  test('paid in cash is owed to the customer until it is paid out: listed, booked once, and not paid out beside it [B27, E52]', async () => {
    const waiting = await door.until(await door.place({ ...CONCRETE, paymentMethod: 'cod' }), 'validated');
    await say(`/api/orders/${waiting.id}/confirm`);
    const order = await door.until(waiting.correlationId, 'delivered');
    const payment = `/api/payments/${order.paymentId}`;
    await say(`${payment}/collect`);
    const { id } = (await ask(order, 1)).body;
    const card = `/api/returns/${id}`;
    for (const verb of ['approve', 'receive', 'complete']) await say(`${card}/${verb}`);
    await untilQuiet(yard.database);
    expect(await show(card)).toMatchObject({ status: 'completed', refundState: 'due', refundCents: 14_500, refundStatus: null });
    expect(await owed(id)).toEqual([
      {
        kind: 'refund.cash-due',
        actor: 'return',
        key: id,
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        reason: `145.00 USD in cash to be given back for order ${order.orderNumber}`,
      },
    ]);

    const beside = await door.post(`${payment}/refund`, { amountCents: 14_500, reason: 'too grey' });
    expect([beside.status, beside.body.code, beside.body.due]).toEqual([409, 'payment.cash-due', [id]]);

    expect(await say(`${card}/paid-out`)).toMatchObject({ status: 'completed', refundState: 'asked' });
    expect(await say(`${card}/paid-out`)).toMatchObject({ refundState: 'asked' });
    await untilQuiet(yard.database);
    expect(await owed(id)).toEqual([]);
    expect(await show(card)).toMatchObject({ refundStatus: 'refunded' });
    expect(await show(payment)).toMatchObject({ status: 'cod_collected', refundedCents: 14_500 });
    expect((await show(`${payment}/refunds`)).items).toMatchObject([{ refundId: id, amountCents: 14_500, status: 'refunded' }]);
    expect((await door.history(order.id)).filter(({ type }) => type === 'payment.refunded')).toHaveLength(1);
    // For another reason, and with nothing due, cash goes back as ever.
    expect(await say(`${payment}/refund`, { amountCents: 500, reason: 'late' })).toMatchObject({ status: 'refunded' });
  });

  test('is listed only where the order has taken it: what it would not have is found by its id and among the rejected [B27]', async () => {
    const order = await door.until(await door.place(CONCRETE), 'delivered');
    const mine = (await ask(order, 2)).body;
    const refused = await ask(order, 1);
    expect([refused.status, refused.body.code]).toEqual([409, 'return.too-many']);
    const ids = async (more = ''): Promise<string[]> =>
      (await show(`/api/returns?orderId=${order.id}${more}`)).items.map(({ id }: Body) => id);
    expect(await ids()).toEqual([mine.id]);
    const [never] = await ids('&status=rejected');
    expect(await show(`/api/returns/${never}`)).toMatchObject({ status: 'rejected', booked: false, note: 'return.too-many' });
    // One that was booked and is rejected by people stays listed.
    await say(`/api/returns/${mine.id}/reject`, { reason: 'used' });
    expect(await ids()).toEqual([mine.id]);
  });
});
