/** A yard seen by its dispatcher: plants with stock and trucks of one's own, and waiting for what comes of it. */
import { expect } from '@jest/globals';
import type { Body, Http, Reply } from '../support/http.ts';
import { until } from '../support/quiet.ts';

export const sand = (quantity: number) => [{ sku: 'SAND-BULK', quantity }];

export interface DispatchYard {
  /** A plant with sand and concrete to sell. */
  plant(id: string, form?: object): Promise<void>;
  /** @returns the truck's id. Without `reporting` its driver says where it is, so that it stays where it stands. */
  truck(id: string, plantId: string, form?: object): Promise<string>;
  /** An order on account that asks for a truck. @returns the order */
  order(plantId: string, form?: object): Promise<Body>;
  queue(plantId: string): Promise<Body[]>;
  truckIs(id: string, status: string): Promise<Body>;
  loads(orderId: string): Promise<Body[]>;
  /** Reports these statuses, one after the other. @returns the last answer */
  drive(truckId: string, ...statuses: string[]): Promise<Reply>;
}

export const TRIP = ['loading', 'en_route', 'at_job_site', 'delivering', 'returning', 'washing', 'available'];

export const dispatchYard = (door: Http): DispatchYard => ({
  async plant(id, form = {}) {
    expect((await door.post('/api/plants', { id, name: id, ...form })).status).toBe(201);
    for (const sku of ['SAND-BULK', 'CONCRETE-C25'])
      expect((await door.post(`/api/inventory/${sku}/${id}/receive`, { quantity: 1_000 })).status).toBe(200);
  },
  async truck(id, plantId, form = {}) {
    const added = await door.post('/api/trucks', { id, code: id.toUpperCase(), plantId, reporting: 'reported', ...form });
    expect([added.status, added.body.status]).toEqual([201, 'available']);
    return id;
  },
  async order(plantId, form = {}) {
    const placed = await door.place({ plantId, paymentMethod: 'account', items: sand(1), ...form });
    return door.until(placed, 'confirmed', 'assigned', 'shipped', 'delivered');
  },
  queue: async (plantId) => (await door.get(`/api/dispatch/queue?plantId=${plantId}`)).body.items,
  async truckIs(id, status) {
    let last: Body;
    await until(
      async () => {
        last = (await door.get(`/api/trucks/${id}`)).body;
        return last.status === status;
      },
      { what: () => `the truck is not ${status}: ${JSON.stringify(last)}` },
    );
    return last;
  },
  loads: async (orderId) => (await door.get(`/api/loads?orderId=${orderId}`)).body.items,
  async drive(truckId, ...statuses) {
    let last: Reply | undefined;
    for (const status of statuses) {
      last = await door.post(`/api/trucks/${truckId}/status`, { status });
      expect([status, last.status, last.body.detail]).toEqual([status, 200, undefined]);
    }
    return last as Reply;
  },
});
