/**
 * What the door knows of the catalogue: names it has seen lately, so that a stream of orders does not ask for each. Only a courtesy to the
 * caller: the order's first turn decides by the tables.
 */
import type { FieldError } from '../../models/errors.ts';
import type { OrderForm } from '../../models/order.ts';
import type { Tx } from '../../runtime/database.ts';
import { knownNames } from './order.views.store.ts';

const REMEMBER_MS = 10_000;

interface Names {
  /** The products' currencies. */
  skus: Map<string, string>;
  plants: Set<string>;
  since: number;
}

export class Catalogue {
  #names: Names = { skus: new Map(), plants: new Set(), since: 0 };

  /** @returns an entry for each product or plant that is not there, and for a currency that the products are not priced in */
  async problemsWith(tx: Tx, { items, plantId, currency }: OrderForm): Promise<FieldError[]> {
    // Held by this order until it is answered: while it asks, the next one may begin to remember anew.
    const names = this.#lately();
    const { skus, plants } = names;
    const newSkus = items.map(({ sku }) => sku).filter((sku) => !skus.has(sku));
    const newPlants = plantId && !plants.has(plantId) ? [plantId] : [];
    if (newSkus.length > 0 || newPlants.length > 0) await learn(tx, names, newSkus, newPlants);
    const unknown = items.flatMap(({ sku }, index) =>
      skus.has(sku) ? [] : [{ pointer: `/items/${index}/sku`, detail: `the catalogue has no ${sku}` }],
    );
    if (plantId && !plants.has(plantId)) unknown.push({ pointer: '/plantId', detail: `there is no plant ${plantId}` });
    if (currency && items.some(({ sku }) => (skus.get(sku) ?? currency) !== currency))
      unknown.push({ pointer: '/currency', detail: 'is not what the products are priced in' });
    return unknown;
  }

  #lately(): Names {
    if (Date.now() - this.#names.since > REMEMBER_MS) this.#names = { skus: new Map(), plants: new Set(), since: Date.now() };
    return this.#names;
  }
}

const learn = async (tx: Tx, names: Names, skus: readonly string[], plants: readonly string[]): Promise<void> => {
  const known = await knownNames(tx, skus, plants);
  for (const { sku, currency } of known.products) names.skus.set(sku, currency);
  for (const plant of known.plants) names.plants.add(plant);
};
