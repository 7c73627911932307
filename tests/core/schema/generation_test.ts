// Which databases are taken for libraries, which are refused, and by which exit code.

import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { PaperwardError } from "../../../core/errors.ts";
import { type SchemaFacts, tellGeneration } from "../../../core/schema/generation.ts";
import { V2_MIGRATIONS, V3_MIGRATIONS } from "../../../core/schema/known_migrations.ts";
import { fixturesRoot, withoutFixtures } from "../../_fixtures.ts";

type Applied = SchemaFacts["applied"];

const TABLES = new Set(["django_migrations", "documents_document"]);

function names(list: Readonly<Record<string, readonly string[]>>): Applied {
  return Object.entries(list).flatMap(([app, each]) => each.map((name) => ({ app, name })));
}

const V2 = names(V2_MIGRATIONS);
const V3 = [...V2, ...names(V3_MIGRATIONS)];

function refusal(facts: SchemaFacts): PaperwardError {
  let caught: unknown;
  throws(() => tellGeneration(facts, "/x/db.sqlite3"), (error) => {
    caught = error;
    return error instanceof PaperwardError;
  });
  return caught as PaperwardError;
}

Deno.test("tellGeneration: both generations", () => {
  strictEqual(tellGeneration({ tables: TABLES, applied: V2 }, "x").generation, "v2");
  const v3 = tellGeneration({ tables: TABLES, applied: V3 }, "x");
  strictEqual(v3.generation, "v3");
  strictEqual(v3.release, "3.0.5");
});

for (
  const [version, generation] of [["v2.20.15", "v2"], ["v3.0.5", "v3"], [
    "v2.20.15-upgraded-to-v3.0.5",
    "v3",
  ]]
) {
  Deno.test({
    name: `tellGeneration: what a real ${version} recorded`,
    ignore: withoutFixtures(),
    fn() {
      const file = `${fixturesRoot()}/schema/${version}/django_migrations.json`;
      const applied = JSON.parse(Deno.readTextFileSync(file)) as Applied;
      const schema = tellGeneration({ tables: TABLES, applied }, "x");
      strictEqual(schema.generation, generation);
      strictEqual(schema.lastMigrations.auth, "0012_alter_user_first_name_max_length");
      strictEqual(
        schema.lastMigrations.documents,
        generation === "v2" ? "1075_workflowaction_order" : "0022_add_perf_indexes",
      );
    },
  });
}

const REFUSED: readonly [name: string, facts: SchemaFacts, exit: string, reason: RegExp][] = [
  ["empty", { tables: new Set(), applied: [] }, "noLibrary", /the database is empty$/],
  ["foreign", { tables: new Set(["songs"]), applied: [] }, "noLibrary", /another application$/],
  [
    "another Django application",
    {
      tables: new Set(["django_migrations", "shop"]),
      applied: [{ app: "shop", name: "0001_initial" }],
    },
    "noLibrary",
    /another application$/,
  ],
  [
    "unmigrated",
    { tables: new Set(["django_migrations"]), applied: [] },
    "noLibrary",
    /never migrated$/,
  ],
  [
    "without documents",
    { tables: new Set(["django_migrations"]), applied: V2 },
    "noLibrary",
    /never migrated$/,
  ],
  [
    "2.20.4",
    { tables: TABLES, applied: V2.filter(({ name }) => name !== "1075_workflowaction_order") },
    "version",
    /older than 2\.20\.15 \(documents 1075_workflowaction_order is missing\)$/,
  ],
  [
    "half upgraded",
    { tables: TABLES, applied: V3.filter(({ name }) => name !== "0016_sha256_checksums") },
    "version",
    /upgrade to version 3 is not finished \(documents 0016_sha256_checksums is missing\)$/,
  ],
  [
    "half upgraded, mail first",
    { tables: TABLES, applied: [...V2, { app: "paperless_mail", name: "0001_squashed" }] },
    "version",
    /not finished \(documents 0001_squashed is missing\)$/,
  ],
  [
    "newer",
    { tables: TABLES, applied: [...V3, { app: "documents", name: "0023_something_new" }] },
    "version",
    /newer than 3\.0\.5, the newest that this Paperward knows \(documents 0023_something_new\)$/,
  ],
  [
    "newer mail",
    { tables: TABLES, applied: [...V3, { app: "paperless_mail", name: "0005_more" }] },
    "version",
    /newer than 3\.0\.5.*\(paperless_mail 0005_more\)$/,
  ],
];

for (const [name, facts, exit, reason] of REFUSED) {
  Deno.test(`tellGeneration: refuses ${name}`, () => {
    const error = refusal(facts);
    strictEqual(error.exit, exit);
    strictEqual(error.message.startsWith("Cannot use database /x/db.sqlite3: "), true);
    strictEqual(reason.test(error.message), true, error.message);
    strictEqual(error.hints.length > 0, true);
  });
}

Deno.test("tellGeneration: a migration that 3.0.2 withdrew is no obstacle", () => {
  const applied = [...V3, { app: "paperless_mail", name: "0001_1_clamp_mailrule_maximum_age" }];
  strictEqual(tellGeneration({ tables: TABLES, applied }, "x").generation, "v3");
});

Deno.test("known migrations: generations share no name", () => {
  for (const app of ["documents", "paperless", "paperless_mail"] as const) {
    deepStrictEqual(V3_MIGRATIONS[app].filter((name) => V2_MIGRATIONS[app].includes(name)), []);
  }
});
