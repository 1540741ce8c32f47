import type { Tx } from '../../runtime/database.ts';

/** Plants where somebody waits: only these are worth a turn. Uses delivery_jobs_waiting. */
export const queuesToSweep = async (tx: Tx): Promise<string[]> =>
  (await tx.query<{ plant: string }>(`select distinct plant_id as plant from delivery_jobs where status = 'queued'`)).map(
    ({ plant }) => plant,
  );
