/** What needs a person: nothing is silently stuck, so whatever neither moves nor waits for a named time is listed here. */
import { iso } from './columns.ts';
import type { Tx } from './database.ts';

export interface AttentionItem {
  kind: 'dead-letter' | 'parked-actor' | 'dead-job';
  id: string | null;
  actor: string | null;
  key: string | null;
  since: string;
  reason: string;
}

/** Oldest first, at most 500 of each kind. */
export const listAttention = (tx: Tx): Promise<AttentionItem[]> =>
  tx.query<AttentionItem>(
    `(select 'dead-letter' as kind, id::text, actor, key, ${iso('at')} as since, error as reason
      from dead_letters where state = 'open' order by id limit 500)
     union all
     (select 'parked-actor', null, actor, key, ${iso('since')}, reason from paused where until is null order by since limit 500)
     union all
     (select 'dead-job', id::text, reply_actor, reply_key, ${iso('finished_at')}, type || ': ' || coalesce(last_error, 'cancelled')
      from jobs where state = 'dead' order by id limit 500)
     order by since`,
  );
