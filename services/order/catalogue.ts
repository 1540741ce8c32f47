/**
 * What the door knows of the catalogue: names it has seen lately, so that a stream of orders does not ask for each. Only a courtesy to the
 * caller: the order's first turn decides by the tables.
 */
import type { FieldError } from '../../models/errors.ts';
import type { OrderForm } from '../../models/order.ts';
import type { Tx } from '../../runtime/database.ts';
import { knownNames } from './order.views.store.ts';

const REMEMBER_MS = 10_000;

export class Catalogue {
  /** The products' currencies. */
  #skus = new Map<string, string>();
  #plants = new Set<string>();
  #since = 0;

  /** @returns an entry for each product or plant that is not there, and for a currency that the products are not priced in */
  async problemsWith(tx: Tx, { items, plantId, currency }: OrderForm): Promise<FieldError[]> {
    if (Date.now() - this.#since > REMEMBER_MS) this.#forget();
    const skus = items.map(({ sku }) => sku).filter((sku) => !this.#skus.has(sku));
    const plants = plantId && !this.#plants.has(plantId) ? [plantId] : [];
    if (skus.length > 0 || plants.length > 0) await this.#learn(tx, skus, plants);
    const unknown = items.flatMap(({ sku }, index) =>
      this.#skus.has(sku) ? [] : [{ pointer: `/items/${index}/sku`, detail: `the catalogue has no ${sku}` }],
    );
    if (plantId && !this.#plants.has(plantId)) unknown.push({ pointer: '/plantId', detail: `there is no plant ${plantId}` });
    if (currency && items.some(({ sku }) => (this.#skus.get(sku) ?? currency) !== currency))
      unknown.push({ pointer: '/currency', detail: 'is not what the products are priced in' });
    return unknown;
  }

  async #learn(tx: Tx, skus: readonly string[], plants: readonly string[]): Promise<void> {
    const known = await knownNames(tx, skus, plants);
    for (const { sku, currency } of known.products) this.#skus.set(sku, currency);
    for (const plant of known.plants) this.#plants.add(plant);
  }

  #forget(): void {
    this.#skus = new Map();
    this.#plants = new Set();
    this.#since = Date.now();
  }
}
