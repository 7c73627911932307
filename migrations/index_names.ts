// The names that Django gives to indexes: the migrations that come later drop and change them by name,
// so a library that we created must have the same ones. Source: Django 5.2, schema editor and Index.

import { createHash } from "node:crypto";

function digest(length: number, ...parts: readonly string[]): string {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(part);
  return md5.digest("hex").slice(0, length);
}

/** The name of the index that a single indexed column or foreign key gets. */
export function columnIndexName(table: string, columns: readonly string[]): string {
  return `${table}_${columns.join("_")}_${digest(8, table, ...columns)}`;
}

/** The name of the unique index of a `unique_together` or a many-to-many pair. */
export function uniqueIndexName(table: string, columns: readonly string[]): string {
  return `${columnIndexName(table, columns)}_uniq`;
}

/** The name of an index of a model's `Meta.indexes` that was given none: at most 30 characters. */
export function metaIndexName(table: string, columns: readonly string[]): string {
  const hash = digest(6, table, ...columns, "idx");
  return `${table.slice(0, 11)}_${(columns[0] ?? "").slice(0, 7)}_${hash}_idx`;
}
