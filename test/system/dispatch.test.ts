/** Stock that is short, trucks that are away: who waits, why, and who goes first. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('stock and trucks', () => {
  let yard: Yard;
  let door: Http;

  const queue = async (plantId: string): Promise<Body[]> => (await door.get(`/api/dispatch/queue?plantId=${plantId}`)).body.items;
  const newPlant = async (id: string, quantity: number): Promise<void> => {
    expect((await door.post('/api/plants', { id, name: id })).status).toBe(201);
    for (const sku of ['SAND-BULK', 'GRAVEL-BULK'])
      expect((await door.post(`/api/inventory/${sku}/${id}/receive`, { quantity })).status).toBe(200);
  };
  const sand = (quantity: number) => [{ sku: 'SAND-BULK', quantity }];

  beforeAll(async () => {
    yard = await openYard();
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  test('an order for more than there is fails with inventory.short, and what it held of the rest is given back', async () => {
    await newPlant('short', 10);
    const items = [...sand(3), { sku: 'GRAVEL-BULK', quantity: 11 }];
    const { id } = await door.until(await door.place({ plantId: 'short', items }), 'failed');
    await untilQuiet(yard.database);
    const order = (await door.get(`/api/orders/${id}`)).body;
    expect(order).toMatchObject({ reason: 'inventory.short', paymentId: null, saga: { state: 'Failed' } });
    expect((await door.get(`/api/orders/status/${order.correlationId}`)).body).toMatchObject({
      status: 'failed',
      reason: 'inventory.short',
    });
    await untilQuiet(yard.database);
    expect(await door.stock('SAND-BULK', 'short')).toEqual({ available: 10, reserved: 0 });
    expect(await door.stock('GRAVEL-BULK', 'short')).toEqual({ available: 10, reserved: 0 });
  });

  test('orders at once never sell more than there is', async () => {
    await newPlant('rush', 10);
    const placed = await Promise.all(
      Array.from({ length: 8 }, () => door.place({ plantId: 'rush', paymentMethod: 'account', items: sand(3) })),
    );
    const orders = await Promise.all(placed.map((id) => door.until(id, 'confirmed', 'failed')));
    expect(orders.filter(({ status }) => status === 'confirmed')).toHaveLength(3);
    await untilQuiet(yard.database);
    expect(await door.stock('SAND-BULK', 'rush')).toEqual({ available: 1, reserved: 9 });
  });

  test('without a truck orders wait with their reason, and a truck that comes takes the most urgent first [A13, A73, A76, A77]', async () => {
    await newPlant('lonely', 100);
    const place = async (priority: number): Promise<string> => {
      const order = await door.until(
        await door.place({ plantId: 'lonely', paymentMethod: 'account', items: sand(1), priority }),
        'confirmed',
      );
      return order.id;
    };
    const [low, high, middle] = [await place(10), await place(90), await place(50)];
    await until(async () => (await queue('lonely')).length === 3);
    const waiting = await queue('lonely');
    expect(waiting.map(({ orderId }) => orderId)).toEqual([high, middle, low]);
    for (const entry of waiting) {
      expect(entry).toMatchObject({
        reason: 'no_truck',
        plantId: 'lonely',
        jobId: expect.any(String),
        waitingSince: expect.stringMatching(/Z$/),
      });
    }
    expect((await door.get(`/api/orders/${high}`)).body).toMatchObject({ status: 'confirmed', deliveryStatus: 'queued' });
    const told = (await door.history(low)).map(({ type }) => type);
    expect(told.filter((type) => type === 'dispatch.no_truck')).toHaveLength(1);

    const added = await door.post('/api/trucks', { code: 'L-1', plantId: 'lonely' });
    expect([added.status, added.body.status]).toEqual([201, 'available']);
    await until(async () => (await queue('lonely')).length === 0);
    await untilQuiet(yard.database);
    const loads = await yard.database.query<{ id: string }>(
      `select order_id as id from loads where plant_id = 'lonely' order by assigned_at, closed_at`,
    );
    expect(loads.map(({ id }) => id)).toEqual([high, middle, low]);
    for (const id of [high, middle, low]) expect((await door.get(`/api/orders/${id}`)).body.status).toBe('delivered');
  });

  test('a truck out of service gets nothing, and takes what waits when it is back', async () => {
    await newPlant('pause', 100);
    await door.post('/api/trucks', { id: 'p-1', code: 'P-1', plantId: 'pause' });
    expect((await door.post('/api/trucks/p-1/out-of-service', { reason: 'oil' })).body).toMatchObject({
      status: 'out_of_service',
      reason: 'oil',
    });
    const again = await door.post('/api/trucks/p-1/out-of-service', { reason: 'oil' });
    expect([again.status, again.body.code]).toEqual([409, 'truck.out-of-service']);
    const correlationId = await door.place({ plantId: 'pause', paymentMethod: 'account', items: sand(1) });
    await until(async () => (await queue('pause')).length === 1);
    expect((await door.get('/api/trucks?plantId=pause&status=out_of_service')).body.items).toHaveLength(1);
    expect((await door.post('/api/trucks/p-1/back-in-service', {})).status).toBe(200);
    await door.until(correlationId, 'delivered');
    await until(async () => (await door.get('/api/trucks/p-1')).body.status === 'available');
    const inService = await door.post('/api/trucks/p-1/back-in-service', {});
    expect([inService.status, inService.body.code]).toEqual([409, 'truck.in-service']);
  });

  test('however many orders come at once, one truck has one load at a time [A14, A65]', async () => {
    const placed = await Promise.all(
      Array.from({ length: 12 }, () => door.place({ plantId: 'east', paymentMethod: 'account', items: sand(1) })),
    );
    for (const id of placed) await door.until(id, 'delivered');
    await untilQuiet(yard.database);
    const [most] = await yard.database.query<{ open: string }>(
      `select count(*) filter (where b.assigned_at < a.closed_at and b.assigned_at >= a.assigned_at and a.id <> b.id) as open
       from loads a join loads b using (truck_id) where a.truck_id = 'truck-5'`,
    );
    expect(Number(most?.open)).toBe(0);
    expect(await yard.count('loads', `truck_id = 'truck-5' and status = 'delivered'`)).toBe(12);
  });
});
