/** `npm run bench -- <name>`: one line of JSON each. See docs/performance.md for what they measured. */
import { lifecycle } from './lifecycle.ts';

const benches: Record<string, () => Promise<void>> = { lifecycle };

const name = process.argv[2] ?? '';
const bench = benches[name];
if (!bench) {
  process.stderr.write(`npm run bench -- ${Object.keys(benches).join(' | ')}\n`);
  process.exit(1);
}
await bench();
process.exit(0);
