// Raw JSON of a manifest → what the database stores: the way back of core/archive/records/django_json.ts.
// Invariant: a value that the exporter printed comes back as it was; what no column can hold is named.

import type { StorageValue } from "../../database/storage_value.ts";
import type { FieldKind } from "../../schema/field.ts";
import type { RawJson } from "../manifest/raw_record.ts";
import { rawString } from "../manifest/raw_values.ts";
import { pythonJson } from "./python_json.ts";

/** A value that the column can't hold, and why. */
export class UnfitValue extends Error {
  /** The class's name. */
  override readonly name = "UnfitValue";
}

/** Reads a value of a column. @throws {UnfitValue} */
export type ValueParser = (raw: RawJson) => StorageValue;

const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

/** How each kind of field is read. Null is the caller's: it knows whether the column takes it. */
export const PARSERS: Readonly<Record<FieldKind, ValueParser>> = {
  auto: scalar,
  char: scalar,
  text: scalar,
  boolean: scalar,
  integer: scalar,
  smallInteger: scalar,
  positiveInteger: unsigned,
  positiveSmallInteger: unsigned,
  bigInteger: scalar,
  float: scalar,
  decimal: scalar,
  date: scalar,
  datetime,
  uuid,
  json,
  foreignKey: scalar,
  multiSelect: scalar,
  ip: scalar,
  file: scalar,
};

/** By the kind of its token: text, integer, float, boolean. */
function scalar(raw: RawJson): StorageValue {
  const first = raw.charCodeAt(0);
  if (first === 0x22) return text(rawString(raw));
  if (raw === "true") return 1n;
  if (raw === "false") return 0n;
  if (/^-?[0-9]+$/.test(raw)) return integer(BigInt(raw));
  if (first === 0x2d || (first >= 0x30 && first <= 0x39)) return Number(raw);
  throw new UnfitValue("is no single value");
}

function integer(value: bigint): bigint {
  if (value < INT64.least || value > INT64.most) throw new UnfitValue("is beyond 64 bits");
  return value;
}

function unsigned(raw: RawJson): StorageValue {
  const value = scalar(raw);
  if ((typeof value === "bigint" || typeof value === "number") && value < 0) {
    throw new UnfitValue("is below zero");
  }
  return value;
}

const SURROGATE = /\p{Surrogate}/u;
/** Bytes that were no UTF-8, as Python's surrogateescape prints them. */
const ESCAPED_BYTES_ONLY = /^(?:[^\p{Surrogate}]|[\udc80-\udcff])*$/u;

/** A text, which may stand for bytes that are no UTF-8; other lone surrogates have no bytes at all. */
function text(value: string): string {
  if (!value.isWellFormed() && SURROGATE.test(value) && !ESCAPED_BYTES_ONLY.test(value)) {
    throw new UnfitValue("holds half a character (a lone surrogate)");
  }
  return value;
}

/** Exports cut moments to milliseconds and leave a fraction out that is zero. So `.000` stands for some
 * microseconds that were cut off: one of them is kept, and the next export is the same as this one. */
function microseconds(fraction: string): string {
  return /[1-9]/.test(fraction) ? fraction.padEnd(6, "0") : "000001";
}

/** As Django prints it. */
const PRINTED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;
/** Where its fraction begins. */
const FRACTION = 20;
const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})\d*)?)?(?:(Z)|([+-])(\d\d):?(\d\d)?)?$/;

/** A moment as SQLite keeps it: UTC, no zone, six digits of fraction or none. */
function datetime(raw: RawJson): StorageValue {
  const value = scalar(raw);
  if (typeof value !== "string") return value;
  if (PRINTED.test(value)) {
    const fraction = value.slice(FRACTION, -1);
    const tail = fraction === "" ? "" : `.${microseconds(fraction)}`;
    return `${value.slice(0, 10)} ${value.slice(11, 19)}${tail}`;
  }
  const parts = MOMENT.exec(value);
  if (!parts) return value;
  const [, year, month, day, hour, minute, second = "00", fraction = "", , sign, ...offset] = parts;
  const tail = fraction === "" ? "" : `.${microseconds(fraction)}`;
  if (sign === undefined) return `${year}-${month}-${day} ${hour}:${minute}:${second}${tail}`;
  const [hours = "0", minutes = "0"] = offset;
  const shift = (sign === "-" ? 1 : -1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const utc = new Date(
    Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`) + shift,
  );
  if (Number.isNaN(utc.getTime())) return value;
  return utc.toISOString().replace("T", " ").replace(/\.\d+Z$/, "") + tail;
}

const UUID = /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

function uuid(raw: RawJson): StorageValue {
  const value = scalar(raw);
  if (typeof value !== "string" || !UUID.test(value)) return value;
  return value.replaceAll("-", "").toLowerCase();
}

function json(raw: RawJson): StorageValue {
  const value = pythonJson(raw);
  if (value === undefined) throw new UnfitValue("holds NaN or Infinity, which is no JSON");
  return value;
}

/** JSON in any layout. @throws {UnfitValue} */
export function anyJson(raw: RawJson): StorageValue {
  return raw.includes("NaN") || raw.includes("Infinity") ? json(raw) : raw;
}
