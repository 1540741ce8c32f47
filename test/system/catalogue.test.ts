/** Products, plants, trucks and stock as their keepers see them; and whether the node is well. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Body, Http } from '../support/http.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('the catalogue, the fleet and the stock', () => {
  let yard: Yard;
  let door: Http;
  beforeAll(async () => {
    yard = await openYard();
    door = (await yard.start()).http;
  });
  afterAll(() => yard.close());

  const ids = ({ body }: { body: Body }, field = 'id') => body.items.map((item: Body) => item[field]);

  test('a first start has plants, trucks and products with stock [E48]', async () => {
    expect(ids(await door.get('/api/plants'))).toEqual(['east', 'north', 'south']);
    expect(ids(await door.get('/api/trucks'))).toEqual(['truck-1', 'truck-2', 'truck-3', 'truck-4', 'truck-5']);
    expect(ids(await door.get('/api/products?kind=concrete'), 'sku')).toEqual(['CONCRETE-C25', 'CONCRETE-C30']);
    expect((await door.get('/api/inventory?sku=REBAR-12')).body.items).toHaveLength(3);
    expect(await door.stock('REBAR-12', 'north')).toEqual({ available: 10_000, reserved: 0 });
  });

  test.each<[string, string, Body, string]>([
    ['product', '/api/products', { sku: 'BRICK', name: 'Brick', kind: 'goods', priceCents: 85, currency: 'USD' }, '/api/products/BRICK'],
    ['plant', '/api/plants', { id: 'west', name: 'West' }, '/api/plants'],
    ['truck', '/api/trucks', { id: 'truck-9', code: 'T-9', plantId: 'north', driver: 'Jo', capacity: 8 }, '/api/trucks/truck-9'],
  ])('a %s is added once, answered as it is, and a second one is 409', async (_, path, form, found) => {
    const added = await door.post(path, form);
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject(form);
    const again = await door.post(path, { ...form, name: form.name && 'Other', driver: undefined });
    expect([again.status, again.body.code]).toEqual([409, 'resource.exists']);
    const { status, body } = await door.get(found);
    expect(status).toBe(200);
    expect(body.items ?? [body]).toEqual(expect.arrayContaining([expect.objectContaining(form)]));
  });

  test('a code is one truck’s only: a second one under it is 409', async () => {
    const twin = await door.post('/api/trucks', { id: 'twin', code: 'T-1', plantId: 'north' });
    expect((await door.get('/api/trucks/truck-1')).body.code).toBe('T-1');
    expect([twin.status, twin.body.code]).toEqual([409, 'resource.exists']);
  });

  test('lists of rows go page by page, and their links lead on', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/api/products?limit=2';
    while (next) {
      const page = await door.get(next);
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      seen.push(...ids(page, 'sku'));
      next = /<([^>]+)>/.exec(page.headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(ids(await door.get('/api/products'), 'sku'));
    expect(new Set(seen).size).toBe(seen.length);
  });

  test('stock is received, counted and corrected, never below zero, and every movement is kept', async () => {
    const at = '/api/inventory/SAND-BULK/south';
    expect((await door.post(`${at}/receive`, { quantity: 40 })).body).toMatchObject({ available: 10_040, reserved: 0 });
    expect((await door.post(`${at}/adjust`, { quantity: -10_030, reason: 'flood' })).body).toMatchObject({ available: 10 });
    const below = await door.post(`${at}/adjust`, { quantity: -11, reason: 'thieves' });
    expect([below.status, below.body.code]).toEqual([409, 'inventory.below-zero']);
    expect(await door.stock('SAND-BULK', 'south')).toEqual({ available: 10, reserved: 0 });
    const { items } = (await door.get(`${at}/movements`)).body;
    expect(items.map(({ kind, onHand }: Body) => [kind, onHand])).toEqual([
      ['adjusted', -10_030],
      ['received', 40],
      ['received', 10_000],
    ]);
    expect(items[0]).toMatchObject({ reason: 'flood', at: expect.stringMatching(/Z$/) });
    const first = await door.get(`${at}/movements?limit=2`);
    const rest = await door.get(`${at}/movements?limit=2&cursor=${first.body.nextCursor}`);
    expect([...first.body.items, ...rest.body.items]).toEqual(items);
  });

  test('what was never kept at a place begins to be with its first receipt; unknown products and places do not', async () => {
    await door.post('/api/products', { sku: 'TILE', name: 'Tile', priceCents: 5 });
    expect((await door.post('/api/inventory/TILE/east/receive', { quantity: 7 })).body).toMatchObject({ available: 7, sku: 'TILE' });
    const refusals: [string, Body, string][] = [
      ['/api/inventory/NOTHING/east/receive', { quantity: 1 }, 'resource.not-found'],
      ['/api/inventory/TILE/nowhere/receive', { quantity: 1 }, 'plant.not-found'],
      ['/api/inventory/TILE/north/adjust', { quantity: 1, reason: 'x' }, 'inventory.unknown-stock'],
    ];
    for (const [path, body, code] of refusals) {
      const refused = await door.post(path, body);
      expect([refused.status, refused.body.code]).toEqual([404, code]);
    }
  });

  test('an order of a product in another currency than the rest is not taken', async () => {
    await door.post('/api/products', { sku: 'EURO-TILE', name: 'Tile', priceCents: 5, currency: 'EUR' });
    const items = [
      { sku: 'TILE', quantity: 1 },
      { sku: 'EURO-TILE', quantity: 1 },
    ];
    expect(await door.until(await door.place({ items, plantId: 'east' }), 'failed')).toMatchObject({ reason: 'order.mixed-currencies' });
  });

  test('the node says that it lives, is ready and is well, each check with its figure [C9, C35, E20]', async () => {
    for (const path of ['/livez', '/readyz', '/healthz']) {
      const { status, body, headers } = await door.get(path);
      expect([path, status, body.status]).toEqual([path, 200, 'pass']);
      expect(headers.get('content-type')).toMatch(/^application\/health\+json/);
    }
    expect((await door.get('/readyz')).body).toEqual({ status: 'pass' });
    const { checks } = (await door.get('/healthz')).body;
    expect(checks['postgres:responseTime']).toEqual({ status: 'pass', observed: expect.any(Number) });
    expect((await door.get('/readyz?verbose')).body.checks).toBeDefined();
  });
});
