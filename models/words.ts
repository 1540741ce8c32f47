/** Shapes that every concept's words are made of, with the bounds the doors hold. */
import { z } from 'zod';

/** No control characters: they would break the sets that go to the database (runtime/columns.ts), and no name has them. */
const PLAIN = /^\P{Cc}*$/u;
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

export const text = (max: number) => z.string().trim().min(1).max(max).regex(PLAIN, 'must not hold control characters');
export const id = z.string().max(64).regex(ID, 'must be letters, digits, and . _ : - after the first');
export const uuid = z.uuid().transform((value) => value.toLowerCase());
export const wholeNumber = (max: number) => z.int().min(1).max(max);
export const MAX_CENTS = 1_000_000_000_00;
export const cents = z.int().min(0).max(MAX_CENTS);
export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be a three-letter code such as USD');
/** RFC 3339, within what a calendar and Postgres take: from 1970 to 2999, offsets up to 14 hours. */
export const time = z.iso
  .datetime({ offset: true })
  .refine((value) => /^(19[7-9]|2\d\d)\d-/.test(value) && !/[+-](1[5-9]|2\d):\d\d$/.test(value), {
    error: 'must be a time between 1970 and 2999',
  });

export const MAX_LINES = 50;
export const MAX_QUANTITY = 1_000_000;

/** What may follow each state: drawn in docs/states.md, walked by a test, and asked by the deciders. */
export type Life<Status extends string> = Readonly<Record<Status, readonly Status[]>>;
