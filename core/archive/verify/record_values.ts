// Whether the values of a record fit the fields of its model, as an import needs them. Raw JSON in, problems out.

import type { FieldKind } from "../../schema/field.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { rawIsNull } from "../manifest/raw_values.ts";
import type { ImportModel, ImportSchema } from "../import/import_schema.ts";
import { UnfitValue } from "../import/parse_value.ts";

const isText = (raw: string) => raw.startsWith('"');
const isInteger = (raw: string) => /^-?[0-9]+$/.test(raw);
const isNumber = (raw: string) => /^-?[0-9.]+(?:[eE][-+]?[0-9]+)?$/.test(raw);
const isBoolean = (raw: string) => raw === "true" || raw === "false";
const any = () => true;

/** What stands in an export for each kind of field, and how it is called. */
const FITS: Readonly<Record<FieldKind, readonly [fits: (raw: string) => boolean, name: string]>> = {
  auto: [isInteger, "an integer"],
  char: [isText, "a text"],
  text: [isText, "a text"],
  boolean: [isBoolean, "true or false"],
  integer: [isInteger, "an integer"],
  smallInteger: [isInteger, "an integer"],
  positiveInteger: [isInteger, "an integer"],
  positiveSmallInteger: [isInteger, "an integer"],
  bigInteger: [isInteger, "an integer"],
  float: [isNumber, "a number"],
  decimal: [(raw) => isNumber(raw) || isText(raw), "a number"],
  date: [(raw) => /^"\d{4}-\d\d-\d\d/.test(raw), "a date"],
  datetime: [(raw) => /^"\d{4}-\d\d-\d\d(?:[ T]|"$)/.test(raw), "a moment"],
  uuid: [(raw) => /^"[0-9a-fA-F-]{32,36}"$/.test(raw), "a UUID"],
  json: [any, "JSON"],
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

function problemsOf(model: ImportModel, record: RawRecord): string[] {
  const problems: string[] = [];
  try {
    for (const { field, message } of model.parse(record).problems) {
      problems.push(`${field} ${message}`);
    }
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    return [error.message];
  }
  for (const { name, kind } of model.fields) {
    const raw = record.fields.get(name);
    if (rawIsNull(raw)) continue;
    const [fits, what] = FITS[kind];
    if (!fits(raw)) problems.push(`${name} is not ${what}`);
  }
  return problems;
}
