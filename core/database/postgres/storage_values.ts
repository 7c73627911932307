// Values as PostgreSQL prints them → storage values in SQLite's form. By the type of the column, since the
// server tells it.

import { sqliteDatetime, sqliteUuid } from "../sqlite_form.ts";
import type { StorageValue } from "../storage_value.ts";

/** Reads a type's text. */
type Reader = (text: string) => StorageValue;

/** Types by their number in pg_type; others are text already. */
const READERS: readonly (readonly [oid: number, name: string, read: Reader | undefined])[] = [
  [16, "bool", (text) => text === "t" ? 1n : 0n],
  [17, "bytea", (text) => Uint8Array.fromHex(text.slice("\\x".length))],
  [20, "int8", BigInt],
  [21, "int2", BigInt],
  [23, "int4", BigInt],
  [26, "oid", BigInt],
  [114, "json", undefined],
  [700, "float4", Number],
  [701, "float8", Number],
  [1082, "date", undefined],
  [1114, "timestamp", sqliteDatetime],
  [1184, "timestamptz", sqliteDatetime],
  [2950, "uuid", sqliteUuid],
  [3802, "jsonb", undefined],
];

/** The driver's table of types: parameters go as the text that they are, values are read as above. */
export const DRIVER_TYPES = Object.fromEntries(
  READERS.map(([oid, name, parse]) => [
    name,
    { to: oid, from: [oid], serialize: (value: unknown) => value, parse },
  ]),
);
