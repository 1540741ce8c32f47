/** The worlds that whole journeys are made in, the embedded default and real servers, and what people do in them: over HTTP only. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { readConfig } from '../../config.ts';
import { startNode } from '../../node.ts';
import type { Database } from '../../runtime/database.ts';
import { signed } from '../../services/webhook.ts';
import { newDataDir } from '../support/data-dir.ts';
import { type Body, type Http, http, type Reply } from '../support/http.ts';
import { until } from '../support/quiet.ts';
import { freePort } from '../support/servers.ts';
import { openYard, servers } from '../support/yard.ts';

export interface World {
  door: Http;
  database: Database;
  close(): Promise<void>;
}

/** Everything at once, parcels wait for people so that a journey can meet them, and the clock of COD orders ticks each second. */
const PROMPT = {
  TRUCK_TIME_SCALE: '0',
  SHIPPING_TIME_SCALE: '0',
  SHIPPING_POLL_MS: '200',
  SWEEP_MS: '200',
  FULFILLMENT_AUTO: 'false',
  CRON_COD_AUTO_CONFIRM: '* * * * * *',
};

/** What `npm start` gives who has nothing else: one process, the embedded Postgres, no NATS, no Redis. */
export const embeddedWorld = async (): Promise<World> => {
  const port = await freePort();
  const dataDir = await newDataDir();
  const env = {
    ...PROMPT,
    DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'fatal',
    MESH_NAMESPACE: `alone-${port}`,
  };
  const node = await startNode(readConfig([], env));
  const close = async (): Promise<void> => {
    await node.stop();
    await rm(dataDir, { recursive: true });
  };
  return { door: http(`http://127.0.0.1:${port}`), database: node.database, close };
};

/** Postgres and Redis, and two processes that have nothing in common but these and NATS. */
export const realWorld = async (): Promise<World> => {
  const port = String(await freePort());
  const callbacks = {
    PAYMENT_CALLBACK_URL: `http://127.0.0.1:${port}/api/payments/webhooks/sandbox`,
    SHIPPING_CALLBACK_URL: `http://127.0.0.1:${port}/api/shipments/webhooks/sandbox`,
  };
  const yard = await openYard({ ...PROMPT, ...callbacks, NATS_URL: servers.nats as string, REDIS_URL: servers.redis as string });
  const [front] = await Promise.all([
    yard.start({ PORT: port }, '--services', 'gateway,order,cart,returns,scheduler'),
    yard.start({}, '--services', 'inventory,payment,fulfillment,truck'),
  ]);
  const sees = async (path: string): Promise<boolean> => (await front.http.get(path)).status === 200;
  await until(async () => (await sees('/api/products')) && (await sees('/api/trucks')) && (await sees('/api/fulfillments')));
  return { door: front.http, database: yard.database, close: () => yard.close() };
};

/** How a journey has ended: read when nothing moves any more, so that nothing can still come after it. */
export interface End {
  order: Body;
  /** Of the order's card. */
  is: object;
  /** Of its payment: status, taken and given back. Null where there is none. */
  money: [status: string, capturedCents: number, refundedCents: number] | null;
  /** Of each product that the journey touched: available and reserved. */
  stock: Record<string, [available: number, reserved: number]>;
  /** Its statuses by its history, all of them in order. */
  way: string[];
  /** What else its history tells, each exactly once. */
  told: string[];
  /** What only this journey can say. */
  also?: () => Promise<void>;
}

export type Shop = ReturnType<typeof shopIn>;
export const ADDRESS = { name: 'Ada', line1: '1 Analytical Row', city: 'London' };

export const shopIn = ({ door }: World) => {
  const answered = (path: string, answer: Reply, status: number): Body => {
    if (answer.status !== status) throw new Error(`${path} was answered ${answer.status}: ${answer.text}`);
    return answer.body;
  };
  const send = async (path: string, body: object = {}, status = 200): Promise<Body> => answered(path, await door.post(path, body), status);
  const show = async (path: string): Promise<Body> => (await door.get(path)).body;
  const card = ({ id }: Body): Promise<Body> => show(`/api/orders/${id}`);
  const becomes = async (read: () => Promise<Body>, is: (one: Body) => unknown): Promise<Body> => {
    let last: Body;
    const right = async (): Promise<boolean> => {
      last = await read();
      return Boolean(is(last));
    };
    await until(right, { everyMs: 40, what: () => `it stands still at ${JSON.stringify(last)}` });
    return last;
  };

  return {
    send,
    put: async (path: string, body: object): Promise<Body> => answered(path, await door.send('PUT', path, body), 200),
    show,
    card,
    becomes,
    /** A product of the journey's own, so that its stock is nobody else's. */
    async product(quantity: number, priceCents = 1_000): Promise<string> {
      const sku = `OWN-${randomUUID().slice(0, 8)}`;
      await send('/api/products', { sku, name: sku, kind: 'goods', priceCents, currency: 'USD' }, 201);
      await send(`/api/inventory/${sku}/north/receive`, { quantity });
      return sku;
    },
    async placed(sku: string, quantity: number, form: object, ...statuses: string[]): Promise<Body> {
      return door.until(await door.place({ items: [{ sku, quantity }], plantId: 'north', ...form }), ...statuses);
    },
    until: ({ correlationId }: Body, ...statuses: string[]): Promise<Body> => door.until(correlationId, ...statuses),
    /** What went wrong has been undone to the end. */
    undone: (order: Body): Promise<Body> =>
      becomes(
        () => card(order),
        ({ saga }) => saga.state === 'Failed',
      ),
    /** People in the warehouse pick and pack the parcel that waits for them. */
    async packed(order: Body): Promise<Body> {
      const waiting = async (): Promise<Body> =>
        (await show(`/api/fulfillments?orderId=${order.id}`)).items.find(({ status }: Body) => status === 'planned');
      const { id } = await becomes(waiting, (one) => one !== undefined);
      await send(`/api/fulfillments/${id}/pick`);
      return send(`/api/fulfillments/${id}/pack`);
    },
    /** A bank says what became of a transfer. */
    async bankSays({ id, paymentId }: Body, outcome: 'confirmed' | 'failed'): Promise<void> {
      const report = JSON.stringify({
        event_id: randomUUID(),
        event_type: `payment.${outcome}`,
        payment_id: paymentId,
        order_id: id,
        amount: 1,
        currency: 'USD',
        timestamp: new Date().toISOString(),
        ...(outcome === 'failed' ? { failure_reason: 'no funds' } : {}),
      });
      const { status, text } = await door.post('/api/payments/webhooks/sandbox', report, {
        'X-Signature': signed(report, 'sandbox-secret', new Date()),
      });
      if (status !== 200) throw new Error(`the bank's report was answered ${status}: ${text}`);
    },
    async check({ order, is, money, stock, way, told, also }: End): Promise<void> {
      const found = await card(order);
      expect(found).toMatchObject(is);
      const payment = found.paymentId ? await show(`/api/payments/${found.paymentId}`) : undefined;
      expect(payment ? [payment.status, payment.capturedCents, payment.refundedCents] : null).toEqual(money);
      for (const [sku, [available, reserved]] of Object.entries(stock))
        expect({ sku, ...(await door.stock(sku, 'north')) }).toEqual({ sku, available, reserved });
      const history: Body[] = await door.history(order.id);
      expect(history.filter(({ type }) => type === 'orders.order.status_changed').map(({ to }) => to)).toEqual(way);
      const types = history.map(({ type }) => type);
      expect(types.filter((type) => told.includes(type)).sort()).toEqual([...told].sort());
      await also?.();
    },
  };
};
