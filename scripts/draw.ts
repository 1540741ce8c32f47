/**
 * `npm run draw`: writes the pages that are read off the code, so that they cannot say anything else: docs/states.md, docs/messages.md,
 * docs/settings.md, docs/requirements.md, and the table of settings in README.md. With `--check` it changes nothing and fails when one
 * of them is out of date; test/laws/drawn.test.ts asks the same.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { settings } from '../config.settings.ts';
import { readConfig } from '../config.ts';
import { cartLife, cartMessages } from '../models/cart.ts';
import { deliveryJobLife, dispatchMessages, loadLife } from '../models/dispatch.ts';
import { aliases, namesWith, routes } from '../models/events.ts';
import { fulfillmentLife, fulfillmentMessages, shipmentLife } from '../models/fulfillment.ts';
import { inventoryMessages, reservationLife } from '../models/inventory.ts';
import { jobTypes } from '../models/jobs.ts';
import { orderLife, orderMessages, sagaLife } from '../models/order.ts';
import { paymentLife, paymentMessages } from '../models/payment.ts';
import { exchangeLife, exchangeMessages, returnLife, returnMessages } from '../models/returns.ts';
import { subscriptions } from '../models/subscriptions.ts';
import { truckLife, truckMessages } from '../models/truck.ts';
import type { Life } from '../models/words.ts';
import { rooms } from '../node.ts';
import type { Schemas } from '../runtime/decider.ts';
import { drawRequirements } from './requirements.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const DRAWN = '<!-- Drawn by scripts/draw.ts (npm run draw): change the code, not this page. -->';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** The drawn pages by their path in the repository, as the code has them now. */
export const draw = (): Record<string, string> => ({
  'docs/states.md': drawStates(),
  'docs/messages.md': drawMessages(),
  'docs/settings.md': drawSettings(),
  'docs/requirements.md': drawRequirements(DRAWN),
  'README.md': read('README.md').replace(
    /(<!-- settings -->\n)[\s\S]*?(\n<!-- \/settings -->)/,
    (_, begin: string, end: string) => `${begin}\n${settingsTable()}\n${end}`,
  ),
});

/** The drawn pages that differ from the code. */
export const outOfDate = (): string[] => {
  const drawn = Object.entries(draw());
  return drawn.filter(([file, text]) => !exists(file) || read(file) !== text).map(([file]) => file);
};

const exists = (file: string): boolean => globSync(file, { cwd: ROOT }).length > 0;

const lives: { of: string; from: string; life: Life<string> }[] = [
  { of: 'Order', from: 'models/order.ts, orderLife', life: orderLife },
  { of: 'Saga of an order', from: 'models/order.ts, sagaLife', life: sagaLife },
  { of: 'Reservation', from: 'models/inventory.ts, reservationLife', life: reservationLife },
  { of: 'Payment', from: 'models/payment.ts, paymentLife', life: paymentLife },
  { of: 'Fulfilment', from: 'models/fulfillment.ts, fulfillmentLife', life: fulfillmentLife },
  { of: 'Shipment', from: 'models/fulfillment.ts, shipmentLife', life: shipmentLife },
  { of: 'Truck', from: 'models/truck.ts, truckLife', life: truckLife },
  { of: 'Delivery job', from: 'models/dispatch.ts, deliveryJobLife', life: deliveryJobLife },
  { of: 'Load, in the books of its dispatcher', from: 'models/dispatch.ts, loadLife', life: loadLife },
  { of: 'Cart', from: 'models/cart.ts, cartLife', life: cartLife },
  { of: 'Return', from: 'models/returns.ts, returnLife', life: returnLife },
  { of: 'Exchange', from: 'models/returns.ts, exchangeLife', life: exchangeLife },
];

const drawStates = (): string => {
  const sections = lives.map(({ of, from, life }) => {
    const arrows = Object.entries(life).flatMap(([state, next]) =>
      next.length === 0 ? [`  ${state} --> [*]`] : next.map((to) => `  ${state} --> ${to}`),
    );
    return `## ${of}\n\nFrom ${from}.\n\n\`\`\`mermaid\nstateDiagram-v2\n${arrows.join('\n')}\n\`\`\`\n`;
  });
  const about = 'What may follow each state. A state with an arrow to the end is one that nothing leads out of.';
  return `${DRAWN}\n# States\n\n${about}\n\n${sections.join('\n')}`;
};

const actors: { type: string; messages: Schemas }[] = [
  { type: 'order', messages: orderMessages },
  { type: 'inventory', messages: inventoryMessages },
  { type: 'payment', messages: paymentMessages },
  { type: 'fulfillment', messages: fulfillmentMessages },
  { type: 'dispatch', messages: dispatchMessages },
  { type: 'truck', messages: truckMessages },
  { type: 'cart', messages: cartMessages },
  { type: 'return', messages: returnMessages },
  { type: 'exchange', messages: exchangeMessages },
];

const drawMessages = (): string => {
  const sections = actors.map(({ type, messages }) => {
    const rows = Object.entries(messages).map(([name, schema]) => [`\`${name}\``, fields(schema), comesFrom(name, type)]);
    return `## ${type}\n\n${table(['message', 'fields', 'comes from'], rows)}\n`;
  });
  const events = publishedEvents().map(([name, files]) => [`\`${name}\``, files.join(', '), subscribersOf(name)]);
  const fromMesh = takenFromMesh().map(({ event, service }) => [`\`${event}\``, service]);
  const jobs = jobTypes.map(({ type, queue, maxAttempts, timeoutMs, backoffBaseMs, payload }) => [
    `\`${type}\``,
    queue,
    String(maxAttempts),
    `${timeoutMs / 1_000} s`,
    `${backoffBaseMs / 1_000} s`,
    fields(payload),
  ]);
  return `${DRAWN}
# Messages, events and jobs

What each actor hears, from the schemas in \`models/\`; \`?\` marks a field that may be left out. Where a message comes from is read off the
deciders and the services: a decider that tells it, sets it as a timer or names it as a job's answer, a service that tells or asks it at a
door, or an event that a subscription (\`models/subscriptions.ts\`) turns into it.

${sections.join('\n')}
## Events

Each is appended to the table \`events\` in the commit of the turn that published it.

${table(['event', 'published by', 'becomes a message to'], events)}

## Their names in the documents

On the mesh an event is said under these names too, to whoever listens to them, with the documents’ fields beside ours; what comes under them
is heard as ours. The names of the two queues are settings. Commands among them are announced after the commit that sends them.

${table(['event', 'also', 'group'], otherNames())}

## Taken from the mesh

A plain Moleculer event of one of these names, from a service that is no actor, is validated and told to the actor.

${table(['event', 'service'], fromMesh)}

## Jobs

${table(['type', 'queue', 'attempts', 'time-out', 'first backoff', 'payload'], jobs)}
`;
};

const otherNames = (): string[][] => {
  const named = namesWith(readConfig([], {}));
  const events = [...Object.keys(aliases), 'order.processed', 'truck.*.returntoplant'].sort();
  return events.map((event) => [
    `\`${event}\``,
    named(event)
      .map((name) => `\`${name}\``)
      .join(', '),
    routes.find((route) => route.event === event)?.group ?? '',
  ]);
};

interface Shape {
  type?: string | string[];
  format?: string;
  enum?: string[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

const fields = (schema: z.ZodType): string =>
  listFields(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape) || 'none';

const listFields = ({ properties = {}, required = [] }: Shape): string =>
  Object.entries(properties)
    .map(([name, shape]) => `${name}${required.includes(name) ? '' : '?'}: ${wordsFor(shape)}`)
    .join('; ');

const FORMATS: Record<string, string> = { 'date-time': 'time', email: 'e-mail' };
const TYPES: Record<string, string> = { string: 'text', integer: 'whole number', boolean: 'yes or no', null: 'null' };

const wordsFor = (shape: Shape): string => {
  const { type, format, enum: values, anyOf, properties, items } = shape;
  if (anyOf) return anyOf.map(wordsFor).join(' or ');
  if (values) return values.join(' / ');
  if (format) return FORMATS[format] ?? format;
  if (items) return `list of ${wordsFor(items)}`;
  if (properties) return `{ ${listFields(shape)} }`;
  const words = [type].flat().map((one) => TYPES[one ?? ''] ?? one ?? 'anything');
  return `${words.join(' or ')}${bounds(shape)}`;
};

const bounds = ({ minimum, maximum }: Shape): string => {
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least === undefined && most === undefined) return '';
  return most === undefined ? ` from ${least}` : ` ${least ?? ''} to ${most}`;
};

/** The files that speak: rules, and the doors that tell and ask. */
const speakers = globSync('services/*/*.{decider,service}.ts', { cwd: ROOT })
  .sort()
  .map((file) => ({ file: `\`${path.basename(file)}\``, text: read(file) }));

const WAYS: [pattern: string, words: string][] = [
  ["\\btell\\(\\s*'\\w+',[^'{;]*'NAME'", 'told by'],
  ["\\bask\\([^'{;]*(?:'\\w+',[^'{;]*)?'NAME'", 'asked by'],
  ["\\bsetTimer\\(\\s*'NAME'", 'timer of'],
  ["\\breply: 'NAME'", 'answer to a job of'],
  ["\\bmessage: 'NAME'", 'mesh event at'],
];

const comesFrom = (name: string, actor: string): string => {
  const ways = WAYS.flatMap(([pattern, words]) => {
    const files = filesWith(new RegExp(pattern.replace('NAME', escaped(name))));
    return files.length > 0 ? [`${words} ${files.join(', ')}`] : [];
  });
  const subscribed = subscriptions.some((subscription) => subscription.event === name && subscription.actor === actor);
  const publishers = publishedEvents().find(([event]) => event === name)?.[1] ?? [];
  if (subscribed) ways.push(`event of ${publishers.join(', ') || 'nobody'}`);
  return ways.join('; ') || 'nobody yet';
};

const filesWith = (pattern: RegExp): string[] => speakers.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

const escaped = (name: string): string => name.replaceAll('.', '\\.');

/** Event types by the files that publish them. A changing part of a name is shown as *. */
const publishedEvents = (): [name: string, files: string[]][] => {
  const published = new Map<string, Set<string>>();
  for (const { file, text } of speakers) {
    for (const [, literal, changing, constant] of text.matchAll(/(?:\bpublish|\.say|\.tellOrder)\(\s*(?:'([^']+)'|`([^`]+)`|([A-Z_]+))/g)) {
      const named = constant && new RegExp(`const ${constant} = '([^']+)'`).exec(text)?.[1];
      const name = literal ?? changing?.replaceAll(/\$\{[^}]+\}/g, '*') ?? named ?? '?';
      published.set(name, (published.get(name) ?? new Set()).add(file));
    }
  }
  return [...published].map(([name, files]): [string, string[]] => [name, [...files]]).sort(([a], [b]) => (a < b ? -1 : 1));
};

const subscribersOf = (event: string): string =>
  subscriptions
    .filter((subscription) => subscription.event === event)
    .map(({ actor }) => actor)
    .join(', ') || 'nobody: it stands in the log';

/** Events that the actor mixin takes, read off the services themselves. */
const takenFromMesh = (): { event: string; service: string }[] =>
  Object.values(rooms)
    .flat()
    .map((service) => service(readConfig([], {})))
    .flatMap(({ name, mixins = [] }) =>
      mixins.flatMap(({ events = {} }) =>
        Object.entries(events).flatMap(([event, taken]) =>
          (taken as { actors?: boolean }).actors ? [{ event, service: String(name) }] : [],
        ),
      ),
    );

const drawSettings = (): string => `${DRAWN}
# Settings

Environment variables, read once at the start by \`config.ts\` and by nothing else. Where a flag is named, \`npm start -- --flag value\` wins over
the variable. A value that cannot be taken ends the start with one line that names the variable. Two more flags belong to no variable:
\`--repl\` opens the Moleculer REPL, \`--migrate\` brings the schema up to date and ends.

${settingsTable()}
`;

const settingsTable = (): string =>
  table(
    ['variable', 'default', 'what it does'],
    Object.entries(settings).map(([name, setting]) => {
      const flag = 'flag' in setting ? ` Flag \`--${setting.flag}\`.` : '';
      return [`\`${name}\``, setting.default === undefined ? 'unset' : `\`${setting.default}\``, `${setting.doc}.${flag}`];
    }),
  );

const table = (head: readonly string[], rows: readonly string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

if (import.meta.main) {
  const old = outOfDate();
  if (!process.argv.includes('--check')) for (const [file, text] of Object.entries(draw())) writeFileSync(path.join(ROOT, file), text);
  else if (old.length > 0) process.exitCode = 1;
  process.stdout.write(old.length > 0 ? `${old.join(', ')} differed from the code.\n` : 'Every drawn page is as the code has it.\n');
}
