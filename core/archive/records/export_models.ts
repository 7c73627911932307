// What an export holds and in which order (export-format.md §4.1): one table for each generation, walked by
// the exporter and by the count of rows. Orders that upstream leaves to the database are those that SQLite
// gives; ties are broken as its indexes do.

import { type RawBuilder, sql } from "kysely";
import type { Generation, Model } from "../../schema/model.ts";
import { logEntry } from "../../schema/auditlog.ts";
import { modelNamed } from "../../schema/registry.ts";
import { joined, orderOf } from "./row_order.ts";

/** Users that paperless-ngx makes for itself. */
export const SERVICE_USERS: readonly string[] = ["consumer", "AnonymousUser"];

/** One model of an export: which rows, in which order. */
export interface ExportModel {
  readonly model: Model;
  /** With a split manifest: `document` heads its own file, a `child` stands in its document's file. */
  readonly split?: "document" | "child";
  /** Joins that `where` and `orderBy` need. */
  readonly join?: RawBuilder<unknown>;
  /** Rows that are exported; all without it. */
  readonly where?: RawBuilder<unknown>;
  readonly orderBy: RawBuilder<unknown>;
}

/** What decides whether a model is exported. */
export interface ExportModelOptions {
  /** `PAPERLESS_AUDIT_LOG_ENABLED` */
  readonly auditLog: boolean;
  /** The database's tables, where known: an installation that never had the audit log lacks its table. */
  readonly tables?: ReadonlySet<string>;
}

/** A row of the tables below. */
interface Entry {
  readonly label: string;
  /** Columns, `-` in front for descending; of another table with its name and a dot. @default {["id"]} */
  readonly order?: readonly string[];
  readonly join?: RawBuilder<unknown>;
  readonly where?: RawBuilder<unknown>;
  readonly split?: "document" | "child";
  readonly auditLog?: true;
}

const notInTrash = (table: string) => sql`${sql.ref(`${table}.deleted_at`)} is null`;

const notServiceUser = sql`${sql.ref("auth_user.username")} not in (${sql.join(SERVICE_USERS)})`;

const ofPeople = (table: string) => ({
  join: joined("auth_user", `${table}.user_id`),
  where: notServiceUser,
});

const byName = ["name", "owner_id", "id"];
const byCreated = ["created", "id"];

const LIBRARY: readonly Entry[] = [
  { label: "documents.correspondent", order: byName },
  { label: "documents.tag", order: byName },
  { label: "documents.documenttype", order: byName },
  { label: "documents.storagepath", order: byName },
  { label: "paperless_mail.mailaccount" },
  { label: "paperless_mail.mailrule" },
  { label: "documents.savedview", order: ["name", "id"] },
  { label: "documents.savedviewfilterrule" },
  { label: "auth.group" },
  { label: "auth.user", where: notServiceUser },
];

const PERMISSIONS: readonly Entry[] = [
  { label: "contenttypes.contenttype" },
  {
    label: "auth.permission",
    join: joined("django_content_type", "auth_permission.content_type_id"),
    order: ["django_content_type.app_label", "django_content_type.model", "codename"],
  },
];

const WORKFLOWS: readonly Entry[] = [
  { label: "documents.workflowtrigger" },
  { label: "documents.workflowaction" },
  { label: "documents.workflowactionemail" },
  { label: "documents.workflowactionwebhook" },
  { label: "documents.workflow" },
  { label: "documents.customfield", order: byCreated },
];

const AUDIT_LOG: Entry = {
  label: "auditlog.logentry",
  order: ["-timestamp", "-id"],
  auditLog: true,
};

const V2: readonly Entry[] = [
  ...LIBRARY,
  { label: "documents.uisettings" },
  ...PERMISSIONS,
  { label: "guardian.userobjectpermission" },
  { label: "guardian.groupobjectpermission" },
  ...WORKFLOWS,
  {
    label: "documents.customfieldinstance",
    order: byCreated,
    where: notInTrash("documents_customfieldinstance"),
    split: "child",
  },
  { label: "paperless.applicationconfiguration" },
  {
    label: "documents.note",
    order: byCreated,
    where: notInTrash("documents_note"),
    split: "child",
  },
  { label: "documents.document", where: notInTrash("documents_document"), split: "document" },
  { label: "socialaccount.socialaccount" },
  { label: "socialaccount.socialapp" },
  { label: "socialaccount.socialtoken" },
  { label: "mfa.authenticator" },
  AUDIT_LOG,
];

const V3: readonly Entry[] = [
  ...LIBRARY,
  // The planner of SQLite walks the index of user names for this one.
  {
    label: "documents.uisettings",
    order: ["auth_user.username", "id"],
    ...ofPeople("documents_uisettings"),
  },
  ...PERMISSIONS,
  { label: "guardian.userobjectpermission", ...ofPeople("guardian_userobjectpermission") },
  { label: "guardian.groupobjectpermission" },
  ...WORKFLOWS,
  { label: "documents.customfieldinstance", order: byCreated, split: "child" },
  { label: "paperless.applicationconfiguration" },
  { label: "documents.note", order: byCreated, split: "child" },
  { label: "documents.sharelink", order: byCreated },
  { label: "socialaccount.socialaccount", ...ofPeople("socialaccount_socialaccount") },
  { label: "socialaccount.socialapp" },
  {
    label: "socialaccount.socialtoken",
    join: sql`${joined("socialaccount_socialaccount", "socialaccount_socialtoken.account_id")} ${
      joined("auth_user", "socialaccount_socialaccount.user_id")
    }`,
    where: notServiceUser,
  },
  { label: "mfa.authenticator", ...ofPeople("mfa_authenticator") },
  AUDIT_LOG,
  { label: "documents.document", split: "document" },
  { label: "documents.sharelinkbundle" },
];

const ENTRIES: Readonly<Record<Generation, readonly Entry[]>> = { v2: V2, v3: V3 };

/** The models of an export, in order. */
export function exportModels(
  generation: Generation,
  options: ExportModelOptions,
): readonly ExportModel[] {
  return ENTRIES[generation]
    .filter((entry) => options.auditLog || !entry.auditLog)
    .map(exportModelOf)
    .filter(({ model }) => model !== logEntry || options.tables?.has(logEntry.table) !== false);
}

/** One model of an export by its label.
 * @throws {Error} if the generation does not export it: a defect */
export function exportModelNamed(generation: Generation, label: string): ExportModel {
  const entry = ENTRIES[generation].find((each) => each.label === label);
  if (!entry) throw new Error(`No model ${label} in exports of ${generation}`);
  return exportModelOf(entry);
}

function exportModelOf(entry: Entry): ExportModel {
  const { label, order = ["id"], join, where, split } = entry;
  const model = modelNamed(label);
  return {
    model,
    orderBy: orderOf(model.table, order),
    ...(join && { join }),
    ...(where && { where }),
    ...(split && { split }),
  };
}
