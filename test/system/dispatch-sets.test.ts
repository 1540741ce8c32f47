/** What other services ask of the dispatch in sets: free trucks, the trucks of orders, assignments and reports, each answered for itself. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { type Foreign, foreignBroker } from '../support/mesh.ts';
import { until } from '../support/quiet.ts';
import { describeWith, openYard, servers, type Yard } from '../support/yard.ts';
import { type DispatchYard, dispatchYard, TRIP } from './dispatch-yard.ts';

describeWith('postgres', 'nats')('the dispatch over the mesh', () => {
  let yard: Yard;
  let door: Http;
  let at: DispatchYard;
  let foreign: Foreign;

  beforeAll(async () => {
    yard = await openYard({ NATS_URL: servers.nats as string });
    door = (await yard.start()).http;
    at = dispatchYard(door);
    foreign = await foreignBroker(yard, 'foreign');
    await Promise.all([foreign.sees('dispatch'), foreign.sees('truck')]);
  });
  afterAll(async () => {
    await foreign?.broker.stop();
    await yard.close();
  });

  const call = (action: string, params: object): Promise<Body> => foreign.broker.call(action, params);

  test('available trucks, trucks of orders, assignments and reports in sets [A55–A60]', async () => {
    await at.plant('sets');
    for (const id of ['q-1', 'q-2', 'q-3']) await at.truck(id, 'sets', { skills: ['none'] });
    const free = async (): Promise<string[]> =>
      (await call('dispatch.availableTrucks', { plantId: 'sets' })).items.map(({ id }: Body) => id).sort();
    expect(await free()).toEqual(['q-1', 'q-2', 'q-3']);
    const orders = [await at.order('sets', { pour: { skills: ['boom'] } }), await at.order('sets', { pour: { skills: ['boom'] } })];
    await until(async () => (await at.queue('sets')).filter(({ reason }) => reason === 'skill').length === 2);
    const form = { force: true, reason: 'all there is' };
    const { items } = await call('dispatch.assignments', {
      assignments: [
        { orderId: orders[0].id, truckId: 'q-1', ...form },
        { orderId: orders[1].id, truckId: 'q-1', ...form },
        { orderId: '999', truckId: 'q-2' },
        { orderId: orders[1].id, truckId: 'q-2', ...form },
      ],
    });
    expect(items.map(({ result, refused }: Body) => result?.truckId ?? refused)).toEqual(['q-1', 'truck.busy', 'order.not-found', 'q-2']);
    for (const id of ['q-1', 'q-2']) await at.truckIs(id, 'assigned');
    expect(await free()).toEqual(['q-3']);
    const correlationIds = orders.map(({ correlationId }) => correlationId);
    const statuses = async (): Promise<string[]> => (await call('order.progress', { correlationIds })).map(({ status }: Body) => status);
    await until(async () => (await statuses()).join() === 'assigned,assigned');
    const ids = [...orders.map(({ id }) => id), '999'];
    const trucks = await call('dispatch.trucksForOrders', { orderIds: ids });
    expect(trucks.items).toEqual(
      ['q-1', 'q-2'].map((truckId, index) => expect.objectContaining({ orderId: orders[index].id, truckId, plantId: 'sets' })),
    );
    const reports = [...TRIP.slice(0, 4), 'available', 'returning'].map((status) => ({ id: 'q-1', status }));
    const told = await call('truck.reports', { reports });
    expect(told.items.map(({ result, refused }: Body) => result?.status ?? refused)).toEqual([
      ...[...TRIP.slice(0, 4), 'truck.out-of-order', 'returning'],
    ]);
  });
});
