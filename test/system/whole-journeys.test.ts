/** Every way an order can go, from the door to its end: the same table on the embedded default and on real servers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Body } from '../support/http.ts';
import { untilQuiet } from '../support/quiet.ts';
import { describeWith } from '../support/yard.ts';
import { ADDRESS, type End, embeddedWorld, realWorld, type Shop, shopIn, type World } from './journey-worlds.ts';

type Way = (shop: Shop) => Promise<End>;
const journeys: [title: string, way: Way][] = [];
const journey = (title: string, way: Way): void => void journeys.push([title, way]);

const truck = { kind: 'concrete' };
const carrier = { kind: 'goods', shippingAddress: ADDRESS };
const PAID = ['pending', 'validated', 'payment_processing', 'payment_confirmed', 'confirmed'];
const DRIVEN = ['assigned', 'shipped', 'delivered'];
const BY_TRUCK = ['order.truck.assigned', 'order.status.intransit', 'order.delivered'];
const SENT = ['shipped', 'delivered'];
const BY_CARRIER = ['order.shipping.requested', 'order.shipped', 'order.delivered'];
const done = { status: 'delivered', fulfillmentStatus: 'fulfilled', deliveryStatus: 'delivered', saga: { state: 'Completed' } };
const off = { status: 'cancelled', fulfillmentStatus: 'cancelled', saga: { state: 'Failed' } };

journey('goods paid by card are packed, and go by carrier [B14, B37, E10]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 3, carrier, 'confirmed');
  await shop.packed(order);
  await shop.until(order, 'delivered');
  const is = { ...done, delivery: 'carrier', truckId: null, paymentStatus: 'paid' };
  return {
    order,
    is,
    money: ['captured', 3_000, 0],
    stock: { [sku]: [7, 0] },
    way: [...PAID, ...SENT],
    told: ['payment.confirmed', ...BY_CARRIER],
  };
});

journey('concrete paid by card goes by truck [B37, E10]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 3, truck, 'delivered');
  const is = { ...done, delivery: 'truck', truckId: expect.any(String), fulfillmentId: null, paymentStatus: 'paid' };
  return {
    order,
    is,
    money: ['captured', 3_000, 0],
    stock: { [sku]: [7, 0] },
    way: [...PAID, ...DRIVEN],
    told: ['payment.confirmed', ...BY_TRUCK],
  };
});

journey('a COD order is confirmed by hand, its cash is collected, and it is completed [B1, B13]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 2, { ...truck, paymentMethod: 'cod' }, 'validated');
  await shop.send(`/api/orders/${order.id}/confirm`);
  const there = await shop.until(order, 'delivered');
  await shop.becomes(
    () => shop.show(`/api/payments/${there.paymentId}`),
    ({ status }) => status === 'cod_due',
  );
  await shop.send(`/api/payments/${there.paymentId}/collect`);
  await shop.send(`/api/orders/${order.id}/complete`);
  const way = ['pending', 'validated', 'confirmed', ...DRIVEN, 'completed'];
  const told = ['order.confirmed', ...BY_TRUCK, 'payment.cod.collected', 'order.completed'];
  const is = { status: 'completed', paymentStatus: 'cod_collected' };
  return { order, is, money: ['cod_collected', 2_000, 0], stock: { [sku]: [8, 0] }, way, told };
});

journey('a COD order whose delivery is proven is confirmed by the clock, and no truck drives for it [B10, B11, B12]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 2, { ...truck, paymentMethod: 'cod' }, 'validated');
  await shop.send(`/api/orders/${order.id}/delivery-proof`, { signedBy: 'ada', collected: true });
  await shop.until(order, 'delivered');
  const way = ['pending', 'validated', 'confirmed', 'delivered'];
  const told = ['order.delivery.proven', 'order.confirmed', 'payment.cod.collected'];
  const is = { ...done, truckId: null, paymentStatus: 'cod_collected', deliveryProofAt: expect.any(String) };
  return { order, is, money: ['cod_collected', 2_000, 0], stock: { [sku]: [8, 0] }, way, told };
});

journey('an order on account is delivered without a payment', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 2, { ...truck, paymentMethod: 'account' }, 'delivered');
  const way = ['pending', 'validated', 'confirmed', ...DRIVEN];
  return { order, is: { ...done, paymentStatus: 'none' }, money: null, stock: { [sku]: [8, 0] }, way, told: BY_TRUCK };
});

journey('a transfer waits for the bank’s word, and is delivered when it has come [B16]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 2, { ...truck, paymentMethod: 'transfer' }, 'payment_processing');
  await shop.bankSays(order, 'confirmed');
  await shop.until(order, 'delivered');
  return {
    order,
    is: { ...done, paymentStatus: 'paid' },
    money: ['captured', 2_000, 0],
    stock: { [sku]: [8, 0] },
    way: [...PAID, ...DRIVEN],
    told: ['payment.confirmed', ...BY_TRUCK],
  };
});

journey('what is not in stock waits in line, and is filled when more is received', async (shop) => {
  const sku = await shop.product(2);
  await shop.send(`/api/inventory/${sku}/north/limits`, { allowBackorder: true });
  const order = await shop.placed(sku, 5, truck, 'pending');
  await shop.becomes(
    () => shop.card(order),
    ({ fulfillmentStatus }) => fulfillmentStatus === 'backordered',
  );
  await shop.send(`/api/inventory/${sku}/north/receive`, { quantity: 10 });
  await shop.until(order, 'delivered');
  const told = ['order.backordered', 'inventory.reserved', 'payment.confirmed', ...BY_TRUCK];
  return { order, is: done, money: ['captured', 5_000, 0], stock: { [sku]: [7, 0] }, way: [...PAID, ...DRIVEN], told };
});

journey('a part that is cancelled after it was paid is paid back, and the rest is packed anew [B24]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 5, carrier, 'confirmed');
  await shop.send(`/api/orders/${order.id}/items/${order.items[0].id}/cancel`, { quantity: 2, reason: 'too many' });
  const { fulfillmentId } = await shop.becomes(
    () => shop.card(order),
    (now) => now.fulfillmentId !== order.fulfillmentId,
  );
  await shop.packed(order);
  await shop.until(order, 'delivered');
  const also = async () => expect((await shop.show(`/api/fulfillments/${fulfillmentId}`)).lines).toEqual([{ sku, quantity: 3 }]);
  const is = { ...done, fulfillmentStatus: 'partial', totalCents: 3_000, paymentStatus: 'partially_refunded' };
  const told = ['payment.confirmed', 'order.item.cancelled', 'payment.refunded', ...BY_CARRIER];
  return { order, is, money: ['partially_refunded', 5_000, 2_000], stock: { [sku]: [7, 0] }, way: [...PAID, ...SENT], told, also };
});

journey('money goes back without a cancellation: the order stays delivered [E3]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 4, truck, 'delivered');
  await shop.send(`/api/payments/${order.paymentId}/refund`, { amountCents: 700, reason: 'chipped' });
  const is = { ...done, paymentStatus: 'partially_refunded', returnStatus: 'none' };
  return {
    order,
    is,
    money: ['partially_refunded', 4_000, 700],
    stock: { [sku]: [6, 0] },
    way: [...PAID, ...DRIVEN],
    told: ['payment.confirmed', 'payment.refunded'],
  };
});

journey('an order is cancelled before it was paid: nothing was taken, so nothing goes back', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 4, { ...truck, paymentMethod: 'transfer' }, 'payment_processing');
  await shop.send(`/api/orders/${order.id}/cancel`, { reason: 'rain' });
  await shop.undone(order);
  const way = ['pending', 'validated', 'payment_processing', 'cancelled'];
  const told = ['order.cancelled', 'payment.voided'];
  return { order, is: { ...off, paymentStatus: 'voided', reason: 'rain' }, money: ['voided', 0, 0], stock: { [sku]: [10, 0] }, way, told };
});

journey('a parcel is cancelled before it ships: it stays here, and all money goes back [E22, E52]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 4, carrier, 'confirmed');
  await shop.becomes(
    () => shop.show(`/api/fulfillments/${order.fulfillmentId}`),
    ({ status }) => status === 'planned',
  );
  await shop.send(`/api/fulfillments/${order.fulfillmentId}/pick`);
  await shop.send(`/api/orders/${order.id}/cancel`, { reason: 'rain' });
  await shop.undone(order);
  const parcel = { status: 'cancelled', shipment: null };
  const also = async () => expect(await shop.show(`/api/fulfillments/${order.fulfillmentId}`)).toMatchObject(parcel);
  const way = [...PAID, 'cancelled'];
  const told = ['payment.confirmed', 'order.cancelled', 'payment.refunded'];
  return {
    order,
    is: { ...off, paymentStatus: 'refunded' },
    money: ['refunded', 4_000, 4_000],
    stock: { [sku]: [10, 0] },
    way,
    told,
    also,
  };
});

journey('money that comes after its payment had failed is taken, and the order goes on [B20, B38]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 4, { ...truck, paymentMethod: 'transfer' }, 'payment_processing');
  await shop.bankSays(order, 'failed');
  await shop.until(order, 'payment_failed');
  await shop.undone(order);
  await shop.bankSays(order, 'confirmed');
  await shop.until(order, 'delivered');
  const way = [...PAID.slice(0, 3), 'payment_failed', 'payment_confirmed', 'confirmed', ...DRIVEN];
  const told = ['payment.failed', 'payment.confirmed', ...BY_TRUCK];
  return {
    order,
    is: { ...done, paymentStatus: 'paid', reason: null },
    money: ['captured', 4_000, 0],
    stock: { [sku]: [6, 0] },
    way,
    told,
  };
});

/** All of an order's first line, by its way back. */
const sentBack = ({ items }: Body): object => ({ lines: [{ itemId: items[0].id, quantity: items[0].quantity }], reason: 'too grey' });

journey('what is sent back is on the shelf again, and paid back once [B27]', async (shop) => {
  const sku = await shop.product(10);
  const order = await shop.placed(sku, 4, truck, 'delivered');
  const { id } = await shop.send(`/api/orders/${order.id}/returns`, sentBack(order), 201);
  await shop.send(`/api/returns/${id}/approve`);
  await shop.send(`/api/returns/${id}/receive`, { condition: 'ok' });
  for (const _twice of [1, 2]) await shop.send(`/api/returns/${id}/complete`);
  await shop.becomes(
    () => shop.show(`/api/returns/${id}`),
    ({ refundStatus }) => refundStatus === 'refunded',
  );
  const way = [...PAID, ...DRIVEN];
  const told = ['order.return.requested', 'order.return.approved', 'order.return.completed', 'payment.refunded'];
  const is = { status: 'delivered', returnStatus: 'returned', paymentStatus: 'refunded' };
  return { order, is, money: ['refunded', 4_000, 4_000], stock: { [sku]: [10, 0] }, way, told };
});

journey('what is exchanged for something dearer is charged the difference, and the other is sent [B28]', async (shop) => {
  const [sku, dearer] = [await shop.product(10), await shop.product(10, 1_500)];
  const order = await shop.placed(sku, 2, { ...truck, shippingAddress: ADDRESS }, 'delivered');
  const wanted = { ...sentBack(order), replacements: [{ sku: dearer, quantity: 2 }] };
  const { id } = await shop.send(`/api/orders/${order.id}/exchanges`, wanted, 201);
  const card = () => shop.show(`/api/exchanges/${id}`);
  await shop.send(`/api/exchanges/${id}/approve`);
  await shop.becomes(card, ({ supply }) => supply === 'ready');
  await shop.send(`/api/exchanges/${id}/receive`, { condition: 'ok' });
  await shop.packed(order);
  const { chargeId } = await shop.becomes(card, ({ status }) => status === 'completed');
  const also = async () =>
    expect(await shop.show(`/api/payments/${chargeId}`)).toMatchObject({ status: 'captured', capturedCents: 1_000, refundedCents: 0 });
  const way = [...PAID, ...DRIVEN];
  const told = ['order.exchange.requested', 'order.exchange.approved', 'order.exchange.completed'];
  const is = { status: 'delivered', returnStatus: 'exchanged', paymentStatus: 'paid' };
  return { order, is, money: ['captured', 2_000, 0], stock: { [sku]: [10, 0], [dearer]: [8, 0] }, way, told, also };
});

journey('a cart becomes an order, and is delivered', async (shop) => {
  const skus = [await shop.product(10), await shop.product(10, 2_000)];
  const session = await shop.send('/api/sessions', { customerId: 'acme' }, 201);
  const cart = await shop.send('/api/carts', { sessionId: session.id }, 201);
  for (const sku of skus) await shop.put(`/api/carts/${cart.id}/items/${sku}`, { quantity: 3 });
  const form = { paymentMethod: 'card', plantId: 'north', ...truck };
  const order = await shop.until(await shop.send(`/api/carts/${cart.id}/checkout`, form, 202), 'delivered');
  const also = async () =>
    expect(await shop.show(`/api/carts/${cart.id}`)).toMatchObject({ status: 'converted', correlationId: order.correlationId });
  const stock: End['stock'] = Object.fromEntries(skus.map((sku) => [sku, [7, 0]]));
  return {
    order,
    is: { ...done, totalCents: 9_000 },
    money: ['captured', 9_000, 0],
    stock,
    way: [...PAID, ...DRIVEN],
    told: ['payment.confirmed', ...BY_TRUCK],
    also,
  };
});

const inWorld = (open: () => Promise<World>) => (): void => {
  let world: World;
  let shop: Shop;
  const ends = new Map<string, PromiseSettledResult<End>>();

  beforeAll(async () => {
    world = await open();
    shop = shopIn(world);
    const all = await Promise.allSettled(journeys.map(([, way]) => way(shop)));
    for (const [index, [title]] of journeys.entries()) ends.set(title, all[index] as PromiseSettledResult<End>);
    await untilQuiet(world.database, { timeoutMs: 30_000 });
  }, 90_000);
  afterAll(() => world?.close());

  test.each(journeys)('%s', async (title) => {
    const end = ends.get(title);
    if (end?.status !== 'fulfilled') throw end?.reason;
    await shop.check(end.value);
  });

  test('and after all of them the books agree, and nothing is stuck', async () => {
    expect(await shop.send('/api/admin/consistency-check')).toMatchObject({ consistent: true, drifts: [] });
    expect((await shop.show('/api/admin/attention')).items).toEqual([]);
    expect((await shop.show('/api/admin/dead-letters')).items).toEqual([]);
  });
};

describe('whole journeys, in one process with nothing else', inWorld(embeddedWorld));
describeWith('postgres', 'nats', 'redis')('whole journeys, in two processes over Postgres, NATS and Redis', inWorld(realWorld));
