/** What can only be seen when a node is held up between looking at the mailbox and locking the actor. */
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { tellAll, withMishaps } from '../support/actors.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { onReal } from './both.ts';

onReal('two nodes that look at one key at the same moment', (given) => {
  beforeAll(async () => {
    for (const sql of [
      'create table gate (open boolean not null)',
      'insert into gate values (false)',
      'create sequence arrivals',
      `create function at_the_gate() returns setof paused language plpgsql as $$
       begin
         perform nextval('arrivals');
         while not (select open from gate) loop perform pg_sleep(0.005); end loop;
       end $$`,
    ])
      await given().database.query(sql);
  });
  beforeEach(async () => {
    await given().database.query('update gate set open = false');
    await given().database.query(`select setval('arrivals', 1, false)`);
  });
  const arrived = () => until(async () => (await given().count('arrivals', 'is_called')) === 1);
  const open = () => given().database.query('update gate set open = true');
  /** Its activation looks at the mailbox as it is now, and goes on when the gate is open. */
  const heldUp = () =>
    given().node({
      name: 'held up',
      host: { sweepMs: 30 },
      database: withMishaps(given().database, {
        instead: (sql) =>
          sql.includes('with wanted')
            ? sql.replace('from paused p', 'from (select * from paused union all select * from at_the_gate()) p')
            : sql,
      }),
    });

  test('the one that came late does not overtake a message that failed meanwhile', async () => {
    let fail: () => void = () => undefined;
    const failing = new Promise<void>((resolve) => {
      fail = resolve;
    });
    let holding = false;
    const first = given().node({
      name: 'first',
      retryBaseMs: 400,
      hands: {
        loading: async () => {
          if (holding) await failing;
        },
      },
    });
    await tellAll(first, 'failing', [1]);
    await until(async () => (await given().numbers('failing')).length === 1);
    holding = true;
    await tellAll(first, 'failing', [{ number: 2, throws: 'not yet' }]);
    await until(async () => (await given().database.query('select from ledgers for update skip locked')).length === 0);
    const late = heldUp();
    await tellAll(late, 'failing', [3]);
    await arrived();
    holding = false;
    fail();
    await until(async () => (await given().count('mailbox', 'attempts = 1')) === 1);
    given().cured.add(2);
    await open();
    await untilQuiet(given().database);
    expect(await given().numbers('failing')).toEqual([1, 2, 3]);
  });

  test('the one that came late does not work an actor beside another, though it was not there when it looked', async () => {
    const late = heldUp();
    const first = given().node({ name: 'first', start: false });
    await tellAll(first, 'newborn', [1]);
    late.host.ring('ledger', ['newborn']);
    await arrived();
    first.start();
    first.host.ring('ledger', ['newborn']);
    await until(async () => (await given().numbers('newborn')).length === 1);
    await open();
    await tellAll(first, 'newborn', [2, 3]);
    await untilQuiet(given().database);
    expect(await given().numbers('newborn')).toEqual([1, 2, 3]);
    expect(given().overlaps).toEqual([]);
  });
});
