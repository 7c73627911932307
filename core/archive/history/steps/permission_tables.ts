// What the numbers of permissions mean in exports of groups and users from before 1.17, which hold neither
// content types nor permissions: the tables of a library that was set up with such a release. A library with
// another history has other numbers, and the export doesn't say; what is taken from here is listed.

import type { Release } from "../releases.ts";

/** A model that Django knew, in the order of the keys of content types. */
type Entry = readonly [app: string, model: string, verboseName: string];

/** The content types of fresh libraries of some releases; key = place, from 1; four permissions each. */
export interface PermissionTable {
  /** The first release without it. */
  readonly until: Release;
  /** In the order of their keys. */
  readonly types: readonly Entry[];
}

/** What a permission is, whatever its number. */
export interface NamedPermission {
  readonly app: string;
  readonly model: string;
  readonly codename: string;
  readonly name: string;
}

/** In the order of the keys of permissions. */
export const ACTIONS = ["add", "change", "delete", "view"] as const;

const FIRST: readonly Entry[] = [
  ["auth", "permission", "permission"],
  ["auth", "group", "group"],
  ["auth", "user", "user"],
  ["contenttypes", "contenttype", "content type"],
  ["sessions", "session", "session"],
  ["documents", "document", "document"],
  ["documents", "tag", "tag"],
  ["documents", "log", "log"],
  ["documents", "correspondent", "correspondent"],
  ["documents", "documenttype", "document type"],
  ["documents", "savedview", "saved view"],
  ["documents", "savedviewfilterrule", "filter rule"],
];

const SINCE_1_8: readonly Entry[] = [
  ["documents", "uisettings", "ui settings"],
  ["documents", "storagepath", "storage path"],
  ["documents", "paperlesstask", "paperless task"],
];

const COMMENT: Entry = ["documents", "comment", "comment"];

const MAIL: readonly Entry[] = [
  ["paperless_mail", "mailaccount", "mail account"],
  ["paperless_mail", "mailrule", "mail rule"],
];

const ADMIN: readonly Entry[] = [
  ["admin", "logentry", "log entry"],
  ["authtoken", "token", "Token"],
  ["authtoken", "tokenproxy", "token"],
];

const DJANGO_Q: readonly Entry[] = [
  ["django_q", "schedule", "Scheduled task"],
  ["django_q", "task", "task"],
  ["django_q", "failure", "Failed task"],
  ["django_q", "success", "Successful task"],
  ["django_q", "ormq", "Queued task"],
];

const CELERY: readonly Entry[] = [
  ["django_celery_results", "taskresult", "task result"],
  ["django_celery_results", "chordcounter", "chord counter"],
  ["django_celery_results", "groupresult", "group result"],
];

const PERMISSION_TABLES: readonly PermissionTable[] = [
  { until: "1.8.0", types: [...FIRST, ...MAIL, ...ADMIN, ...DJANGO_Q] },
  { until: "1.9.0", types: [...FIRST, ...SINCE_1_8, ...MAIL, ...ADMIN, ...DJANGO_Q] },
  { until: "1.10.0", types: [...FIRST, ...SINCE_1_8, COMMENT, ...MAIL, ...ADMIN, ...DJANGO_Q] },
  { until: "1.14.0", types: [...FIRST, ...SINCE_1_8, COMMENT, ...MAIL, ...ADMIN, ...CELERY] },
  {
    until: "1.17.0",
    types: [
      ...FIRST,
      ...SINCE_1_8,
      ["documents", "note", "note"],
      ...MAIL,
      ["paperless_mail", "processedmail", "processed mail"],
      ...ADMIN,
      ...CELERY,
      ["guardian", "groupobjectpermission", "group object permission"],
      ["guardian", "userobjectpermission", "user object permission"],
    ],
  },
];

/** The table of a release; undefined if its exports hold their own. */
export function permissionTableOf(
  release: Release,
  compare: (a: Release, b: Release) => number,
): PermissionTable | undefined {
  return PERMISSION_TABLES.find(({ until }) => compare(release, until) < 0);
}

/** The four permissions of a model. */
export function permissionsOf([app, model, verboseName]: Entry): NamedPermission[] {
  return ACTIONS.map((action) => ({
    app,
    model,
    codename: `${action}_${model}`,
    name: `Can ${action} ${verboseName}`,
  }));
}

/** What a number means; undefined beyond the table. @param id from 1 */
export function permissionNumbered(
  { types }: PermissionTable,
  id: number,
): { readonly permission: NamedPermission; readonly contentType: number } | undefined {
  const contentType = Math.floor((id - 1) / ACTIONS.length) + 1;
  const type = types[contentType - 1];
  const permission = type && permissionsOf(type)[(id - 1) % ACTIONS.length];
  return permission ? { permission, contentType } : undefined;
}
