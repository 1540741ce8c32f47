/** Keyset lists: how far one page goes, and the opaque cursor to the next. */
import { z } from 'zod';
import { Refused } from '../models/errors.ts';

export const pageParams = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
};

export const encodeCursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @throws Refused when the cursor is not one of ours */
export const decodeCursor = (cursor: string): string | number => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof value === 'string' || typeof value === 'number') return value;
  } catch {}
  throw foreign();
};

/** Of a list that is ordered by a number of the database. @throws Refused when the cursor is not one of ours */
export const decodeId = (cursor: string): string => {
  const id = String(decodeCursor(cursor));
  if (!/^\d{1,18}$/.test(id)) throw foreign();
  return id;
};

/** Of a list that is ordered by a text, a name say. @throws Refused when the cursor is not one of ours */
export const decodeText = (cursor: string): string => {
  const text = decodeCursor(cursor);
  if (typeof text !== 'string' || text.includes('\0')) throw foreign();
  return text;
};

const foreign = (): Refused => new Refused('request.invalid', { errors: [{ pointer: '/cursor', detail: 'is not a cursor of this list' }] });
