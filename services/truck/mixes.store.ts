/** What a unit of a product is mixed from. */
import { defaultMix } from '../../models/catalogue.ts';
import { Binds } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface MixComponent {
  material: string;
  /** Units of the material in one unit of the product. */
  perUnit: number;
}

/** `standard`: it has no mix of its own, so it is made as all concrete is; of other goods nothing is made. */
export interface Mix {
  sku: string;
  components: readonly MixComponent[];
  standard: boolean;
}

/** @returns undefined when there is no such product */
export const mixOf = async (tx: Tx, sku: string): Promise<Mix | undefined> => {
  const [row] = await tx.query<{ kind: string; components: MixComponent[] | null }>(
    `select p.kind, (select json_agg(json_build_object('material', m.material, 'perUnit', m.per_unit) order by m.material)
       from mix_components m where m.sku = p.sku) as components from products p where p.sku = $1`,
    [sku],
  );
  if (!row) return undefined;
  if (row.components) return { sku, components: row.components, standard: false };
  return { sku, components: row.kind === 'concrete' ? defaultMix : [], standard: true };
};

/** Takes the place of what it was; none at all makes it the standard mix again. @returns false when there is no such product */
export const replaceMix = async (tx: Tx, sku: string, components: readonly MixComponent[]): Promise<boolean> => {
  const binds = new Binds();
  const product = binds.add(sku);
  const rows = await tx.query(
    `with wanted as (select material, perUnit from ${binds.rows('w', { material: 'text', perUnit: 'float' }, components)} where exists (select from products where sku = ${product})),
     gone as (delete from mix_components where sku = ${product} and material not in (select material from wanted)),
     kept as (insert into mix_components (sku, material, per_unit) select ${product}, material, perUnit from wanted
       on conflict (sku, material) do update set per_unit = excluded.per_unit)
     select from products where sku = ${product}`,
    binds.values,
  );
  return rows.length > 0;
};
