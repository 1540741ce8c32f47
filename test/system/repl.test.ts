/** The REPL, typed into as a person would, or piped into as a script would. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Command, main } from '../support/command.ts';
import { until } from '../support/quiet.ts';
import { freePort } from '../support/servers.ts';
import { describeWith, openYard, type Yard } from '../support/yard.ts';

describeWith('postgres')('npm run repl', () => {
  let yard: Yard;
  let repl: Command;
  beforeAll(async () => {
    yard = await openYard();
    repl = main({ ...yard.env, PORT: String(await freePort()) }, '--repl');
    await repl.says(/mol \$/);
  });
  afterAll(async () => {
    repl.signal('SIGKILL');
    await repl.end();
    await yard.close();
  });

  test('it lists nodes, places an order, shows it, and what is wrong it names', async () => {
    repl.type('nodes');
    await repl.says(/\(\*\)/);
    repl.type(`call order.accept '{"customerId":"typed","paymentMethod":"account","items":[{"sku":"SAND-BULK","quantity":1}]}'`);
    await repl.says(/correlationId: '[0-9a-f-]{36}'/);
    const correlationId = /correlationId: '([0-9a-f-]{36})'/.exec(repl.stdout())?.[1];
    await until(async () => (await yard.count('orders', `status = 'delivered'`)) === 1);
    repl.type('call order.page --customerId typed');
    await repl.says(new RegExp(`orderNumber: 'ORD-[\\s\\S]*correlationId: '${correlationId}'[\\s\\S]*status: 'delivered'`));
    repl.type(`call order.accept '{"customerId":"typed"}'`);
    await repl.says(/Refused: The request has values[\s\S]*pointer: '\/paymentMethod'[\s\S]*pointer: '\/items'/);
  });

  test('an emit that is no order is refused by name and stores nothing, and exit leaves with 0', async () => {
    repl.type('emit order.accepted --customerId emitted');
    await repl.says(/the event order\.accepted is refused/);
    repl.type('exit');
    expect(await repl.end()).toBe(0);
    expect(await yard.count('orders')).toBe(1);
    expect(await yard.count('mailbox')).toBe(0);
  });
});
