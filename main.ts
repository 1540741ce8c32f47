/** `npm start`: reads the settings, starts a node, says where it is, and leaves in order when told to. */
import { readConfig } from './config.ts';
import { prepare, startNode } from './node.ts';
import { openDatabase } from './runtime/database.ts';
import { StartError } from './runtime/start-error.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const banner = (address: string, embedded: boolean): string => `
Yardmaster runs at ${address}${embedded ? ' on its embedded Postgres: it survives a crash, not a power cut.' : '.'}
Order two yards of concrete:

  curl -s ${address}/api/orders -H 'content-type: application/json' -d '{"customerId":"demo","paymentMethod":"card","items":[{"sku":"CONCRETE-C25","quantity":2}]}'

and follow it at the statusUrl it answers, or at ${address}/api/orders.
`;

const run = async (): Promise<void> => {
  const config = readConfig();
  if (config.migrateOnly) {
    const database = await openDatabase({
      ...config,
      url: config.databaseUrl,
      poolSize: 2,
      schema: config.databaseSchema,
    });
    await prepare(database, config);
    await database.close();
    say('The schema is up to date.');
    return;
  }
  const node = await startNode(config);
  let leaving = false;
  const leave = async (signal: string): Promise<void> => {
    if (leaving) return;
    leaving = true;
    say(`${signal}: finishing what is in flight.`);
    await node.stop();
    process.exit(0);
  };
  process.on('SIGTERM', () => void leave('SIGTERM'));
  process.on('SIGINT', () => void leave('SIGINT'));
  if (node.broker.getLocalService('gateway')) say(banner(`http://${config.host}:${config.port}`, node.database.embedded));
  else say(`Yardmaster node ${node.broker.nodeID} runs ${node.broker.services.map(({ name }) => name).join(', ')}.`);
  if (config.repl) node.broker.repl();
};

run().catch((error: Error) => {
  process.stderr.write(error instanceof StartError ? `${error.message}\n` : `${error.stack}\n`);
  process.exit(1);
});
