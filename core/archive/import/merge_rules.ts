// The stated rule by which rows that a library has already are told from new ones: one table. A row of the
// export that the library has is merged: the library's row stays exactly as it is, and what belongs to the
// export's row only is left out with it.

import { canonicalJson } from "../../database/canonical_json.ts";
import type { StorageValue } from "../../database/storage_value.ts";
import type { Field } from "../../schema/field.ts";
import type { Generation } from "../../schema/model.ts";
import { uniqueFieldsOf } from "../../schema/unique_keys.ts";
import type { ImportModel } from "./import_schema.ts";

/** How rows of one model are told apart. */
export interface MergeRule {
  /** Fields that together name a row, whatever its number. References count as the row that they point to.
   * None: there is one row in all. */
  readonly key?: readonly string[];
  /** The row belongs to the one that this field names: it is merged where that one is. */
  readonly partOf?: string;
  /** Names have to differ: where a row with another key has the same name, the new one gets `name (2)`.
   * The fields that must differ together. */
  readonly unique?: readonly string[];
  /** Numbers and names alone say nothing: it is merged where every row that lists it is. */
  readonly listedBy?: readonly (readonly [model: string, field: string])[];
}

/** Models that every library has rows of, even a fresh one: they are matched always. */
export const FRESH_MODELS: ReadonlySet<string> = new Set([
  "contenttypes.contenttype",
  "auth.permission",
  "auth.user",
  "paperless.applicationconfiguration",
]);

const NAME_AND_OWNER: MergeRule = { key: ["name", "owner"] };

/** The rule of each model; models that aren't here are never merged. */
export const MERGE_RULES: Readonly<Record<string, MergeRule>> = {
  "contenttypes.contenttype": { key: ["app_label", "model"] },
  "auth.permission": { key: ["content_type", "codename"] },
  "auth.group": { key: ["name"] },
  "auth.user": { key: ["username"] },
  "paperless.applicationconfiguration": { key: [] },
  "documents.correspondent": NAME_AND_OWNER,
  "documents.documenttype": NAME_AND_OWNER,
  "documents.storagepath": NAME_AND_OWNER,
  "documents.tag": NAME_AND_OWNER,
  "documents.customfield": { key: ["name", "data_type", "extra_data"], unique: ["name"] },
  "documents.savedview": NAME_AND_OWNER,
  "documents.savedviewfilterrule": { partOf: "saved_view" },
  "documents.uisettings": { key: ["user"] },
  "documents.workflow": { key: ["name"] },
  "documents.workflowtrigger": { listedBy: [["documents.workflow", "triggers"]] },
  "documents.workflowaction": { listedBy: [["documents.workflow", "actions"]] },
  "documents.workflowactionemail": { listedBy: [["documents.workflowaction", "email"]] },
  "documents.workflowactionwebhook": { listedBy: [["documents.workflowaction", "webhook"]] },
  // A version belongs to its root.
  "documents.document": { key: ["root_document", "checksum"], partOf: "root_document" },
  "documents.note": { partOf: "document" },
  "documents.customfieldinstance": { partOf: "document" },
  "documents.sharelink": { partOf: "document", key: ["slug"] },
  "documents.sharelinkbundle": { key: ["slug"] },
  "mfa.authenticator": { partOf: "user" },
  "paperless_mail.mailaccount": {
    key: ["name", "imap_server", "username"],
    unique: ["name"],
  },
  "paperless_mail.mailrule": { key: ["name", "owner", "account"], unique: ["name", "owner"] },
  "socialaccount.socialaccount": { key: ["provider", "uid"] },
  "socialaccount.socialapp": { key: ["provider", "provider_id", "client_id"] },
  "socialaccount.socialtoken": { partOf: "account", key: ["app", "account"] },
};

/** Models with a row or more for each document: that their values differ is left to the database. */
const MANY_ROWS: ReadonlySet<string> = new Set([
  "documents.customfieldinstance",
  "guardian.groupobjectpermission",
  "guardian.userobjectpermission",
]);

/** Fields that differ in the end whatever the export says: files get other names where theirs are taken. */
const RENAMED: ReadonlySet<string> = new Set(["filename", "archive_filename"]);

/** Fields whose values together must differ between records of an export: those that don't are told before
 * anything is changed. */
export function fieldsToCompare(
  { label, model }: ImportModel,
  generation: Generation,
): readonly (readonly string[])[] {
  if (MANY_ROWS.has(label)) return [];
  return uniqueFieldsOf(model, generation).filter(([first = ""]) => !RENAMED.has(first));
}

/** A value as part of a key: JSON by what it means, since PostgreSQL lays it out anew. */
export function keyPart({ kind }: Pick<Field, "kind">, value: StorageValue): StorageValue {
  return kind === "json" && typeof value === "string" ? canonicalJson(value) : value;
}
