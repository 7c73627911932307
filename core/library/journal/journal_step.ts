// One thing that a command did to a library, with all that is needed to take it back. Invariant: a step is
// written before it is carried out, so each can be told apart from its absence by looking at the library.

import { isAbsolute, join } from "node:path";
import { Buffer } from "node:buffer";
import { isInsideAny } from "../deno_files.ts";
import type { FileFacts } from "../files.ts";

/** A value of a row as Kysely gives it and takes it: whole numbers are integers, beyond 2⁵³ as bigint. */
export type RowValue = null | boolean | number | bigint | string | Uint8Array;

/** Columns and their values. */
export type RowValues = Readonly<Record<string, RowValue>>;

/** A primary key's value. */
export type RowKey = number | bigint | string;

/**
 * What a command did. Paths are absolute, inside the media folder or among what an entry keeps. Checksums are hexadecimal MD5 (32
 * characters) or SHA-256 (64). A row stands in one step of an entry at most.
 */
export type JournalStep =
  /** A folder that was not there; taken back only once it is empty. */
  | { readonly kind: "folder added"; readonly path: string }
  /** Nothing was at this path before. */
  | { readonly kind: "file added"; readonly path: string; readonly checksum: string }
  /** Nothing was at `to` before, nothing is at `from` afterwards. */
  | {
    readonly kind: "file moved";
    readonly from: string;
    readonly to: string;
    /** Null where nobody knows it. */
    readonly checksum: string | null;
    /** Its facts when it was moved: a file that has them still is taken for unchanged without being read. */
    readonly facts?: MovedFacts;
  }
  /** What was at `path` is at `backup` now; `before` is null where it could not be read. */
  | {
    readonly kind: "file replaced";
    readonly path: string;
    readonly backup: string;
    readonly before: string | null;
    readonly after: string;
  }
  /** Rows that were not there. `marks` (see `markRows`) tell whether they were changed since: one for each key;
   * without them that goes unnoticed. */
  | {
    readonly kind: "rows inserted";
    readonly table: string;
    /** Column of the primary key. @default {"id"} */
    readonly key?: string;
    readonly pks: readonly RowKey[];
    readonly marks?: readonly string[];
  }
  /** `before` and `after` name the same columns: those that were changed, and no others. */
  | {
    readonly kind: "row changed";
    readonly table: string;
    /** @default {"id"} */
    readonly key?: string;
    readonly pk: RowKey;
    readonly before: RowValues;
    readonly after: RowValues;
  }
  /** The whole row as it was, without generated columns. */
  | {
    readonly kind: "row deleted";
    readonly table: string;
    /** @default {"id"} */
    readonly key?: string;
    readonly row: RowValues;
  };

/** By what a file is known again that was moved: renaming changes neither. */
export interface MovedFacts {
  /** bytes */
  readonly size: number;
  /** ms since the epoch */
  readonly mtime: number;
}

/** What a step remembers of a file that it is about to move; undefined where its file system keeps no times. */
export function movedFacts({ size, mtime }: FileFacts): MovedFacts | undefined {
  return mtime === null ? undefined : { size, mtime };
}

/** The two folders to which an entry's paths are relative: a library may be found elsewhere later. */
export interface JournalPlaces {
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute. */
  readonly mediaRoot: string;
}

/** Writes a step as one line of JSON. @throws {Error} for a path outside the library: a defect */
export function formatStep(step: JournalStep, places: JournalPlaces): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(storable(step)).map(([field, value]) => [
        field,
        PATH_FIELDS.has(field) ? shortPath(String(value), places) : value,
      ]),
    ),
  );
}

/**
 * Reads a step back.
 *
 * @returns undefined where it is none: the journal was damaged, or written by a newer Paperward
 */
export function parseStep(value: unknown, places: JournalPlaces): JournalStep | undefined {
  if (!isRecord(value)) return undefined;
  const shape = SHAPES[String(value["kind"])];
  if (!shape) return undefined;
  const step: Record<string, unknown> = { kind: value["kind"] };
  for (const [field, read] of Object.entries(shape)) {
    const found = value[field];
    if (found === undefined && OPTIONAL.has(field)) continue;
    const restored = read(found, places);
    if (restored === undefined) return undefined;
    step[field] = restored;
  }
  const read = step as unknown as JournalStep;
  if (read.kind === "row changed" && !haveSameKeys(read.before, read.after)) return undefined;
  return read;
}

function haveSameKeys(one: RowValues, other: RowValues): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key));
}

/** A row's values in a form that JSON keeps: what it can't hold is an object with one key. */
function encodeValues(values: RowValues): RowValues {
  return Object.fromEntries(
    Object.entries(values).map(([column, value]) => [column, encodeValue(value) as RowValue]),
  );
}

/** One value in a form that JSON keeps. */
export function encodeValue(value: RowValue): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : { integer: String(value) };
  }
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { real: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  return value;
}

/** JSON holds neither bytes nor big integers. */
function storable(step: JournalStep): JournalStep {
  switch (step.kind) {
    case "rows inserted":
      return { ...step, pks: step.pks.map((pk) => encodeValue(pk) as number) };
    case "row changed":
      return {
        ...step,
        pk: encodeValue(step.pk) as number,
        before: encodeValues(step.before),
        after: encodeValues(step.after),
      };
    case "row deleted":
      return { ...step, row: encodeValues(step.row) };
    default:
      return step;
  }
}

/** Whether it is an MD5 or a SHA-256 as libraries write them. Rows may hold anything where a checksum should be. */
export function isChecksum(value: unknown): value is string {
  return typeof value === "string" && /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/.test(value);
}

const PATH_FIELDS: ReadonlySet<string> = new Set(["path", "from", "to", "backup"]);
const OPTIONAL: ReadonlySet<string> = new Set(["key", "marks", "facts"]);

type ReadField = (value: unknown, places: JournalPlaces) => unknown;

const text: ReadField = (value) => typeof value === "string" ? value : undefined;
const name: ReadField = (value) =>
  typeof value === "string" && /^\w+$/.test(value) ? value : undefined;
const checksum: ReadField = (value) => isChecksum(value) ? value : undefined;
const maybeChecksum: ReadField = (value, places) => value === null ? null : checksum(value, places);
const facts: ReadField = (value) => {
  if (!isRecord(value)) return undefined;
  const { size, mtime } = value;
  return Number.isFinite(size) && Number.isFinite(mtime) ? { size, mtime } : undefined;
};
const path: ReadField = (value, places) =>
  typeof value === "string" ? longPath(value, places) : undefined;
const key: ReadField = (value) => {
  const decoded = decodeValue(value);
  return typeof decoded === "number" || typeof decoded === "bigint" || typeof decoded === "string"
    ? decoded
    : undefined;
};
const listOf = (read: ReadField): ReadField => (value, places) => {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item) => read(item, places));
  return items.includes(undefined) ? undefined : items;
};
const values: ReadField = (value) => {
  if (!isRecord(value)) return undefined;
  const columns = Object.entries(value).map(([column, item]) =>
    [column, decodeValue(item)] as const
  );
  return columns.some(([column, item]) => !/^\w+$/.test(column) || item === undefined)
    ? undefined
    : Object.fromEntries(columns);
};

/** What each kind of step holds, and how it is read. The journal is read as if somebody else had written it. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, ReadField>>>> = {
  "folder added": { path },
  "file added": { path, checksum },
  "file moved": { from: path, to: path, checksum: maybeChecksum, facts },
  "file replaced": { path, backup: path, before: maybeChecksum, after: checksum },
  "rows inserted": { table: name, key: name, pks: listOf(key), marks: listOf(text) },
  "row changed": { table: name, key: name, pk: key, before: values, after: values },
  "row deleted": { table: name, key: name, row: values },
};

function decodeValue(value: unknown): RowValue | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return value;
  if (!isRecord(value)) return undefined;
  const { integer, real, bytes } = value;
  if (typeof integer === "string" && /^-?\d+$/.test(integer)) return BigInt(integer);
  if (typeof real === "string") return Number(real);
  if (typeof bytes === "string") return new Uint8Array(Buffer.from(bytes, "base64"));
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The one place in the data folder that steps may name: nothing leads from there to the database. */
const KEPT = "paperward/kept/";

function shortPath(absolute: string, { dataDir, mediaRoot }: JournalPlaces): string {
  // The media folder is often inside the data folder, rarely the other way round.
  for (const [root, folder] of [["media", mediaRoot], ["data", dataDir]] as const) {
    if (absolute === folder || !isInsideAny(absolute, [folder])) continue;
    const below = absolute.slice(folder.endsWith("/") ? folder.length : folder.length + 1);
    if (root === "data" && !below.startsWith(KEPT)) break;
    return `${root}:${below}`;
  }
  throw new Error(`Cannot journal ${absolute}: it is neither among the documents nor kept`);
}

function longPath(
  short: string,
  { dataDir, mediaRoot }: JournalPlaces,
): string | undefined {
  const at = short.indexOf(":");
  const folder = { media: mediaRoot, data: dataDir }[short.slice(0, at)];
  const below = short.slice(at + 1);
  // Names of files may hold anything but NUL; what counts is that the path stays inside.
  const isInside = !isAbsolute(below) && !below.includes("\0") &&
    below.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  const isPlace = short.startsWith("media:") || below.startsWith(KEPT);
  return folder !== undefined && isInside && isPlace ? join(folder, below) : undefined;
}
