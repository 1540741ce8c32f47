/** `npm run bench -- <name>`: one line of JSON each. See docs/performance.md for what they measured. */
import { backlog } from './backlog.ts';
import { day } from './day.ts';
import { drain } from './drain.ts';
import { history } from './history.ts';
import { hotSku } from './hot-sku.ts';
import { idle } from './idle.ts';
import { jobs } from './jobs.ts';
import { latency } from './latency.ts';
import { lifecycle } from './lifecycle.ts';

const benches: Record<string, () => Promise<void>> = {
  lifecycle,
  latency,
  'hot-sku': hotSku,
  history,
  backlog,
  drain,
  idle,
  jobs,
  day,
};

const name = process.argv[2] ?? '';
const bench = benches[name];
if (!bench) {
  process.stderr.write(`npm run bench -- ${Object.keys(benches).join(' | ')}\n`);
  process.exit(1);
}
await bench();
process.exit(0);
