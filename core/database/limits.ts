// What the columns of a database can't hold, told before anything is sent: SQLite takes everything, servers
// refuse a value in the middle of a transfer, with an error that names no row (paperless-ng issue 146).
// Invariant: what passes here is stored by the server as it is.

import { isIP } from "node:net";
import type { Field, FieldKind } from "../schema/field.ts";
import type { StorageValue } from "./storage_value.ts";

/** The kinds of databases. */
export type DatabaseKind = "sqlite" | "postgres" | "mariadb";

/** Why a database can't hold a value: ` is 300 characters long …`, to be read after the field's name;
 * undefined where it can. NULL is the caller's. */
export type Limit = (value: Exclude<StorageValue, null>) => string | undefined;

/** What a limit looks at. */
export type LimitedField = Pick<Field, "kind" | "maxLength"> & Partial<Pick<Field, "name">>;

type Server = Exclude<DatabaseKind, "sqlite">;
type Range = readonly [least: bigint, most: bigint];

const INT16: Range = [-(2n ** 15n), 2n ** 15n - 1n];
const INT32: Range = [-(2n ** 31n), 2n ** 31n - 1n];
const INT64: Range = [-(2n ** 63n), 2n ** 63n - 1n];

const RANGES: Readonly<Record<Server, Readonly<Partial<Record<FieldKind, Range>>>>> = {
  postgres: {
    auto: INT32,
    foreignKey: INT32,
    integer: INT32,
    smallInteger: INT16,
    positiveInteger: [0n, INT32[1]],
    positiveSmallInteger: [0n, INT16[1]],
    bigInteger: INT64,
    boolean: [0n, 1n],
  },
  mariadb: {
    auto: INT32,
    foreignKey: INT32,
    integer: INT32,
    smallInteger: INT16,
    positiveInteger: [0n, 2n ** 32n - 1n],
    positiveSmallInteger: [0n, 2n ** 16n - 1n],
    bigInteger: INT64,
    // A number of eight bits there; anything else than 0 and 1 would come back as something else.
    boolean: [0n, 1n],
  },
};

const NAMES: Readonly<Record<DatabaseKind, string>> = {
  sqlite: "SQLite",
  postgres: "PostgreSQL",
  mariadb: "MariaDB",
};

/** The limit of a column; undefined where there is none, as everywhere in SQLite. */
export function limitOf(database: DatabaseKind, field: LimitedField): Limit | undefined {
  if (database === "sqlite") return undefined;
  const range = RANGES[database][field.kind];
  if (range) return (value) => outsideOf(range, value, database);
  switch (field.kind) {
    case "char":
    case "file":
    case "multiSelect":
      return (value) =>
        unfitText(value, database) ?? tooLong(value, field.maxLength) ??
          (field.name === "value_monetary" ? noAmount(value) : undefined);
    case "text":
      return (value) => unfitText(value, database);
    case "json":
      return (value) => unfitText(value, database) ?? unfitJson(value, database);
    case "date":
      return (value) => isDate(value) ? undefined : `is no date: ${short(value)}`;
    case "datetime":
      return (value) => isDatetime(value) ? undefined : `is no moment: ${short(value)}`;
    case "uuid":
      return (value) => unfitUuid(value, database);
    case "ip":
      return (value) =>
        typeof value === "string" && isIP(value) !== 0
          ? undefined
          : `is no IP address: ${short(value)}`;
    case "float":
      return (value) => unfitFloat(value);
    default:
      return undefined;
  }
}

function outsideOf(
  [least, most]: Range,
  value: Exclude<StorageValue, null>,
  database: DatabaseKind,
): string | undefined {
  if (typeof value !== "bigint") return `is no whole number: ${short(value)}`;
  if (value >= least && value <= most) return undefined;
  return `is ${value}, ${NAMES[database]} takes ${least} to ${most} there`;
}

function unfitText(
  value: Exclude<StorageValue, null>,
  database: DatabaseKind,
): string | undefined {
  if (value instanceof Uint8Array) return "holds bytes instead of text";
  if (typeof value !== "string") return undefined;
  if (!value.isWellFormed()) {
    return `holds bytes that are not UTF-8, which ${NAMES[database]} refuses`;
  }
  if (database === "postgres" && value.includes("\0")) {
    return "holds a NUL character, which PostgreSQL refuses";
  }
  return undefined;
}

function tooLong(value: Exclude<StorageValue, null>, most: number | undefined): string | undefined {
  if (typeof value !== "string" || most === undefined || value.length <= most) return undefined;
  // Characters, not UTF-16 units.
  let length = 0;
  for (const _ of value) length++;
  return length <= most ? undefined : `is ${length} characters long, the column takes ${most}`;
}

/** The database computes the amount from the text, and fails where there is none. */
function noAmount(value: Exclude<StorageValue, null>): string | undefined {
  if (typeof value !== "string") return undefined;
  const amount = /^\d+/.test(value) ? value : Array.from(value).slice(3).join("");
  if (/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?\s*$/.test(amount)) return undefined;
  return `is no amount of money, from which the database could compute: ${short(value)}`;
}

function unfitJson(
  value: Exclude<StorageValue, null>,
  database: DatabaseKind,
): string | undefined {
  if (typeof value !== "string") return `is no JSON: ${short(value)}`;
  try {
    JSON.parse(value);
  } catch {
    return `is no JSON: ${short(value)}`;
  }
  if (database === "mariadb" && depthOf(value) > MARIADB_DEPTH) {
    return `is nested deeper than MariaDB takes (${MARIADB_DEPTH})`;
  }
  if (!value.includes("\\u")) return undefined;
  for (const [token] of value.matchAll(/"(?:[^"\\]|\\.)*"/gs)) {
    if (!token.includes("\\u")) continue;
    const text: unknown = JSON.parse(token);
    if (typeof text !== "string") continue;
    if (database === "postgres" && text.includes("\0")) {
      return "holds a NUL character, which PostgreSQL refuses";
    }
    if (!text.isWellFormed()) {
      return `holds half a character (a lone surrogate), which ${NAMES[database]} refuses`;
    }
  }
  return undefined;
}

/** Lists and objects in each other, at most. */
const MARIADB_DEPTH = 31;

function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    else if (token === "]" || token === "}") depth--;
  }
  return deepest;
}

/** MariaDB 10.11 has no room for the versions 8 to 15 together with the variant of before RFC 4122. */
const NO_MARIADB_UUID = /^.{12}[89a-f].{3}[0-7]/i;

function unfitUuid(value: Exclude<StorageValue, null>, database: DatabaseKind): string | undefined {
  if (typeof value !== "string" || !/^[0-9a-f]{32}$/i.test(value)) {
    return `is no UUID: ${short(value)}`;
  }
  return database === "mariadb" && NO_MARIADB_UUID.test(value)
    ? `is a UUID that MariaDB refuses: ${short(value)}`
    : undefined;
}

function unfitFloat(value: Exclude<StorageValue, null>): string | undefined {
  if (typeof value === "bigint") return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return undefined;
  return `is no number: ${short(value)}`;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,6})?$/;

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function isDate(value: unknown): boolean {
  const parts = typeof value === "string" ? DATE.exec(value) : null;
  if (!parts) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (!year || !month || !day || month > 12) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && !isLeap ? 28 : DAYS[month - 1] ?? 0);
}

function isDatetime(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const [date = "", time = ""] = [value.slice(0, 10), value.slice(11)];
  return (value[10] === " " || value[10] === "T") && isDate(date) && TIME.test(time);
}

function short(value: Exclude<StorageValue, null>): string {
  const text = value instanceof Uint8Array ? `${value.length} bytes` : String(value);
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
