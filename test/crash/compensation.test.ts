/** Nodes die between the steps of a compensation: the money still goes back once, the stock is free, and each saga says Failed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FailPoint } from '../../runtime/fail-points.ts';
import { type Http, http } from '../support/http.ts';
import { until } from '../support/quiet.ts';
import { canCrash, type Life, makeWorld, type World } from '../support/world.ts';

/** Those of one wave die beside each other; nobody else is awake meanwhile, so each comes to its seam with a compensation in its hands. */
const waves: [when: string, seams: [FailPoint, of: string][]][] = [
  [
    'with the order cancelled and nobody told, before the stock or the fulfilment is released, and before and after the refund is asked for',
    [
      ['turn.committed', 'order'],
      ['turn.decided', 'inventory'],
      ['turn.saved', 'fulfillment'],
      ['turn.sent', 'payment'],
      ['turn.committed', 'payment'],
    ],
  ],
  [
    'with the refund claimed, made and not known here, and ended and its answer not heard',
    [
      ['jobs.claimed', ''],
      ['jobs.done', ''],
      ['jobs.ended', ''],
    ],
  ],
];
const ORDERS = 30;
const ANSWER_MS = 1_000;

const can = await canCrash('test/crash/compensation');

(can ? describe : describe.skip)('nodes that die in a compensation', () => {
  let world: World;
  let survivor: Life;
  let door: Http;
  const accepted: string[] = [];
  // Nothing is on its way by itself: what is confirmed waits for a truck, or for people in the warehouse.
  const env = { FULFILLMENT_AUTO: 'false', DATABASE_POOL: '4' };

  beforeAll(async () => {
    world = await makeWorld();
    survivor = await world.node('survivor', { env });
    await survivor.start();
    await world.database.query(`update trucks set status = 'out_of_service'`);
    door = http(survivor.url);
  });
  afterAll(() => world?.end());

  const paidOrder = async (_: unknown, index: number): Promise<string> => {
    const byCarrier = { kind: 'goods', shippingAddress: { line1: '1 Quarry Road', city: 'Minneapolis' } };
    const correlationId = await door.place({ plantId: 'north', ...(index % 2 ? byCarrier : {}) });
    accepted.push(correlationId);
    return (await door.until(correlationId, 'confirmed')).id;
  };

  /** @returns whether it was answered: a door that dies may have cancelled it or not */
  const cancel = async (at: string, id: string): Promise<boolean> => {
    const headers = { 'Content-Type': 'application/json' };
    const request = { method: 'POST', headers, body: '{"reason":"rain"}', signal: AbortSignal.timeout(ANSWER_MS) };
    return fetch(`${at}/api/orders/${id}/cancel`, request).then(
      ({ status }) => status === 200 || status === 409,
      () => false,
    );
  };

  test.each(waves)('%s: nothing is paid twice and nothing paid is kept [E3, E23, E52]', async (_when, seams) => {
    const paid = await Promise.all(Array.from({ length: ORDERS }, paidOrder));
    const script = 'test/support/failing-node.ts';
    const dying = await Promise.all(
      seams.map(([point, of]) => world.node(`${point}-${of}`, { env, script, args: [point, 'SIGKILL', of] })),
    );
    await Promise.all(dying.map((node) => node.start()));
    const living = (): Life[] => dying.filter(({ child }) => child?.process.signalCode !== 'SIGKILL');

    survivor.freeze();
    const waiting = [...paid];
    while (living().length > 0) {
      const next = waiting.shift();
      if (!next) throw new Error(`${living().map(({ name }) => name)} did not come to their seams`);
      const [one] = living();
      await cancel(one?.url as string, next);
    }
    survivor.thaw();

    for (const id of paid) await until(() => cancel(survivor.url, id));
    expect(await world.settle(accepted, 60_000)).toEqual([]);
    const ends = await world.database.query<{ status: string; saga: string; refunded: string }>(
      `select distinct o.status, s.state as saga, p.status as refunded
       from orders o join order_sagas s using (correlation_id) join payments p on p.id = o.payment_id`,
    );
    expect(ends).toEqual([{ status: 'cancelled', saga: 'Failed', refunded: 'refunded' }]);
  });
});
