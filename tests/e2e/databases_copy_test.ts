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
  testServer,
  USER,
  withoutServer,
} from "../_servers.ts";

const SKIP = withoutBinaryOrFixtures() || SERVER_KINDS.some(withoutServer) || !hasPython();

/** Those that no test here kills. */
const SERVERS = SKIP ? [] : await Promise.all(SERVER_KINDS.map(testServer));

function serverOf(kind: ServerKind): TestServer {
  const server = SERVERS.find((each) => each.kind === kind);
  if (!server) throw new Error(`no ${kind}`);
  return server;
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
    for (const version of VERSIONS) {
      await test.step(version, async () => {
        using library = sqliteLibrary(version);
        using temp = tempFolder();
        await using postgres = await serverOf("postgres").createDatabase();
        await using mariadb = await serverOf("mariadb").createDatabase();
        await using postgres2 = await serverOf("postgres").createDatabase();
        await using mariadb2 = await serverOf("mariadb").createDatabase();
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
      const other = kind === "postgres" ? "mariadb" : "postgres";
      for (const version of VERSIONS) {
        await test.step(version, async () => {
          using temp = tempFolder();
          await using source = await serverOf(kind).loadLibrary(version);
          if (kind === "mariadb") await fitPostgres(source);
          await using target = await serverOf(other).createDatabase();
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
      const server = serverOf(kind);
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
      const server = serverOf(kind);
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

/** Pairs of names of tags without owner, and whether MariaDB's usual collation takes them for equal. */
const PAIRS: readonly (readonly [string, string, boolean])[] = [
  ["Rechnung", "rechnung", true],
  ["Café", "CAFE", true],
  ["Straße", "Strase", true],
  ["blank", "blank  ", true],
  ["tail", "tail\u00a0", false],
  ["\u{1f600}", "\u{1f680}", true],
  ["a\0b", "ab", false],
  [`${"x".repeat(120)}a`, `${"x".repeat(120)}b`, false],
];

Deno.test({
  name: "mariadb: rows that its collation takes for equal are named before anything is written",
  ignore: SKIP,
  async fn() {
    const server = serverOf("mariadb");
    using library = sqliteLibrary("v3.0.5");
    using temp = tempFolder();
    const user = 3;
    {
      using database = new DatabaseSync(library.path);
      const columns = database.prepare("PRAGMA table_info(documents_tag)").all()
        .map(({ name }) => `"${name}"`).filter((name) => !/"(id|name|owner_id)"/.test(name));
      const add = database.prepare(
        `INSERT INTO documents_tag (id, name, owner_id, ${columns}) SELECT ?, ?, ?, ${columns} FROM documents_tag LIMIT 1`,
      );
      PAIRS.forEach(([one, other], index) => {
        add.run(1000 + 2 * index, one, user);
        add.run(1001 + 2 * index, other, user);
      });
      // Without owner they may be equal there.
      add.run(2000, "nobody", null);
      add.run(2001, "NOBODY", null);
      database.exec(
        "UPDATE documents_document SET filename = 'A/ä.pdf' WHERE id = 1;" +
          "UPDATE documents_document SET filename = 'a/Ä.PDF' WHERE id = 2;" +
          "INSERT INTO auth_group (id, name) VALUES (90, 'Group'), (91, 'group'), (92, 'GROUP ');",
      );
    }
    const clashes = [
      'auth_group 91 name: has the same name as row 90: "group" and "Group" (MariaDB\'s utf8mb4_general_ci)',
      'auth_group 92 name: has the same name as row 90: "GROUP " and "Group" (MariaDB\'s utf8mb4_general_ci)',
      'documents_document 2 filename: has the same filename as row 1: "a/Ä.PDF" and "A/ä.pdf" (MariaDB\'s utf8mb4_general_ci)',
      ...PAIRS.flatMap(([one, other, isSame], index) =>
        isSame
          ? `documents_tag ${
            1001 + 2 * index
          } name, owner_id: has the same name and owner_id as row ${1000 + 2 * index}: ${
            JSON.stringify(other)
          } and ${JSON.stringify(one)} (MariaDB's utf8mb4_general_ci)`
          : []
      ),
    ];
    const problemsOf = ({ stdout }: RunResult) =>
      jsonLines(stdout).filter(({ type }) => type === "problem")
        .map(({ table, id, column, message }) => `${table} ${id} ${column}: ${message}`);

    await using target = await server.createDatabase();
    const args = ["copy_database", "--from", library.path, "--to", target.url(), "--json"];
    for (const [flags, exit] of [[[], 1], [["--dry-run"], 4]] as const) {
      const result = await runBinary([...args, "--create", ...flags]);
      assert.equal(result.code, exit, result.stderr);
      assert.deepEqual(problemsOf(result), clashes);
      assert.equal(
        Number(
          await target.sql(
            "select count(*) from information_schema.tables where table_schema = database();",
          ),
        ),
        0,
      );
    }
    // The tables' own collation counts, not the database's; so does each column's.
    const made = await runBinary([
      ...["migrate", "--database-url", target.url()],
    ], {
      env: { PAPERLESS_DATA_DIR: `${temp.path}/d`, PAPERLESS_MEDIA_ROOT: `${temp.path}/m` },
    });
    assert.equal(made.code, 0, made.stderr);
    await target.sql(
      "alter table documents_tag modify name varchar(128) character set utf8mb4 collate utf8mb4_bin not null;" +
        "alter table auth_group modify name varchar(150) character set utf8mb4 collate utf8mb4_nopad_bin not null;",
    );
    const filled = await runBinary(args);
    assert.equal(filled.code, 1, filled.stderr);
    assert.deepEqual(problemsOf(filled), [
      clashes[2],
      'documents_tag 1007 name, owner_id: has the same name and owner_id as row 1006: "blank  " and "blank" (MariaDB\'s utf8mb4_bin)',
    ]);
    using database = new DatabaseSync(library.path);
    database.exec(
      "UPDATE documents_document SET filename = 'b' WHERE id = 2; DELETE FROM documents_tag WHERE id = 1007;",
    );
    database.close();
    const done = await runBinary(args);
    assert.equal(done.code, 0, done.stderr);
    const names = await target.sql("select count(*) from documents_tag where id > 999;");
    assert.equal(Number(names), 2 * PAIRS.length + 1, "what was told was all");
  },
});

Deno.test({
  name:
    "names without owner, which MariaDB may hold twice, are named on the way to another database",
  ignore: SKIP,
  async fn() {
    using temp = tempFolder();
    await using source = await serverOf("mariadb").loadLibrary("v3.0.5");
    await using target = await serverOf("postgres").createDatabase();
    await using other = await serverOf("mariadb").createDatabase();
    await fitPostgres(source);
    await source.sql(
      "insert into documents_correspondent (id, name, `match`, matching_algorithm, is_insensitive) " +
        "values (900, 'twice', '', 1, 1), (901, 'twice', '', 1, 1), (902, 'Twice', '', 1, 1);",
    );
    for (const to of [target.url(), `${temp.path}/db.sqlite3`]) {
      const { code, stdout, stderr } = await runBinary([
        ...["copy_database", "--from", source.url(), "--to", to, "--create", "--json"],
      ]);
      assert.equal(code, 1, stderr);
      assert.deepEqual(
        jsonLines(stdout).filter(({ type }) => type === "problem")
          .map(({ table, id, other, message }) => `${table} ${id} ${other}: ${message}`),
        ['documents_correspondent 901 900: has the same name as row 900: "twice"'],
      );
    }
    await copy(source.url(), other.url(), "--create");
  },
});

Deno.test({
  name:
    "mariadb: a database that lacks characters is refused; without a right the server still refuses twins",
  ignore: SKIP,
  async fn() {
    const server = serverOf("mariadb");
    using library = sqliteLibrary("v3.0.5");
    await using target = await server.createDatabase();
    const args = ["copy_database", "--from", library.path, "--to", target.url(), "--create"];
    await server.admin(`alter database ${target.name} character set latin1;`);
    const narrow = await runBinary(args);
    assert.equal(narrow.code, 1, narrow.stderr);
    assert.match(narrow.stderr, /the database's character set is latin1, which lacks characters/);

    await server.admin(
      `alter database ${target.name} character set utf8mb4;` +
        ["localhost", "127.0.0.1"].map((host) =>
          `revoke create temporary tables on ${target.name}.* from ${USER}@${host};`
        ).join(""),
    );
    using database = new DatabaseSync(library.path);
    database.exec("INSERT INTO auth_group (id, name) VALUES (90, 'Group'), (91, 'group')");
    database.close();
    const { code, stderr } = await runBinary(args);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /warning: The user may make no temporary tables/);
    assert.match(stderr, /error: Cannot copy row 91 of auth_group/);
    assert.equal(
      await target.sql(
        "select count(*) from information_schema.tables where table_schema = database();",
      ),
      "0\n",
    );
  },
});
