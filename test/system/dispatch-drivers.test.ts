/** What drivers report, what supervisors force, who may drive; and trucks that stand too long. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http, Reply } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';
import { type DispatchYard, dispatchYard } from './dispatch-yard.ts';

describeWith('postgres')('drivers and their reports', () => {
  let yard: Yard;
  let door: Http;
  let at: DispatchYard;

  beforeAll(async () => {
    yard = await openYard({ CRON_REASSIGN_SWEEP: '* * * * * *' });
    door = (await yard.start()).http;
    at = dispatchYard(door);
  });
  afterAll(() => yard.close());

  const report = (truckId: string, body: object, headers?: Record<string, string>): Promise<Reply> =>
    door.post(`/api/trucks/${truckId}/status`, body, headers);
  const change = (path: string, body: object, headers?: Record<string, string>): Promise<Reply> => door.send('PATCH', path, body, headers);
  const sent = async (id: string, plantId: string): Promise<Body> => {
    await at.plant(plantId);
    await at.truck(id, plantId);
    const order = await at.order(plantId);
    await at.truckIs(id, 'assigned');
    return order;
  };

  test('a report out of order is refused with what would be next, or forced with a reason', async () => {
    const order = await sent('d-1', 'order');
    const early = await report('d-1', { status: 'delivering' });
    expect([early.status, early.body.code, early.body.next]).toEqual([409, 'truck.out-of-order', 'loading']);
    const silent = await report('d-1', { status: 'at_job_site', force: true });
    expect([silent.status, silent.body.errors]).toEqual([422, [{ pointer: '/reason', detail: expect.any(String) }]]);
    const forced = await report('d-1', { status: 'at_job_site', force: true, reason: 'no signal on the way' });
    expect(forced.body).toMatchObject({ status: 'at_job_site', phases: { loading: expect.any(String), en_route: expect.any(String) } });
    const back = await report('d-1', { status: 'loading', force: true, reason: 'x' });
    expect([back.status, back.body.code]).toEqual([409, 'truck.out-of-order']);
    await at.drive('d-1', 'delivering', 'returning');
    await until(async () => (await door.get(`/api/orders/${order.id}`)).body.status === 'delivered');
    const told = (await door.history(order.id)).map(({ type }) => type);
    for (const type of ['truck.forced', 'truck.materials.loaded', 'order.status.intransit', 'truck.arrived.jobsite', 'order.delivered'])
      expect(told).toContain(type);
    await at.drive('d-1', 'washing', 'available');
  });

  test('a report says when it was so, what was poured and where; what cannot be is refused by field', async () => {
    await at.order('order');
    const { phaseSince } = await at.truckIs('d-1', 'assigned');
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const wrong: [object, string][] = [
      [{ status: 'loading', at: later }, '/at'],
      [{ status: 'loading', at: '2026-01-01T00:00:00Z' }, '/at'],
      [{ status: 'loading', latitude: 45 }, '/longitude'],
      [{ status: 'assigned' }, '/status'],
      [{ status: 'loading', poured: -1 }, '/poured'],
    ];
    for (const [body, pointer] of wrong) {
      const { status, body: problem } = await report('d-1', body);
      expect([status, problem.errors?.map((one: Body) => one.pointer)]).toEqual([422, [pointer]]);
    }
    expect((await report('d-1', { status: 'loading', at: phaseSince, latitude: 45.1, longitude: -93.2 })).body).toMatchObject({
      ...{ status: 'loading', phaseSince, latitude: 45.1, longitude: -93.2 },
    });
    await at.drive('d-1', 'en_route', 'at_job_site', 'delivering');
    const more = await report('d-1', { status: 'returning', poured: 5 });
    expect([more.status, more.body.errors[0].pointer]).toEqual([422, '/poured']);
    const { headers, body } = await door.get('/api/trucks/d-1');
    expect(headers.get('etag')).toBe(`"v${body.version}"`);
    const stale = await report('d-1', { status: 'returning' }, { 'If-Match': `"v${body.version - 1}"` });
    expect([stale.status, stale.body.code]).toEqual([412, 'resource.changed']);
    const fresh = await report('d-1', { status: 'returning' }, { 'If-Match': `"v${body.version}"` });
    expect([fresh.status, fresh.body.status]).toEqual([200, 'returning']);
    await at.drive('d-1', 'washing', 'available');
    expect((await report('nobody', { status: 'loading' })).body.code).toBe('truck.not-found');
  });

  test('a driver’s word stops the simulator for this trip, and a break is taken between loads', async () => {
    await at.plant('breaks');
    await at.truck('b-1', 'breaks');
    expect((await report('b-1', { status: 'on_break', reason: 'lunch' })).body).toMatchObject({ status: 'on_break', reason: 'lunch' });
    const order = await at.order('breaks');
    await until(async () => (await at.queue('breaks'))[0]?.reason === 'no_truck');
    expect((await report('b-1', { status: 'available' })).body.status).toBe('available');
    expect(await at.truckIs('b-1', 'assigned')).toMatchObject({ orderId: order.id });
    const busy = await report('b-1', { status: 'on_break' });
    expect([busy.status, busy.body.code]).toEqual([409, 'truck.out-of-order']);
    expect((await change('/api/trucks/b-1', { reporting: 'simulated' })).body).toMatchObject({ reporting: 'simulated' });
  });

  test('a truck is changed: its size, its skills, its yard, at the version that one has seen [A74]', async () => {
    await at.plant('yard-a');
    await at.plant('yard-b');
    await at.truck('c-1', 'yard-a', { capacity: 6, skills: ['boom'], latitude: 45, longitude: -93 });
    const form = { capacity: 8, skills: ['boom', 'narrow'], plantId: 'yard-b' };
    expect((await change('/api/trucks/c-1', form)).body).toMatchObject({ ...form, homePlantId: 'yard-a', version: 2, latitude: 45 });
    const stale = await change('/api/trucks/c-1', { capacity: 9 }, { 'If-Match': '"v1"' });
    expect([stale.status, stale.body.code]).toEqual([412, 'resource.changed']);
    for (const [body, pointer] of [
      [{ plantId: 'nowhere' }, '/plantId'],
      [{ driverId: 'nobody' }, '/driverId'],
      [{ capacity: -1 }, '/capacity'],
      [{ longitude: 5 }, '/latitude'],
      [{ colour: 'red' }, '/colour'],
    ] as const) {
      const { status, body: problem } = await change('/api/trucks/c-1', body);
      expect([status, problem.errors?.map((one: Body) => one.pointer)]).toEqual([422, [pointer]]);
    }
    expect((await door.get('/api/trucks?plantId=yard-b')).body.items).toMatchObject([{ id: 'c-1', capacity: 8 }]);
  });

  test('who has no good licence does not drive, until it is renewed', async () => {
    await at.plant('licence');
    const added = await door.post('/api/drivers', {
      id: 'ann',
      name: 'Ann',
      licenceExpiry: '2020-12-31',
      shift: { from: '00:00', to: '24:00' },
    });
    expect([added.status, added.body]).toEqual([201, expect.objectContaining({ id: 'ann', licenceExpiry: '2020-12-31', version: 1 })]);
    expect((await door.post('/api/drivers', { id: 'ann', name: 'Other' })).body.code).toBe('resource.exists');
    expect((await door.get('/api/drivers')).body.items).toMatchObject([{ id: 'ann', name: 'Ann', shift: { zone: 'UTC' } }]);
    await at.truck('v-1', 'licence', { driverId: 'ann' });
    expect((await door.get('/api/trucks/v-1')).body).toMatchObject({ driver: 'Ann', driverId: 'ann' });
    await at.order('licence');
    await until(async () => (await at.queue('licence'))[0]?.reason === 'no_driver');
    const stale = await change('/api/drivers/ann', { name: 'Ann B' }, { 'If-Match': '"v7"' });
    expect([stale.status, stale.body.code]).toEqual([412, 'resource.changed']);
    expect((await change('/api/drivers/ann', { licenceExpiry: '2999-12-31' })).body).toMatchObject({ version: 2, name: 'Ann' });
    await at.truckIs('v-1', 'assigned');
    for (const [body, pointers] of [
      [{ id: 'x y', name: '' }, ['/id', '/name']],
      [{ id: 'x', name: 'X', licenceExpiry: '31.12.2020' }, ['/licenceExpiry']],
      [{ id: 'x', name: 'X', shift: { from: '25:00', to: '06:00', zone: 'Moon' } }, ['/shift/from', '/shift/zone']],
    ] as const) {
      const { status, body: problem } = await door.post('/api/drivers', body);
      expect([status, problem.errors?.map((one: Body) => one.pointer).sort()]).toEqual([422, pointers]);
    }
    expect((await change('/api/drivers/nobody', { name: 'X' })).body.code).toBe('driver.not-found');
  });

  test('a truck that stands too long, and a load that gets old, are said and listed until they move', async () => {
    const order = await sent('z-1', 'stuck');
    await at.drive('z-1', 'loading', 'en_route');
    await untilQuiet(yard.database, { horizonMs: 0 });
    await yard.database.query(
      `update trucks set phase_since = now() - interval '5 hours', phases = json_build_object('loading', to_char(now() - interval '5 hours',
         'YYYY-MM-DD"T"HH24:MI:SS"Z"')) where id = 'z-1'`,
    );
    const listed = async (): Promise<Body[]> =>
      (await door.get('/api/admin/attention')).body.items.filter(({ key }: Body) => key === 'z-1').map(({ kind }: Body) => kind);
    await until(async () => (await listed()).length === 2);
    expect((await listed()).sort()).toEqual(['load.overdue', 'truck.stuck']);
    const { phases } = (await door.get('/api/dispatch/board?plantId=stuck')).body;
    expect(phases.en_route).toMatchObject([{ id: 'z-1', stuck: true, overdue: true, orderId: order.id }]);
    await at.drive('z-1', 'at_job_site', 'delivering', 'returning');
    expect(await listed()).toEqual([]);
    const told = (await door.history(order.id)).map(({ type }) => type);
    expect(told.filter((type) => type === 'truck.stuck' || type === 'load.overdue')).toHaveLength(2);
  });
});
