/** What dispatchers do by hand, and what of it is refused: assign, unassign, swap, lock, another priority. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { until, untilQuiet } from '../support/quiet.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';
import { type DispatchYard, dispatchYard, sand } from './dispatch-yard.ts';

describeWith('postgres')('dispatch by hand', () => {
  let yard: Yard;
  let door: Http;
  let at: DispatchYard;

  beforeAll(async () => {
    yard = await openYard({ DISPATCH_HOLD_MS: '600000' });
    door = (await yard.start()).http;
    at = dispatchYard(door);
  });
  afterAll(() => yard.close());

  const byHand = (verb: string, body: object) => door.post(`/api/dispatch/${verb}`, body);
  const refused = async (verb: string, body: object): Promise<[number, string]> => {
    const { status, body: problem } = await byHand(verb, body);
    return [status, problem.code];
  };
  const told = async (orderId: string): Promise<string[]> => (await door.history(orderId)).map(({ type }: Body) => type);

  test('a truck without the skill is not sent by itself; by hand only with force and a reason', async () => {
    await at.plant('skills');
    await at.truck('s-1', 'skills', { skills: ['boom'] });
    await at.truck('s-2', 'skills');
    const order = await at.order('skills', { pour: { skills: ['crane'] } });
    await until(async () => (await at.queue('skills'))[0]?.reason === 'skill');
    const asked = { orderId: order.id, truckId: 's-2' };
    const no = await byHand('assign', asked);
    expect([no.status, no.body.code, no.body.reason]).toEqual([409, 'dispatch.unsuited', 'skill']);
    const load = await byHand('assign', { ...asked, force: true, reason: 'the site has a crane' });
    expect([load.status, load.body]).toEqual([200, expect.objectContaining({ orderId: order.id, truckId: 's-2', seq: 1, quantity: 1 })]);
    expect(load.body).toMatchObject({ by: expect.any(String), explanation: { strategy: 'by-hand', reason: 'the site has a crane' } });
    await at.truckIs('s-2', 'assigned');
    expect(await refused('assign', asked)).toEqual([409, 'dispatch.all-assigned']);
    expect(await told(order.id)).toContain('dispatch.assigned-by-hand');
  });

  test('an order taken off its truck keeps its place and waits for a person', async () => {
    await at.plant('off');
    await at.truck('o-1', 'off');
    const order = await at.order('off');
    await at.truckIs('o-1', 'assigned');
    const off = await byHand('unassign', { orderId: order.id, reason: 'wrong truck' });
    expect([off.status, off.body]).toEqual([
      200,
      expect.objectContaining({ orderId: order.id, plantId: 'off', dueAt: expect.any(String) }),
    ]);
    await at.truckIs('o-1', 'available');
    await until(async () => (await at.queue('off'))[0]?.left === 1);
    expect((await at.queue('off'))[0]).toMatchObject({ orderId: order.id, reason: 'on_hold', waitingSince: off.body.waitingSince });
    expect((await door.get(`/api/orders/${order.id}`)).body.status).toBe('confirmed');
    const again = await byHand('assign', { orderId: order.id, truckId: 'o-1' });
    expect([again.status, again.body.truckId]).toEqual([200, 'o-1']);
    await at.truckIs('o-1', 'assigned');
    await at.drive('o-1', 'loading', 'en_route');
    expect(await refused('unassign', { orderId: order.id, reason: 'too late' })).toEqual([409, 'truck.under-way']);
    expect(await told(order.id)).toContain('dispatch.unassigned-by-hand');
  });

  test('two orders swap their trucks', async () => {
    await at.plant('swap');
    await at.truck('w-1', 'swap');
    const one = await at.order('swap');
    await at.truckIs('w-1', 'assigned');
    await at.truck('w-2', 'swap');
    const other = await at.order('swap');
    await at.truckIs('w-2', 'assigned');
    const swapped = await byHand('swap', { orderId: one.id, withOrderId: other.id, reason: 'a shorter way' });
    expect([swapped.status, swapped.body.items.map(({ lockedTruckId }: Body) => lockedTruckId)]).toEqual([200, ['w-2', 'w-1']]);
    await until(async () => (await door.get('/api/trucks/w-1')).body.orderId === other.id);
    await until(async () => (await door.get('/api/trucks/w-2')).body.orderId === one.id);
    await untilQuiet(yard.database);
    for (const { id } of [one, other]) expect(await told(id)).toContain('dispatch.swapped-by-hand');
    const far = await at.order('off');
    await until(async () => (await at.queue('off')).length === 1);
    expect(await refused('swap', { orderId: one.id, withOrderId: far.id, reason: 'x' })).toEqual([409, 'dispatch.other-plant']);
  });

  test('a truck is kept for an order; others wait for another', async () => {
    await at.plant('kept');
    const [first, second] = [await at.order('kept'), await at.order('kept')];
    await until(async () => (await at.queue('kept')).length === 2);
    await at.truck('k-2', 'kept', { skills: ['x'] });
    await at.truckIs('k-2', 'assigned');
    const lock = { orderId: second.id, truckId: 'k-2', reason: 'its driver knows the site' };
    expect((await byHand('lock', lock)).body).toMatchObject({ lockedTruckId: 'k-2', orderId: second.id });
    await at.truck('k-1', 'kept');
    await until(async () => (await at.queue('kept'))[0]?.reason === 'locked');
    expect((await door.get('/api/trucks/k-1')).body.status).toBe('available');
    expect((await byHand('lock', { orderId: second.id, truckId: null })).body).toMatchObject({ lockedTruckId: null });
    expect(await at.truckIs('k-1', 'assigned')).toMatchObject({ orderId: second.id });
    expect((await at.loads(first.id)).map(({ truckId }) => truckId)).toEqual(['k-2']);
  });

  test('an order is given another priority, and goes first', async () => {
    await at.plant('rank');
    const [first, second] = [await at.order('rank'), await at.order('rank')];
    await until(async () => (await at.queue('rank')).length === 2);
    expect((await at.queue('rank')).map(({ orderId }) => orderId)).toEqual([first.id, second.id]);
    const moved = await byHand('prioritise', { orderId: second.id, priority: 90, reason: 'a hospital' });
    expect(moved.body).toMatchObject({ priority: 90, orderId: second.id });
    expect((await at.queue('rank')).map(({ orderId, urgency }) => [orderId, urgency])).toEqual([
      [second.id, 90],
      [first.id, 50],
    ]);
    await at.truck('r-1', 'rank');
    expect(await at.truckIs('r-1', 'assigned')).toMatchObject({ orderId: second.id });
  });

  test('what there is not, and what waits for nothing, is refused by name', async () => {
    const reason = 'x';
    expect(await refused('assign', { orderId: '999999', truckId: 'k-1' })).toEqual([404, 'order.not-found']);
    const done = await door.until(await door.place({ plantId: 'east', paymentMethod: 'account', items: sand(1) }), 'delivered');
    const { id: orderId } = done;
    await untilQuiet(yard.database);
    expect(await refused('assign', { orderId, truckId: 'k-1' })).toEqual([409, 'dispatch.not-waiting']);
    expect(await refused('prioritise', { orderId, priority: 1, reason })).toEqual([409, 'dispatch.not-waiting']);
    const waits = await at.order('rank');
    await until(async () => (await at.queue('rank')).some(({ orderId: one }) => one === waits.id));
    expect(await refused('assign', { orderId: waits.id, truckId: 'nobody' })).toEqual([404, 'truck.not-found']);
    expect(await refused('assign', { orderId: waits.id, truckId: 'r-1' })).toEqual([409, 'truck.busy']);
    expect(await refused('unassign', { orderId: waits.id, reason })).toEqual([409, 'dispatch.not-assigned']);
    const elsewhere = await byHand('lock', { orderId: waits.id, truckId: 'k-1' });
    expect([elsewhere.status, elsewhere.body.errors.map(({ pointer }: Body) => pointer)]).toEqual([422, ['/truckId']]);
  });
});
