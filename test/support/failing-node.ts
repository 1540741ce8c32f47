/**
 * A node that ends or freezes itself at a seam: `failing-node.ts <fail point> <signal> [actor type]`, its settings from the environment as
 * ever. Told to stop, it first says what its worker counted. Started by test/crash.
 */
import { readConfig } from '../../config.ts';
import { startNode } from '../../node.ts';
import { onFailPoint } from '../../runtime/fail-points.ts';

const [point, signal, actor] = process.argv.slice(2);
const config = readConfig([]);
const node = await startNode(config);

onFailPoint((name, of) => {
  if (name !== point || (actor && of !== actor)) return;
  onFailPoint(undefined);
  process.kill(process.pid, signal);
});
process.on('SIGTERM', async () => {
  await node.stop();
  process.stdout.write(`counts ${JSON.stringify({ ...node.runtime.worker.counts, ...node.runtime.host.counts })}\n`);
  process.exit(0);
});
process.stdout.write(`Yardmaster runs at ${config.port}\n`);
