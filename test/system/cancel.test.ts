/** An order is called off in each of its phases: everything that was done for it is undone, once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('cancelling', () => {
  let yard: Yard;
  let door: Http;
  let stock: Body;

  // Loading takes two to four seconds, the way to the site half a minute, and the way back from a mile off four seconds.
  const near = { distanceMiles: 1, plantId: 'east' };
  const off = (order: Body, headers = {}) => door.post(`/api/orders/${order.id}/cancel`, { reason: 'changed my mind' }, headers);
  const truck = async (): Promise<Body> => (await door.get('/api/trucks/truck-5')).body;
  const truckIs = (status: string): Promise<void> =>
    until(async () => (await truck()).status === status, { what: async () => `the truck is ${(await truck()).status}, not ${status}` });

  beforeAll(async () => {
    yard = await openYard({ TRUCK_TIME_SCALE: '0.1' });
    door = (await yard.start()).http;
    stock = await door.stock('CONCRETE-C25', 'east');
  });
  afterAll(() => yard.close());

  const undone = async (id: string, paid = true): Promise<void> => {
    await truckIs('available');
    await untilQuiet(yard.database);
    const order = (await door.get(`/api/orders/${id}`)).body;
    expect(order).toMatchObject({
      status: 'cancelled',
      deliveryStatus: 'cancelled',
      fulfillmentStatus: 'cancelled',
      reason: 'changed my mind',
    });
    expect(await door.stock('CONCRETE-C25', 'east')).toEqual(stock);
    if (!paid) return;
    const { status, capturedCents, refundedCents } = (await door.get(`/api/payments/${order.paymentId}`)).body;
    expect({ status, capturedCents, refundedCents }).toEqual({
      status: 'refunded',
      capturedCents: order.totalCents,
      refundedCents: order.totalCents,
    });
    expect(order.paymentStatus).toBe('refunded');
  };

  test('while it waits for its payment: nothing is ever taken', async () => {
    const order = await door.until(await door.place({ ...near, paymentMethod: 'transfer' }), 'payment_processing');
    expect((await off(order)).body).toMatchObject({ id: order.id, status: 'cancelled' });
    await undone(order.id, false);
    expect((await door.get(`/api/payments/${order.paymentId}`)).body).toMatchObject({ status: 'voided', capturedCents: 0 });
  });

  test('while the provider is still asked: what the charge brings goes back', async () => {
    const order = await door.until(await door.place({ ...near, paymentToken: 'tok_error' }), 'payment_processing');
    expect((await off(order)).status).toBe(200);
    await undone(order.id);
  });

  test('in the queue, and while the truck loads: the truck is free at once, without a wash [A21]', async () => {
    const loading = await door.until(await door.place(near), 'assigned');
    await truckIs('loading');
    const queued = await door.until(await door.place(near), 'confirmed');
    await until(async () => (await door.get('/api/dispatch/queue?plantId=east')).body.items.length === 1);

    expect((await off(queued)).status).toBe(200);
    await until(async () => (await door.get('/api/dispatch/queue')).body.items.length === 0);
    expect((await truck()).orderId).toBe(loading.id);

    expect((await off(loading)).status).toBe(200);
    await undone(loading.id);
    await undone(queued.id);
    const phases = (await door.history(loading.id)).filter(({ type }) => type === 'truck.status.changed').map(({ to }) => to);
    expect(phases).toEqual(['assigned', 'loading', 'returning', 'available']);
  });

  test('en route: the truck turns round, is washed and is free again', async () => {
    const order = await door.until(await door.place({ ...near, distanceMiles: 10 }), 'shipped');
    expect((await truck()).load).toMatchObject({ orderId: order.id, status: 'assigned' });
    expect((await off(order)).status).toBe(200);
    await truckIs('returning');
    expect((await truck()).load).toMatchObject({ orderId: order.id, status: 'cancelled' });
    await undone(order.id);
    expect((await truck()).load).toBeNull();
    const phases = (await door.history(order.id)).filter(({ type }) => type === 'truck.status.changed').map(({ to }) => to);
    expect(phases).toEqual(['assigned', 'loading', 'en_route', 'returning', 'washing', 'available']);
  });

  test('a second time, after a failure, after the delivery, or of an order that is not: it says why, and changes nothing', async () => {
    const order = await door.until(await door.place({ ...near, paymentMethod: 'transfer' }), 'payment_processing');
    expect((await off(order)).status).toBe(200);
    const twice = await off(order);
    expect([twice.status, twice.body.code]).toEqual([409, 'order.already-cancelled']);
    const failed = await door.until(await door.place({ ...near, items: [{ sku: 'SAND-BULK', quantity: 999_999 }] }), 'failed');
    const late = await off(failed);
    expect([late.status, late.body.code]).toEqual([409, 'order.already-failed']);
    const nowhere = await off({ id: '987654321' });
    expect([nowhere.status, nowhere.body.code]).toEqual([404, 'order.not-found']);
    await untilQuiet(yard.database);
    expect(await door.stock('CONCRETE-C25', 'east')).toEqual(stock);
    const delivered = await door.until(await door.place(near), 'delivered');
    const gone = await off(delivered);
    expect([gone.status, gone.body.code]).toEqual([409, 'order.already-delivered']);
    expect((await door.get(`/api/orders/${delivered.id}`)).body).toMatchObject({ status: 'delivered', version: delivered.version });
  });
});
