/**
 * Sets of rows as bound parameters: one text per column, values joined by the record separator.
 *
 * Measured on inserts of 1,000 mailbox rows (PostgreSQL 15, per row, server side): `json_to_recordset` 9.5 µs, `unnest` of
 * arrays 6 µs plus 2.5 µs more in Node for escaping, this 6.5 µs. `JSON.stringify` never writes a raw control character, and
 * the doors refuse them in strings, so neither separator can stand in a value.
 */
const SEPARATOR = '\x1e';
const NULL = '\x1f';

export type Cell = string | number | bigint | boolean | Date | null | undefined;
export type ColumnTypes = Record<string, string>;

const text = (cell: Cell): string => {
  if (cell === null || cell === undefined) return NULL;
  if (cell instanceof Date) return cell.toISOString();
  return String(cell);
};

/** The value of a column of type json: serialised once, here. */
export const json = (value: unknown): string => JSON.stringify(value ?? null);

/** A timestamptz column as RFC 3339 text: JavaScript's own form, so that what is loaded compares with what is new. */
export const iso = (column: string): string => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Collects one statement's parameters and names them. */
export class Binds {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /**
   * A set of rows as a table expression `alias(columns…)`, for `from`, each column cast to its type.
   * @param types column name → Postgres type, in order; `rows` hold a cell for each.
   */
  rows<Row extends object>(alias: string, types: ColumnTypes, rows: readonly Row[]): string {
    const names = Object.keys(types);
    const columns = names.map((name) => {
      const bind = this.add(rows.map((row) => text((row as Record<string, Cell>)[name])).join(SEPARATOR));
      return `string_to_array(${bind}::text, E'\\x1e', E'\\x1f')`;
    });
    const casts = names.map((name) => (types[name] === 'text' ? name : `${name}::${types[name]} as ${name}`));
    return `(select ${casts.join(', ')} from unnest(${columns.join(', ')}) as raw(${names.join(', ')})) as ${alias}`;
  }
}
