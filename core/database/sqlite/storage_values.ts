// Reads rows of SQLite without harming a value. node:sqlite cuts text at NUL and replaces bytes that aren't
// UTF-8, so each row carries the byte length of its texts: a row that doesn't add up is read again as bytes.

import { Buffer } from "node:buffer";
import type { DatabaseSync } from "node:sqlite";
import type { FieldKind } from "../../schema/field.ts";
import type { ReadColumn } from "../database.ts";
import { decodeText } from "../decode_text.ts";
import { type ArrayStatement, prepareArrays } from "./array_rows.ts";
import type { StorageValue } from "../storage_value.ts";

/** Kinds whose columns hold numbers; whatever else stands there makes the row be read with care. */
const NUMERIC: ReadonlySet<FieldKind> = new Set<FieldKind>([
  "auto",
  "boolean",
  "integer",
  "smallInteger",
  "positiveInteger",
  "positiveSmallInteger",
  "bigInteger",
  "float",
  "decimal",
  "foreignKey",
]);

/** How one table's rows are read: the select list, and what makes a raw row whole. */
export interface RowReader {
  /** For `SELECT <list> FROM …`. */
  readonly selectList: string;
  /** Bytes of all texts of a row of that list. */
  textBytes(raw: readonly StorageValue[]): number;
  /** Turns a row of that list into its values, in the order of the columns. */
  restore(raw: StorageValue[]): StorageValue[];
}

/** Makes the reader for some columns of a table.
 * @param columns the first is the primary key, an integer */
export function rowReader(
  database: DatabaseSync,
  table: string,
  columns: readonly ReadColumn[],
): RowReader {
  const names = columns.map(({ column }) => `${quoted(table)}.${quoted(column)}`);
  const isText = columns.map(({ kind }) => !NUMERIC.has(kind));
  const lengths = names.filter((_, i) => isText[i]).map((name) =>
    `ifnull(octet_length(${name}),0)`
  );
  const width = columns.length;
  let careful: ArrayStatement | undefined;

  function readWithCare(primaryKey: StorageValue): StorageValue[] {
    if (!careful) {
      // typeof before the cast: the cast alone would make a text of a number.
      const list = names.map((name) => `CASE typeof(${name}) WHEN 'text' THEN 'text' END`)
        .concat(
          names.map((name) =>
            `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`
          ),
        );
      careful = prepareArrays(
        database,
        `SELECT ${list.join(", ")} FROM ${quoted(table)} WHERE ${names[0]} = ?`,
      );
    }
    const row = careful.get(primaryKey);
    if (!row) throw new Error(`Row ${primaryKey} of ${table} vanished inside a snapshot`);
    return row.slice(width).map((value, i) =>
      row[i] === "text" && value instanceof Uint8Array ? decodeText(value) : value
    );
  }

  return {
    selectList: [...names, lengths.length > 0 ? lengths.join(" + ") : "0"].join(", "),
    textBytes: (raw) => Number(raw[width]),
    restore(raw) {
      let bytes = 0;
      for (let i = 0; i < width; i++) {
        const value = raw[i];
        if (typeof value === "string") {
          // U+FFFD may be a replaced byte; a text where a number belongs has not been measured.
          if (!isText[i] || value.includes("\ufffd")) return readWithCare(raw[0] ?? null);
          bytes += Buffer.byteLength(value);
        } else if (isText[i] && value !== null) return readWithCare(raw[0] ?? null);
      }
      if (bytes !== Number(raw[width])) return readWithCare(raw[0] ?? null);
      raw.length = width;
      return raw;
    },
  };
}

/** A name for SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
