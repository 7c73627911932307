// Which fields of a record point to which records: the foreign keys and lists of the schema, those that only
// old releases had, and the numbers that hide in texts, JSON and object permissions.

import type { StorageValue } from "../../database/storage_value.ts";
import { findModel } from "../../schema/registry.ts";
import { mapHiddenReferences } from "../import/map_hidden_references.ts";
import type { Numbers } from "../import/number_rows.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import { RawFields } from "../manifest/raw_fields.ts";
import { rawIsNull, rawList, rawString, RawValueError } from "../manifest/raw_values.ts";

/** A field that points to other records. */
interface ReferenceField {
  readonly name: string;
  readonly to: string;
  readonly isList: boolean;
}

/** A reference as a record has it. */
export interface Reference {
  readonly field: string;
  readonly to: string;
  readonly key: number;
  /** `key`: the database watches it; `loose`: nothing does, and upstream leaves such behind. */
  readonly kind: "key" | "loose";
}

const one = (name: string, to: string): ReferenceField => ({ name, to, isList: false });
const many = (name: string, to: string): ReferenceField => ({ name, to, isList: true });

/** Fields and models that no supported release has any more. */
const OLD_FIELDS: ReadonlyMap<string, readonly ReferenceField[]> = new Map(Object.entries({
  "documents.comment": [one("document", "documents.document"), one("user", "auth.user")],
  "documents.savedview": [one("user", "auth.user")],
  "paperless_mail.mailrule": [one("assign_tag", "documents.tag")],
  "documents.consumptiontemplate": [
    one("assign_correspondent", "documents.correspondent"),
    one("assign_document_type", "documents.documenttype"),
    one("assign_storage_path", "documents.storagepath"),
    one("assign_owner", "auth.user"),
    one("filter_mailrule", "paperless_mail.mailrule"),
    many("assign_tags", "documents.tag"),
    many("assign_custom_fields", "documents.customfield"),
    many("assign_view_users", "auth.user"),
    many("assign_change_users", "auth.user"),
    many("assign_view_groups", "auth.group"),
    many("assign_change_groups", "auth.group"),
  ],
}));

const known = new Map<string, readonly ReferenceField[]>();

function referenceFields(label: string): readonly ReferenceField[] {
  let fields = known.get(label);
  if (fields) return fields;
  const model = findModel(label);
  const ofModel = [
    ...(model?.fields ?? []).flatMap(({ name, to }) => to === undefined ? [] : [one(name, to)]),
    ...(model?.manyToMany ?? []).map(({ name, to }) => many(name, to)),
  ];
  const names = new Set(ofModel.map(({ name }) => name));
  fields = [...ofModel, ...(OLD_FIELDS.get(label) ?? []).filter(({ name }) => !names.has(name))];
  // Labels come from outside: only known ones are remembered.
  if (fields.length > 0) known.set(label, fields);
  return fields;
}

/** Models whose texts and JSON hide numbers. */
const HIDING: ReadonlySet<string> = new Set([
  "documents.customfieldinstance",
  "documents.savedview",
  "documents.savedviewfilterrule",
  "documents.uisettings",
  "documents.workflowaction",
  "documents.workflowtrigger",
]);

/** Models that name an object by its content type and number. */
const GENERIC: ReadonlySet<string> = new Set([
  "guardian.groupobjectpermission",
  "guardian.userobjectpermission",
]);

/** A field that should point somewhere, but holds something else. */
export interface BadReference {
  readonly field: string;
  readonly message: string;
}

/** What {@linkcode referencesOf} needs. */
export interface ReferenceOptions {
  /** The model of a content type; undefined: not read yet, or none. */
  contentType(key: number): string | undefined;
  readonly onBad: (bad: BadReference) => void;
}

/** The references of a record. */
export function* referencesOf(
  record: RawRecord,
  { contentType, onBad }: ReferenceOptions,
): Generator<Reference> {
  const { model, fields } = record;
  const bytesOf = fields instanceof RawFields ? fields : undefined;
  for (const { name, to, isList } of referenceFields(model)) {
    // Most are null: that needs no text.
    if (bytesOf?.look(name, isNull)) continue;
    const raw = fields.get(name);
    if (rawIsNull(raw)) continue;
    const keys = isList ? listOf(raw) : [raw];
    if (!keys) onBad({ field: name, message: "is no list of numbers" });
    for (const text of keys ?? []) {
      const key = keyOf(text);
      if (key === undefined) onBad({ field: name, message: `is no number: ${text.slice(0, 40)}` });
      else yield { field: name, to, key, kind: "key" };
    }
  }
  if (GENERIC.has(model)) yield* genericReference(record, contentType);
  if (HIDING.has(model)) yield* hiddenReferences(record);
}

const SMALL_N = 0x6e;
const isNull = (bytes: Uint8Array, start: number) => bytes[start] === SMALL_N;

function* genericReference(
  { fields }: RawRecord,
  contentType: (key: number) => string | undefined,
): Generator<Reference> {
  const type = keyOf(fields.get("content_type") ?? "");
  const to = type === undefined ? undefined : contentType(type);
  const object = fields.get("object_pk") ?? "";
  const key = keyOf(object.startsWith('"') ? object.slice(1, -1) : object);
  if (to !== undefined && key !== undefined) yield { field: "object_pk", to, key, kind: "loose" };
}

/** The numbers that an import would have to change are those that point somewhere. */
function* hiddenReferences({ model, fields }: RawRecord): Generator<Reference> {
  const found: Reference[] = [];
  let current = "";
  const numbers: Pick<Numbers, "of"> = {
    of(to, key) {
      found.push({ field: current, to, key, kind: "loose" });
      return key;
    },
  };
  const get = (field: string): StorageValue => {
    current = field;
    const raw = fields.get(field);
    if (rawIsNull(raw)) return null;
    return raw.startsWith('"') ? rawString(raw) : raw;
  };
  try {
    mapHiddenReferences(model, get, () => {}, numbers as Numbers);
  } catch (error) {
    // Lists in lists without end: whoever wrote that means no reference.
    if (!(error instanceof RangeError || error instanceof RawValueError)) throw error;
  }
  yield* found;
}

function listOf(raw: string): readonly string[] | undefined {
  try {
    return rawList(raw);
  } catch (error) {
    if (error instanceof RawValueError) return undefined;
    throw error;
  }
}

/** A row's number, or undefined. */
export function keyOf(raw: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(raw)) return undefined;
  const key = Number(raw);
  return Number.isSafeInteger(key) ? key : undefined;
}
