/** Headers stand as five lines since 0.2.0 (see `packed` in runtime/trace.ts): what 0.1.0 left waiting as JSON is written anew. */
import { type Migration, statements } from './migration.ts';

const LINES = ['correlationId', 'traceparent', 'causationId', 'by', 'sender'].map((name) => `headers::json->>'${name}'`);
const packed = LINES.map((line) => `coalesce(${line}, '')`).join(` || E'\\n' || `);

export const headers: Migration = {
  name: '0009-headers',
  up: statements(
    `update mailbox set headers = ${packed}`,
    `update timers set headers = ${packed}`,
    `alter table jobs alter column headers type text using ${packed}`,
    `alter table dead_letters alter column headers type text using ${packed}`,
  ),
};
