/** Each requirement of the documents is held by a test that names it, and the page that shows this is read off the titles. */
import { describe, expect, test } from '@jest/globals';
import { awaited, requirementWords } from '../../scripts/requirement-words.ts';
import { holdings, holdingsIn, numbersIn, withoutTest } from '../../scripts/requirements.ts';

describe('requirements', () => {
  test('each one is named by a test, or waits for a later part with its reason', () => {
    expect(withoutTest()).toEqual([]);
  });

  test('a number that is named exists, and one that waits is named by no test', () => {
    const named = new Set(holdings().map(({ number }) => number));
    const spoken = [...named].filter((number) => /^[ABCE]/.test(number));
    expect(spoken.filter((number) => !(number in requirementWords))).toEqual([]);
    expect(Object.keys(awaited).filter((number) => named.has(number) || !(number in requirementWords))).toEqual([]);
  });

  test('all numbers of the four documents have words', () => {
    const all = ['A1–A78', 'B1–B48', 'C1–C39', 'E1–E53'].flatMap(numbersIn);
    expect(Object.keys(requirementWords)).toEqual(all);
    expect(Object.values(requirementWords).every((words) => words.length > 10)).toBe(true);
  });

  test('numbers are read off titles, with ranges; what is skipped holds nothing', () => {
    const open = '[';
    const text = `test('goes on ${open}B1, C3–C5]', () => {}); test.skip('rests ${open}E1]', () => {}); const rows = ${open}B2];`;
    expect(holdingsIn('a.test.ts', text).map(({ number }) => number)).toEqual(['B1', 'C3', 'C4', 'C5']);
    expect(holdingsIn('a.test.ts', text)[0]).toEqual({ number: 'B1', file: 'a.test.ts', title: 'goes on' });
    expect(numbersIn('B10, E2-4')).toEqual(['B10', 'E2', 'E3', 'E4']);
  });
});
