// The checks on libraries whose rows are on a server: what is found there is what is found on SQLite, for every
// damage of the table that concerns rows. One database a generation: each test takes its damage back.

import assert from "node:assert/strict";
import { type FixtureVersion, type Library, unpackLibrary, VERSIONS } from "../../_fixtures.ts";
import { withoutFixtures } from "../../_fixtures.ts";
import { SERVER_KINDS, type TestServer, testServer, withoutServer } from "../../_servers.ts";
import { DAMAGES } from "./_damages.ts";
import { brief, briefly, check } from "./_sanity.ts";

/** Servers keep such rows out as long as they look. */
const UNCHECKED = {
  postgres: "set session_replication_role = replica;",
  mariadb: "set foreign_key_checks = 0;",
} as const;

/** The tables that damages are about. */
const TABLES = [
  "documents_document",
  "documents_document_tags",
  "documents_note",
  "documents_customfieldinstance",
  "guardian_userobjectpermission",
];

interface Rows {
  readonly env: Readonly<Record<string, string>>;
  /** What is found before anything is damaged, in the media folder of the fixture. */
  readonly before: readonly string[];
  /** Damages rows. */
  run(statements: readonly string[]): Promise<void>;
  /** Takes that back. */
  restore(statements: readonly string[]): Promise<void>;
}

async function loadRows(server: TestServer, version: FixtureVersion): Promise<Rows> {
  const database = await server.loadLibrary(version);
  const admin = (statements: readonly string[]) =>
    server.admin(
      [UNCHECKED[server.kind], ...statements.map((each) => `${each};`)].join("\n"),
      database.name,
    );
  await admin(TABLES.map((table) => `create table before_${table} as select * from ${table}`));
  using library = onServer(version, database.env);
  const { findings } = await check(library);
  return {
    env: database.env,
    before: findings.map((finding) => brief(library, finding)),
    async run(statements) {
      await admin(statements);
    },
    async restore(statements) {
      await admin(
        touched(statements).map(({ table, column }) => {
          const before = `before_${table}`;
          return column === undefined
            ? `delete from ${table} where id not in (select id from ${before})`
            : `update ${table} set ${column} = (select b.${column} from ${before} b where b.id = ${table}.id)`;
        }),
      );
    },
  };
}

/** What statements change: a column, or rows that are new. */
function touched(statements: readonly string[]): { table: string; column?: string }[] {
  return statements.map((statement) => {
    const [, table = "", column] =
      /^(?:update|insert into) (\w+)(?: set (\w+)=)?/.exec(statement) ?? [];
    if (!TABLES.includes(table)) throw new Error(`No table to restore in: ${statement}`);
    return { table, ...(column === undefined ? {} : { column }) };
  });
}

/** The fixture's media, with its rows on a server. */
function onServer(version: FixtureVersion, env: Readonly<Record<string, string>>): Library {
  const library = unpackLibrary(version);
  // Nothing may fall back to it.
  Deno.removeSync(library.database);
  return {
    ...library,
    env: { ...library.env, ...env },
    [Symbol.dispose]: () => library[Symbol.dispose](),
  };
}

for (const kind of SERVER_KINDS) {
  const ignore = withoutServer(kind) || withoutFixtures();
  const server = ignore ? undefined : await testServer(kind);

  for (const version of VERSIONS) {
    let loaded: Promise<Rows> | undefined;
    for (const { name, only, options, damage, rows, finds, sqliteOnly } of DAMAGES) {
      if (!rows || sqliteOnly || (only && only !== version)) continue;
      Deno.test({
        name: `${kind} ${version}: ${name}`,
        ignore,
        async fn() {
          const { env, before, run, restore } = await (loaded ??= loadRows(server!, version));
          using library = onServer(version, env);
          damage?.(library);
          const statements = rows(library);
          await run(statements);
          try {
            const known = [...before];
            const found = briefly(library, await check(library, options)).filter((finding) => {
              const at = known.indexOf(finding);
              return at < 0 || known.splice(at, 1).length === 0;
            });
            assert.deepEqual(found, finds);
          } finally {
            await restore(statements);
          }
        },
      });
    }
  }
}
