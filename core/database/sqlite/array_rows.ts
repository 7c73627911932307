// Statements whose rows come as arrays with integers as bigint: the storage class of each value is told by
// its JavaScript type. The one place that knows node:sqlite's call for it, which its types lack.

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
