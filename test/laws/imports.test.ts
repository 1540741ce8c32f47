/** Imports go down only. The rules stand in .dependency-cruiser.cjs; here they are held against the code, and against code that breaks each. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CRUISER = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const RULES = path.join(ROOT, '.dependency-cruiser.cjs');

interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

/** @returns what breaks which rule, as `rule: from → to` */
const cruise = (folder: string, entries: readonly string[]): string[] => {
  const args = [CRUISER, '--config', RULES, '--output-type', 'json', ...entries];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  if (!stdout.startsWith('{')) throw new Error(stderr || stdout);
  const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
};

/** Each line would be natural to write, and is wrong. */
const wrong: [rule: string, file: string, line: string, target: string][] = [
  ['models-import-nothing-of-ours', 'models/order.ts', "import '../runtime/decider.ts';", 'runtime/decider.ts'],
  ['runtime-knows-no-service', 'runtime/turn.ts', "import '../services/order/order.decider.ts';", 'services/order/order.decider.ts'],
  ['runtime-knows-no-service', 'runtime/host.ts', "import type { Config } from '../config.ts';", 'config.ts'],
  ['mixins-know-no-service', 'mixins/actor.mixin.ts', "import '../services/answered.ts';", 'services/answered.ts'],
  [
    'no-room-imports-another',
    'services/order/order.service.ts',
    "import type { Truck } from '../truck/truck.decider.ts';",
    'services/truck/truck.decider.ts',
  ],
  ['what-rooms-share-knows-no-room', 'services/answered.ts', "import './truck/truck.store.ts';", 'services/truck/truck.store.ts'],
  [
    'services-do-not-import-the-top',
    'services/truck/truck.service.ts',
    "import { settings } from '../../config.ts';\nsettings;",
    'config.ts',
  ],
  ['of-the-top-services-know-config', 'services/truck/fleet.ts', "import type { Node } from '../../node.ts';", 'node.ts'],
  ['config-stands-on-the-start-error', 'config.ts', "import './runtime/host.ts';", 'runtime/host.ts'],
  ['nothing-imports-tests-or-benchmarks', 'node.ts', "import './test/support/given.ts';", 'test/support/given.ts'],
  ['deciders-are-pure', 'services/truck/truck.decider.ts', "import './truck.store.ts';", 'services/truck/truck.store.ts'],
  ['deciders-are-pure', 'services/payment/payment.decider.ts', "import { randomUUID } from 'node:crypto';\nrandomUUID();", 'crypto'],
  ['deciders-are-pure', 'services/payment/undo.decider.ts', "import '../../runtime/database.ts';", 'runtime/database.ts'],
  [
    'deciders-take-only-types-of-their-tools',
    'services/truck/dispatch.decider.ts',
    "import './truck.decider.ts';",
    'services/truck/truck.decider.ts',
  ],
];

describe('imports go down only', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'yardmaster-imports-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('in all that is written [A50, C22, C27, C39]', () => {
    const entries = ['main.ts', 'config.ts', 'moleculer.config.ts', 'models', 'runtime', 'mixins', 'services'];
    expect(cruise(ROOT, entries)).toEqual([]);
  });

  test('and every wrong way is told by the name of its rule', () => {
    const files = new Map<string, string>();
    for (const [, , , target] of wrong) if (target.includes('.')) files.set(target, 'export {};\n');
    for (const [, file, line] of wrong) files.set(file, `${line}\nexport {};\n`);
    files.set('runtime/one.ts', "import './two.ts';\n");
    files.set('runtime/two.ts', "import type { One } from './one.ts';\nexport type Two = One;\n");
    files.set('tsconfig.json', '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true } }');
    for (const [file, text] of files) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    const told = cruise(
      folder,
      [...files.keys()].filter((file) => file.endsWith('.ts')),
    );
    for (const [rule, file, , target] of wrong) expect(told).toContain(`${rule}: ${file} → ${target}`);
    expect(told.filter((line) => line.startsWith('no-circles'))).not.toEqual([]);
  });
});
