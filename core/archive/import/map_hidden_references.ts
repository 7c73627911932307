// References that the database doesn't know as such: numbers of rows inside texts and JSON. One table; needed
// only where numbers change, that is in a library that holds something already.

import type { StorageValue } from "../../database/storage_value.ts";
import type { Numbers } from "./number_rows.ts";

/** Gives the library's number for a row of the export; undefined where there is none. */
type NumberOf = (label: string, pk: number) => number | undefined;

/** Changes the numbers in one value. */
type MapValue = (value: StorageValue, numberOf: NumberOf) => StorageValue;

/** A field with hidden references. `with` names another field that says what they are. */
interface HiddenReference {
  readonly field: string;
  readonly map: MapValue;
}

const FIELD = "documents.customfield";
const VIEW = "documents.savedview";

/** What filter rules name, by `rule_type` (schema.md §5.1). */
const RULE_TARGETS: Readonly<Record<string, string>> = {
  3: "documents.correspondent",
  4: "documents.documenttype",
  6: "documents.tag",
  17: "documents.tag",
  21: "documents.document",
  22: "documents.tag",
  25: "documents.storagepath",
  26: "documents.correspondent",
  27: "documents.correspondent",
  28: "documents.documenttype",
  29: "documents.documenttype",
  30: "documents.storagepath",
  31: "documents.storagepath",
  32: "auth.user",
  33: "auth.user",
  35: "auth.user",
  38: FIELD,
  39: FIELD,
  40: FIELD,
};

/** The rule that holds a query on custom fields. */
const QUERY_RULE = "42";

/** Hidden references by model. */
const HIDDEN: Readonly<Record<string, readonly HiddenReference[]>> = {
  "documents.customfieldinstance": [
    {
      field: "value_document_ids",
      map: json((value, of) => numberList(value, of, "documents.document")),
    },
  ],
  "documents.savedview": [
    { field: "sort_field", map: customFieldName },
    { field: "display_fields", map: json((value, of) => eachText(value, of)) },
  ],
  "documents.uisettings": [{ field: "settings", map: json(viewSettings) }],
  "documents.workflowaction": [
    { field: "assign_custom_fields_values", map: json(fieldKeys) },
  ],
  "documents.workflowtrigger": [{ field: "filter_custom_field_query", map: json(fieldQuery) }],
};

/** Changes the hidden references of a row.
 * @param get a value by Django's field name @param set writes one back */
export function mapHiddenReferences(
  label: string,
  get: (field: string) => StorageValue,
  set: (field: string, value: StorageValue) => void,
  numbers: Numbers,
): void {
  const numberOf: NumberOf = (to, pk) => numbers.of(to, pk);
  for (const { field, map } of HIDDEN[label] ?? []) set(field, map(get(field), numberOf));
  if (label !== "documents.savedviewfilterrule") return;
  const type = String(get("rule_type"));
  const target = RULE_TARGETS[type];
  const value = get("value");
  if (target !== undefined && typeof value === "string" && /^\d+(,\d+)*$/.test(value)) {
    const mapped = value.split(",").map((each) => numberOf(target, Number(each)) ?? 0);
    set("value", mapped.join(","));
  }
  if (type === QUERY_RULE) set("value", json(fieldQuery)(value, numberOf));
}

/** Texts that aren't JSON, or hold no numbers to change, stay as they are to the letter. */
function json(map: (value: unknown, numberOf: NumberOf) => unknown): MapValue {
  return (value, numberOf) => {
    if (typeof value !== "string") return value;
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch {
      return value;
    }
    const mapped = map(parsed, numberOf);
    const [before, after] = [JSON.stringify(parsed), JSON.stringify(mapped)];
    return before === after ? value : pythonSpacing(after);
  };
}

function numberList(value: unknown, numberOf: NumberOf, to: string): unknown {
  if (!Array.isArray(value)) return value;
  return value.flatMap((each) => typeof each === "number" ? numberOf(to, each) ?? [] : [each]);
}

const FIELD_NAME = /^(-?custom_field_)(\d+)$/;

function fieldName(text: string, numberOf: NumberOf): string {
  const [, start, number] = FIELD_NAME.exec(text) ?? [];
  const mapped = number === undefined ? undefined : numberOf(FIELD, Number(number));
  return mapped === undefined ? text : `${start}${mapped}`;
}

function customFieldName(value: StorageValue, numberOf: NumberOf): StorageValue {
  return typeof value === "string" ? fieldName(value, numberOf) : value;
}

function eachText(value: unknown, numberOf: NumberOf): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((each) => typeof each === "string" ? fieldName(each, numberOf) : each);
}

function fieldKeys(value: unknown, numberOf: NumberOf): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, each],
    ) => [/^\d+$/.test(key) ? String(numberOf(FIELD, Number(key)) ?? key) : key, each]),
  );
}

/** `["AND", [[12, "exact", …], …]]`: a list that starts with a field's number (or name) and an operator. */
function fieldQuery(value: unknown, numberOf: NumberOf): unknown {
  if (!Array.isArray(value)) return value;
  const [first, second] = value;
  if (typeof first === "number" && typeof second === "string") {
    return [numberOf(FIELD, first) ?? first, ...value.slice(1)];
  }
  return value.map((each) => fieldQuery(each, numberOf));
}

/** Orders of saved views on the dashboard and in the side bar. */
function viewSettings(value: unknown, numberOf: NumberOf): unknown {
  if (!isObject(value)) return value;
  const views = value["saved_views"];
  if (!isObject(views)) return value;
  return {
    ...value,
    saved_views: Object.fromEntries(
      Object.entries(views).map(([key, each]) => [key, numberList(each, numberOf, VIEW)]),
    ),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pythonSpacing(text: string): string {
  return text.replace(
    /"(?:[^"\\]|\\.)*"|[,:]/gs,
    (token) => token.length > 1 ? token : `${token} `,
  );
}
