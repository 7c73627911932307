// The SELECTs by which servers read whole rows, and how many rows make a batch.

import { type RawBuilder, sql } from "kysely";
import type { FieldKind } from "../schema/field.ts";
import type { ReadColumn, RowsQuery } from "./database.ts";
import type { StorageValue } from "./storage_value.ts";

/** A batch of a server ends when its long texts have this many bytes: half a thousand long documents would
 * be tens of megabytes. */
const MOST_BYTES = 1 << 19;

/** Kinds of columns whose texts may be long. */
const LONG: ReadonlySet<FieldKind> = new Set<FieldKind>(["text", "json"]);

/** Columns of a query whose texts may be long. */
export function longColumns({ columns }: RowsQuery): readonly ReadColumn[] {
  return columns.filter(({ kind }) => LONG.has(kind));
}

/** `SELECT … FROM … WHERE … ORDER BY …` with these expressions of the query's table. */
export function selectOf(
  { table, join, where, orderBy }: RowsQuery,
  expressions: readonly RawBuilder<unknown>[],
): RawBuilder<unknown> {
  return sql`select ${sql.join(expressions)} from ${sql.table(table)} ${join ?? sql``} ${
    where ? sql`where ${where}` : sql``
  } ${orderBy ? sql`order by ${orderBy}` : sql``}`;
}

/** The columns of a query, as expressions. */
export function columnsOf({ table, columns }: RowsQuery): readonly RawBuilder<unknown>[] {
  return columns.map(({ column }) => sql.ref(`${table}.${column}`));
}

/** How many rows to read at a time, so that a batch's texts stay small.
 * @param lengths bytes of each row in order @returns numbers of rows that add up to all */
export function batchSizes(lengths: readonly StorageValue[]): number[] {
  const sizes: number[] = [];
  let rows = 0;
  let bytes = 0;
  for (const length of lengths) {
    if (rows > 0 && bytes + Number(length) > MOST_BYTES) {
      sizes.push(rows);
      [rows, bytes] = [0, 0];
    }
    rows++;
    bytes += Number(length);
  }
  if (rows > 0) sizes.push(rows);
  return sizes;
}
