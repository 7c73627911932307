// Which upstream generation a database belongs to, told from django_migrations; anything that is not a
// library of a supported version is refused before a row is read.

import type { Generation } from "./model.ts";

/** What django_migrations says. */
export interface SchemaVersion {
  readonly generation: Generation;
  /** For people: `2.20.15` or `3.0.5`; the exact release is not in the database, so the newest with this schema. */
  readonly release: string;
  /** The last migration per app: `{ documents: "1075_workflowaction_order", … }`. */
  readonly lastMigrations: Readonly<Record<string, string>>;
}
