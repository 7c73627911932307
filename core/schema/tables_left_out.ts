// What exports leave out on purpose, and why. With the registry this covers every table and column of a
// database; a test proves both directions against real ones.

import type { Generation } from "./model.ts";

/** Something left out. */
export interface LeftOut {
  readonly reason: string;
  /** @default both */
  readonly generations?: readonly Generation[];
}

/** Tables of a database for which there is no model. */
export const TABLES_WITHOUT_MODEL: Readonly<Record<string, LeftOut>> = {
  sqlite_sequence: { reason: "SQLite's own: the highest id that each table ever had" },
};

/** Models that are never exported, by label. */
export const MODELS_NEVER_EXPORTED: Readonly<Record<string, LeftOut>> = {
  "account.emailaddress": { reason: "allauth makes them anew from auth_user.email" },
  "account.emailconfirmation": { reason: "keys that expire within days" },
  "admin.logentry": { reason: "the log of Django's admin pages" },
  "authtoken.token": { reason: "API tokens: access to one installation, not part of its content" },
  "django_celery_results.chordcounter": { reason: "state of running tasks", generations: ["v2"] },
  "django_celery_results.groupresult": { reason: "results of finished tasks", generations: ["v2"] },
  "django_celery_results.taskresult": { reason: "results of finished tasks", generations: ["v2"] },
  "documents.paperlesstask": { reason: "the history of tasks" },
  "documents.sharelink": {
    reason: "2.20 does not export share links; 3.0 does",
    generations: ["v2"],
  },
  "documents.workflowrun": { reason: "the history of workflows" },
  "migrations.migration": { reason: "belongs to the schema; an import needs a migrated database" },
  "paperless_mail.processedmail": { reason: "the history of fetched mails" },
  "sessions.session": { reason: "logins in browsers" },
};

/** Columns of exported models that are never exported, by `label field`. */
export const COLUMNS_NEVER_EXPORTED: Readonly<Record<string, LeftOut>> = {
  "documents.document content_length": {
    reason: "generated from the content; upstream's exporter leaves it out",
    generations: ["v3"],
  },
};
