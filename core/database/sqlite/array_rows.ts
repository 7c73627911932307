// Statements whose rows come as arrays with integers as bigint: the storage class of each value is told by
// its JavaScript type. The one place that knows node:sqlite's call for it, which its types lack, and that
// Deno's `iterate` ends without a word where SQLite reports an error (seen in 2.6.10).

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { StorageValue } from "../storage_value.ts";

/** A statement that gives rows as arrays. */
export interface ArrayStatement {
  get(...parameters: readonly SQLInputValue[]): StorageValue[] | undefined;
  iterate(...parameters: readonly SQLInputValue[]): IterableIterator<StorageValue[]>;
}

/** Prepares a statement that gives rows as arrays. */
export function prepareArrays(database: DatabaseSync, sql: string): ArrayStatement {
  const statement = database.prepare(sql) as StatementSync & { setReturnArrays(on: boolean): void };
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  return statement as unknown as ArrayStatement;
}

/** Streams the rows of a query.
 * @param sql a SELECT without LIMIT
 * @throws {Error} SQLite's error, also where it comes in the middle */
export function* streamArrays(
  database: DatabaseSync,
  sql: string,
  parameters: readonly SQLInputValue[],
): Generator<StorageValue[]> {
  let count = 0;
  for (const row of prepareArrays(database, sql).iterate(...parameters)) {
    count++;
    yield row;
  }
  // The end may be an error: going to the next row once more throws it. SQLite skips rows without reading
  // their columns, so this costs little.
  const next = prepareArrays(database, `${sql} LIMIT 1 OFFSET ${count}`).get(...parameters);
  if (next) throw new Error(`SQLite ended a query after ${count} rows although there are more`);
}
