/** Returns, in sets: one statement to load, one more where money goes back, one to save. */
import type { Changes, Loaded, Store } from '../../runtime/actor.ts';
import type { Tx } from '../../runtime/database.ts';
import type { Message } from '../../runtime/decider.ts';
import type { Return } from './return.decider.ts';
import { payFacts, SENT_BACK, saveSentBack } from './returns.columns.store.ts';
import type { ReturnFacts } from './returns.state.ts';

const LOAD = `select ${SENT_BACK} from returns where id = any(string_to_array($1::text, E'\\x1e')::uuid[])`;
const GIVES_BACK = new Set(['return.complete']);

const load = async (tx: Tx, keys: readonly string[], messages: readonly Message[]): Promise<Loaded<Return, ReturnFacts>> => {
  const rows = await tx.query<Return>(LOAD, [keys.join('\x1e')]);
  return { states: new Map(rows.map((one) => [one.id, one])), facts: await payFacts(tx, rows, messages, GIVES_BACK) };
};

const save = (tx: Tx, changes: Changes<Return>): Promise<void> => saveSentBack(tx, changes, { table: 'returns' });

export const returnStore: Store<Return, ReturnFacts> = { table: 'returns', key: 'id', keyType: 'uuid', load, save };
