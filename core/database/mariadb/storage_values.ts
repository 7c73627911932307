// Values as MariaDB sends them (text protocol, bytes) → storage values in SQLite's form, by the type of the
// column; and values → SQL literals, since this protocol has no parameters.

import { Buffer } from "node:buffer";
import { decodeText } from "../decode_text.ts";
import { serverText, sqliteDatetime, sqliteUuid } from "../sqlite_form.ts";
import type { StorageValue } from "../storage_value.ts";

/** What the driver tells of a column. */
export interface FieldFacts {
  readonly name: string;
  /** Type on the wire (https://mariadb.com/kb/en/result-set-packets/#field-types). */
  readonly columnType?: number;
  /** 63 is binary. */
  readonly characterSet?: number;
  /** `uuid`, where the type is MariaDB's own. */
  readonly extendedTypeName?: string;
}

/** Reads a column's bytes. */
export type FieldReader = (bytes: Uint8Array) => StorageValue;

const ascii = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");

const readInteger: FieldReader = (bytes) => BigInt(ascii(bytes));
const readFloat: FieldReader = (bytes) => Number(ascii(bytes));
const readDatetime: FieldReader = (bytes) => sqliteDatetime(ascii(bytes));
const readText: FieldReader = (bytes) => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  // The character may be the text's own, or stand for bytes that are no UTF-8.
  return text.includes("\ufffd") ? decodeText(bytes) : text;
};

/** By the type on the wire; others are text. */
const READERS: Readonly<Record<number, FieldReader>> = {
  1: readInteger, // TINY
  2: readInteger, // SHORT
  3: readInteger, // LONG
  4: readFloat, // FLOAT
  5: readFloat, // DOUBLE
  7: readDatetime, // TIMESTAMP
  8: readInteger, // LONGLONG
  9: readInteger, // INT24
  12: readDatetime, // DATETIME
  13: readInteger, // YEAR
};

const BINARY = 63;
/** Types that are bytes where their character set is binary: blobs and strings. */
const MAY_BE_BYTES: ReadonlySet<number> = new Set([15, 249, 250, 251, 252, 253, 254]);

/** What reads a column. */
export function fieldReader(field: FieldFacts): FieldReader {
  const type = field.columnType ?? 253;
  if (field.extendedTypeName === "uuid") return (bytes) => sqliteUuid(ascii(bytes));
  if (MAY_BE_BYTES.has(type) && field.characterSet === BINARY) {
    return (bytes) => new Uint8Array(bytes);
  }
  return READERS[type] ?? readText;
}

/** A value as an SQL literal, in a session with utf8mb4 and backslash escapes.
 * @throws {PaperwardError} for text that no UTF-8 database can hold */
export function literal(value: unknown): string {
  if (value instanceof Uint8Array) return `X'${value.toHex()}'`;
  if (typeof value === "number" && !Number.isFinite(value)) return "NULL";
  const text = serverText(value);
  if (text === null) return "NULL";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return text;
  }
  return `'${text.replace(/[\0'\\]/g, escape)}'`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\0": "\\0", "'": "\\'", "\\": "\\\\" };

function escape(character: string): string {
  return ESCAPES[character] ?? character;
}
