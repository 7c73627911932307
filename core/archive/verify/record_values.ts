// Whether the values of a record fit the fields of its model, as an import needs them. Raw JSON in, problems out.

import type { Field, FieldKind } from "../../schema/field.ts";
import type { ImportModel, ImportSchema } from "../import/import_schema.ts";
import { pythonJson } from "../import/python_json.ts";
import { RawFields } from "../manifest/raw_fields.ts";
import type { RawRecord } from "../manifest/raw_record.ts";

const isText = (raw: string) => raw.startsWith('"');
const isInteger = (raw: string) => /^-?[0-9]+$/.test(raw);
const isNumber = (raw: string) => /^-?[0-9.]+(?:[eE][-+]?[0-9]+)?$/.test(raw);
const isBoolean = (raw: string) => raw === "true" || raw === "false";
const isJson = (raw: string) => !/NaN|Infinity/.test(raw) || pythonJson(raw) !== undefined;
const isLong = (raw: string) => isInteger(raw) && BigInt.asIntN(64, BigInt(raw)) === BigInt(raw);
const isNatural = (raw: string) => isLong(raw) && !raw.startsWith("-");

/** What stands in an export for each kind of field, and how it is called. */
const FITS: Readonly<Record<FieldKind, readonly [fits: (raw: string) => boolean, name: string]>> = {
  auto: [isInteger, "an integer"],
  char: [isText, "a text"],
  text: [isText, "a text"],
  boolean: [isBoolean, "true or false"],
  integer: [isLong, "an integer"],
  smallInteger: [isLong, "an integer"],
  positiveInteger: [isNatural, "an integer from 0 on"],
  positiveSmallInteger: [isNatural, "an integer from 0 on"],
  bigInteger: [isLong, "an integer"],
  float: [isNumber, "a number"],
  decimal: [(raw) => isNumber(raw) || isText(raw), "a number"],
  date: [(raw) => /^"\d{4}-\d\d-\d\d/.test(raw), "a date"],
  datetime: [(raw) => /^"\d{4}-\d\d-\d\d(?:[ T]|"$)/.test(raw), "a moment"],
  uuid: [(raw) => /^"[0-9a-fA-F-]{32,36}"$/.test(raw), "a UUID"],
  json: [isJson, "JSON: it holds NaN or Infinity"],
  foreignKey: [isInteger, "a number of a record"],
  multiSelect: [(raw) => isText(raw) || raw.startsWith("["), "a list of choices"],
  ip: [isText, "an address"],
  file: [isText, "a file name"],
};

/** Looks at records. */
export interface RecordLooker {
  /** What is wrong, a sentence's end each: `checksum may not be empty`. */
  look(record: RawRecord): string[];
}

/** Looks at records in the form of a generation. Each unknown model is told once. */
export function openRecordLooker(schema: ImportSchema): RecordLooker {
  const unknown = new Set<string>();
  return {
    look(record) {
      const model = schema.find(record.model);
      if (model) return problemsOf(model, record);
      if (unknown.has(record.model) || unknown.size > 1000) return [];
      unknown.add(record.model);
      return [`paperless-ngx ${schema.generation} has no such records`];
    },
  };
}

/** What is known of a model, made once. */
interface ModelFields {
  /** Every field that a record may have. */
  readonly names: ReadonlySet<string>;
  /** Those that are looked at, the primary key left out. */
  readonly looked: readonly (Field & { readonly isRequired: boolean; readonly isText: boolean })[];
  readonly lists: readonly string[];
}

const models = new WeakMap<ImportModel, ModelFields>();

function fieldsOf(model: ImportModel): ModelFields {
  let known = models.get(model);
  if (known) return known;
  const texts: ReadonlySet<string> = new Set(["char", "text", "file", "multiSelect"]);
  known = {
    names: new Set([
      ...model.model.fields.filter(({ generated }) => generated).map(({ name }) => name),
      ...model.fields.map(({ name }) => name),
      ...model.lists.map(({ name }) => name),
    ]),
    looked: model.fields.slice(1).map((field) => ({
      ...field,
      // What the ORM fills in where a record leaves it out.
      isRequired: field.default === undefined && !field.null && !texts.has(field.kind),
      isText: texts.has(field.kind) && field.kind !== "multiSelect",
    })),
    lists: model.lists.map(({ name }) => name),
  };
  models.set(model, known);
  return known;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
const SMALL_D = 0x64;
const SMALL_N = 0x6e;

type LookAtBytes = (bytes: Uint8Array, start: number, end: number) => boolean;

const firstByte = (bytes: Uint8Array, start: number) => bytes[start];

/** The usual form of most values, told without decoding them; what doesn't fit here is looked at as text. */
const BYTES_FIT: Partial<Record<FieldKind, LookAtBytes>> = {
  boolean: (bytes, start) => bytes[start] === 0x74 || bytes[start] === 0x66,
  integer: isShortNumber,
  smallInteger: isShortNumber,
  positiveInteger: isShortNumber,
  positiveSmallInteger: isShortNumber,
  bigInteger: isShortNumber,
  foreignKey: isShortNumber,
  datetime: isMoment,
  date: isMoment,
};

function isShortNumber(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 15) return false;
  for (let at = start; at < end; at++) {
    if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false;
  }
  return true;
}

/** Where the digits of a date stand behind its quote. */
const DATE_DIGITS = [1, 2, 3, 4, 6, 7, 9, 10] as const;

/** `"2024-01-31` and more, with the digits that make a date. */
function isMoment(bytes: Uint8Array, start: number, end: number): boolean {
  if (
    end - start < 12 || bytes[start] !== QUOTE || bytes[start + 5] !== 0x2d ||
    bytes[start + 8] !== 0x2d
  ) return false;
  for (const digit of DATE_DIGITS) {
    if (bytes[start + digit]! < 0x30 || bytes[start + digit]! > 0x39) return false;
  }
  const behind = bytes[start + 11];
  return behind === QUOTE || behind === 0x54 || behind === 0x20;
}

const textsOf = new TextDecoder();

function problemsOf(model: ImportModel, { fields }: RawRecord): string[] {
  const problems: string[] = [];
  const { names, looked, lists } = fieldsOf(model);
  const whole = fields instanceof RawFields ? fields : undefined;
  for (const { name, kind, null: isNullable, isRequired, isText } of looked) {
    // A document's text is most of a manifest: it is not even decoded.
    const first = whole?.look(name, firstByte);
    if (whole && first !== undefined) {
      if (isText && first === QUOTE) {
        if (whole.hasUnicodeEscapes && hasHalfCharacter(whole.bytesOf(name))) {
          problems.push(`${name} holds half a character`);
        }
        continue;
      }
      if (first === SMALL_N && isNullable) continue;
      const fits = BYTES_FIT[kind];
      if (fits && whole.look(name, fits)) continue;
    }
    const raw = fields.get(name);
    if (raw === undefined) {
      if (isRequired) problems.push(`${name} is missing`);
    } else if (raw === "null") {
      if (!isNullable) problems.push(`${name} may not be empty`);
    } else {
      const [fits, what] = FITS[kind];
      if (!fits(raw)) problems.push(`${name} is not ${what}`);
    }
  }
  for (const name of lists) {
    const raw = fields.get(name);
    if (raw !== undefined && !/^\[[\s\d,]*\]$/.test(raw)) {
      problems.push(`${name} is no list of numbers`);
    }
  }
  for (const name of fields.keys()) if (!names.has(name)) problems.push(`${name} is unknown`);
  return problems;
}

/** Bytes that were no UTF-8, as Python prints them; other lone surrogates have no bytes at all. */
const SURROGATES =
  /\\ud(?:[89ab][0-9a-f]{2}(?!\\ud[c-f])|(?<!\\ud[89ab][0-9a-f]{2}\\ud)[d-f][0-9a-f]{2})/i;

function hasHalfCharacter(bytes: Uint8Array | undefined): boolean {
  if (!bytes || !hasEscapedSurrogate(bytes)) return false;
  const text = textsOf.decode(bytes);
  return SURROGATES.test(text.replaceAll(/\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}/gi, ""));
}

/** Whether there is a `\ud…`; upstream writes everything else as it is. */
function hasEscapedSurrogate(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(BACKSLASH); at >= 0; at = bytes.indexOf(BACKSLASH, at + 2)) {
    if (bytes[at + 1] === SMALL_U && (bytes[at + 2]! | 0x20) === SMALL_D) return true;
  }
  return false;
}
