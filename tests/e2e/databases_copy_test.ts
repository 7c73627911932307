// copy_database as a user runs it, on the libraries that paperless-ngx itself made on each database: any into any
// other, and what a target that holds something, a value that doesn't fit or a killed run leave.

import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { databaseDifferences } from "../_compare_databases.ts";
import { type FixtureVersion, tempFolder, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { hangInTheMiddle } from "../_hanging_proxy.ts";
import {
  jsonLines,
  runBinary,
  type Running,
  type RunResult,
  startBinary,
  withoutBinaryOrFixtures,
} from "../_run_binary.ts";
import { hasPython } from "../_python.ts";
import { lockTable } from "../_table_lock.ts";
import {
  SERVER_KINDS,
  type ServerKind,
  startServer,
  type TestDatabase,
  type TestServer,
  withoutServer,
} from "../_servers.ts";

const SKIP = withoutBinaryOrFixtures() || SERVER_KINDS.some(withoutServer) || !hasPython();

interface Servers extends AsyncDisposable {
  readonly of: (kind: ServerKind) => TestServer;
}

async function startServers(): Promise<Servers> {
  const [postgres, mariadb] = await Promise.all(SERVER_KINDS.map((kind) => startServer(kind)));
  if (!postgres || !mariadb) throw new Error("no servers");
  return {
    of: (kind) => kind === "postgres" ? postgres : mariadb,
    async [Symbol.asyncDispose]() {
      await postgres[Symbol.asyncDispose]();
      await mariadb[Symbol.asyncDispose]();
    },
  };
}

/** A fresh copy of the fixture's SQLite library, in which PostgreSQL can hold everything. */
function sqliteLibrary(version: FixtureVersion): Disposable & { readonly path: string } {
  const library = unpackLibrary(version);
  const path = library.database;
  using database = new DatabaseSync(path);
  database.exec(
    "UPDATE documents_document SET archive_serial_number = 2147483647 WHERE archive_serial_number = 4294967295",
  );
  return { path, [Symbol.dispose]: () => library[Symbol.dispose]() };
}

interface Table {
  readonly type: string;
  readonly table: string;
  readonly rows: number;
  readonly checksum: string;
}

async function copy(from: string, to: string, ...flags: readonly string[]): Promise<Table[]> {
  const { code, stdout, stderr } = await runBinary([
    ...["copy_database", "--from", from, "--to", to, "--json", ...flags],
  ]);
  assert.equal(code, 0, stderr);
  const tables = (jsonLines(stdout) as unknown as readonly Table[])
    .filter(({ type }) => type === "table");
  assert.ok(tables.length > 70, stdout);
  return tables;
}

Deno.test({
  name: "a library goes through all three databases and comes back as it was",
  ignore: SKIP,
  async fn(test) {
    await using servers = await startServers();
    for (const version of VERSIONS) {
      await test.step(version, async () => {
        using library = sqliteLibrary(version);
        using temp = tempFolder();
        await using postgres = await servers.of("postgres").createDatabase();
        await using mariadb = await servers.of("mariadb").createDatabase();
        await using postgres2 = await servers.of("postgres").createDatabase();
        await using mariadb2 = await servers.of("mariadb").createDatabase();
        const back = `${temp.path}/back.sqlite3`;
        const way = [
          ...[library.path, postgres.url(), mariadb.url("socket"), postgres2.url("socket")],
          ...[`sqlite://${temp.path}/between.sqlite3`, mariadb2.url(), back],
        ];
        const [first, ...others] = await steps(way);
        for (const other of others) assert.deepEqual(other, first);
        assert.ok((first ?? []).reduce((sum, { rows }) => sum + rows, 0) > 1000);
        // Python's own eyes: every value of every table, JSON as it was meant.
        assert.deepEqual(databaseDifferences(library.path, back, { json: true }), []);
        using database = new DatabaseSync(back, { readOnly: true });
        assert.deepEqual(database.prepare("PRAGMA integrity_check").all().length, 1);
        assert.deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
      });
    }
  },
});

async function steps(way: readonly string[]): Promise<Table[][]> {
  const done: Table[][] = [];
  for (let i = 1; i < way.length; i++) {
    done.push(await copy(way[i - 1] ?? "", way[i] ?? "", "--create"));
  }
  return done;
}

for (const kind of SERVER_KINDS) {
  Deno.test({
    name:
      `${kind}: a library that paperless-ngx made there is copied to the other server and to SQLite`,
    ignore: SKIP,
    async fn(test) {
      await using servers = await startServers();
      const other = kind === "postgres" ? "mariadb" : "postgres";
      for (const version of VERSIONS) {
        await test.step(version, async () => {
          using temp = tempFolder();
          await using source = await servers.of(kind).loadLibrary(version);
          if (kind === "mariadb") await fitPostgres(source);
          await using target = await servers.of(other).createDatabase();
          const file = `${temp.path}/db.sqlite3`;
          const tables = await copy(source.url(), target.url(), "--create");
          assert.deepEqual(await copy(source.url(), file, "--create"), tables);
          // A number that was never given comes next.
          const [next, highest] = (await target.sql(
            "insert into auth_group (name) values ('new'); select max(id) from auth_group;" +
              "select max(id) from auth_group where name <> 'new';",
          )).trim().split(/\s+/).map((text) => Number(text) || 0);
          assert.equal(next, (highest ?? 0) + 1);
        });
      }
    },
  });

  Deno.test({
    name: `${kind}: the fresh library that is there is filled, one that holds something is not`,
    ignore: SKIP,
    async fn() {
      await using server = await startServer(kind);
      await using target = await server.createDatabase();
      using library = sqliteLibrary("v3.0.5");
      using temp = tempFolder();
      const args = ["copy_database", "--from", library.path, "--to", target.url()];

      const missing = await runBinary(args);
      assert.equal(missing.code, 10, missing.stderr);
      assert.match(missing.stderr, /give --create/);

      const made = await runBinary(["migrate", "--database-url", target.url()], {
        env: { PAPERLESS_DATA_DIR: `${temp.path}/d`, PAPERLESS_MEDIA_ROOT: `${temp.path}/m` },
      });
      assert.equal(made.code, 0, made.stderr);
      const tables = await copy(library.path, target.url());

      const again = await runBinary([...args, "--create"]);
      assert.equal(again.code, 1, again.stderr);
      assert.match(again.stderr, /the library is not empty/);
      // It is as it was.
      const file = `${temp.path}/back.sqlite3`;
      assert.deepEqual(await copy(target.url(), file, "--create"), tables);

      const older = await runBinary([
        ...["copy_database", "--from", target.url(), "--to", `${temp.path}/none/db`, "--create"],
      ]);
      assert.equal(older.code, 1, older.stderr);
    },
  });

  Deno.test({
    name:
      `paperless-ng issue 146: ${kind}: what doesn't fit is named with its row before anything is written`,
    ignore: SKIP,
    async fn() {
      await using server = await startServer(kind);
      await using target = await server.createDatabase();
      using library = sqliteLibrary("v2.20.15");
      using database = new DatabaseSync(library.path);
      database.exec(`
        UPDATE documents_document SET title = '${"x".repeat(200)}' WHERE id = 3;
        UPDATE documents_document SET archive_serial_number = 4294967296 WHERE id = 4;
        UPDATE documents_note SET note = cast(x'636166e9' as text) WHERE id = 1;
        UPDATE documents_document SET added = 'last tuesday' WHERE id = 5;
        UPDATE documents_document SET content = 'a' || char(0) || 'b' WHERE id = 6;
      `);
      database.close();
      const args = ["copy_database", "--from", library.path, "--to", target.url(), "--create"];
      for (const [flags, exit] of [[[], 1], [["--dry-run"], 4]] as const) {
        const { code, stdout, stderr } = await runBinary([...args, ...flags, "--json"]);
        assert.equal(code, exit, stderr);
        const found = jsonLines(stdout)
          .filter(({ type }) => type === "problem").map((each) =>
            `${each.table} ${each.id} ${each.column}`
          );
        assert.deepEqual(found.toSorted(), [
          "documents_document 3 title",
          "documents_document 4 archive_serial_number",
          "documents_document 5 added",
          ...(kind === "postgres" ? ["documents_document 6 content"] : []),
          "documents_note 1 note",
        ]);
        const count = kind === "postgres"
          ? "select count(*) from pg_tables where schemaname = 'public';"
          : "select count(*) from information_schema.tables where table_schema = database();";
        assert.equal(Number(await target.sql(count)), 0);
      }
    },
  });

  Deno.test({
    name: `${kind}: killed half way, the target holds nothing and the next run does it all`,
    ignore: SKIP,
    async fn(test) {
      await using server = await startServer(kind);
      using library = sqliteLibrary("v3.0.5");
      for (const victim of ["the copy", "its connection", "the server", "the network"] as const) {
        await test.step(victim, async () => {
          using temp = tempFolder();
          await using target = await server.createDatabase();
          const made = await runBinary(["migrate", "--database-url", target.url()], {
            env: { PAPERLESS_DATA_DIR: `${temp.path}/d`, PAPERLESS_MEDIA_ROOT: `${temp.path}/m` },
          });
          assert.equal(made.code, 0, made.stderr);
          const run = (url: string) =>
            startBinary(["copy_database", "--from", library.path, "--to", url]);
          const { code, stderr } = victim === "the network"
            ? await hangInTheMiddle(server, target, (port) => {
              const url = target.url().replace(`:${server.port}/`, `:${port}/`);
              return run(`${url}?connect_timeout=2`);
            })
            : await killInTheMiddle(server, target, victim, () => run(target.url()));
          assert.equal(code, victim === "the copy" ? 137 : 1, stderr);
          if (victim !== "the copy") assert.match(stderr, /error: Cannot change database/);
          if (victim === "the network") assert.match(stderr, /did not answer/);
          if (victim === "the server") await server.restart();
          assert.equal(Number(await target.sql("select count(*) from documents_document;")), 0);
          await copy(library.path, target.url());
          const tables = await copy(target.url(), `${temp.path}/back.sqlite3`, "--create");
          assert.equal(tables.find(({ table }) => table === "documents_document")?.rows, 42);
        });
      }
    },
  });
}

/** Ends a copy while it waits for a lock, with the rows of the tables before written. */
async function killInTheMiddle(
  server: TestServer,
  target: TestDatabase,
  victim: "the copy" | "its connection" | "the server",
  start: () => Running,
): Promise<RunResult> {
  await using lock = await lockTable(server, target, "documents_note");
  const running = start();
  await lock.isWaitedFor();
  if (victim === "the copy") running.kill("SIGKILL");
  else if (victim === "the server") await server.kill();
  else await lock.killWaiting();
  return await running.ended;
}

/** The one serial number that PostgreSQL has no room for. */
async function fitPostgres(database: TestDatabase): Promise<void> {
  await database.sql(
    "update documents_document set archive_serial_number = 2147483647 where archive_serial_number = 4294967295;",
  );
}
