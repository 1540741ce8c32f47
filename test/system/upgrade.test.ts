/** From 0.2.0 to 0.3.0 in the middle of a day: what the older version left under way is finished by the newer one, and nothing is done again. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { migrations } from '../../models/migrations/migrations.ts';
import { migrate } from '../../runtime/migrate.ts';
import type { Body, Http } from '../support/http.ts';
import { jobOf, keyOf, type Left, leaveBehind, loadOf, numberOf, QUANTITY } from '../support/left-behind.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

const OF_0_2_0 = 9;

describeWith('postgres')('the upgrade from 0.2.0', () => {
  let yard: Yard;
  let door: Http;

  beforeAll(async () => {
    yard = await openYard();
    expect(migrations[OF_0_2_0 - 1]?.name).toBe('0009-headers');
    await migrate(yard.database, migrations.slice(0, OF_0_2_0));
    await yard.database.transaction(leaveBehind);
    await migrate(yard.database, migrations);
  });
  afterAll(() => yard.close());

  const jobs = async (...names: Left[]): Promise<unknown[]> => {
    const rows = await yard.database.query<Body>('select id, status, quantity, taken, poured from delivery_jobs');
    return names.map((name) => {
      const { status, quantity, taken, poured } = rows.find(({ id }) => id === jobOf(name)) ?? {};
      return [status, quantity, taken, poured];
    });
  };
  const loads = (name: Left): Promise<Body[]> =>
    yard.database.query(
      'select truck_id as "truckId", status, quantity, poured, closed_at is not null as closed from loads where order_key = $1 order by number',
      [keyOf(name)],
    );
  const times = async (name: Left, type: string): Promise<number> =>
    (await door.history(String(numberOf(name)))).filter((event) => event.type === type).length;

  test('old jobs went on one truck, whole: what is taken and what is poured follows from where they stand', async () => {
    expect(await jobs('done', 'en route', 'queued', 'coming back', 'called back')).toEqual([
      ['done', QUANTITY, QUANTITY, QUANTITY],
      ['in_progress', QUANTITY, QUANTITY, 0],
      ['queued', QUANTITY, 0, 0],
      ['in_progress', QUANTITY, QUANTITY, 0],
      ['cancelled', QUANTITY, QUANTITY, 0],
    ]);
    expect(await yard.count('loads', `quantity <> ${QUANTITY} or seq <> 1 or part or number is null`)).toBe(0);
    const trucks = await yard.database.query<Body>(
      `select id, quantity, last_load_id as "lastLoadId" from trucks where home_plant_id = plant_id and reporting = 'simulated' and trips = 0 order by id`,
    );
    expect(trucks.map(({ id, quantity, lastLoadId }) => [id, quantity, lastLoadId])).toEqual([
      ['truck-1', QUANTITY, loadOf('called back')],
      ['truck-2', 0, null],
      ['truck-3', QUANTITY, loadOf('coming back')],
      ['truck-4', 0, null],
      ['truck-5', QUANTITY, loadOf('en route')],
      ['truck-6', 0, null],
    ]);
  });

  test('a node finishes what is under way: the order is delivered once, and who waited gets the truck', async () => {
    door = (await yard.start()).http;
    for (const name of ['en route', 'queued'] as const) await door.until(keyOf(name), 'delivered');
    await untilQuiet(yard.database);
    for (const name of ['en route', 'queued'] as const) {
      expect([name, await times(name, 'order.delivered')]).toEqual([name, 1]);
      expect(await loads(name)).toEqual([{ truckId: 'truck-5', status: 'delivered', quantity: QUANTITY, poured: QUANTITY, closed: true }]);
    }
    expect(await jobs('en route', 'queued')).toEqual([
      ['done', QUANTITY, QUANTITY, QUANTITY],
      ['done', QUANTITY, QUANTITY, QUANTITY],
    ]);
  });

  test('what was over stays over: nothing is driven or said again', async () => {
    expect(await loads('done')).toMatchObject([{ truckId: 'truck-5', status: 'delivered', closed: true }]);
    expect(await loads('coming back')).toMatchObject([{ truckId: 'truck-3', status: 'delivered', closed: true }]);
    expect(await loads('just back')).toMatchObject([{ truckId: 'truck-6', status: 'delivered', closed: true }]);
    expect(await loads('called back')).toMatchObject([{ truckId: 'truck-1', status: 'cancelled', closed: true }]);
    for (const name of ['done', 'coming back', 'just back', 'called back'] as const)
      expect([name, await times(name, 'order.delivered'), await times(name, 'order.truck.assigned')]).toEqual([name, 0, 0]);
    expect((await jobs('coming back', 'just back', 'called back')).map((job) => (job as string[])[0])).toEqual([
      'done',
      'done',
      'cancelled',
    ]);
    expect(await yard.count('trucks', `status <> 'available'`)).toBe(0);
    expect(await yard.count('loads', 'closed_at is null')).toBe(0);
  });

  test('messages that the older version sent and nobody read are understood', async () => {
    for (const name of ['just given', 'just asked'] as const) {
      await door.until(keyOf(name), 'delivered');
      await untilQuiet(yard.database);
      expect([name, await times(name, 'order.delivered')]).toEqual([name, 1]);
      expect(await loads(name)).toMatchObject([{ status: 'delivered', quantity: QUANTITY, poured: QUANTITY, closed: true }]);
    }
    expect(await yard.count('dead_letters')).toBe(0);
    expect(await yard.count('delivery_jobs', `status not in ('done', 'cancelled')`)).toBe(0);
  });

  test('the world it finds is whole: a new order is delivered, stock and holds agree, and nothing wants attention', async () => {
    await door.until(await door.place({ plantId: 'east', paymentMethod: 'account' }), 'delivered');
    await untilQuiet(yard.database);
    expect(await yard.count('stock_levels', 'reserved <> 0')).toBe(0);
    await until(async () => (await door.get('/api/admin/attention')).body.items.length === 0);
  });
});
