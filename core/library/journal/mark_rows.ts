// Marks of rows: a short checksum of everything that a row holds, by which an undo notices that somebody
// changed it since. Invariant: equal rows have equal marks, whatever the order of columns.

import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Tables } from "../../schema/tables.ts";
import { encodeValue, type RowKey, type RowValue } from "./journal_step.ts";

/** Rows looked at in one query. */
export const ROWS_AT_ONCE = 200;

/** A row as it is now. */
export type FoundRow = Readonly<Record<string, RowValue>>;

/** Reads rows by their primary keys. @returns rows by key; those that aren't there are missing */
export async function findRows(
  kysely: Kysely<Tables>,
  table: string,
  key: string,
  pks: readonly RowKey[],
): Promise<Map<string, FoundRow>> {
  const found = new Map<string, FoundRow>();
  for (let at = 0; at < pks.length; at += ROWS_AT_ONCE) {
    const some = pks.slice(at, at + ROWS_AT_ONCE);
    const { rows } = await sql<FoundRow>`select * from ${sql.table(table)} where ${
      sql.ref(key)
    } in (${sql.join(some)})`.execute(kysely);
    for (const row of rows) found.set(String(row[key]), row);
  }
  return found;
}

/** The mark of one row. */
export function markOf(row: FoundRow): string {
  const columns = Object.keys(row).sort().map((column) => [
    column,
    encodeValue(row[column] ?? null),
  ]);
  return createHash("sha256").update(JSON.stringify(columns)).digest("base64url").slice(0, 12);
}

/**
 * The marks of rows, for the step `rows inserted`: call it inside the transaction that inserts them, after they
 * are complete.
 *
 * @param pks primary keys; each row must be there
 * @throws {Error} where one isn't: a defect
 */
export async function markRows(
  kysely: Kysely<Tables>,
  table: string,
  pks: readonly RowKey[],
  key = "id",
): Promise<string[]> {
  const rows = await findRows(kysely, table, key, pks);
  return pks.map((pk) => {
    const row = rows.get(String(pk));
    if (!row) throw new Error(`Row ${pk} of ${table} was recorded, but is not there`);
    return markOf(row);
  });
}
