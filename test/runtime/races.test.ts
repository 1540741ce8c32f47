/** What can only be seen when a node is held up between looking at the mailbox and locking the actor. */
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Hands, tellAll } from '../support/actors.ts';
import { withMishaps } from '../support/mishaps.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { onReal } from './both.ts';

onReal('two nodes that look at one key at the same moment', (given) => {
  beforeAll(async () => {
    for (const sql of [
      'create table gate (open boolean not null)',
      'insert into gate values (false)',
      'create sequence arrivals',
      // In quotes: two dollars would be read as the mark of a bound value.
      `create function at_the_gate() returns setof paused language plpgsql as '
       begin
         perform nextval(''arrivals'');
         while not (select open from gate) loop perform pg_sleep(0.005); end loop;
       end'`,
    ])
      await given().database.query(sql);
  });
  beforeEach(async () => {
    await given().database.query('update gate set open = false');
    await given().database.query(`select setval('arrivals', 1, false)`);
  });
  const arrived = () => until(async () => (await given().count('arrivals', 'is_called')) === 1);
  const open = () => given().database.query('update gate set open = true');

  /** A node whose activation looks at the mailbox as it is now, and goes on when the gate is open. */
  const heldUp = (hands: Partial<Hands> = {}) =>
    given().node({
      name: 'late',
      hands,
      host: { sweepMs: 30 },
      database: withMishaps(given().database, {
        instead: (sql) =>
          sql.includes('with wanted')
            ? sql.replace('from paused p', 'from (select * from paused union all select * from at_the_gate()) p')
            : sql,
      }),
    });

  /** Holds a node in the middle of its turn. */
  class Brake {
    #free: () => void = () => undefined;
    #on: Promise<void> | undefined;
    holding = false;
    pull(): void {
      this.#on = new Promise((resolve) => {
        this.#free = resolve;
      });
    }
    readonly loading = async (): Promise<void> => {
      this.holding = this.#on !== undefined;
      await this.#on;
      this.holding = false;
    };
    release(): void {
      this.#on = undefined;
      this.#free();
    }
  }

  test('the one that came late does not overtake a message that failed meanwhile', async () => {
    const brake = new Brake();
    const first = given().node({ name: 'first', retryBaseMs: 400, hands: brake });
    await tellAll(first, 'failing', [1]);
    await until(async () => (await given().numbers('failing')).length === 1);
    brake.pull();
    await tellAll(first, 'failing', [{ number: 2, throws: 'not yet' }]);
    await until(() => brake.holding);
    await tellAll(heldUp(), 'failing', [3]);
    await arrived();
    brake.release();
    await until(async () => (await given().count('mailbox', 'attempts = 1')) === 1);
    given().cured.add(2);
    await open();
    await untilQuiet(given().database);
    expect(await given().numbers('failing')).toEqual([1, 2, 3]);
  });

  test('the one that came late does not work an actor beside another, though it was not there when it looked', async () => {
    const [firstBrake, lateBrake] = [new Brake(), new Brake()];
    const first = given().node({ name: 'first', hands: firstBrake, host: { sweepMs: 30 } });
    firstBrake.pull();
    await tellAll(first, 'newborn', [1]);
    await until(() => firstBrake.holding);
    lateBrake.pull();
    await tellAll(heldUp(lateBrake), 'newborn', [2]);
    await arrived();
    firstBrake.release();
    await until(async () => (await given().numbers('newborn')).length === 1);
    await open();
    await until(async () => lateBrake.holding || (await given().numbers('newborn')).length === 2);
    await tellAll(first, 'newborn', [3]);
    // The first may not handle it before the late one has ended: it waits for the message that the late one took.
    const waits = `wait_event_type = 'Lock' and query like '%with wanted%'`;
    await until(async () => first.host.counts.messages >= 2 || (await given().count('pg_stat_activity', waits)) > 0);
    lateBrake.release();
    await untilQuiet(given().database);
    expect(await given().numbers('newborn')).toEqual([1, 2, 3]);
    expect(given().overlaps).toEqual([]);
  });

  test('a key that one node has open holds up none of the other keys of another’s batch', async () => {
    const brake = new Brake();
    const first = given().node({ name: 'first', hands: brake });
    await tellAll(first, 'open', [1]);
    await until(async () => (await given().numbers('open')).length === 1);
    brake.pull();
    await tellAll(first, 'open', [2]);
    await until(() => brake.holding);
    const second = given().node({ name: 'second', start: false });
    await Promise.all([tellAll(second, 'open', [3]), tellAll(second, 'free', [1])]);
    second.start();
    await until(async () => (await given().numbers('free')).length === 1, { timeoutMs: 3_000 }).finally(() => brake.release());
    await untilQuiet(given().database);
    expect(await given().numbers('open')).toEqual([1, 2, 3]);
    expect((await given().lines('free')).map(({ node }) => node)).toEqual(['second']);
  });
});
