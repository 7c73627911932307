// Which values have to differ between the rows of a table, as data. The database refuses the second row; whoever
// writes rows looks before. A test holds it against the tables that the migrations make.

import { existsIn, fieldsOf, type Generation, GENERATION_VERSION, type Model } from "./model.ts";
import type { VersionRange } from "./field.ts";

/** Columns whose values together have to differ; a row with NULL in one of them differs from all. */
export interface UniqueKey {
  readonly columns: readonly string[];
  /** Only among the rows whose columns hold one of these values. MariaDB knows no such keys: Django leaves
   * them out there. */
  readonly among?: Readonly<Record<string, readonly (string | bigint | null)[]>>;
}

const NAME_AND_OWNER: readonly UniqueKey[] = [
  { columns: ["name", "owner_id"] },
  { columns: ["name"], among: { owner_id: [null] } },
];

/** Keys of several columns, and keys of some rows only, by table. */
const TOGETHER: Readonly<Record<string, readonly (UniqueKey & VersionRange)[]>> = {
  account_emailaddress: [
    { columns: ["user_id", "email"] },
    { columns: ["user_id", "primary"], among: { primary: [1n] } },
    { columns: ["email"], among: { verified: [1n] } },
  ],
  auth_permission: [{ columns: ["content_type_id", "codename"] }],
  django_content_type: [{ columns: ["app_label", "model"] }],
  documents_correspondent: NAME_AND_OWNER,
  documents_customfieldinstance: [{ columns: ["document_id", "field_id"] }],
  documents_document: [
    // NULLs differ anyway: every row counts, but MariaDB has no such key.
    { columns: ["root_document_id", "version_index"], among: {}, since: "3.0" },
  ],
  documents_documenttype: NAME_AND_OWNER,
  documents_storagepath: NAME_AND_OWNER,
  documents_tag: NAME_AND_OWNER,
  guardian_groupobjectpermission: [{ columns: ["group_id", "permission_id", "object_pk"] }],
  guardian_userobjectpermission: [{ columns: ["user_id", "permission_id", "object_pk"] }],
  mfa_authenticator: [
    { columns: ["user_id", "type"], among: { type: ["totp", "recovery_codes"] } },
  ],
  paperless_mail_mailrule: NAME_AND_OWNER,
  socialaccount_socialaccount: [{ columns: ["provider", "uid"] }],
  socialaccount_socialtoken: [{ columns: ["app_id", "account_id"] }],
};

/** The keys of a model's table, the primary key among them. */
export function uniqueKeysOf(model: Model, generation: Generation): readonly UniqueKey[] {
  const single = fieldsOf(model, generation)
    .filter(({ unique, column }) => unique || column === model.primaryKey)
    .map(({ column }): UniqueKey => ({ columns: [column] }));
  const together = (TOGETHER[model.table] ?? [])
    .filter((range) => existsIn(range, GENERATION_VERSION[generation]))
    .map(({ columns, among }): UniqueKey => ({ columns, ...(among ? { among } : {}) }));
  return [...single, ...together];
}

/** Names of the fields whose values together have to differ: the keys that count all rows, but the primary one. */
export function uniqueFieldsOf(
  model: Model,
  generation: Generation,
): readonly (readonly string[])[] {
  const names = new Map(fieldsOf(model, generation).map(({ column, name }) => [column, name]));
  return uniqueKeysOf(model, generation)
    .filter(({ among, columns }) => !among && columns[0] !== model.primaryKey)
    .map(({ columns }) => columns.map((column) => names.get(column) ?? column));
}
