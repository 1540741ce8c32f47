/** Where the setting says so, a card is authorised when the order is placed and charged when it is delivered; nothing else changes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('payment on delivery', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard({ PAYMENT_CAPTURE: 'on_delivery', FULFILLMENT_AUTO: 'false', PAYMENT_CALL_MS: '300' });
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  test('takes the money when the order is delivered, and says so in its history [E3, E17]', async () => {
    const order = await door.until(await door.place(), 'delivered');
    const payment = async () => (await door.get(`/api/payments/${order.paymentId}`)).body;
    await until(async () => (await payment()).status === 'captured');
    expect(await payment()).toMatchObject({ authorizedCents: order.totalCents, capturedCents: order.totalCents });
    const told = (await door.history(order.id)).map(({ type }) => type);
    expect(told.filter((type) => type === 'payment.confirmed' || type === 'payment.captured')).toEqual([
      'payment.confirmed',
      'payment.captured',
    ]);
  });

  test('lets it go when the order is cancelled before, and nothing was ever taken [E22, E52]', async () => {
    // Parcels wait for people here, so it is still here when it is cancelled.
    const parcel = {
      kind: 'goods',
      items: [{ sku: 'CEMENT-25KG', quantity: 2 }],
      shippingAddress: { line1: '1 Analytical Row', city: 'London' },
    };
    const order = await door.until(await door.place(parcel), 'confirmed', 'assigned');
    expect((await door.post(`/api/orders/${order.id}/cancel`, { reason: 'rain' })).status).toBe(200);
    await untilQuiet(yard.database);
    const { body } = await door.get(`/api/payments/${order.paymentId}`);
    expect(body).toMatchObject({ status: 'voided', authorizedCents: order.totalCents, capturedCents: 0 });
  });
});
