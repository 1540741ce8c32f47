/** A dispatcher's day, as a new user would try it: orders, the board, the queue and its reasons, a cancel under way, a truck out of service. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';
import { type DispatchYard, dispatchYard, sand } from './dispatch-yard.ts';

describeWith('postgres')('a day of dispatch', () => {
  let yard: Yard;
  let door: Http;
  let at: DispatchYard;

  beforeAll(async () => {
    yard = await openYard({ DISPATCH_ATTENTION_MS: '0' });
    door = (await yard.start()).http;
    at = dispatchYard(door);
  });
  afterAll(() => yard.close());

  const board = async (plantId: string): Promise<Body> => (await door.get(`/api/dispatch/board?plantId=${plantId}`)).body;

  test('three orders on two trucks: the board shows who has which, the queue why the third waits [A3, A8–A10, A12, A13]', async () => {
    await at.plant('yard');
    await at.truck('y-1', 'yard', { driver: 'Yan' });
    await at.truck('y-2', 'yard');
    const orders = [await at.order('yard'), await at.order('yard'), await at.order('yard', { priority: 80 })];
    await until(async () => (await at.queue('yard')).length === 1);
    const { phases, counts } = await board('yard');
    expect(Object.keys(phases)).toEqual([
      ...[
        'available',
        'assigned',
        'loading',
        'en_route',
        'at_job_site',
        'delivering',
        'returning',
        'washing',
        'out_of_service',
        'on_break',
      ],
    ]);
    await until(async () => (await board('yard')).counts.assigned === 2);
    const assigned = (await board('yard')).phases.assigned;
    expect(assigned.map(({ orderId }: Body) => orderId).sort()).toEqual([orders[0].id, orders[1].id].sort());
    expect(assigned[0]).toMatchObject({ id: 'y-1', code: 'Y-1', plantId: 'yard', driver: 'Yan', status: 'assigned', stuck: false });
    expect(assigned[0]).toMatchObject({ since: expect.any(String), loadId: expect.any(String), eta: expect.any(String), etaTo: 'site' });
    expect([counts.out_of_service, phases.washing]).toEqual([0, []]);
    expect(await at.truckIs('y-1', 'assigned')).toMatchObject({ orderId: orders[0].id });
    for (const [order, truckId] of [
      [orders[0], 'y-1'],
      [orders[1], 'y-2'],
    ])
      await until(async () => (await door.get(`/api/orders/${order.id}`)).body.truckId === truckId);
    expect((await door.get(`/api/orders/${orders[0].id}?view=s0`)).body).toMatchObject({ status: 'assigned', legacyStatus: 'Assigned' });
    expect((await door.get(`/api/orders/${orders[2].id}?view=s0`)).body).toMatchObject({ status: 'confirmed', legacyStatus: 'Pending' });
    const [entry] = await at.queue('yard');
    expect(entry).toMatchObject({
      orderId: orders[2].id,
      plantId: 'yard',
      priority: 80,
      urgency: 80,
      reason: 'no_truck',
      status: 'queued',
    });
    expect(entry).toMatchObject({ quantity: 1, left: 1, loadsPlanned: 1, trucksNeeded: 1, lockedTruckId: null, requestedWindow: null });
    expect(entry).toMatchObject({
      jobId: expect.any(String),
      waitingSince: expect.stringMatching(/Z$/),
      waitingSeconds: expect.any(Number),
    });
    // With its reason among what needs a person, since here nobody waits for longer than 0 ms.
    const { items } = (await door.get('/api/admin/attention')).body;
    expect(items).toContainEqual(
      expect.objectContaining({
        kind: 'dispatch.waiting',
        actor: 'order',
        since: entry.waitingSince,
        reason: expect.stringContaining('no_truck'),
      }),
    );
  });

  test('an order is called off under way: its truck comes back, and takes who waits [A4, A16–A20, A22, A23, A36]', async () => {
    const { orderId } = (await board('yard')).phases.assigned.find(({ id }: Body) => id === 'y-1');
    await at.drive('y-1', 'loading', 'en_route');
    await until(async () => (await door.get(`/api/orders/${orderId}`)).body.status === 'shipped');
    expect((await door.post(`/api/orders/${orderId}/cancel`, { reason: 'rain' })).body.status).toBe('cancelled');
    expect(await at.truckIs('y-1', 'returning')).toMatchObject({ reason: 'rain' });
    const [load] = await at.loads(orderId);
    expect(load).toMatchObject({ status: 'cancelled', reason: 'rain', poured: null, truckId: 'y-1' });
    const again = await door.post(`/api/orders/${orderId}/cancel`, { reason: 'rain' });
    expect([again.status, again.body.code]).toEqual([409, 'order.already-cancelled']);
    const [waits] = await at.queue('yard');
    await at.drive('y-1', 'washing', 'available');
    await until(async () => (await at.queue('yard')).length === 0);
    expect(await at.truckIs('y-1', 'assigned')).toMatchObject({ orderId: waits.orderId });
    const told = (await door.history(orderId)).map(({ type }) => type);
    for (const type of ['truck.y-1.returntoplant', 'truck.status.changed']) expect(told).toContain(type);
    expect(told).not.toContain('order.delivered');
  });

  test('a truck breaks down: only by force, and its order goes on another', async () => {
    const { orderId } = await at.truckIs('y-2', 'assigned');
    const no = await door.post('/api/trucks/y-2/out-of-service', { reason: 'gearbox' });
    expect([no.status, no.body.code]).toEqual([409, 'truck.busy']);
    expect((await door.post('/api/trucks/y-2/out-of-service', { reason: 'gearbox', force: true })).body).toMatchObject({
      ...{ status: 'out_of_service', orderId: null, reason: 'gearbox' },
    });
    await until(async () => (await at.queue('yard')).some((one) => one.orderId === orderId));
    expect((await board('yard')).phases.out_of_service).toMatchObject([{ id: 'y-2', reason: 'gearbox' }]);
    await at.truck('y-3', 'yard');
    expect(await at.truckIs('y-3', 'assigned')).toMatchObject({ orderId });
    const loads = await at.loads(orderId);
    expect(loads.map(({ truckId, status }) => [truckId, status])).toEqual([
      ['y-2', 'cancelled'],
      ['y-3', 'assigned'],
    ]);
    expect((await door.history(orderId)).map(({ type }) => type)).toContain('truck.forced');
  });

  test('a load’s ticket tells its way, and what came back; its order is delivered, and that is on record [A5, A24–A28, A35]', async () => {
    const { orderId, loadId } = await at.truckIs('y-3', 'assigned');
    await at.drive('y-3', 'loading');
    const loading = (await door.get(`/api/loads/${loadId}`)).body;
    expect(loading).toMatchObject({
      orderId,
      status: 'loading',
      ticketNo: expect.stringMatching(/^YARD-\d{6}$/),
      minutesLeft: 89,
      overdue: false,
    });
    expect(Date.parse(loading.dischargeDeadline) - Date.parse(loading.batchStartedAt)).toBe(90 * 60_000);
    await at.drive('y-3', 'en_route', 'at_job_site', 'delivering');
    expect((await door.get(`/api/loads/${loadId}`)).body.status).toBe('discharging');
    const poured = await door.post('/api/trucks/y-3/status', { status: 'returning', poured: 0.75 });
    expect(poured.body).toMatchObject({ status: 'returning' });
    await until(async () => (await door.get(`/api/orders/${orderId}`)).body.status === 'delivered');
    expect((await door.get(`/api/loads/${loadId}`)).body).toMatchObject({ status: 'discharged', poured: 0.75, returned: 0.25 });
    const delivered = (await door.history(orderId)).find(({ type }) => type === 'order.delivered');
    expect(delivered).toMatchObject({ at: expect.stringMatching(/Z$/), correlationId: expect.any(String) });
    await at.drive('y-3', 'washing', 'available');
    await untilQuiet(yard.database);
    const closed = (await door.get(`/api/loads/${loadId}`)).body;
    expect(closed).toMatchObject({
      status: 'closed',
      poured: 0.75,
      returned: 0.25,
      seq: 1,
      quantity: 1,
      explanation: { strategy: 'first' },
    });
    expect(Object.keys(closed.phases)).toEqual([
      'assigned',
      'loading',
      'en_route',
      'at_job_site',
      'delivering',
      'returning',
      'washing',
      'available',
    ]);
    expect(closed.minutesLeft).toBeUndefined();
  });

  test('the figures count what was and what is, and an order’s arrival is known [A53, A78]', async () => {
    await untilQuiet(yard.database);
    const { orderId } = await at.truckIs('y-1', 'assigned');
    const eta = (await door.get(`/api/dispatch/eta?orderId=${orderId}`)).body;
    expect(eta).toMatchObject({
      orderId,
      plantId: 'yard',
      status: 'in_progress',
      left: 0,
      requestedWindow: null,
      lateRisk: null,
      basis: 0,
    });
    expect(eta).toMatchObject({ arrivesAt: expect.stringMatching(/Z$/), loads: [{ truckId: 'y-1', status: 'assigned' }] });
    const figures = (await door.get('/api/dispatch/figures?plantId=yard&hours=2')).body;
    expect(figures).toMatchObject({ hours: 2, loads: 4, assignmentsPerHour: 2, poured: 0.75, cancelled: 2, rejected: 0, byHand: 0 });
    expect(figures).toMatchObject({
      trucks: { assigned: 1, available: 1, out_of_service: 1 },
      waiting: {},
      onTime: { orders: 0, share: null },
    });
    expect(figures.waitMinutes.mean).toBeGreaterThanOrEqual(0);
    expect(figures.cycleMinutes.whole).toBeGreaterThan(0);
    expect(figures.utilisation).toBeGreaterThanOrEqual(0);
    expect(figures.plants.yard.loads).toBe(4);
    expect((await door.get('/api/dispatch/figures')).body.loads).toBeGreaterThanOrEqual(4);
  });

  test('an order for later waits for its window, and the dispatcher says so', async () => {
    const start = new Date(Date.now() + 6 * 3_600_000).toISOString();
    const end = new Date(Date.now() + 7 * 3_600_000).toISOString();
    const order = await at.order('yard', { requestedWindow: { start, end }, items: sand(25) });
    await until(async () => (await at.queue('yard')).length === 1);
    const [entry] = await at.queue('yard');
    expect(entry).toMatchObject({
      orderId: order.id,
      status: 'scheduled',
      reason: 'not_due',
      lateRisk: 'none',
      requestedWindow: { start, end },
    });
    expect(entry).toMatchObject({ quantity: 25, loadsPlanned: 3, dueAt: expect.any(String) });
    // DISPATCH_AHEAD_MS before its window: here the way takes no time.
    expect(Date.parse(start) - Date.parse(entry.dueAt)).toBe(900_000);
    const { arrivesAt, lateRisk } = (await door.get(`/api/dispatch/eta?orderId=${order.id}`)).body;
    expect([arrivesAt >= entry.dueAt, lateRisk]).toEqual([true, 'none']);
    const past = await at.order('yard', { requestedWindow: { start: '2026-01-01T08:00:00Z', end: '2026-01-01T09:00:00Z' }, priority: 0 });
    await until(async () => (await at.loads(past.id)).length === 1 || (await at.queue('yard')).length === 2);
    expect((await door.get(`/api/dispatch/eta?orderId=${past.id}`)).body.lateRisk).toBe('late');
  });

  test('an order that is there in its window is on time, and one that comes after it is not', async () => {
    await at.plant('times');
    await at.truck('n-1', 'times', { reporting: 'simulated' });
    const around = { start: new Date(Date.now() - 60_000).toISOString(), end: new Date(Date.now() + 3_600_000).toISOString() };
    const past = { start: '2026-01-01T08:00:00Z', end: '2026-01-01T09:00:00Z' };
    for (const requestedWindow of [around, around, around, past]) {
      const { id } = await at.order('times', { requestedWindow });
      await until(async () => (await door.get(`/api/orders/${id}`)).body.status === 'delivered');
    }
    await untilQuiet(yard.database);
    const figures = (await door.get('/api/dispatch/figures?plantId=times')).body;
    expect(figures).toMatchObject({ loads: 4, poured: 4, onTime: { orders: 4, share: 0.75 }, trucks: { available: 1 } });
    expect(figures.waitMinutes.p90).toBeLessThan(1);
  });

  test('who waits when the node starts is looked at at once [A76]', async () => {
    await at.plant('asleep');
    const order = await at.order('asleep');
    await until(async () => (await at.queue('asleep')).length === 1);
    await untilQuiet(yard.database);
    await yard.database.query(
      `insert into trucks (id, code, plant_id, home_plant_id, reporting) values ('a-1', 'A-1', 'asleep', 'asleep', 'reported')`,
    );
    await yard.start();
    expect(await at.truckIs('a-1', 'assigned')).toMatchObject({ orderId: order.id });
  });
});
