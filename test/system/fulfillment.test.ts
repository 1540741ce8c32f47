/** Goods from a confirmed order to the customer's door by the sandbox carrier, whatever the carrier does on the way. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { startNode } from '../../node.ts';
import { newHeaders, packed } from '../../runtime/trace.ts';
import { startCarrier } from '../../services/fulfillment/carrier.ts';
import { signed } from '../../services/webhook.ts';
import type { Body, Http } from '../support/http.ts';
import { until } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

const SHIPPING = {
  SERVICES: 'fulfillment,gateway',
  SHIPPING_TIME_SCALE: '0',
  SHIPPING_CALL_MS: '300',
  SHIPPING_POLL_MS: '300',
  SWEEP_MS: '100',
};

const PROVEN_AT = '2026-03-02T08:00:00.000Z';

describeWith('postgres')('goods that go by a carrier', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard(SHIPPING);
    door = (await yard.start()).http;
    for (const line1 of [
      '1 Analytical Row',
      'sandbox:error',
      'sandbox:timeout',
      'sandbox:lost',
      'sandbox:fail',
      'sandbox:fail too',
      'sandbox:return',
    ])
      begun[line1] = await create(line1);
    begun.proven = await create('1 Analytical Row', { delivered: { at: PROVEN_AT } });
  });
  afterAll(() => yard.close());

  /** On their way side by side from the first: each is somebody’s test. */
  const begun: Record<string, Awaited<ReturnType<typeof create>>> = {};
  const parcel = (line1: string) => begun[line1] as Awaited<ReturnType<typeof create>>;
  /** As the order, or an exchange, tells it. */
  const tell = (id: string, name: string, payload: object): Promise<unknown> =>
    yard.database.query(`insert into mailbox (actor, key, name, payload, headers) values ('fulfillment', $1, $2, $3, $4)`, [
      id,
      name,
      JSON.stringify(payload),
      packed(newHeaders('test')),
    ]);
  const orderOf = (line1: string, more: object = {}) => ({
    orderKey: randomUUID(),
    orderId: String(Math.floor(Math.random() * 1e9)),
    orderNumber: 'ORD-20260302-000001',
    locationId: 'north',
    customerId: 'ada',
    address: { line1, city: 'London' },
    lines: [{ sku: 'CEMENT-25KG', quantity: 2 }],
    ...more,
  });
  const create = async (line1: string, more: object = {}) => {
    const id = randomUUID();
    const order = orderOf(line1, more);
    await tell(id, 'fulfillment.create', order);
    return { id, ...order };
  };
  const get = async (id: string): Promise<Body> => (await door.get(`/api/fulfillments/${id}`)).body;
  const reaches = async (id: string, ...statuses: string[]): Promise<Body> => {
    await until(async () => statuses.includes((await get(id)).status), { what: async () => JSON.stringify(await get(id)) });
    return get(id);
  };
  const events = async (id: string): Promise<string[]> => {
    const said = await yard.database.query<{ type: string; to: string | null }>(
      `select type, data->>'to' as to from event_log where data->>'fulfillmentId' = $1 order by entry, place`,
      [id],
    );
    return said.map(({ type, to }) => to ?? type);
  };

  test('are booked, tracked and delivered, and the order hears of each [E4, E17, E22]', async () => {
    const { id, orderId } = parcel('1 Analytical Row');
    const there = await reaches(id, 'delivered');
    expect(there).toMatchObject({
      orderId,
      status: 'delivered',
      carrier: 'sandbox',
      shipment: { status: 'delivered', trackingNo: there.trackingNo },
    });
    expect(there.tracking.map(({ status }: Body) => status)).toEqual(['picked_up', 'in_transit', 'out_for_delivery', 'delivered']);
    expect(there.deliveredAt).toBe(there.tracking[3].at);
    const told = await events(id);
    expect(told).toEqual(expect.arrayContaining(['ready', 'order.shipping.requested', 'order.shipped', 'order.delivered', 'delivered']));
    expect(told.indexOf('order.shipped')).toBeLessThan(told.indexOf('order.delivered'));
    const list = await door.get(`/api/fulfillments?orderId=${orderId}&status=delivered`);
    expect(list.body).toMatchObject({ items: [{ id, status: 'delivered' }], nextCursor: null });
    expect((await door.get(`/api/fulfillments?orderId=${orderId}&status=failed`)).body.items).toEqual([]);
  });

  test('are booked once, though the carrier fails twice or never answers: the same key is looked up [E42, E43]', async () => {
    const [failing, silent] = [parcel('sandbox:error'), parcel('sandbox:timeout')];
    for (const { id } of [failing, silent]) {
      const there = await reaches(id, 'delivered');
      expect(there.shipments).toMatchObject([{ bookingKey: `ship:${id}:1`, status: 'delivered' }]);
      expect((await events(id)).filter((one) => one === 'order.delivered')).toHaveLength(1);
    }
  });

  test('whose callbacks are all lost are found by asking, and delivered', async () => {
    const there = await reaches(parcel('sandbox:lost').id, 'delivered');
    expect(there.tracking).toHaveLength(4);
  });

  test('that the carrier declines fail, the order hears why, and a corrected address is booked anew', async () => {
    const { id } = parcel('sandbox:fail');
    const failed = await reaches(id, 'failed');
    expect(failed).toMatchObject({ reason: 'address_not_deliverable', shipment: { status: 'declined' } });
    const stale = await door.post(`/api/fulfillments/${id}/rebook`, {}, { 'If-Match': '"v99"' });
    expect([stale.status, stale.body.code]).toEqual([412, 'resource.changed']);
    const wrong = await door.post(`/api/fulfillments/${id}/rebook`, { address: { line1: '' } });
    expect(wrong.status).toBe(422);
    const again = await door.post(`/api/fulfillments/${id}/rebook`, { address: { line1: '2 Analytical Row' } });
    expect([again.status, again.body.status]).toEqual([200, 'ready']);
    const there = await reaches(id, 'delivered');
    expect(there.shipments.map(({ status }: Body) => status)).toEqual(['delivered', 'declined']);
    const late = await door.post(`/api/fulfillments/${id}/rebook`, {});
    expect([late.status, late.body.code]).toEqual([409, 'fulfillment.not-failed']);
  });

  test('that nobody takes come back: the fulfilment fails, and can be booked anew', async () => {
    const failed = await reaches(parcel('sandbox:return').id, 'failed');
    expect(failed).toMatchObject({ reason: 'nobody took it', shipment: { status: 'returned' } });
    expect(await events(failed.id)).toContain('failed');
  });

  test('go out once for an order and a location, however many fulfilments are asked for [B26]', async () => {
    const order = orderOf('1 Analytical Row');
    const ids = Array.from({ length: 5 }, () => randomUUID());
    // All at one moment: once the first has arrived, nothing is open any more, and another is another.
    await yard.database.query(
      `insert into mailbox (actor, key, name, payload, headers)
       select 'fulfillment', key, 'fulfillment.create', $2, $3 from unnest(string_to_array($1, ',')) key`,
      [ids.join(','), JSON.stringify(order), packed(newHeaders('test'))],
    );
    await until(async () => (await yard.count('fulfillments', `order_key = '${order.orderKey}' and status = 'delivered'`)) === 1);
    await until(async () => (await yard.count('mailbox', `actor = 'fulfillment'`)) === 0);
    expect(await yard.count('fulfillments', `order_key = '${order.orderKey}'`)).toBe(1);
  });

  test('that were delivered before the record was made ship nothing [B14]', async () => {
    expect(await reaches(parcel('proven').id, 'delivered')).toMatchObject({ deliveredAt: PROVEN_AT, shipment: null, tracking: [] });
  });

  test('are shown and listed; what is not there and what cannot be asked is refused', async () => {
    expect((await door.get(`/api/fulfillments/${randomUUID()}`)).body.code).toBe('fulfillment.not-found');
    for (const query of ['status=flying', 'orderId=one', 'colour=red', 'cursor=nonsense'])
      expect((await door.get(`/api/fulfillments?${query}`)).status).toBe(422);
    const first = await door.get('/api/fulfillments?limit=1');
    expect(first.body.items).toHaveLength(1);
    const second = await door.get(`/api/fulfillments?limit=1&cursor=${first.body.nextCursor}`);
    expect(second.body.items[0].id > first.body.items[0].id).toBe(true);
  });

  test('are reported by signed webhooks only, fresh ones, each event once [E22]', async () => {
    const { id } = parcel('sandbox:fail too');
    await reaches(id, 'failed');
    const body = JSON.stringify({
      event_id: `evt_${id}`,
      reference: id,
      booking_key: `ship:${id}:9`,
      tracking_no: 'X1',
      status: 'delivered',
      at: new Date().toISOString(),
    });
    const deliver = (signature?: string, raw = body) =>
      door.post('/api/shipments/webhooks/sandbox', raw, signature ? { 'X-Signature': signature } : {});
    const now = new Date();
    expect((await deliver()).body.code).toBe('webhook.signature');
    expect((await deliver(signed(body, 'another-secret', now))).body.code).toBe('webhook.signature');
    expect((await deliver(signed(body, 'sandbox-secret', new Date(now.getTime() - 301_000)))).body.code).toBe('webhook.stale');
    expect((await deliver(signed('{"a":', 'sandbox-secret', now), '{"a":')).status).toBe(400);
    expect((await deliver(signed('{"a":1}', 'sandbox-secret', now), '{"a":1}')).status).toBe(422);
    expect((await deliver(signed(body, 'sandbox-secret', now))).body).toEqual({ received: true, repeated: false });
    expect((await deliver(signed(body, 'sandbox-secret', now))).body).toEqual({ received: true, repeated: true });
    expect((await get(id)).status).toBe('failed');
  });

  test('wait for people where the settings say so: to pick, to pack, and while they are held', async () => {
    const people = await openYard({ ...SHIPPING, FULFILLMENT_AUTO: 'false' });
    try {
      const shop = (await people.start()).http;
      const id = randomUUID();
      const payload = JSON.stringify(orderOf('1 Analytical Row'));
      await people.database.query(
        `insert into mailbox (actor, key, name, payload, headers) values ('fulfillment', $1, 'fulfillment.create', $2, $3)`,
        [id, payload, packed(newHeaders('test'))],
      );
      await until(async () => (await shop.get(`/api/fulfillments/${id}`)).body.status === 'planned');
      const go = async (step: string, body: object = {}) => (await shop.post(`/api/fulfillments/${id}/${step}`, body)).body;
      expect((await go('pack')).code).toBe('fulfillment.wrong-step');
      expect((await go('hold', { reason: 'no boxes' })).status).toBe('on_hold');
      expect((await go('release')).status).toBe('planned');
      expect((await go('pick')).status).toBe('picking');
      expect((await go('pack')).status).toBe('ready');
      await until(async () => (await shop.get(`/api/fulfillments/${id}`)).body.status === 'delivered');
    } finally {
      await people.close();
    }
  });
});

describeWith('postgres')('a carrier of its own', () => {
  test('knows its parcels though our node dies, and a booking is called off before it is picked up', async () => {
    const carrier = await startCarrier({ secret: 'sandbox-secret', timeScale: 3_600 });
    const yard = await openYard({ ...SHIPPING, SHIPPING_URL: carrier.url });
    try {
      let node = await yard.start();
      const id = randomUUID();
      const say = (name: string, payload: object) =>
        yard.database.query(`insert into mailbox (actor, key, name, payload, headers) values ('fulfillment', $1, $2, $3, $4)`, [
          id,
          name,
          JSON.stringify(payload),
          packed(newHeaders('test')),
        ]);
      await say('fulfillment.create', {
        orderKey: randomUUID(),
        orderId: '1',
        orderNumber: 'ORD-1',
        locationId: 'north',
        customerId: 'ada',
        lines: [{ sku: 'CEMENT-25KG', quantity: 2 }],
      });
      const status = async () => (await node.http.get(`/api/fulfillments/${id}`)).body.shipment?.status;
      await until(async () => (await status()) === 'booked');
      expect(carrier.bookings.get(`ship:${id}:1`)).toMatchObject({ status: 'booked', reference: id });
      await node.kill();
      node = await yard.start();
      await say('fulfillment.cancel', { reason: 'rain' });
      await until(async () => (await status()) === 'cancelled');
      expect(carrier.bookings.get(`ship:${id}:1`)?.status).toBe('cancelled');
      expect((await node.http.get(`/api/fulfillments/${id}`)).body).toMatchObject({ status: 'cancelled', reason: 'rain' });
    } finally {
      await yard.close();
      await carrier.close();
    }
  });

  test('shows whether it answers, and what waits for it [E39]', async () => {
    const carrier = await startCarrier({ secret: 'sandbox-secret', timeScale: 1 });
    const yard = await openYard({ ...SHIPPING, SERVICES: 'fulfillment', SHIPPING_URL: carrier.url });
    const node = await startNode(readConfig([], { ...yard.env, LOG_LEVEL: 'fatal' }));
    const figures = () => node.broker.call<Body, object>('fulfillment.figures', {});
    const health = async () => (await node.broker.call<Body, object>('fulfillment.health', {})).checks['shipping:responseTime'];
    try {
      expect(await figures()).toEqual({
        byStatus: {},
        unanswered: 0,
        stale: 0,
        failed: 0,
        shipping: { status: 'pass', observed: expect.any(Number) },
      });
      expect(await health()).toMatchObject({ status: 'pass' });
      await carrier.close();
      expect(await figures()).toMatchObject({ shipping: { status: 'fail' } });
      expect(await health()).toMatchObject({ status: 'fail' });
    } finally {
      await node.stop();
      await yard.close();
    }
  });
});
