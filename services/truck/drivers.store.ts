/** Drivers: plain rows. */
import type { Shift } from '../../models/hours.ts';
import { json } from '../../runtime/columns.ts';
import type { Tx } from '../../runtime/database.ts';

export interface DriverCard {
  id: string;
  name: string;
  /** The last day on which the licence is good, as `2027-03-31`; null when nobody said. */
  licenceExpiry: string | null;
  /** Null: at any hour. */
  shift: Shift | null;
  version: number;
}

const DRIVER = 'id, name, licence_expiry::text as "licenceExpiry", shift, version';

export interface DriverFields {
  name?: string | undefined;
  licenceExpiry?: string | null | undefined;
  shift?: Shift | null | undefined;
}

/** @returns undefined when there is one under this id already */
export const insertDriver = async (tx: Tx, id: string, { name, licenceExpiry, shift }: DriverFields): Promise<DriverCard | undefined> =>
  (
    await tx.query<DriverCard>(
      `insert into drivers (id, name, licence_expiry, shift) values ($1, $2, $3::date, $4::json) on conflict do nothing returning ${DRIVER}`,
      [id, name, licenceExpiry ?? null, shift ? json(shift) : null],
    )
  )[0];

export interface ChangedDriver {
  /** As it is now; null when it was another version. */
  changed: DriverCard | null;
  /** The yards of the trucks that this driver drives. */
  plants: string[];
}

/** What is left out stays. @returns undefined when there is no such driver */
export const changeDriver = async (
  tx: Tx,
  id: string,
  { name, licenceExpiry, shift }: DriverFields,
  version: number | undefined,
): Promise<ChangedDriver | undefined> => {
  const [row] = await tx.query<ChangedDriver & { known: boolean }>(
    `with changed as (
       update drivers set name = coalesce($2, name), licence_expiry = case when $3::boolean then $4::date else licence_expiry end,
         shift = case when $5::boolean then $6::json else shift end, version = version + 1, updated_at = now()
       where id = $1 and ($7::int is null or version = $7) returning ${DRIVER})
     select exists (select from drivers where id = $1) as known, (select row_to_json(changed) from changed) as changed,
       coalesce((select json_agg(distinct plant_id) from trucks where driver_id = $1), '[]'::json) as plants`,
    [
      id,
      name ?? null,
      licenceExpiry !== undefined,
      licenceExpiry ?? null,
      shift !== undefined,
      shift ? json(shift) : null,
      version ?? null,
    ],
  );
  return row?.known ? row : undefined;
};
