/** `npm run carrier`: the sandbox carrier as a process of its own, so that several fulfilment nodes share one. */
import { readConfig } from '../../config.ts';
import { StartError } from '../../runtime/start-error.ts';
import { startCarrier } from './carrier.ts';

const run = async (): Promise<void> => {
  const { host, port, shippingWebhookSecret, shippingTimeScale } = readConfig();
  const carrier = await startCarrier({ host, port, secret: shippingWebhookSecret, timeScale: shippingTimeScale });
  process.stdout.write(`The sandbox carrier runs at ${carrier.url}.\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void carrier.close().then(() => process.exit(0)));
  }
};

run().catch((error: Error) => {
  process.stderr.write(error instanceof StartError ? `${error.message}\n` : `${error.stack}\n`);
  process.exit(1);
});
