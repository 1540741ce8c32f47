/** What the source may say where. Each law says what to do instead. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SKIPPED = new Set(['node_modules', '.git', '.data', 'results', 'coverage']);

interface Source {
  /** From the root, with slashes. */
  file: string;
  text: string;
  lines: string[];
}

const filesBelow = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesBelow(file);
    return /\.(ts|js|cjs|mjs)$/.test(entry.name) ? [file] : [];
  });

const sources: Source[] = filesBelow('.').map((file) => {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return { file, text, lines: text.split('\n') };
});
const inside =
  (...folders: string[]) =>
  ({ file }: Source) =>
    folders.some((folder) => file.startsWith(`${folder}/`));
const deciders = sources.filter(({ file }) => file.endsWith('.decider.ts'));
/** The rules, and what they are made of. */
const rules = sources.filter(({ file }) => /\.(decider|intake|state|effects)\.ts$/.test(file));

/** Comments and the insides of regular prose are no code: lines that begin as a comment are not looked at. */
const isCode = (line: string): boolean => !/^\s*(\/\/|\*|\/\*)/.test(line);

/** Where the pattern stands in code, as file:line. */
const places = (where: readonly Source[], pattern: RegExp): string[] =>
  where.flatMap(({ file, lines }) => lines.flatMap((line, index) => (isCode(line) && pattern.test(line) ? [`${file}:${index + 1}`] : [])));

const lawful = (law: string, found: readonly string[]): void => expect({ law, found }).toEqual({ law, found: [] });

describe('the source', () => {
  test('reads process.env in config.ts only', () => {
    const others = sources.filter((source) => source.file !== 'config.ts' && !inside('test', 'bench')(source));
    lawful('Add the setting to config.ts and hand it over as an argument.', places(others, /process\.env|\benv\s*}\s*=\s*process/));
  });

  test('draws no time, chance or id in models/ and in deciders [C36, E44]', () => {
    const pure = [...sources.filter(inside('models')), ...rules];
    const drawing =
      /new Date\(\)|\bDate\.now\b|\bDate\(\)|Math\.random|randomUUID|randomBytes|performance\.now|hrtime|setTimeout|setInterval/;
    lawful(
      'Take context.now, context.random() or context.newId(): a decision must be the same when it is decided again.',
      places(pure, drawing),
    );
  });

  test('waits for nothing in a decider [B44, C31]', () => {
    lawful('A decider answers at once: enqueue a job for what takes time.', places(rules, /\basync\b|\bawait\b|\bPromise\b|\.then\(/));
  });

  test('speaks SQL in runtime/, in *.store.ts and in migrations only', () => {
    const others = sources.filter(
      (source) => !inside('runtime', 'models/migrations', 'test', 'bench', 'scripts')(source) && !source.file.endsWith('.store.ts'),
    );
    lawful('Move the statement into the room’s *.store.ts, or into runtime/ where it serves all.', others.flatMap(sqlIn));
  });

  test('has files that one can read: 300 lines at the most', () => {
    const long = sources.filter(({ lines }) => lines.length > 301).map(({ file, lines }) => `${file} has ${lines.length - 1} lines`);
    lawful('Split it by theme.', long);
  });

  test('has names that say something', () => {
    const empty = /(^|\/)(utils?|common|managers?|base|helpers?)(\.|\/)|\.(utils?|common|manager|base|helpers?)\.ts$/i;
    lawful(
      'Name the file after what is in it.',
      sources.map(({ file }) => file).filter((file) => empty.test(file)),
    );
  });

  test('has a store beside each decider [E15]', () => {
    const files = new Set(sources.map(({ file }) => file));
    const alone = deciders.map(({ file }) => file).filter((file) => !files.has(file.replace('.decider.ts', '.store.ts')));
    lawful('An actor is its rules and its rows: x.decider.ts and x.store.ts.', alone);
  });

  test('has in each room of actors the face that shows it', () => {
    const files = new Set(sources.map(({ file }) => file));
    const faceless = deciders.map(({ file }) => file).filter((file) => !files.has(file.replace('.decider.ts', '.service.ts')));
    lawful('x.service.ts registers the actor and takes its messages in.', faceless);
  });
});

/** Strings that begin as a statement does. A comment is no string, and a sentence that begins with such a word has no `from` or `set`. */
const sqlIn = ({ file, text }: Source): string[] => {
  const code = text
    .split('\n')
    .map((line) => (isCode(line) ? line : ''))
    .join('\n');
  const statement = /(['"`])\s*(?:select\s[\s\S]*?|delete\s+from\s|insert\s+into\s|update\s+\w+\s+(?:\w+\s+)?set\s|with\s+\w+\s+as\s*\()/gi;
  return [...code.matchAll(statement)].map(({ index }) => `${file}:${code.slice(0, index).split('\n').length}`);
};
