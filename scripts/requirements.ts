/**
 * Which test holds which requirement, read off the tests' titles: `test('… [B10, C3–C5]', …)`. Drawn as docs/requirements.md by
 * `npm run draw`; `test/laws/requirements.test.ts` says which numbers no test names.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { awaited, awaitedParts, requirementWords } from './requirement-words.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

export interface Holding {
  number: string;
  file: string;
  title: string;
}

const NUMBERS = String.raw`[A-E]\d+(?:\s*[–-]\s*[A-E]?\d+)?`;
/** A title is the first argument of a call, in any quotes, with numbers in brackets at some place in it. */
const TITLE = new RegExp(
  String.raw`([\w.]*)\(\s*(['"\`])((?:(?!\2)[^\\\n]|\\.)*?\[${NUMBERS}(?:,\s*${NUMBERS})*\](?:(?!\2)[^\\\n]|\\.)*?)\2\s*,`,
  'g',
);
const GROUP = new RegExp(String.raw`\s*\[(${NUMBERS}(?:,\s*${NUMBERS})*)\]`, 'g');

/** Every number that a title under test/ names. What is skipped holds nothing. */
export const holdings = (): Holding[] =>
  globSync('test/**/*.{test,laws}.ts', { cwd: ROOT })
    .sort()
    .flatMap((file) => holdingsIn(file, readFileSync(path.join(ROOT, file), 'utf8')));

export const holdingsIn = (file: string, text: string): Holding[] =>
  [...text.matchAll(TITLE)]
    .filter(([, callee]) => !/\.(skip|todo)$/.test(callee ?? ''))
    .flatMap(([, , , title = '']) => {
      const words = title.replaceAll(GROUP, '').replaceAll('\\', '');
      return [...title.matchAll(GROUP)].flatMap(([, list = '']) => numbersIn(list).map((number) => ({ number, file, title: words })));
    });

/** `B10, B12–14` is B10, B12, B13 and B14. */
export const numbersIn = (list: string): string[] =>
  list.split(',').flatMap((part) => {
    const [, letter = '', first = '', last = first] = /([A-E])(\d+)(?:\s*[–-]\s*[A-E]?(\d+))?/.exec(part) ?? [];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, step) => `${letter}${Number(first) + step}`);
  });

/** Numbers that no test names, and that do not wait for a later part. */
export const withoutTest = (): string[] => {
  const held = new Set(holdings().map(({ number }) => number));
  return Object.keys(requirementWords).filter((number) => !held.has(number) && !(number in awaited));
};

export const drawRequirements = (drawn: string): string => {
  const byNumber = Map.groupBy(holdings(), ({ number }) => number);
  const rows = Object.entries(requirementWords).map(
    ([number, words]) => `| ${number} | ${words} | ${testsOf(number, byNumber.get(number))} |`,
  );
  return `${drawn}
# Requirements and their tests

What the documents ask for, by number and in words of ours, and the tests that would fail without it: the number stands in brackets in
their titles. A number that waits for a later part of the work says so.

| number | what it asks | held by |
| --- | --- | --- |
${rows.join('\n')}
`;
};

const testsOf = (number: string, held: Holding[] | undefined): string => {
  if (!held) return number in awaited ? `*waits: ${awaited[number]}*` : '**no test**';
  const cells = held.map(({ file, title }) => `[${path.basename(file)}](../${file}): ${title.replaceAll('|', '\\|')}`);
  const waits = number in awaitedParts ? [`*in part; ${awaitedParts[number]}*`] : [];
  return [...new Set(cells), ...waits].join('<br>');
};
