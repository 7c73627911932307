// Issue 7 through the compiled binary: what works on SQLite works on PostgreSQL and MariaDB, with real servers
// and both generations. Every test has a fresh copy of the database that paperless-ngx itself filled.

import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { connectServer } from "../../core/database/connect_server.ts";
import type { ServerSettings } from "../../core/database/server_connection.ts";
import { differences, readExport } from "../_compare_exports.ts";
import {
  type FixtureVersion,
  type Library,
  recordedExport,
  unpackLibrary,
  VERSIONS,
} from "../_fixtures.ts";
import {
  assertCode,
  jsonLines,
  runBinary,
  type RunResult,
  withoutBinaryOrFixtures,
} from "../_run_binary.ts";
import {
  PASSWORD,
  SERVER_KINDS,
  type TestDatabase,
  testServer,
  USER,
  withoutServer,
} from "../_servers.ts";
import { inOneOrder } from "../_sorted_export.ts";
import { environment, tempTarget } from "./_export.ts";

for (const kind of SERVER_KINDS) {
  const ignore = withoutServer(kind) || withoutBinaryOrFixtures();
  const server = ignore ? undefined : await testServer(kind);

  for (const version of VERSIONS) {
    const test = (
      name: string,
      fn: (database: TestDatabase, library: Library) => Promise<void>,
    ): void =>
      Deno.test({
        name: `${kind} ${version}: ${name}`,
        ignore,
        async fn() {
          using library = unpackLibrary(version);
          // Nothing may fall back to it.
          Deno.removeSync(library.database);
          await using database = await server!.loadLibrary(version);
          await fn(database, library);
        },
      });

    test(
      "the export equals what paperless-ngx wrote from it, by every way",
      async (database, library) => {
        using target = tempTarget();
        const before = await contentsOf(database);
        assertCode(await run(["document_exporter", target.path], database, library), 0);
        assertEqual(target.path, version, kind);

        using bySocket = tempTarget();
        assertCode(
          await runBinary(
            ["document_exporter", bySocket.path, "--database-url", database.url("socket")],
            { env: environment(library) },
          ),
          0,
        );
        assertEqual(bySocket.path, version, kind);
        assertCode(await runBinary(["verify", bySocket.path]), 0);

        using split = tempTarget();
        const flags = ["-sm", "--data-only", "--passphrase", "x", "--json", "--batch-size", "3"];
        assertCode(await run(["document_exporter", split.path, ...flags], database, library), 0);
        assertCode(await runBinary(["verify", split.path, "--data-only", "--passphrase", "x"]), 0);
        assert.deepEqual(await contentsOf(database), before, "the database is as it was");
      },
    );

    test(
      "duplicates are found, deleted and brought back; damage is found",
      async (database, library) => {
        const fuzzy = (...flags: string[]) =>
          run(["document_fuzzy_match", "--ratio", "95", ...flags], database, library);
        using sqlite = unpackLibrary(version);
        const wanted = await runBinary(["document_fuzzy_match", "--ratio", "95", "--json"], {
          env: environment(sqlite),
        });
        const found = await fuzzy("--json");
        assertCode(found, wanted.code);
        assert.deepEqual(pairsOf(found), pairsOf(wanted));
        assert.ok(pairsOf(found).length > 0);

        const before = await contentsOf(database);
        assertCode(await fuzzy("--delete", "--yes"), 0);
        const deleted = await database.sql(
          "select count(*) from documents_document where deleted_at is not null;",
        );
        assert.ok(Number(deleted) > 0, "some went to the trash");
        assert.notDeepEqual(await contentsOf(database), before);
        assertCode(await run(["undo", "--yes"], database, library), 0);
        assert.deepEqual(await contentsOf(database), before, "undo brings back every value");

        // The trash is in no export, so v2's database lacks two documents of the library.
        const result = await run(["document_sanity_checker", "--json"], database, library);
        assertCode(result, 0);
        assert.equal(jsonLines(result.stdout).at(-1)?.documents, version === "v2.20.15" ? 37 : 42);
        await database.sql("update documents_document set checksum = 'x' where id = 1;");
        const damaged = await run(["document_sanity_checker", "--json"], database, library);
        assertCode(damaged, 4);
        assert.match(damaged.stdout, /checksum/);
      },
    );

    test(
      "files are renamed, tags matched anew, and both brought back",
      async (database, library) => {
        const before = await contentsOf(database);
        const renamed = await runBinary(["document_renamer"], {
          env: {
            ...environment(library),
            ...database.env,
            PAPERLESS_FILENAME_FORMAT: "{{ created_year }}/{{ title }}/{{ correspondent }}",
          },
        });
        assertCode(renamed, 0);
        const names = await database.sql(
          "select count(*) from documents_document where filename like '%/%/%';",
        );
        assert.ok(Number(names) > 20, `${names} names are new`);
        assertCode(await run(["undo", "--yes"], database, library), 0);
        assert.deepEqual(await contentsOf(database), before, "the names");

        assertCode(
          await run(["document_retagger", "-c", "-T", "-t", "-s", "-f"], database, library),
          0,
        );
        assert.notDeepEqual(await contentsOf(database), before);
        assertCode(await run(["undo", "--yes"], database, library), 0);
        assert.deepEqual(await contentsOf(database), before, "the tags");
      },
    );

    // v2's column has no room for a checksum of v3.
    if (version === "v2.20.15") continue;
    test("a repair changes a row, and undo changes it back", async (database, library) => {
      const [filename, checksum] = (await database.sql(
        "select filename, checksum from documents_document where id = 1;",
      )).trim().split("\t");
      // The checksum that the other generation would have: a repair rewrites it.
      const stale = createHash("md5")
        .update(Deno.readFileSync(`${library.media}/documents/originals/${filename}`))
        .digest("hex");
      await database.sql(`update documents_document set checksum = '${stale}' where id = 1;`);
      const before = await contentsOf(database);
      const result = await run(["document_sanity_checker", "--repair", "--yes"], database, library);
      assertCode(result, 0);
      const mended = await database.sql("select checksum from documents_document where id = 1;");
      assert.equal(mended.trim(), checksum);
      assertCode(await run(["undo", "--yes"], database, library), 0);
      assert.deepEqual(await contentsOf(database), before);
    });
  }
}

function run(
  args: readonly string[],
  database: TestDatabase,
  library: Library,
): Promise<RunResult> {
  return runBinary(args, { env: { ...environment(library), ...database.env } });
}

function assertEqual(target: string, version: FixtureVersion, kind: string): void {
  const recorded = recordedExport(version, `from-${kind}`);
  const lines = differences(inOneOrder(readExport(target)), inOneOrder(recorded));
  assert.deepEqual(lines, []);
}

/** What fuzzy matching found, without what differs from run to run. */
function pairsOf(result: RunResult): readonly unknown[] {
  return jsonLines(result.stdout).filter(({ type }) => type === "match")
    .map((line) => JSON.stringify(line)).sort();
}

/** Every row of every table. */
async function contentsOf(database: TestDatabase): Promise<Record<string, unknown>> {
  const { env, kind } = database;
  const settings: ServerSettings = {
    kind,
    host: env.PAPERLESS_DBHOST!,
    port: Number(env.PAPERLESS_DBPORT),
    name: database.name,
    user: USER,
    password: PASSWORD,
    sslMode: kind === "postgres" ? "disable" : "DISABLED",
    timeoutMs: 30_000,
  };
  const nothing = {} as Parameters<typeof connectServer>[1];
  const connection = await connectServer(settings, { ...nothing, mode: "read" });
  try {
    const contents: Record<string, unknown> = {};
    for (const table of [...await connection.tables()].sort()) {
      const { rows } = await connection.query(`select * from "${table}"`);
      contents[table] = rows.map((row) => row.map(String).join("|")).sort();
    }
    return contents;
  } finally {
    await connection.close();
  }
}
