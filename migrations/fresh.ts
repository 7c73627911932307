// Everything that upstream's migrations leave on an empty database, for either generation: the migrations
// that create the tables, and the rows. Ids come out as upstream's, because they count in the same order.

import type { Generation } from "../core/schema/model.ts";
import { tables as account } from "./account/tables.ts";
import { tables as admin } from "./admin/tables.ts";
import { type AppliedRun, appliedV2, appliedV3 } from "./applied.ts";
import { tables as auditlog } from "./auditlog/tables.ts";
import { tables as auth } from "./auth/tables.ts";
import { tables as authtoken } from "./authtoken/tables.ts";
import { auto, char, datetime, table } from "./columns.ts";
import {
  type ContentType,
  contentTypesV2,
  contentTypesV3,
  permissionRows,
} from "./content_types.ts";
import { tables as contenttypes } from "./contenttypes/tables.ts";
import { tablesV2 as celeryResults } from "./django_celery_results/tables_v2.ts";
import { tables as documents } from "./documents/tables.ts";
import { tablesV2 as documentsV2 } from "./documents/tables_v2.ts";
import { tablesV3 as documentsV3 } from "./documents/tables_v3.ts";
import { tables as guardian } from "./guardian/tables.ts";
import { tables as mfa } from "./mfa/tables.ts";
import { createTables, type Migration, type Rows, type Value } from "./operation.ts";
import { tables as paperlessMail } from "./paperless_mail/tables.ts";
import { tablesV2 as paperlessMailV2 } from "./paperless_mail/tables_v2.ts";
import { tablesV3 as paperlessMailV3 } from "./paperless_mail/tables_v3.ts";
import { tablesV2 as paperlessV2 } from "./paperless/tables_v2.ts";
import { tablesV3 as paperlessV3 } from "./paperless/tables_v3.ts";
import { tables as sessions } from "./sessions/tables.ts";
import { tables as socialaccount } from "./socialaccount/tables.ts";

const history = table("django_migrations", {
  id: auto(),
  app: char(255),
  name: char(255),
  applied: datetime(),
});

const shared: readonly Migration[] = [
  createTables("migrations", [history]),
  createTables("contenttypes", contenttypes),
  createTables("auth", auth),
  createTables("account", account),
  createTables("admin", admin),
  createTables("auditlog", auditlog),
  createTables("authtoken", authtoken),
  createTables("documents", documents),
  createTables("paperless_mail", paperlessMail),
  createTables("guardian", guardian),
  createTables("mfa", mfa),
  createTables("sessions", sessions),
  createTables("socialaccount", socialaccount),
];

function insert(app: string, ...rows: readonly Rows[]): Migration {
  return { app, operations: rows.map((each) => ({ kind: "insertRows", rows: each })) };
}

function applied(runs: readonly AppliedRun[]): Rows {
  const names = runs.flatMap(([app, names]) => names.map((name) => [app, name] as const));
  return {
    table: "django_migrations",
    columns: ["id", "app", "name", "applied"],
    values: names.map(([app, name], index) => [index + 1, app, name, "$now"]),
  };
}

function contentTypeRows(types: readonly (ContentType | null)[]): Rows {
  return {
    table: "django_content_type",
    columns: ["id", "app_label", "model"],
    values: types.flatMap((type, index) => type ? [[index + 1, type.app, type.model]] : []),
  };
}

function users(...users: readonly (readonly [username: string, password: Value])[]): Rows {
  return {
    table: "auth_user",
    columns: [
      "id",
      "password",
      "last_login",
      "is_superuser",
      "username",
      "last_name",
      "email",
      "is_staff",
      "is_active",
      "date_joined",
      "first_name",
    ],
    values: users.map((
      [username, password],
      index,
    ) => [index + 1, password, null, 0, username, "", "", 0, 1, "$now", ""]),
  };
}

function configuration(values: Readonly<Record<string, Value>>): Rows {
  return {
    table: "paperless_applicationconfiguration",
    columns: ["id", ...Object.keys(values)],
    values: [[1, ...Object.values(values)]],
  };
}

/** What creates an empty library, in order.
 *
 * Source: 2.20.15 and 3.0.5, `migrate` on an empty database. `consumer` is a user that the very first
 * migrations of v2 leave without a password; guardian adds `AnonymousUser`. */
export const FRESH: Readonly<Record<Generation, readonly Migration[]>> = {
  v2: [
    ...shared,
    createTables("django_celery_results", celeryResults),
    createTables("documents", documentsV2),
    createTables("paperless", paperlessV2),
    createTables("paperless_mail", paperlessMailV2),
    insert("migrations", applied(appliedV2)),
    insert("contenttypes", contentTypeRows(contentTypesV2)),
    insert("auth", permissionRows(contentTypesV2)),
    insert("auth", users(["consumer", ""], ["AnonymousUser", "$unusable"])),
    insert("paperless", configuration({})),
  ],
  v3: [
    ...shared,
    createTables("documents", documentsV3),
    createTables("paperless", paperlessV3),
    createTables("paperless_mail", paperlessMailV3),
    insert("migrations", applied(appliedV3)),
    insert("contenttypes", contentTypeRows(contentTypesV3)),
    insert("auth", permissionRows(contentTypesV3)),
    insert("auth", users(["AnonymousUser", "$unusable"])),
    insert("paperless", configuration({ app_logo: "", ai_enabled: 0 })),
  ],
};
