/** Orders over HTTP, whole: paid on delivery, in part cancelled, held, tried again, completed by hand. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { orderFigures, orphanedSagas } from '../../services/order/order.views.store.ts';
import { signed } from '../../services/webhook.ts';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('orders, whole', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard({ PAYMENT_CALL_MS: '300', SHIPPING_TIME_SCALE: '0' });
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const at = ({ id }: Body, what: string): string => `/api/orders/${id}/${what}`;
  const again = async ({ id }: Body): Promise<Body> => (await door.get(`/api/orders/${id}`)).body;

  test('a COD order waits for a word, is confirmed by hand, delivered, its cash collected, and completed [B1, B13, B39, E45, E52]', async () => {
    const order = await door.until(await door.place({ paymentMethod: 'cod' }), 'validated');
    expect((await door.post(at(order, 'confirm'), {}, { 'If-Match': '"v999"' })).status).toBe(412);
    expect((await door.post(at(order, 'confirm'), {})).status).toBe(200);
    const there = await door.until(order.correlationId, 'delivered');
    await untilQuiet(yard.database);
    expect(await again(there)).toMatchObject({ status: 'delivered', paymentStatus: 'cod_due', fulfillmentStatus: 'fulfilled' });
    expect((await door.post(at(order, 'delivery-proof'), { collected: true, signedBy: 'ada' })).status).toBe(200);
    await untilQuiet(yard.database);
    expect(await again(there)).toMatchObject({ paymentStatus: 'cod_collected' });
    expect((await door.post(at(order, 'complete'), {})).body).toMatchObject({ status: 'completed' });
    expect((await door.post(at(order, 'complete'), {})).body.code).toBe('order.already-completed');
  });

  test('cash that was collected and paid in is paid back in parts: the order says so, then that all went back [B39]', async () => {
    const order = await door.until(await door.place({ paymentMethod: 'cod' }), 'validated');
    await door.post(at(order, 'confirm'), {});
    const { paymentId, totalCents } = await door.until(order.correlationId, 'delivered');
    await door.post(`/api/payments/${paymentId}/collect`, {});
    await door.post(`/api/payments/${paymentId}/remit`, { reference: 'bank 1' });
    expect(await again(order)).toMatchObject({ paymentStatus: 'cod_collected' });
    const refund = (amountCents: number) => door.post(`/api/payments/${paymentId}/refund`, { amountCents, reason: 'too grey' });
    expect((await refund(100)).status).toBe(200);
    expect(await again(order)).toMatchObject({ paymentStatus: 'partially_refunded' });
    expect((await refund(totalCents - 100)).status).toBe(200);
    expect(await again(order)).toMatchObject({ paymentStatus: 'refunded' });
  });

  test('its history names whom it knows: what was asked for at a door is nobody’s own doing, what an actor heard and did is its own', async () => {
    const order = await door.until(await door.place({ paymentMethod: 'cod' }), 'validated');
    await door.post(at(order, 'holds'), { kind: 'fraud', severity: 'info' });
    await door.post(at(order, 'confirm'), {});
    await door.until(order.correlationId, 'delivered');
    const history = await door.history(order.id);
    const whoSaid = (type: string) => history.find((entry) => entry.type === type)?.by;
    expect([whoSaid('order.hold.placed'), whoSaid('order.confirmed')]).toEqual([undefined, undefined]);
    expect(whoSaid('order.created')).toBe(`order/${order.correlationId}`);
    expect(whoSaid('inventory.reserved')).toMatch(/^inventory\/CONCRETE-C25@/);
    expect(whoSaid('order.truck.assigned')).toMatch(/^truck\//);
  });

  test('a part is cancelled: stock, money and total follow, and the history says so [B24, E12]', async () => {
    const before = await door.stock('CONCRETE-C25', 'east');
    const form = { paymentMethod: 'cod', plantId: 'east', items: [{ sku: 'CONCRETE-C25', quantity: 5 }] };
    const order = await door.until(await door.place(form), 'validated');
    const [item] = order.items;
    const less = await door.post(at(order, `items/${item.id}/cancel`), { quantity: 2, reason: 'too much' });
    expect(less.body).toMatchObject({ totalCents: 3 * item.unitPriceCents, items: [{ quantityCancelled: 2 }] });
    await untilQuiet(yard.database);
    expect((await door.stock('CONCRETE-C25', 'east')).available).toBe(before.available - 3);
    expect((await door.post(at(order, `items/${item.id}/cancel`), { quantity: 9, reason: 'x' })).body.code).toBe('order.item-too-many');
    expect((await door.post(at(order, `items/${item.id}/cancel`), { quantity: 3, reason: 'all' })).body).toMatchObject({
      status: 'cancelled',
    });
    await untilQuiet(yard.database);
    expect(await door.stock('CONCRETE-C25', 'east')).toEqual(before);
    expect((await again(order)).saga.state).toBe('Failed');
    expect((await door.history(order.id)).map(({ type }) => type)).toContain('order.item.cancelled');
  });

  test('a blocking hold keeps a confirmed order back until it is released', async () => {
    const order = await door.until(await door.place({ paymentMethod: 'cod' }), 'validated');
    const held = await door.post(at(order, 'holds'), { kind: 'fraud', severity: 'blocking', note: 'who is she?' });
    expect(held.body).toMatchObject({ holds: [{ kind: 'fraud', severity: 'blocking', releasedAt: null }] });
    await door.post(at(order, 'confirm'), {});
    await untilQuiet(yard.database);
    expect(await again(order)).toMatchObject({ status: 'confirmed', fulfillmentStatus: 'on_hold' });
    expect((await door.post(at(order, `holds/${held.body.holds[0].id}/release`), {})).status).toBe(200);
    await door.until(order.correlationId, 'delivered');
  });

  test('a declined payment is tried again: stock is reserved anew, then it is charged [B20, B38]', async () => {
    const order = await door.until(await door.place({ paymentToken: 'tok_declined' }), 'payment_failed');
    await untilQuiet(yard.database);
    expect((await again(order)).saga.state).toBe('Failed');
    expect((await door.post(at(order, 'payments/retry'), { paymentToken: 'tok_ok' })).status).toBe(200);
    expect(await door.until(order.correlationId, 'delivered')).toMatchObject({ paymentStatus: 'paid' });
  });

  test('goods make their fulfilment when they are confirmed, are shipped and delivered by the carrier, and their history says so [B14, B26, B37, E10, E16]', async () => {
    const shippingAddress = { line1: '1 Main St', city: 'Springfield' };
    const form = {
      paymentMethod: 'account',
      kind: 'goods',
      items: [{ sku: 'CEMENT-25KG', quantity: 2 }],
      plantId: 'north',
      shippingAddress,
    };
    const order = await door.until(await door.place(form), 'delivered');
    expect(order).toMatchObject({ delivery: 'carrier', truckId: null, saga: { state: 'Completed' } });
    const { items } = (await door.get(`/api/fulfillments?orderId=${order.id}`)).body;
    expect(items).toMatchObject([
      { orderKey: order.correlationId, orderNumber: order.orderNumber, locationId: 'north', status: 'delivered' },
    ]);
    const told = (await door.history(order.id)).map(({ type }) => type);
    for (const type of ['order.shipping.requested', 'order.shipped', 'shipment.tracking.updated']) expect(told).toContain(type);
    expect(told.filter((type) => type === 'order.delivered')).toHaveLength(1);
  });

  test('orders are found by id and by status, with their items; each has its saga, and the figures count them [E11, E13, E24, E30, E38, E40]', async () => {
    const order = await door.until(await door.place({ paymentMethod: 'cod' }), 'validated');
    const { items } = (await door.get('/api/orders?status=validated')).body;
    expect(items.find(({ id }: Body) => id === order.id)).toMatchObject({ items: [{ quantity: 2 }], saga: { state: 'InventoryReserved' } });
    const figures = await orderFigures(yard.database);
    expect(figures).toMatchObject({ sagasOverdue: 0, sagasOrphaned: 0, compensating: 0, stalled: 0 });
    expect(figures.byStatus.validated).toBeGreaterThan(0);
    expect(await orphanedSagas(yard.database)).toEqual([]);
    await yard.database.query('delete from order_sagas where correlation_id = $1', [order.correlationId]);
    expect(await orphanedSagas(yard.database)).toEqual([{ correlationId: order.correlationId, missing: 'saga' }]);
    expect((await door.get('/api/admin/attention')).status).toBe(200);
  });
});

describeWith('postgres')('orders whose goods are packed by people', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    // The carrier picks nothing up by itself within this test.
    yard = await openYard({ FULFILLMENT_AUTO: 'false', SHIPPING_TIME_SCALE: '3600' });
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  test('say how far their fulfilment is, and that it is held; a hold that comes after the goods have left holds nothing', async () => {
    const shippingAddress = { line1: '1 Main St', city: 'Springfield' };
    const goods = { kind: 'goods', items: [{ sku: 'CEMENT-25KG', quantity: 2 }], plantId: 'north', shippingAddress };
    const { id, correlationId, fulfillmentId } = await door.until(await door.place({ paymentMethod: 'account', ...goods }), 'confirmed');
    const fulfillment = async (): Promise<Body> => (await door.get(`/api/fulfillments/${fulfillmentId}`)).body;
    await until(async () => (await fulfillment()).status === 'planned');
    const says = async (): Promise<string> => (await door.get(`/api/orders/${id}`)).body.fulfillmentStatus;
    const after = async (what: string, body: object = {}): Promise<string> => {
      const answer = await door.post(`/api/${what}`, body);
      if (answer.status >= 300) throw new Error(`${what} was answered ${answer.status}: ${answer.text}`);
      return says();
    };
    expect(await says()).toBe('scheduled');
    expect(await after(`fulfillments/${fulfillmentId}/hold`, { reason: 'no boxes' })).toBe('on_hold');
    expect(await after(`fulfillments/${fulfillmentId}/release`)).toBe('scheduled');
    expect(await after(`fulfillments/${fulfillmentId}/pick`)).toBe('in_progress');
    expect(await after(`orders/${id}/holds`, { kind: 'fraud', severity: 'blocking' })).toBe('on_hold');
    await until(async () => (await fulfillment()).status === 'on_hold');
    const [hold] = (await door.get(`/api/orders/${id}`)).body.holds.filter(({ source }: Body) => source === 'person');
    await after(`orders/${id}/holds/${hold.id}/release`);
    await until(async () => (await fulfillment()).status === 'picking');
    expect(await after(`fulfillments/${fulfillmentId}/pack`)).toBe('in_progress');
    await until(async () => (await fulfillment()).shipment.status === 'booked');
    const { trackingNo, shipment } = await fulfillment();
    const body = JSON.stringify({
      ...{ event_id: `evt_${id}`, reference: fulfillmentId, booking_key: shipment.bookingKey, tracking_no: trackingNo },
      ...{ status: 'picked_up', at: new Date().toISOString() },
    });
    const headers = { 'X-Signature': signed(body, 'sandbox-secret', new Date()) };
    expect((await door.post('/api/shipments/webhooks/sandbox', body, headers)).status).toBe(200);
    await door.until(correlationId, 'shipped');
    expect(await after(`orders/${id}/holds`, { kind: 'fraud', severity: 'blocking' })).toBe('in_progress');
    expect((await door.get(`/api/orders?status=shipped`)).body.items).toMatchObject([{ id, fulfillmentStatus: 'in_progress' }]);
  });
});

describeWith('postgres')('orders paid on delivery whose trucks go before they are confirmed', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard({ COD_DISPATCH_BEFORE_CONFIRM: 'true', SWEEP_MS: '200' });
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const again = async ({ id }: Body): Promise<Body> => (await door.get(`/api/orders/${id}`)).body;
  const form = { paymentMethod: 'cod', plantId: 'east' };

  test('delivered, they still wait for the clock, which finds them by their proof; one truck drove, and nothing is sent twice [B10, B11, B12, B14]', async () => {
    const order = await door.until(await door.place(form), 'validated');
    await untilQuiet(yard.database);
    expect(await again(order)).toMatchObject({ status: 'validated', deliveryStatus: 'delivered', delivered: true, paymentStatus: 'none' });
    await yard.start({ CRON_COD_AUTO_CONFIRM: '* * * * * *' });
    expect(await door.until(order.correlationId, 'delivered')).toMatchObject({ deliveryStatus: 'delivered', saga: { state: 'Completed' } });
    await untilQuiet(yard.database);
    const told = (await door.history(order.id)).map(({ type }) => type);
    for (const type of ['order.truck.assigned', 'order.delivery.proven', 'order.confirmed']) expect(told).toContain(type);
    expect(await yard.count('delivery_jobs', `order_key = '${order.correlationId}'`)).toBe(1);
    expect(await yard.count('fulfillments', `order_key = '${order.correlationId}'`)).toBe(0);
    expect(await again(order)).toMatchObject({ paymentStatus: 'cod_due' });
  });

  test('without a truck they are queued; called off, they leave the queue and give their stock back', async () => {
    await yard.database.query(`update trucks set status = 'out_of_service'`);
    const before = await door.stock('CONCRETE-C25', 'east');
    const order = await door.until(await door.place(form), 'validated');
    await untilQuiet(yard.database);
    expect(await again(order)).toMatchObject({ status: 'validated', deliveryStatus: 'queued' });
    await door.post(`/api/orders/${order.id}/cancel`, { reason: 'rain' });
    await untilQuiet(yard.database);
    expect(await again(order)).toMatchObject({ status: 'cancelled', saga: { state: 'Failed' } });
    expect(await yard.count('delivery_jobs', `order_key = '${order.correlationId}' and status = 'cancelled'`)).toBe(1);
    expect(await door.stock('CONCRETE-C25', 'east')).toEqual(before);
  });
});
