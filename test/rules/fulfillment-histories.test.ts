/**
 * Whatever happens to a fulfilment, its carrier and their news, in whatever order: what must be true stays true.
 * A failure prints its seed and path: run it again with SEED=… SEED_PATH=…, more of them with RUNS=….
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Act, FulfillmentWorld, type Nature } from './fulfillment-world.ts';
import { adasGoods } from './fulfillments.ts';

const { SEED, SEED_PATH, RUNS } = process.env;
const RUN = {
  numRuns: Number(RUNS ?? 1_000),
  ...(SEED ? { seed: Number(SEED) } : {}),
  ...(SEED_PATH ? { path: SEED_PATH } : {}),
};

const which = fc.nat(5);
const say = (name: string, payload: object = {}): Act => ({ do: 'say', name: `fulfillment.${name}`, payload });
const people = fc.constantFrom(
  say('create', adasGoods),
  say('cancel', { reason: 'rain' }),
  say('pick'),
  say('pack'),
  say('hold', { reason: 'no boxes' }),
  say('release'),
  say('rebook'),
  say('rebook', { address: { line1: '2 Analytical Row' } }),
);
const fate = fc.constantFrom('ok', 'ok', 'ok', 'answer lost', 'dies before', 'dies after');
const act = (forgets: boolean): fc.Arbitrary<Act> =>
  fc.oneof(
    { weight: 3, arbitrary: people },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('job'), which, fate }) as fc.Arbitrary<Act> },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('move'), which }) as fc.Arbitrary<Act> },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('call'), which, keep: fc.boolean() }) as fc.Arbitrary<Act> },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('lose'), which }) as fc.Arbitrary<Act> },
    { weight: 2, arbitrary: fc.constant<Act>({ do: 'timer' }) },
    ...(forgets ? [{ weight: 1, arbitrary: fc.constant<Act>({ do: 'forget' }) }] : []),
  );
const nature: fc.Arbitrary<Nature> = fc.record({
  auto: fc.boolean(),
  declines: fc.constantFrom(false, false, false, true),
  returns: fc.constantFrom(false, false, true),
});
const history = (forgets = false) => fc.tuple(nature, fc.array(act(forgets), { maxLength: 40 }));

const play = ([how, acts]: [Nature, Act[]], after: (world: FulfillmentWorld) => void = () => {}): FulfillmentWorld => {
  const world = new FulfillmentWorld(how);
  for (const one of acts) {
    world.act(one);
    after(world);
  }
  return world;
};
const count = (world: FulfillmentWorld, type: string): number => world.said.filter((one) => one.type === type).length;
const holds = (law: (world: FulfillmentWorld) => void, forgets = false) =>
  fc.assert(
    fc.property(history(forgets), (plan) => {
      const world = play(plan, law);
      world.settle();
      law(world);
    }),
    RUN,
  );

describe('any history of a fulfilment [B26, E4, E22]', () => {
  test('takes only steps that its life and its parcels’ lives know, and says only what is understood', () => {
    holds((world) => expect(world.broken).toEqual([]), true);
  });

  test('never has two parcels out for one order, however its bookings end', () => {
    holds(({ out }) => expect(out.length).toBeLessThanOrEqual(1));
  });

  test('delivers at most once, and only what was shipped before', () => {
    holds((world) => {
      expect(count(world, 'order.delivered')).toBeLessThanOrEqual(1);
      const order = world.said.map(({ type }) => type).filter((type) => type === 'order.shipped' || type === 'order.delivered');
      if (order.includes('order.delivered')) expect(order.at(-2)).toBe('order.shipped');
    }, true);
  });

  test('hears each report once', () => {
    holds((world) => {
      const heard = world.said.filter(({ type }) => type === 'shipment.tracking.updated').length;
      expect(heard).toBe(world.one.rows('tracking').length);
    }, true);
  });

  test('that is cancelled leaves no parcel out that nobody is told of', () => {
    fc.assert(
      fc.property(history(), (plan) => {
        const world = play(plan);
        world.settle();
        if (world.one.state?.status === 'cancelled' && world.out.length > 0) expect(count(world, 'order.exception')).toBeGreaterThan(0);
      }),
      RUN,
    );
  });

  test('never leaves an end: what is delivered or cancelled stays so', () => {
    const ends = ['delivered', 'cancelled'];
    fc.assert(
      fc.property(history(true), (plan) => {
        let ended: string | undefined;
        const law = (world: FulfillmentWorld) => {
          const status = world.one.state?.status as string;
          if (ended) expect(status).toBe(ended);
          if (ends.includes(status)) ended = status;
        };
        const world = play(plan, law);
        world.settle();
        law(world);
      }),
      RUN,
    );
  });

  test('comes to rest by itself, though every callback is lost: delivered, given back to people, or waiting for them', () => {
    fc.assert(
      fc.property(history(true), (plan) => {
        const world = play(plan);
        world.settle();
        expect(world.broken).toEqual([]);
        const { status } = world.one.state as { status: string };
        const atRest = ['delivered', 'failed', 'cancelled', ...(plan[0].auto ? [] : ['planned', 'picking', 'on_hold'])];
        expect(atRest).toContain(status);
      }),
      RUN,
    );
  });

  test('the histories reach every end', () => {
    const reached = new Set<string>();
    for (const plan of fc.sample(history(true), { numRuns: 2_000, seed: 7 })) {
      const world = play(plan);
      world.settle();
      reached.add(`${world.one.state?.status}, parcel ${world.one.state?.shipmentStatus}`);
      if (count(world, 'order.exception') > 0) reached.add('an exception');
    }
    for (const end of ['delivered, parcel delivered', 'failed, parcel returned', 'failed, parcel declined', 'cancelled, parcel cancelled'])
      expect([...reached]).toContain(end);
    expect([...reached]).toEqual(expect.arrayContaining(['failed, parcel lost', 'failed, parcel unknown', 'an exception']));
  });
});
