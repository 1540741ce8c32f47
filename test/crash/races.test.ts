/** What races in the real world, on three nodes over one Postgres and NATS. Each race is run several times; CRASH_SEED has a run again. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pause } from '../../runtime/failure.ts';
import { signed } from '../../services/webhook.ts';
import { type Body, type Http, http, orderForm } from '../support/http.ts';
import { GOODWILL } from '../support/invariants.ts';
import { until } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { canCrash, makeWorld, type World } from '../support/world.ts';

const STOCK = 50;
const BUYERS = 200;
const ROUNDS = 2;
const PLANTS = ['north', 'south', 'east'];
/** The sagas of the last race are over after this: as long as its payments take. */
const SHORT_SAGA_MS = 1_200;
/** So many wait for goods that come late. */
const IN_LINE = 15;
const CARRIER = { kind: 'goods', shippingAddress: { line1: '1 Quarry Road', city: 'Minneapolis' } };

const can = await canCrash('test/crash/races');

const threeNodes = async (env: Record<string, string> = {}): Promise<{ world: World; doors: Http[] }> => {
  const world = await makeWorld();
  const nodes = await Promise.all(['a', 'b', 'c'].map((name) => world.node(name, { env })));
  await Promise.all(nodes.map((node) => node.start()));
  await world.addTrucks(20);
  return { world, doors: nodes.map(({ url }) => http(url)) };
};

const report = (event: 'payment.confirmed' | 'payment.failed', payment: Body, eventId: string): string =>
  JSON.stringify({
    event_id: eventId,
    event_type: event,
    payment_id: payment.id,
    order_id: payment.orderId,
    amount: payment.amountCents,
    currency: payment.currency,
    timestamp: new Date().toISOString(),
  });

const send = async (door: Http, world: World, raw: string): Promise<Body> => {
  const signature = signed(raw, world.env.PAYMENT_WEBHOOK_SECRET as string, new Date());
  return (await door.post('/api/payments/webhooks/sandbox', raw, { 'X-Signature': signature })).body;
};

/** The payment of an order that waits for its bank. */
const paymentOf = async (door: Http, correlationId: string): Promise<Body> => {
  const order = await door.until(correlationId, 'payment_processing');
  await until(async () => (await door.get(`/api/payments/${order.paymentId}`)).status === 200);
  return { orderId: order.id, ...(await door.get(`/api/payments/${order.paymentId}`)).body };
};

const many = <Result>(count: number, make: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

(can ? describe : describe.skip)('races on three nodes', () => {
  let world: World;
  let doors: Http[];
  let chance: Chance;
  const anyDoor = (): Http => chance.pick(doors);
  const accepted: string[] = [];
  const place = async (form: object): Promise<string> => {
    const correlationId = await anyDoor().place(form);
    accepted.push(correlationId);
    return correlationId;
  };
  /** By truck or by carrier. */
  const placeAnywhere = (form: object = {}): Promise<string> =>
    place({ plantId: chance.pick(PLANTS), ...form, ...(chance.next() < 0.3 ? CARRIER : {}) });
  /** It is done, or it is too late. */
  const answeredWell = ({ status, body }: { status: number; body: Body }): void => {
    if (![200, 409, 422].includes(status)) throw new Error(`the door answered ${status}: ${JSON.stringify(body)}`);
  };
  const cancel = async (id: string, reason: string): Promise<void> =>
    answeredWell(await anyDoor().post(`/api/orders/${id}/cancel`, { reason }));

  beforeAll(async () => {
    chance = chanceOf('races');
    ({ world, doors } = await threeNodes());
  });
  afterAll(() => world?.end());

  test('two hundred orders at once on a stock of fifty sell exactly fifty [E2, E52]', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const sku = `RACE-${round}`;
      const door = anyDoor();
      await door.post('/api/products', { sku, name: 'Wanted by all', kind: 'goods', priceCents: 100, currency: 'USD' });
      await door.post(`/api/inventory/${sku}/north/receive`, { quantity: STOCK });
      const placed = await many(BUYERS, () => place({ plantId: 'north', items: [{ sku, quantity: 1 }] }));
      expect(await world.settle(accepted)).toEqual([]);
      const ends = await world.database.query<{ status: string; orders: number }>(
        `select status, count(*)::int as orders from orders where correlation_id = any(string_to_array($1::text, ',')::uuid[]) group by status order by status`,
        [placed.join(',')],
      );
      expect(ends).toEqual([
        { status: 'delivered', orders: STOCK },
        { status: 'failed', orders: BUYERS - STOCK },
      ]);
      expect(await door.stock(sku, 'north')).toEqual({ available: 0, reserved: 0 });
    }
  }, 120_000);

  test('a cancel that races payment, assignment and delivery ends the order one way, with its money and its stock [E3, E52]', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await many(30, async () => {
        const correlationId = await placeAnywhere();
        await pause(chance.between(0, 1_500));
        const { body } = await anyDoor().get(`/api/orders/status/${correlationId}`);
        if (body.orderId) await cancel(body.orderId, 'raced');
      });
      expect(await world.settle(accepted)).toEqual([]);
    }
  }, 120_000);

  test('two cancels, one of a part, and a refund by hand at once: nothing goes back twice, and nothing of an order that is off is kept [E3, E52]', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await many(20, async () => {
        const correlationId = await placeAnywhere();
        const order = await anyDoor().until(correlationId, 'confirmed', 'assigned', 'shipped', 'delivered');
        await Promise.all([
          cancel(order.id, 'once'),
          cancel(order.id, 'twice'),
          anyDoor().post(`/api/orders/${order.id}/items/${order.items[0].id}/cancel`, { quantity: 1, reason: 'a part' }).then(answeredWell),
          anyDoor().post(`/api/payments/${order.paymentId}/refund`, { amountCents: 700, reason: GOODWILL }).then(answeredWell),
        ]);
      });
      expect(await world.settle(accepted)).toEqual([]);
    }
  }, 120_000);

  test('a payment tried again by several at once while it is called off: one payment holds the money, or none [E3, E52]', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await many(20, async () => {
        const correlationId = await placeAnywhere({ paymentToken: 'tok_declined' });
        const { id } = await anyDoor().until(correlationId, 'payment_failed');
        const retry = async (): Promise<void> =>
          answeredWell(
            await anyDoor().post(`/api/orders/${id}/payments/retry`, {
              paymentToken: chance.pick(['tok_ok', 'tok_declined', 'tok_twice']),
            }),
          );
        const off = chance.next() < 0.5 ? pause(chance.between(0, 400)).then(() => cancel(id, 'given up')) : undefined;
        await Promise.all([retry(), retry(), retry(), off]);
      });
      expect(await world.settle(accepted)).toEqual([]);
    }
  }, 120_000);

  test('a webhook that comes five times in parallel is heard once [B16, C3]', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const correlationId = await place(orderForm({ paymentMethod: 'transfer', plantId: 'south' }));
      const payment = await paymentOf(anyDoor(), correlationId);
      const raw = report('payment.confirmed', payment, `bank-${chance.seed}-${round}`);
      const answers = await many(5, () => send(anyDoor(), world, raw));
      expect(answers.filter(({ repeated }) => repeated === false)).toHaveLength(1);
      const order = await anyDoor().until(correlationId, 'delivered');
      const confirmed = (await anyDoor().history(order.id)).filter(({ type }) => type === 'payment.confirmed');
      expect(confirmed).toHaveLength(1);
    }
    expect(await world.settle(accepted)).toEqual([]);
  }, 60_000);
});

(can ? describe : describe.skip)('races of a reservation that ends with its payment', () => {
  let world: World;
  let doors: Http[];
  let chance: Chance;

  beforeAll(async () => {
    chance = chanceOf('races with the clock');
    const env = { SAGA_TIMEOUT_MS: String(SHORT_SAGA_MS), CRON_RESERVATION_CLEANUP: '* * * * * *' };
    ({ world, doors } = await threeNodes(env));
  });
  afterAll(() => world?.end());

  test('whichever wins, the order is paid and delivered, or its money goes back and its stock is free [B9, E23]', async () => {
    const accepted: string[] = [];
    const place = async (form: object): Promise<[Http, string]> => {
      const door = chance.pick(doors);
      const correlationId = await door.place({ plantId: chance.pick(PLANTS), ...form });
      accepted.push(correlationId);
      return [door, correlationId];
    };
    const byBank = async (number: number): Promise<void> => {
      const [door, correlationId] = await place({ paymentMethod: 'transfer' });
      const { id: orderId, paymentId } = await door.until(correlationId, 'payment_processing', 'payment_failed', 'failed');
      if (!paymentId) return; // Its time was over before its stock had answered.
      await pause(chance.between(0, SHORT_SAGA_MS * 1.2));
      const payment = { id: paymentId, orderId, amountCents: 1, currency: 'USD' };
      await send(door, world, report('payment.confirmed', payment, `late-${number}`));
    };
    // The answer to a card is lost and had at the second try, when the saga is over.
    const byCard = async (): Promise<void> => {
      const [door, correlationId] = await place({ paymentToken: chance.pick(['tok_ok', 'tok_timeout', 'tok_error']) });
      const { id } = await door.until(correlationId, 'payment_failed', 'delivered', 'failed');
      if (chance.next() < 0.5) await door.post(`/api/orders/${id}/payments/retry`, { paymentToken: 'tok_ok' });
    };
    // One line waits for a delivery of goods while the hold of the other one runs out, and is made anew, again and again.
    const keeper = doors[0] as Http;
    await keeper.post('/api/products', { sku: 'LATE', name: 'Comes late', kind: 'goods', priceCents: 100, currency: 'USD' });
    for (const plant of PLANTS) {
      await keeper.post(`/api/inventory/LATE/${plant}/receive`, { quantity: 1 });
      const { status } = await keeper.post(`/api/inventory/LATE/${plant}/limits`, { allowBackorder: true });
      expect(status).toBe(200);
    }
    const inLine = async (): Promise<void> => {
      await place({ items: ['LATE', 'CEMENT-25KG'].map((sku) => ({ sku, quantity: 1 })) });
    };
    const goodsCome = async (): Promise<void> => {
      for (const plant of PLANTS) {
        await pause(chance.between(SHORT_SAGA_MS, SHORT_SAGA_MS * 1.5));
        await keeper.post(`/api/inventory/LATE/${plant}/receive`, { quantity: IN_LINE });
      }
    };
    await Promise.all([many(40, byBank), many(30, byCard), many(IN_LINE, inLine), goodsCome()]);
    expect(await world.settle(accepted)).toEqual([]);
    const ends = await world.database.query<{ status: string; method: string; orders: number }>(
      'select status, payment_method as method, count(*)::int as orders from orders group by 1, 2 order by 2, 1',
    );
    process.stdout.write(`  ${ends.map(({ status, method, orders }) => `${method} ${status} ${orders}`).join(', ')}\n`);
    const [gone] = await world.database.query<{ refunded: number; expired: number }>(
      `select (select count(*)::int from payments where method = 'transfer' and status = 'refunded') as refunded,
         (select count(*)::int from stock_movements where kind = 'expired') as expired`,
    );
    expect(gone?.expired).toBeGreaterThan(0);
    // The bank's money is in no ledger: what was paid out to it is counted instead.
    expect(gone?.refunded).toBeGreaterThan(0);
    expect(world.sandbox.paidOut).toBe(gone?.refunded);
  }, 120_000);
});
