/**
 * Three nodes, 20 trucks, 500 orders: while some are called off and trucks break down, nodes are killed and come up again. CRASH_SEED has the
 * same schedule again.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Tx } from '../../runtime/database.ts';
import { pause } from '../../runtime/failure.ts';
import { broken, untrue } from '../support/dispatch-breaches.ts';
import { brokenStory, look } from '../support/dispatch-laws.ts';
import { crowd, People } from '../support/dispatch-people.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { type Chance, chanceOf } from '../support/seed.ts';
import { canCrash, type Life, makeWorld, type World } from '../support/world.ts';

const ORDERS = 500;
const BURSTS = 10;
const BURST_EVERY_MS = 1_000;
const KILLS = 8;
const OUTS = 40;
const TRUCKS = 20;

/** Under way for a second or so: long enough to be called back, and to break down. */
const SETTINGS = { TRUCK_TIME_SCALE: '0.0097', CRON_REASSIGN_SWEEP: '*/5 * * * * *', LOG_LEVEL: 'error' };

const can = await canCrash('test/crash/dispatch-races');

(can ? describe : describe.skip)('dispatch, while trucks and nodes fail', () => {
  const chance = chanceOf('dispatch races');
  let world: World;
  let nodes: Life[];
  let people: People;
  let trucks: string[];
  const judged: Record<string, number> = {};
  const falseOnce = new Set<string>();
  let looks = 0;
  let kills = 0;

  beforeAll(async () => {
    world = await makeWorld();
    nodes = await Promise.all(['a', 'b', 'c'].map((name) => world.node(name, { env: SETTINGS })));
    await nodes[0]?.start();
    await Promise.all(nodes.slice(1).map((node) => node.start()));
    await world.addTrucks(5);
    for (const sql of [
      `update trucks t set capacity = (array[8, 10, 15])[1 + n % 3], skills = case when n % 3 = 1 then '["pump"]'::json else '[]' end
       from (select id, row_number() over (partition by plant_id order by id) as n from trucks) k where k.id = t.id`,
      // The loading places of one plant are few.
      `update plants set load_slots = 2 where id = 'east'`,
    ])
      await world.database.query(sql);
    trucks = (await world.database.query<{ id: string }>('select id from trucks order by id')).map(({ id }) => id);
    people = new People(
      nodes.map(({ url }) => url),
      world.database,
    );
  });
  afterAll(() => world?.end());

  const rush = async (from: Chance): Promise<void> => {
    const wishes = crowd(from, ORDERS);
    const each = ORDERS / BURSTS;
    const bursts = Array.from({ length: BURSTS }, async (_, burst) => {
      await pause(burst * BURST_EVERY_MS);
      await Promise.all(wishes.slice(burst * each, (burst + 1) * each).map((wish) => people.place(wish)));
    });
    await Promise.all(bursts);
  };

  const breakdowns = async (from: Chance): Promise<void> => {
    const repairs: Promise<void>[] = [];
    for (let count = 0; count < OUTS; count++) {
      await pause(from.between(120, 500));
      const truck = from.pick(trucks);
      const forMs = from.between(500, 4_000);
      await people.takeOut(truck);
      repairs.push(pause(forMs).then(() => people.bringBack(truck)));
    }
    await Promise.all(repairs);
  };

  /** Materials of one plant run short; more of them comes now and then. */
  const lorries = async (from: Chance): Promise<void> => {
    for (let count = 0; count < 3; count++) {
      await pause(from.between(3_000, 5_000));
      for (const material of ['SAND', 'GRAVEL', 'CONCRETE']) await people.receive(`MATERIAL-${material}`, 'south', 50);
    }
  };

  const deaths = async (from: Chance): Promise<void> => {
    const coming: Promise<void>[] = [];
    for (; kills < KILLS; kills++) {
      await pause(from.between(700, 1_900));
      await until(() => nodes.filter(({ state }) => state === 'up').length >= 2, { timeoutMs: 30_000 });
      const chosen = nodes[from.whole(0, 2)] as Life;
      const struck = chosen.state === 'up' ? chosen : (nodes.find(({ state }) => state === 'up') as Life);
      await struck.kill();
      coming.push(pause(from.between(0, 1_500)).then(() => struck.start()));
    }
    await Promise.all(coming);
  };

  /** Looks on until told to stop. */
  const watching = async (goesOn: () => boolean): Promise<void> => {
    while (goesOn()) {
      const { judged: now, breaches } = await look(world.database);
      looks++;
      for (const [reason, jobs] of Object.entries(now)) judged[reason] = (judged[reason] ?? 0) + jobs;
      for (const breach of breaches) falseOnce.add(breach);
      await pause(250);
    }
  };

  test('no truck has two loads, none is lost, none comes after the cancel, who waits knows why, and first come is first served [A14, A62, A64, A65, E52]', async () => {
    await world.database.query(`update stock_levels set available = 20 where key like 'MATERIAL-%@south'`);
    await world.database.query(
      `insert into stock_movements (stock_key, kind, quantity, on_hand) select s.key, 'adjusted', 0, 20 - sum(m.on_hand) from stock_levels s join stock_movements m on m.stock_key = s.key
       where s.key like 'MATERIAL-%@south' group by s.key`,
    );
    let over = false;
    const began = Date.now();
    const watched = watching(() => !over);
    const branch = (name: string): Chance => chance.branch(name);
    const mischief = [rush(branch('orders')), breakdowns(branch('trucks')), deaths(branch('nodes')), lorries(branch('materials'))];
    const ended = await Promise.allSettled(mischief);
    const failed = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failed) throw new Error(`${failed.reason}\n${world.said()}`);
    const stormMs = Date.now() - began;
    // Forced messages that lay in a mailbox while their truck came back are heard last.
    await until(async () => (await settled(world.database)) === 0, { timeoutMs: 20_000, what: () => 'trucks do not hear' });
    for (const truck of trucks) await people.bringBack(truck);
    for (const material of ['SAND', 'GRAVEL', 'CONCRETE']) await people.receive(`MATERIAL-${material}`, 'south', 10_000);
    await untilQuiet(world.database, { timeoutMs: 60_000, horizonMs: 3_600_000 });
    over = true;
    await watched;

    const ends = await world.database.query<{ what: string; count: string }>(
      `select 'order ' || status as what, count(*) from orders group by 1 union all select 'load ' || status, count(*) from loads group by 1
       union all select 'called back', count(*) from event_log where type like 'truck.%.returntoplant'
       union all select 'poured all the same', count(*) from event_log b join event_log p on p.type = 'truck.pouring.completed' and p.data->>'loadId' = b.data->>'loadId' where b.type like 'truck.%.returntoplant'
       union all select 'several loads', count(*) from (select from loads group by job_id having count(*) filter (where status = 'delivered') > 1) s order by 1`,
    );
    const figures = {
      seconds: Math.round((Date.now() - began) / 1_000),
      stormSeconds: Math.round(stormMs / 1_000),
      kills,
      ...people.counts,
      looks,
    };
    process.stdout.write(
      `  ${JSON.stringify({ ...figures, judged })}\n  ${ends.map(({ what, count }) => `${what} ${count}`).join(', ')}\n`,
    );
    const count = (what: string): number => Number(ends.find((end) => end.what === what)?.count ?? 0);

    expect([...falseOnce].slice(0, 20)).toEqual([]);
    expect(await brokenStory(world.database, people.accepted)).toEqual([]);
    expect(people.accepted).toHaveLength(ORDERS);
    expect(trucks).toHaveLength(TRUCKS);
    // Too little has happened for this to prove anything.
    expect(kills).toBeGreaterThanOrEqual(6);
    expect(people.counts.cancels).toBeGreaterThan(30);
    expect(people.counts.underWay).toBeGreaterThan(4);
    expect(people.counts.forced).toBeGreaterThan(8);
    expect(people.counts.backs).toBeGreaterThan(10);
    expect(count('order delivered')).toBeGreaterThan(ORDERS / 2);
    expect(count('several loads')).toBeGreaterThan(30);
    expect(count('load cancelled')).toBeGreaterThan(15);
    expect(count('poured all the same')).toBeLessThan(count('called back') / 2);
    expect(looks).toBeGreaterThan(100);
    expect(judged.no_truck).toBeGreaterThan(1_000);
    for (const reason of ['capacity', 'skill', 'loading_slot', 'no_stock']) expect(Object.keys(judged)).toContain(reason);
  }, 180_000);

  /** In what the storm has left behind. */
  const breaking = async (sql: string, judge: (tx: Tx) => Promise<string[]>): Promise<string[]> => {
    const undone = new Error('undone');
    let said: string[] = [];
    const attempt = world.database.transaction(async (tx) => {
      for (const statement of sql.split(';')) await tx.query(statement);
      said = await judge(tx);
      throw undone;
    });
    await expect(attempt).rejects.toBe(undone);
    return said;
  };

  test.each(untrue)('a look sees: $said', async ({ sql, said }) => {
    expect(await breaking(sql, async (tx) => (await look(tx)).breaches)).toContainEqual(expect.stringMatching(said));
  });

  test.each(broken)('the story’s judge sees: $said', async ({ sql, said }) => {
    expect(await breaking(sql, (tx) => brokenStory(tx, people.accepted))).toContainEqual(expect.stringMatching(said));
  });

  test('the story’s judge sees an order that is lost', async () => {
    const lost = '00000000-0000-4000-8000-000000000001';
    expect(await brokenStory(world.database, [lost])).toEqual([`the accepted order ${lost} is not there once`]);
  });
});

const settled = async (tx: Tx): Promise<number> => (await tx.query(`select from mailbox where actor = 'truck' limit 1`)).length;
