/** Ids that are made here rather than numbered by the database. */
import { createHash, randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8 * 512);
let used = pool.length;
let lastMs = 0;
/** The id's first half, the same for all of one millisecond. */
let time = '';
let counter = 0;

/**
 * A UUID of version 7 (RFC 9562, section 5.7): it begins with its time, so that an index on it grows at its end.
 * Random bytes are drawn 4 KB at a time: one draw per id would cost more than the rest of it.
 */
export const newId = (): string => {
  const ms = Date.now();
  if (ms === lastMs) counter = (counter + 1) & 0xfff;
  else {
    lastMs = ms;
    counter = 0;
    const hex = ms.toString(16).padStart(12, '0');
    time = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
  }
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  pool[used] = ((pool[used] as number) & 0x3f) | 0x80;
  const tail = pool.toString('hex', used, used + 8);
  used += 8;
  return `${time}${counter.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`;
};

/** The same UUID for the same text, of version 8 (RFC 9562, section 5.8). */
export const derivedId = (text: string): string => {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
