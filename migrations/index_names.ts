// The names that Django gives to indexes and constraints: the migrations that come later drop and change them
// by name, so a library that we created must have the same ones. Source: Django 5.2, schema editor and Index.

import { createHash } from "node:crypto";

/** The longest name that Django makes where a database sets no limit, as SQLite. */
const NO_LIMIT = 200;

function digest(length: number, ...parts: readonly string[]): string {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(part);
  return md5.digest("hex").slice(0, length);
}

/** A name from table, columns and what it is for; what is too long loses the ends of table and columns.
 * @param suffix `_uniq`, `_like`, `_fk_auth_user_id`, or nothing @param limit characters */
export function columnIndexName(
  table: string,
  columns: readonly string[],
  suffix = "",
  limit = NO_LIMIT,
): string {
  const joined = columns.join("_");
  const end = `${digest(8, table, ...columns)}${suffix}`;
  const name = `${table}_${joined}_${end}`;
  if (name.length <= limit) return name;
  const short = end.length > limit / 3 ? end.slice(0, Math.floor(limit / 3)) : end;
  const rest = Math.floor((limit - short.length) / 2) - 1;
  return `${table.slice(0, rest)}_${joined.slice(0, rest)}_${short}`;
}

/** The name of the unique index of a `unique_together` or a many-to-many pair. @param limit characters */
export function uniqueIndexName(table: string, columns: readonly string[], limit?: number): string {
  return columnIndexName(table, columns, "_uniq", limit);
}

/** The name of a foreign key to another table's `id`. @param limit characters */
export function foreignKeyName(table: string, column: string, to: string, limit: number): string {
  return columnIndexName(table, [column], `_fk_${to}_id`, limit);
}

/** The name of an index of a model's `Meta.indexes` that was given none: at most 30 characters. */
export function metaIndexName(table: string, columns: readonly string[]): string {
  const hash = digest(6, table, ...columns, "idx");
  return `${table.slice(0, 11)}_${(columns[0] ?? "").slice(0, 7)}_${hash}_idx`;
}

/** The name that PostgreSQL itself gives to what has none: `table_column_key`, `table_pkey`; what is longer
 * than 63 characters loses the ends of table and column. Source: PostgreSQL 15, makeObjectName.
 * @param label `key`, `pkey`, `check`, `seq` */
export function postgresName(table: string, column: string | undefined, label: string): string {
  let [first, second] = [table.length, column?.length ?? 0];
  const room = 63 - label.length - 1 - (column === undefined ? 0 : 1);
  while (first + second > room) {
    if (first > second) first--;
    else second--;
  }
  const parts = [table.slice(0, first)];
  if (column !== undefined) parts.push(column.slice(0, second));
  return [...parts, label].join("_");
}
