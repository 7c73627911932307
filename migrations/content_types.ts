// The content types that upstream's migrations leave, in the order in which they were made, and the
// permissions that follow from them. Ids are only right for a fresh library: everywhere else both are found
// by (app, model) and codename.

import type { Rows } from "./operation.ts";

/** A model that Django knows. */
export interface ContentType {
  readonly app: string;
  readonly model: string;
  /** What Django calls it in the names of permissions. */
  readonly verboseName: string;
  /** Permissions beyond add, change, delete and view: codename and name. */
  readonly permissions?: readonly (readonly [codename: string, name: string])[];
}

type Entry = readonly [
  app: string,
  model: string,
  verboseName: string,
  permissions?: ContentType["permissions"],
];

function contentTypes(entries: readonly (Entry | null)[]): readonly (ContentType | null)[] {
  return entries.map((entry) => {
    if (!entry) return null;
    const [app, model, verboseName, permissions] = entry;
    return { app, model, verboseName, ...(permissions ? { permissions } : {}) };
  });
}

const ACTIONS = ["add", "change", "delete", "view"] as const;

/** The rows of `auth_permission` for content types with the ids 1, 2, 3…
 * @param types null for one that a later migration removed: it has used up its ids */
export function permissionRows(types: readonly (ContentType | null)[]): Rows {
  const values: (string | number)[][] = [];
  let id = 0;
  for (const [index, type] of types.entries()) {
    if (!type) {
      id += ACTIONS.length;
      continue;
    }
    for (const action of ACTIONS) {
      values.push([
        ++id,
        index + 1,
        `${action}_${type.model}`,
        `Can ${action} ${type.verboseName}`,
      ]);
    }
    for (const [codename, name] of type.permissions ?? []) {
      values.push([++id, index + 1, codename, name]);
    }
  }
  return {
    table: "auth_permission",
    columns: ["id", "content_type_id", "codename", "name"],
    values,
  };
}

/** Those of a fresh 2.20.15: `documents.log` is long gone, but stays; the consumption template was removed. */
export const contentTypesV2: readonly (ContentType | null)[] = contentTypes([
  ["account", "emailaddress", "email address"],
  ["account", "emailconfirmation", "email confirmation"],
  ["admin", "logentry", "log entry"],
  ["auditlog", "logentry", "log entry"],
  ["auth", "permission", "permission"],
  ["auth", "group", "group"],
  ["auth", "user", "user"],
  ["authtoken", "token", "Token"],
  ["authtoken", "tokenproxy", "Token"],
  ["contenttypes", "contenttype", "content type"],
  ["django_celery_results", "taskresult", "task result"],
  ["django_celery_results", "chordcounter", "chord counter"],
  ["django_celery_results", "groupresult", "group result"],
  ["documents", "document", "document"],
  ["documents", "tag", "tag"],
  ["documents", "log", "log"],
  ["documents", "correspondent", "correspondent"],
  ["documents", "documenttype", "document type"],
  ["documents", "savedview", "saved view"],
  ["documents", "savedviewfilterrule", "filter rule"],
  ["documents", "uisettings", "ui settings"],
  ["documents", "storagepath", "storage path"],
  ["documents", "paperlesstask", "paperless task"],
  ["documents", "note", "note"],
  ["documents", "sharelink", "share link"],
  ["paperless_mail", "mailaccount", "mail account"],
  ["paperless_mail", "mailrule", "mail rule"],
  ["paperless_mail", "processedmail", "processed mail"],
  null,
  ["documents", "customfield", "custom field"],
  ["documents", "customfieldinstance", "custom field instance"],
  ["documents", "workflow", "workflow"],
  ["documents", "workflowaction", "workflow action"],
  ["documents", "workflowtrigger", "workflow trigger"],
  ["sessions", "session", "session"],
  ["paperless", "applicationconfiguration", "paperless application settings"],
  ["documents", "workflowrun", "workflow run"],
  ["documents", "workflowactionemail", "workflow action email"],
  ["documents", "workflowactionwebhook", "workflow action webhook"],
  ["guardian", "groupobjectpermission", "group object permission"],
  ["guardian", "userobjectpermission", "user object permission"],
  ["socialaccount", "socialaccount", "social account"],
  ["socialaccount", "socialapp", "social application"],
  ["socialaccount", "socialtoken", "social application token"],
  ["mfa", "authenticator", "authenticator"],
]);

/** Those of a fresh 3.0.5. */
export const contentTypesV3: readonly (ContentType | null)[] = contentTypes([
  ["account", "emailaddress", "email address"],
  ["account", "emailconfirmation", "email confirmation"],
  ["admin", "logentry", "log entry"],
  ["auditlog", "logentry", "log entry"],
  ["auth", "permission", "permission"],
  ["auth", "group", "group"],
  ["auth", "user", "user"],
  ["authtoken", "token", "Token"],
  ["authtoken", "tokenproxy", "Token"],
  ["contenttypes", "contenttype", "content type"],
  ["documents", "workflowactionemail", "workflow action email"],
  ["documents", "workflowactionwebhook", "workflow action webhook"],
  ["documents", "correspondent", "correspondent"],
  ["documents", "documenttype", "document type"],
  ["documents", "storagepath", "storage path"],
  ["documents", "tag", "tag"],
  ["documents", "document", "document"],
  ["documents", "note", "note"],
  ["documents", "customfield", "custom field"],
  ["documents", "customfieldinstance", "custom field instance"],
  ["documents", "paperlesstask", "paperless task"],
  ["documents", "savedview", "saved view"],
  ["documents", "savedviewfilterrule", "filter rule"],
  ["documents", "sharelink", "share link"],
  ["documents", "uisettings", "ui settings"],
  ["documents", "workflowaction", "workflow action"],
  ["documents", "workflow", "workflow"],
  ["documents", "workflowrun", "workflow run"],
  ["documents", "workflowtrigger", "workflow trigger"],
  ["documents", "sharelinkbundle", "share link bundle"],
  ["paperless_mail", "mailaccount", "mail account"],
  ["paperless_mail", "mailrule", "mail rule"],
  ["paperless_mail", "processedmail", "processed mail"],
  ["sessions", "session", "session"],
  ["paperless", "applicationconfiguration", "paperless application settings", [[
    "view_global_statistics",
    "Can view global object counts",
  ], ["view_system_monitoring", "Can view system status information"]]],
  ["guardian", "groupobjectpermission", "group object permission"],
  ["guardian", "userobjectpermission", "user object permission"],
  ["socialaccount", "socialaccount", "social account"],
  ["socialaccount", "socialapp", "social application"],
  ["socialaccount", "socialtoken", "social application token"],
  ["mfa", "authenticator", "authenticator"],
]);
