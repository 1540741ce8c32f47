/** The real actors without their services, and a batch of first messages for each: for laws of the turn that only they can break. */
import { randomUUID } from 'node:crypto';
import { dispatchMessages } from '../../models/dispatch.ts';
import { fulfillmentMessages } from '../../models/fulfillment.ts';
import { inventoryMessages } from '../../models/inventory.ts';
import { orderMessages } from '../../models/order.ts';
import { paymentMessages } from '../../models/payment.ts';
import { seed } from '../../models/seed.ts';
import { truckMessages } from '../../models/truck.ts';
import type { AnyActor } from '../../runtime/actor.ts';
import type { Database } from '../../runtime/database.ts';
import { fulfillmentDecider } from '../../services/fulfillment/fulfillment.decider.ts';
import { fulfillmentStore } from '../../services/fulfillment/fulfillment.store.ts';
import { seedOnce } from '../../services/inventory/catalogue.store.ts';
import { decide as decideStock } from '../../services/inventory/inventory.decider.ts';
import { inventoryStore } from '../../services/inventory/inventory.store.ts';
import { orderDecider } from '../../services/order/order.decider.ts';
import { orderStore } from '../../services/order/order.store.ts';
import { decide as decidePayment } from '../../services/payment/payment.decider.ts';
import { paymentStore } from '../../services/payment/payment.store.ts';
import { dispatcher } from '../../services/truck/dispatch.decider.ts';
import { dispatchStore } from '../../services/truck/dispatch.store.ts';
import { truckDecider } from '../../services/truck/truck.decider.ts';
import { truckStore } from '../../services/truck/truck.store.ts';
import { plantSettings, truckSettings } from './examples.ts';

export interface Sent {
  key: string;
  name: string;
  payload: unknown;
}

const settings = { sagaMs: 60_000, defaultDistanceMiles: 5, autoCancelMs: 86_400_000, autoCancelSpares: [], returnWindowMs: 2_592_000_000 };
const soon = new Date(Date.now() + 600_000).toISOString();
const many = (count: number, sent: (n: number) => Sent): Sent[] => Array.from({ length: count }, (_, n) => sent(n));
const ofOrder = () => ({ orderKey: randomUUID(), orderId: '1' });

/** Each actor with a way to fill its mailboxes by `count` messages that all change something. */
export const domain: Record<string, { actor: AnyActor; messages(count: number): Sent[] }> = {
  order: {
    actor: { type: 'order', messages: orderMessages, decide: orderDecider(settings), store: orderStore, onPoison: 'park' },
    messages: (count) =>
      many(count, () => {
        const key = randomUUID();
        const items = [{ sku: 'CEMENT-25KG', quantity: 1 }];
        const form = { customerId: 'c', kind: 'goods', paymentMethod: 'card', items, plantId: 'north', priority: 50 };
        return { key, name: 'order.accepted', payload: { correlationId: key, ...form } };
      }),
  },
  inventory: {
    actor: { type: 'inventory', messages: inventoryMessages, decide: decideStock, store: inventoryStore, onPoison: 'skip' },
    messages: (count) =>
      many(count, (n) => ({
        key: `${seed.products[n % seed.products.length]?.sku}@north`,
        name: 'inventory.reserve',
        payload: { ...ofOrder(), quantity: 1, until: soon },
      })),
  },
  payment: {
    actor: { type: 'payment', messages: paymentMessages, decide: decidePayment, store: paymentStore, onPoison: 'park' },
    messages: (count) =>
      many(count, () => ({
        key: randomUUID(),
        name: 'payment.charge',
        payload: { ...ofOrder(), orderNumber: 'ORD', amountCents: 100, currency: 'USD', method: 'card', token: 'tok_ok' },
      })),
  },
  fulfillment: {
    actor: {
      type: 'fulfillment',
      messages: fulfillmentMessages,
      decide: fulfillmentDecider({ auto: true, pollMs: 60_000, carrier: 'sandbox' }),
      store: fulfillmentStore,
      onPoison: 'park',
    },
    messages: (count) =>
      many(count, () => ({
        key: randomUUID(),
        name: 'fulfillment.create',
        payload: { ...ofOrder(), orderNumber: 'ORD', locationId: 'north', customerId: 'c', lines: [{ sku: 'CEMENT-25KG', quantity: 1 }] },
      })),
  },
  truck: {
    actor: { type: 'truck', messages: truckMessages, decide: truckDecider(truckSettings), store: truckStore, onPoison: 'park' },
    messages: (count) =>
      many(count, (n) => ({
        key: `t-${n}`,
        name: 'truck.assign',
        payload: { ...ofOrder(), loadId: randomUUID(), jobId: randomUUID(), plantId: 'north', distanceMiles: 5 },
      })),
  },
  dispatch: {
    actor: { type: 'dispatch', messages: dispatchMessages, ...dispatcher(plantSettings), store: dispatchStore('first'), onPoison: 'skip' },
    messages: (count) =>
      many(count, (n) => ({
        key: ['north', 'south', 'east'][n % 3] as string,
        name: 'dispatch.request',
        payload: { ...ofOrder(), quantity: 1, distanceMiles: 5, priority: 50 },
      })),
  },
};

/** The small world of a first start, and enough trucks for a large batch. */
export const fillTheWorld = async (database: Database): Promise<void> => {
  await seedOnce(database, seed);
  await database.query(`insert into trucks (id, code, plant_id) select 't-' || n, 'T' || n, 'north' from generate_series(0, 999) n`);
};
