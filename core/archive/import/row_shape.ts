// How records of a model become rows: columns, lists of other rows, what stands for fields that a record
// leaves out. Invariant: every field of a record ends in the row or in a problem.

import { Buffer } from "node:buffer";
import { type DatabaseKind, type Limit, limitOf } from "../../database/limits.ts";
import { EscapedText, type WrittenValue } from "../../database/escaped_text.ts";
import type { StorageValue } from "../../database/storage_value.ts";
import type { Field, FieldDefault, ManyToMany } from "../../schema/field.ts";
import { fieldsOf, type Generation, manyToManyOf, type Model } from "../../schema/model.ts";
import { RawFields } from "../manifest/raw_fields.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { rawList, RawValueError } from "../manifest/raw_values.ts";
import { anyJson, PARSERS, UnfitValue } from "./parse_value.ts";
import { pythonJson } from "./python_json.ts";

/** Something wrong with one field of a record. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** A record as rows: numbers are still those of the export. */
export interface ParsedRecord<Value = StorageValue> {
  readonly pk: number;
  /** In the order of {@linkcode RowShape.fields}, the primary key first. */
  readonly values: Value[];
  /** In the order of {@linkcode RowShape.lists}. */
  readonly lists: (readonly number[])[];
  readonly problems: readonly FieldProblem[];
}

/** How the records of one model become rows. */
export interface RowShape {
  readonly model: Model;
  /** The columns that are written: all but generated ones, the primary key first. */
  readonly fields: readonly Field[];
  readonly lists: readonly ManyToMany[];
  /** Place of a field by Django's name. @throws {Error} if there is none: a defect */
  indexOf(field: string): number;
  /** @throws {UnfitValue} where the record has no usable primary key */
  parse(record: RawRecord): ParsedRecord;
  /** As {@linkcode RowShape.parse}, but long texts for PostgreSQL stay as the manifest has them: they have to be
   * written before the next records are read. @throws {UnfitValue} as there */
  parseToWrite(record: RawRecord): ParsedRecord<WrittenValue>;
  /** As {@linkcode RowShape.parse}, but long texts and JSON are only looked at: the values hold `""` for them.
   * @throws {UnfitValue} as there */
  check(record: RawRecord): ParsedRecord;
}

/** The moment of the import, for fields that the ORM would set to it. */
export interface Moment {
  /** As SQLite keeps it. */
  readonly datetime: string;
  readonly date: string;
}

/** Makes the shape of a model.
 * @param keep fields whose values are wanted even where records are only checked
 * @param database the kind that the rows are for: it says what fits */
export function rowShape(
  model: Model,
  generation: Generation,
  now: Moment,
  keep: ReadonlySet<string> = new Set(),
  database: DatabaseKind = "sqlite",
): RowShape {
  const all = fieldsOf(model, generation);
  const fields = all.filter(({ generated }) => !generated);
  const lists = manyToManyOf(model, generation);
  const known = new Set([...all, ...lists].map(({ name }) => name));
  const indexes = new Map(fields.map(({ name }, index) => [name, index]));
  const limits = fields.map((field): Limit | undefined => limitOf(database, field));
  // How deep JSON is nested can't be told from its bytes alone.
  const isDeep = ({ kind }: Field) => kind === "json" && database === "mariadb";
  // PostgreSQL lays JSON out in its own way.
  const parsers = database === "postgres" ? { ...PARSERS, json: anyJson } : PARSERS;
  let last: Readonly<Record<"names" | "unknown", readonly string[]>> = { names: [], unknown: [] };
  const absent = fields.map((field) => valueOfAbsent(field, now));

  return {
    model,
    fields,
    lists,
    indexOf(field) {
      const index = indexes.get(field);
      if (index === undefined) throw new Error(`No field ${field} in ${model.label}`);
      return index;
    },
    parse: (record) => parseRecord<StorageValue>(record, nothing),
    parseToWrite: (record) =>
      parseRecord<WrittenValue>(record, database === "postgres" ? escapedText : nothing),
    check: (record) =>
      parseRecord(
        record,
        (field, fields) =>
          !keep.has(field.name) && !isDeep(field) && isHarmless(field, fields) ? "" : undefined,
      ),
  };

  /** Names of fields that the model doesn't have: most records have the same fields as the one before. */
  function unknownIn(fields: RawRecord["fields"]): readonly string[] {
    const names = fields instanceof RawFields ? fields.names : [...fields.keys()];
    if (names === last.names) return last.unknown;
    last = { names, unknown: names.filter((name) => !known.has(name)) };
    return last.unknown;
  }

  /** @param shortcut gives values that need not be parsed */
  function parseRecord<Value>(
    record: RawRecord,
    shortcut: (field: Field, fields: RawRecord["fields"]) => Value | undefined,
  ): ParsedRecord<StorageValue | Value> {
    const problems: FieldProblem[] = [];
    const pk = primaryKey(record.pk);
    const values: (StorageValue | Value)[] = [BigInt(pk)];
    const unfitKey = limits[0]?.(BigInt(pk));
    if (unfitKey !== undefined) problems.push({ field: "id", message: unfitKey });
    for (let index = 1; index < fields.length; index++) {
      const field = fields[index]!;
      const known = shortcut(field, record.fields);
      if (known !== undefined) {
        values.push(known);
        continue;
      }
      const raw = record.fields.get(field.name);
      const value = raw === undefined ? absent[index] : parse(field, raw, limits[index]);
      if (value === undefined) {
        problems.push({ field: field.name, message: "is missing" });
      } else if (value === null && !field.null) {
        problems.push({ field: field.name, message: "may not be empty" });
      }
      values.push(value ?? null);
    }
    for (const name of unknownIn(record.fields)) {
      problems.push({ field: name, message: "is unknown" });
    }
    return { pk, values, lists: lists.map((list) => keys(list.name)), problems };

    function parse(field: Field, raw: string, limit: Limit | undefined): StorageValue {
      if (raw === "null") return null;
      try {
        const value = parsers[field.kind](raw);
        const unfit = value === null ? undefined : limit?.(value);
        if (unfit !== undefined) throw new UnfitValue(unfit);
        return value;
      } catch (error) {
        if (!(error instanceof UnfitValue)) throw error;
        problems.push({ field: field.name, message: error.message });
        // One problem a field is enough.
        return field.null ? null : 0n;
      }
    }

    function keys(name: string): number[] {
      const raw = record.fields.get(name);
      if (raw === undefined) return [];
      try {
        return [...new Set(rawList(raw).map(primaryKey))];
      } catch (error) {
        if (!(error instanceof RawValueError || error instanceof UnfitValue)) throw error;
        problems.push({ field: name, message: "is no list of numbers" });
        return [];
      }
    }
  }
}

/** Bytes from which it pays to look at a text without making it one. */
const LONG = 256;
const QUOTE = 0x22;

/** Whether a value surely fits its column, told from its bytes. Half characters stand as `\\ud…` only, NUL as
 * `\\u0000`, and what is no JSON has a capital N or I outside of any text. */
function isHarmless({ name, kind }: Field, fields: RawRecord["fields"]): boolean {
  if ((kind !== "text" && kind !== "json") || !(fields instanceof RawFields)) return false;
  const view = fields.bytesOf(name);
  if (!view || view.length < LONG) return false;
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  const escapes = fields.hasUnicodeEscapes ? ["\\u0000", "\\ud", "\\uD"] : [];
  if (escapes.some((escape) => bytes.includes(escape))) return false;
  if (kind === "json") return !bytes.includes("NaN") && !bytes.includes("Infinity");
  return bytes[0] === QUOTE;
}

function nothing(): undefined {
  return undefined;
}

/** A long text that surely fits, without quotes, and without an escape that only JSON knows. */
function escapedText(
  { name, kind }: Field,
  fields: RawRecord["fields"],
): EscapedText | undefined {
  if (kind !== "text" || !(fields instanceof RawFields) || fields.hasUnicodeEscapes) {
    return undefined;
  }
  const bytes = fields.bytesOf(name);
  return bytes && bytes.length >= LONG && bytes[0] === QUOTE
    ? new EscapedText(bytes.subarray(1, -1))
    : undefined;
}

/** @throws {UnfitValue} */
function primaryKey(raw: string): number {
  const key = /^[0-9]+$/.test(raw) ? Number(raw) : NaN;
  if (!Number.isSafeInteger(key) || key === 0) {
    throw new UnfitValue(`${raw.slice(0, 40)} is no number of a row`);
  }
  return key;
}

/** What the ORM writes where nothing is given; undefined where something must be. */
function valueOfAbsent(field: Field, now: Moment): StorageValue | undefined {
  if (field.default !== undefined) return valueOf(field.default, now);
  if (field.null) return null;
  return ["char", "text", "file", "multiSelect"].includes(field.kind) ? "" : undefined;
}

function valueOf(value: FieldDefault, now: Moment): StorageValue {
  if (value === "today") return now.date;
  if (typeof value === "string") return now.datetime;
  const constant = value.value;
  switch (typeof constant) {
    case "boolean":
      return constant ? 1n : 0n;
    case "number":
      return Number.isInteger(constant) ? BigInt(constant) : constant;
    case "object":
      return constant === null ? null : pythonJson(JSON.stringify(constant)) ?? null;
    case "string":
      return constant;
  }
}
