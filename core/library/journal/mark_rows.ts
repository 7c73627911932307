// Marks of rows: a short checksum of everything that a row holds, by which an undo notices that somebody
// changed it since. Invariant: equal rows have equal marks, in whichever database and whether they are about to
// be written or were read.

import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { canonicalValue } from "../../database/canonical_row.ts";
import { EscapedText } from "../../database/escaped_text.ts";
import type { ReadColumn } from "../../database/database.ts";
import { fieldsOf, type Generation, manyToManyOf } from "../../schema/model.ts";
import { modelsOf } from "../../schema/registry.ts";
import type { Tables } from "../../schema/tables.ts";
import type { RowKey, RowValue } from "./journal_step.ts";

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

const known = new Map<string, readonly ReadColumn[]>();

/** The columns that the marks of a table's rows cover: all but those that the database computes itself. */
export function markedColumns(generation: Generation, table: string): readonly ReadColumn[] {
  const name = `${generation} ${table}`;
  let columns = known.get(name);
  if (!columns) known.set(name, columns = columnsOf(generation, table));
  return columns;
}

function columnsOf(generation: Generation, table: string): readonly ReadColumn[] {
  for (const model of modelsOf(generation)) {
    if (model.table === table) {
      return fieldsOf(model, generation).filter(({ generated }) => !generated);
    }
    const list = manyToManyOf(model, generation).find((each) => each.table === table);
    if (!list) continue;
    return [
      { column: "id", kind: "auto" },
      { column: list.fromColumn, kind: "foreignKey" },
      { column: list.toColumn, kind: "foreignKey" },
    ];
  }
  throw new Error(`No table ${table} in ${generation}`);
}

/** Hexadecimal digits of a mark. */
const LENGTH = 18;

/** The mark of one row.
 * @param values in the order of the columns, as they are read or written */
export function markOf(
  columns: readonly ReadColumn[],
  values: readonly (RowValue | EscapedText)[],
): string {
  const sha = createHash("sha256");
  let text = "";
  for (let index = 0; index < columns.length; index++) {
    const value = values[index] ?? null;
    if (value === null) {
      text += "-";
      continue;
    }
    if (value instanceof EscapedText) {
      const { bytes, length } = value.plain();
      sha.update(`${text}${length}:`).update(bytes);
      text = "";
      continue;
    }
    const canonical = canonicalValue(
      columns[index]!.kind,
      typeof value === "boolean" ? (value ? 1 : 0) : value,
    );
    const whole = canonical instanceof Uint8Array ? `x${canonical.toHex()}` : canonical ?? "";
    // With its length in front, so that no two rows look the same in a row.
    text += `${whole.length}:${whole}`;
  }
  return sha.update(text).digest("hex").slice(0, LENGTH);
}

/** The mark of a row as {@linkcode findRows} gives it. */
export function markOfRow(columns: readonly ReadColumn[], row: FoundRow): string {
  return markOf(columns, columns.map(({ column }) => row[column] ?? null));
}

/** Where marked rows are: a library, or the inside of its transaction. */
export interface MarkedLibrary {
  readonly kysely: Kysely<Tables>;
  readonly generation: Generation;
}

/**
 * The marks of rows, for the step `rows inserted`: call it inside the transaction that inserts them, after they
 * are complete.
 *
 * @param pks primary keys; each row must be there
 * @throws {Error} where one isn't: a defect
 */
export async function markRows(
  { kysely, generation }: MarkedLibrary,
  table: string,
  pks: readonly RowKey[],
  key = "id",
): Promise<string[]> {
  const rows = await findRows(kysely, table, key, pks);
  const columns = markedColumns(generation, table);
  return pks.map((pk) => {
    const row = rows.get(String(pk));
    if (!row) throw new Error(`Row ${pk} of ${table} was recorded, but is not there`);
    return markOfRow(columns, row);
  });
}
