// Storage values → JSON text as Django's serialiser prints it (export-format.md §4). Numbers keep their
// token, JSON columns are spliced as they stand, and a value that isn't what its field says passes as it is.

import { decodeText } from "../../database/decode_text.ts";
import type { StorageValue } from "../../database/storage_value.ts";
import type { FieldKind } from "../../schema/field.ts";
import { isJson } from "../manifest/layout_json.ts";
import type { WritableValue } from "../manifest/raw_record.ts";
import { decimalText } from "./decimal_text.ts";
import { floatText } from "./float_text.ts";

/** Prints a value of a column as JSON. */
export type Printer = (value: StorageValue) => WritableValue;

/** How each kind of field is printed. */
export const PRINTERS: Readonly<Record<FieldKind, Printer>> = {
  auto: printAny,
  char: printAny,
  text: printAny,
  boolean: printBoolean,
  integer: printAny,
  smallInteger: printAny,
  positiveInteger: printAny,
  positiveSmallInteger: printAny,
  bigInteger: printAny,
  float: printAny,
  decimal: printDecimal,
  date: printAny,
  datetime: printDatetime,
  uuid: printUuid,
  json: printJson,
  foreignKey: printAny,
  multiSelect: printAny,
  ip: printAny,
  file: (value) => value === null ? '""' : printAny(value),
};

/** By its storage class: text, integer, float or null. */
function printAny(value: StorageValue): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return value.toString();
    case "number":
      return floatText(value);
  }
  return value === null ? "null" : JSON.stringify(decodeText(value));
}

function printBoolean(value: StorageValue): string {
  if (value === 1n) return "true";
  if (value === 0n) return "false";
  return printAny(value);
}

function printDecimal(value: StorageValue): string {
  if (typeof value !== "bigint" && typeof value !== "number") return printAny(value);
  if (typeof value === "number" && !Number.isFinite(value)) return printAny(value);
  return `"${decimalText(value)}"`;
}

/** What Django's parser of date-times takes, as far as the ORM writes it: UTC. */
const DATETIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:Z|\+00(?::?00)?)?$/;

/** The fraction is cut to milliseconds, and left out if there are no microseconds at all. */
function printDatetime(value: StorageValue): string {
  if (typeof value !== "string") return printAny(value);
  const parts = DATETIME.exec(value);
  if (!parts) return printAny(value);
  const [, date, time, fraction = ""] = parts;
  const milliseconds = /[1-9]/.test(fraction) ? `.${fraction.padEnd(3, "0").slice(0, 3)}` : "";
  return `"${date}T${time}${milliseconds}Z"`;
}

const HEX32 = /^[0-9a-f]{32}$/;

function printUuid(value: StorageValue): string {
  if (typeof value !== "string") return printAny(value);
  const hex = value.replaceAll("-", "").toLowerCase();
  if (!HEX32.test(hex)) return printAny(value);
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ];
  return `"${groups.join("-")}"`;
}

const encoder = new TextEncoder();
/** The manifest's writer lays values out up to a depth of 512; this many brackets can't be deeper. */
const SURELY_SHALLOW = 512;

/** JSON stays the text that it is; a column whose text isn't JSON is printed as text, as Django does. */
function printJson(value: StorageValue): WritableValue {
  if (typeof value !== "string") return printAny(value);
  if (!parses(value)) return isJson(value) ? value : printAny(value);
  if (value.length > SURELY_SHALLOW && !isShallow(value) && !isJson(value)) {
    return encoder.encode(value);
  }
  return value;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isShallow(text: string): boolean {
  let brackets = 0;
  for (const bracket of ["[", "{"]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++brackets > SURELY_SHALLOW) return false;
    }
  }
  return true;
}
