// What libraries of a release held that its exporter left out: it can't be imported, and the user should know.

import type { Release } from "./releases.ts";

/** Something that is in no export of some releases. */
export interface NotExported {
  /** The first release that had it. */
  readonly since: Release;
  /** The first release that exports it; one that never came stands as `999.0.0`. */
  readonly until: Release;
  /** For people: `custom fields and their values`. */
  readonly what: string;
}

const NEVER: Release = "999.0.0";

/** In the order in which they came into the world. */
export const NOT_EXPORTED: readonly NotExported[] = [
  { since: "0.9.0", until: "1.3.2", what: "users" },
  { since: "0.9.0", until: "1.6.0", what: "groups, and which users are in them" },
  { since: "0.9.7", until: "1.3.2", what: "saved views" },
  { since: "0.9.0", until: "1.3.2", what: "mail accounts and mail rules" },
  { since: "1.14.0", until: "1.17.0", what: "permissions on single objects" },
  { since: "1.14.0", until: NEVER, what: "the list of mails already processed" },
  { since: "2.0.0", until: "3.0.0", what: "share links" },
  { since: "2.0.0", until: "2.1.0", what: "custom fields and their values" },
  { since: "2.0.0", until: "2.1.0", what: "consumption templates" },
  { since: "2.0.0", until: "2.7.0", what: "the audit log" },
  { since: "2.5.0", until: "2.13.1", what: "social accounts" },
  { since: "2.10.0", until: "3.0.0", what: "documents in the trash" },
  { since: "2.14.0", until: "2.14.4", what: "e-mail and webhook actions of workflows" },
];
