/** What of the dispatch's doors does not fit is refused, each wrong field by its name. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('bad input to the dispatch', () => {
  let yard: Yard;
  let door: Http;
  beforeAll(async () => {
    yard = await openYard();
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const LOAD = '00000000-0000-4000-8000-000000000000';

  test.each<[string, string, object | undefined, string[]]>([
    ['POST', '/api/dispatch/assign', {}, ['/orderId', '/truckId']],
    ['POST', '/api/dispatch/assign', { orderId: '1', truckId: 'a b', force: 'yes', colour: 1 }, ['/colour', '/force', '/truckId']],
    ['POST', '/api/dispatch/unassign', { orderId: 'x' }, ['/orderId', '/reason']],
    ['POST', '/api/dispatch/swap', { orderId: '1', withOrderId: '1', reason: 'x' }, ['/withOrderId']],
    ['POST', '/api/dispatch/swap', { orderId: '1', reason: '' }, ['/reason', '/withOrderId']],
    ['POST', '/api/dispatch/lock', { orderId: '1' }, ['/truckId']],
    ['POST', '/api/dispatch/prioritise', { orderId: '1', priority: 101 }, ['/priority', '/reason']],
    ['POST', '/api/dispatch/assign', { orderId: '1', truckId: 'a', orderKey: LOAD, by: 'me' }, ['/by', '/orderKey']],
    ['POST', `/api/loads/${LOAD}/reject`, {}, ['/reason']],
    ['POST', '/api/loads/7/reject', { reason: 'x' }, ['/id']],
    ['GET', '/api/loads/7', undefined, ['/id']],
    ['GET', '/api/loads', undefined, ['/orderId']],
    ['GET', '/api/loads?orderId=1&limit=1000', undefined, ['/limit']],
    ['GET', '/api/dispatch/queue?plantId=a%20b&page=2', undefined, ['/page', '/plantId']],
    ['GET', '/api/dispatch/board?colour=red', undefined, ['/colour']],
    ['GET', '/api/dispatch/eta', undefined, ['/orderId']],
    ['GET', '/api/dispatch/figures?hours=0', undefined, ['/hours']],
    ['GET', '/api/dispatch/figures?hours=1000', undefined, ['/hours']],
    ['GET', '/api/trucks?status=flying', undefined, ['/status']],
    ['POST', '/api/plants', { id: 'p', name: 'P', strategy: 'best', loadSlots: 0, latitude: 91 }, ['/latitude', '/loadSlots', '/strategy']],
    ['POST', '/api/plants', { id: 'p', name: 'P', latitude: 45 }, ['/longitude']],
    ['POST', '/api/plants', { id: 'p', name: 'P', hours: { week: { mon: ['18:00', '06:00'] } } }, ['/hours/week/mon']],
    ['PATCH', '/api/plants/north', { strategy: 'best', by: 'me' }, ['/by', '/strategy']],
    ['PATCH', '/api/plants/north', { version: 3 }, ['/version']],
    ['POST', '/api/plants/north/breakdown', {}, ['/reason']],
    ['POST', '/api/trucks', { code: 'x', plantId: 'north', driverId: 'nobody' }, ['/driverId']],
    ['POST', '/api/trucks', { code: 'x', plantId: 'north', skills: ['a b'], reporting: 'sung', latitude: 45 }, ['/reporting', '/skills/0']],
    ['POST', '/api/trucks/truck-1/status', { status: 'flying', at: 7, force: 1 }, ['/at', '/force', '/status']],
    ['POST', '/api/trucks/truck-1/out-of-service', { force: true }, ['/reason']],
    ['PUT', '/api/products/CONCRETE-C25/mix', { components: [{ material: 'S', perUnit: 0 }] }, ['/components/0/perUnit']],
    ['PUT', '/api/products/CONCRETE-C25/mix', { components: ['S', 'S'].map((material) => ({ material, perUnit: 1 })) }, ['/components']],
  ])('%s %s %j', async (method, path, body, pointers) => {
    const { status, body: problem, headers } = await door.send(method, path, body);
    expect([status, problem.code]).toEqual([422, 'request.invalid']);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(problem.errors.map(({ pointer }: Body) => pointer).sort()).toEqual(pointers);
  });

  test.each<[string, string, object | undefined, string]>([
    ['GET', `/api/loads/${LOAD}`, undefined, 'load.not-found'],
    ['GET', '/api/dispatch/eta?orderId=999', undefined, 'order.not-found'],
    ['GET', '/api/plants/nowhere', undefined, 'plant.not-found'],
    ['GET', '/api/drivers/nobody', undefined, 'driver.not-found'],
    ['POST', '/api/plants/nowhere/breakdown', { reason: 'x' }, 'plant.not-found'],
    ['POST', '/api/trucks/nobody/out-of-service', { reason: 'x' }, 'truck.not-found'],
    ['PATCH', '/api/trucks/nobody', { capacity: 5 }, 'truck.not-found'],
    ['POST', '/api/dispatch/unassign', { orderId: '999', reason: 'x' }, 'order.not-found'],
    ['PUT', '/api/products/NOTHING/mix', { components: [] }, 'resource.not-found'],
  ])('%s %s: there is no such thing', async (method, path, body, code) => {
    const { status, body: problem } = await door.send(method, path, body);
    expect([status, problem.code]).toEqual([404, code]);
  });

  test('nothing of an order that asked for no truck is known', async () => {
    expect((await door.get('/api/loads?orderId=999')).body).toEqual({ items: [], nextCursor: null });
    expect((await door.get('/api/dispatch/queue?plantId=nowhere')).body).toEqual({ items: [], nextCursor: null });
    expect((await door.get('/api/dispatch/figures?plantId=nowhere')).body).toMatchObject({ loads: 0, utilisation: null, plants: {} });
  });
});
