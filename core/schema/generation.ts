// Which upstream generation a database belongs to, told from django_migrations; anything that is not a
// library of a supported version is refused before a row is read.

import { PaperwardError } from "../errors.ts";
import type { Generation } from "./model.ts";
import {
  LAST_MIGRATIONS,
  type PaperlessApp,
  V2_MIGRATIONS,
  V3_MIGRATIONS,
  WITHDRAWN_MIGRATIONS,
} from "./known_migrations.ts";

/** What django_migrations says. */
export interface SchemaVersion {
  readonly generation: Generation;
  /** For people: `2.20.15` or `3.0.5`. The database doesn't hold the exact release, so this is the newest
   * one with this schema. */
  readonly release: string;
  /** The last migration per app: `{ documents: "1075_workflowaction_order", … }`. */
  readonly lastMigrations: Readonly<Record<string, string>>;
}

/** What {@linkcode tellGeneration} looks at. */
export interface SchemaFacts {
  /** Names of all tables. */
  readonly tables: ReadonlySet<string>;
  /** Rows of django_migrations in the order of their ids; none where the table is missing. */
  readonly applied: readonly { readonly app: string; readonly name: string }[];
}

const RELEASE: Readonly<Record<Generation, string>> = { v2: "2.20.15", v3: "3.0.5" };

const APPS: readonly PaperlessApp[] = ["documents", "paperless", "paperless_mail"];

const WHERE_TO_LOOK =
  "Point PAPERLESS_DATA_DIR (or --data-dir) at the data folder of the library, or PAPERLESS_DBHOST (or " +
  "--database-url) at its database server.";

/** Tells the generation of a database.
 * @param place of the database, for messages
 * @throws {PaperwardError} `noLibrary` if it is empty, unmigrated or another application's; `version` if its
 * schema is older than 2.20.5's (the last of generation 2.20), newer than 3.0.5's, or between two versions */
export function tellGeneration(facts: SchemaFacts, place: string): SchemaVersion {
  const { tables, applied } = facts;
  if (tables.size === 0) refuse(place, "the database is empty", "noLibrary", [WHERE_TO_LOOK]);
  if (!tables.has("django_migrations")) {
    refuse(place, "the database belongs to another application", "noLibrary", [WHERE_TO_LOOK]);
  }

  const names = new Map<string, Set<string>>();
  const lastMigrations: Record<string, string> = {};
  for (const { app, name } of applied) {
    const known = names.get(app);
    if (known) known.add(name);
    else names.set(app, new Set([name]));
    lastMigrations[app] = name;
  }

  if (!names.has("documents") && applied.length > 0) {
    refuse(place, "the database belongs to another application", "noLibrary", [WHERE_TO_LOOK]);
  }
  if (applied.length === 0 || !tables.has("documents_document")) {
    refuse(place, "the database was never migrated", "noLibrary", [
      "Start paperless-ngx once, it creates its tables; or point to the right library.",
      WHERE_TO_LOOK,
    ]);
  }

  const upgraded = APPS.some((app) => V3_MIGRATIONS[app].some((name) => names.get(app)?.has(name)));
  const generation: Generation = upgraded ? "v3" : "v2";

  for (const app of APPS) {
    const newer = newerThanKnown(app, generation, names.get(app) ?? new Set());
    if (newer === undefined) continue;
    refuse(
      place,
      `its schema is newer than ${RELEASE.v3}, the newest that this Paperward knows (${app} ${newer})`,
      "version",
      ["Use a newer Paperward."],
    );
  }

  for (const app of APPS) {
    const missing = missingMigration(app, generation, names.get(app) ?? new Set());
    if (missing === undefined) continue;
    if (generation === "v2") {
      refuse(place, `its schema is older than 2.20.15 (${app} ${missing} is missing)`, "version", [
        "Start paperless-ngx 2.20.15 once on this library: it brings the database up to date.",
      ]);
    }
    refuse(
      place,
      `its upgrade to version 3 is not finished (${app} ${missing} is missing)`,
      "version",
      [
        "Start paperless-ngx 3.0.5 once on this library: it finishes the upgrade.",
      ],
    );
  }

  // A fresh database records squashed names last, so the last row says little about these apps.
  Object.assign(lastMigrations, LAST_MIGRATIONS[generation]);
  return Object.freeze({ generation, release: RELEASE[generation], lastMigrations });
}

function refuse(
  place: string,
  reason: string,
  exit: "noLibrary" | "version",
  hints: readonly string[],
): never {
  throw new PaperwardError(`Cannot use database ${place}: ${reason}`, { exit, hints });
}

/** The first migration that has not run, of those whose absence means an older schema. */
function missingMigration(
  app: PaperlessApp,
  generation: Generation,
  applied: ReadonlySet<string>,
): string | undefined {
  if (generation === "v3") return V3_MIGRATIONS[app].find((name) => !applied.has(name));
  const last = LAST_MIGRATIONS.v2[app];
  return applied.has(last) ? undefined : last;
}

/** A recorded migration that is not known and numbered above the last one of the generation. */
function newerThanKnown(
  app: PaperlessApp,
  generation: Generation,
  applied: ReadonlySet<string>,
): string | undefined {
  const known = new Set([
    ...V2_MIGRATIONS[app],
    ...WITHDRAWN_MIGRATIONS[app],
    ...(generation === "v3" ? V3_MIGRATIONS[app] : []),
  ]);
  const last = migrationNumber(LAST_MIGRATIONS[generation][app]);
  for (const name of applied) {
    if (!known.has(name) && migrationNumber(name) > last) return name;
  }
  return undefined;
}

function migrationNumber(name: string): number {
  return Number(/^\d+/.exec(name)?.[0] ?? 0);
}
