/** `npm run sandbox`: the payment sandbox as a process of its own, so that several payment nodes share one provider. */
import { readConfig } from '../../config.ts';
import { StartError } from '../../runtime/start-error.ts';
import { startSandbox } from './sandbox.ts';

const run = async (): Promise<void> => {
  const { host, port, paymentWebhookSecret } = readConfig();
  const sandbox = await startSandbox({ host, port, secret: paymentWebhookSecret });
  process.stdout.write(`The payment sandbox runs at ${sandbox.url}.\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
  }
};

run().catch((error: Error) => {
  process.stderr.write(error instanceof StartError ? `${error.message}\n` : `${error.stack}\n`);
  process.exit(1);
});
