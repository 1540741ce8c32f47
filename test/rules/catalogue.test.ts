/** What the door remembers of the catalogue, while orders come at once. */
import { afterEach, expect, jest, test } from '@jest/globals';
import type { OrderForm } from '../../models/order.ts';
import type { Tx } from '../../runtime/database.ts';
import { Catalogue } from '../../services/order/catalogue.ts';

const order = (sku: string, plantId = 'north') => ({ items: [{ sku, quantity: 1 }], plantId }) as OrderForm;
/** Knows every product and plant it is asked for, when it is let answer. */
const answering = (until: Promise<void> = Promise.resolve()): Tx => ({
  query: async <Row>(_sql: string, [skus, plants]: unknown[] = []) => {
    await until;
    const names = (text: unknown) => String(text).split('\x1e').filter(Boolean);
    return [
      ...names(skus).map((sku) => ({ sku, currency: 'USD', plant: null })),
      ...names(plants).map((plant) => ({ sku: null, currency: null, plant })),
    ] as Row[];
  },
});

afterEach(() => void jest.restoreAllMocks());

test('an order that asks for a product is not refused the plant that was known when it began, though another order makes the door forget', async () => {
  let now = 1_000_000;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  const catalogue = new Catalogue();
  expect(await catalogue.problemsWith(answering(), order('SAND'))).toEqual([]);

  let answer: () => void = () => undefined;
  const slow = catalogue.problemsWith(
    answering(
      new Promise((resolve) => {
        answer = resolve;
      }),
    ),
    order('GRAVEL'),
  );
  now += 60_000;
  expect(await catalogue.problemsWith(answering(), order('SAND', 'south'))).toEqual([]);
  answer();
  expect(await slow).toEqual([]);
});
