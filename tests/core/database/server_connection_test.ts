// Connections to real servers: values pass unharmed both ways, every refusal is one clear line with the right
// exit code, and waiting ends whatever the network does.

import { strict as assert } from "node:assert";
import { sql } from "kysely";
import { connectServer } from "../../../core/database/connect_server.ts";
import type { Snapshot } from "../../../core/database/database.ts";
import { openDatabase, type OpenOptions } from "../../../core/database/open_database.ts";
import type { ServerConnection, ServerSettings } from "../../../core/database/server_connection.ts";
import { checkMariadbVersion } from "../../../core/database/mariadb/connect.ts";
import { checkPostgresVersion } from "../../../core/database/postgres/connect.ts";
import { PaperwardError } from "../../../core/errors.ts";
import type { ExitName } from "../../../core/exit_codes.ts";
import { withoutFixtures } from "../../_fixtures.ts";
import {
  freePort,
  PASSWORD,
  SERVER_KINDS,
  type TestDatabase,
  testServer,
  USER,
  withoutServer,
} from "../../_servers.ts";
import { openBlackHole, openProxy } from "../../_proxy.ts";
import { silentReport } from "../../_silent_report.ts";

const OPTIONS = {
  files: { readText: (path: string) => Deno.readTextFileSync(path) },
  report: silentReport(),
  mode: "read",
} as unknown as OpenOptions;
const WRITE = { ...OPTIONS, mode: "write" } as OpenOptions;

function settingsOf(database: TestDatabase, changed: Partial<ServerSettings> = {}): ServerSettings {
  const { env, kind } = database;
  return {
    kind,
    host: env.PAPERLESS_DBHOST!,
    port: Number(env.PAPERLESS_DBPORT),
    name: database.name,
    user: USER,
    password: PASSWORD,
    sslMode: kind === "postgres" ? "prefer" : "PREFERRED",
    timeoutMs: 20_000,
    ...changed,
  };
}

async function assertRefused(
  work: Promise<unknown>,
  exit: ExitName,
  message: RegExp,
): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof PaperwardError, `no clear error: ${error}`);
    assert.match(error.message, message);
    assert.equal(error.exit, exit, error.message);
    assert.ok(error.hints.length > 0, "a hint");
    assert.ok(!error.message.includes(PASSWORD) && !error.hints.join().includes(PASSWORD));
    assert.ok(!error.message.includes("\n"), "one line");
    return true;
  });
}

/** Values that something on the way might harm. */
const TEXTS = [
  ...[
    "",
    " ",
    "'",
    '"',
    "\\",
    "\\N",
    "\\.",
    "`",
    "?",
    "$1",
    "%s",
    "a\tb\nc\r\n",
    "\u0001\u001a\u007f",
  ],
  ...["é", "e\u0301", "請求書", "😀", "\ufffd", "\ufeff", "\u2028", "x".repeat(300_000)],
  ...["'; drop table t; --", "{}", "null", "-- ", "/*", "\u00a0"],
];
const INTEGERS = [0n, -1n, 2n ** 31n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n];
const FLOATS = [0.1, 1, -0.5, 1e300, 5e-324, 123456789.123456789, 2 ** 53];
const MOMENTS = [
  ["2026-05-06 07:08:09", "2026-05-06 07:08:09"],
  ["2026-05-06 07:08:09.5", "2026-05-06 07:08:09.500000"],
  ["2026-05-06 07:08:09.000001", "2026-05-06 07:08:09.000001"],
  ["1970-01-01 00:00:00.123450", "1970-01-01 00:00:00.123450"],
] as const;

/** One column of each kind, in the database's own words. */
const COLUMNS = {
  postgres: ["text", "bigint", "double precision", "boolean", "timestamptz", "uuid", "jsonb"],
  mariadb: ["longtext", "bigint", "double", "tinyint(1)", "datetime(6)", "uuid", "json"],
} as const;

for (const kind of SERVER_KINDS) {
  const ignore = withoutServer(kind) || withoutFixtures();
  const server = ignore ? undefined : await testServer(kind);
  const test = (name: string, fn: () => Promise<void>): void =>
    Deno.test({ name: `${kind}: ${name}`, ignore, fn });

  const withTable = async (
    work: (connection: ServerConnection) => Promise<void>,
  ): Promise<void> => {
    await using database = await server!.createDatabase();
    const connection = await connectServer(settingsOf(database), WRITE);
    try {
      const [text, integer, float, boolean, moment, uuid, json] = COLUMNS[kind];
      await connection.script(
        `create table t (id bigint primary key, a_text ${text}, an_integer ${integer}, a_float ${float}, ` +
          `a_boolean ${boolean}, a_moment ${moment}, a_uuid ${uuid}, a_json ${json});`,
      );
      await work(connection);
    } finally {
      await connection.close();
    }
  };

  test("values pass unharmed, by parameters and by the bulk", () =>
    withTable(async (connection) => {
      const columns = ["id", "a_text", "an_integer", "a_float", "a_boolean", "a_moment", "a_uuid"];
      const uuid = "0123456789ab4def8123456789abcdef";
      const rows = [
        // PostgreSQL has no NUL.
        ...[...TEXTS, ...(kind === "mariadb" ? ["a\0b", "\0"] : [])].map((
          text,
        ) => [text, 1n, 0.5, 1n, MOMENTS[0][0], uuid]),
        ...INTEGERS.map((integer) => ["", integer, 0.5, 0n, MOMENTS[0][0], uuid]),
        ...FLOATS.map((float) => ["", 1n, float, 1n, MOMENTS[0][0], uuid]),
        ...MOMENTS.map(([moment]) => ["", 1n, 0.5, 1n, moment, uuid]),
        [null, null, null, null, null, null],
      ].map((row, i) => [BigInt(i), ...row]);
      const wanted = rows.map((row) =>
        row.map((value) => MOMENTS.find(([given]) => given === value)?.[1] ?? value)
      );
      const read = async () =>
        (await connection.query(`select ${columns.join()} from t order by id`)).rows;

      for (const row of rows) {
        await sql`insert into t (${sql.join(columns.map((column) => sql.ref(column)))}) values (${
          sql.join(row)
        })`.execute(connection.kysely);
      }
      assert.deepEqual(await read(), wanted);

      await sql`delete from t`.execute(connection.kysely);
      const halves = [rows.slice(0, 7), [], rows.slice(7)];
      assert.equal(await connection.bulkInsert("t", columns, halves), rows.length);
      assert.deepEqual(await read(), wanted);
      // By Kysely integers that fit are numbers.
      const { rows: [first] } = await sql<Record<string, unknown>>`select a_boolean, an_integer,
        a_uuid from t where a_text = ${"?"}`.execute(connection.kysely);
      assert.deepEqual({ ...first }, { a_boolean: 1, an_integer: 1, a_uuid: uuid });
    }));

  test("JSON comes as the database's own text", () =>
    withTable(async (connection) => {
      const given = '{"b": 1.0, "a": "\\u00e9", "n": 12345678901234567890}';
      await connection.query(
        `insert into t (id, a_json) values (1, ${kind === "postgres" ? "$1" : "\0?"})`,
        [given],
      );
      const { rows } = await connection.query("select a_json from t");
      const text = String(rows[0]?.[0]);
      assert.match(text, /1\.0/);
      assert.match(text, /12345678901234567890/);
    }));

  test("text that is not UTF-8 is refused, not changed", () =>
    withTable(async (connection) => {
      await assert.rejects(
        sql`insert into t (id, a_text) values (1, ${"a\udc80"})`.execute(connection.kysely),
        /not UTF-8/,
      );
      await assert.rejects(connection.bulkInsert("t", ["id", "a_text"], [[[1n, "a\udc80"]]]));
      assert.deepEqual((await connection.query("select count(*) from t")).rows, [[0n]]);
    }));

  test("a bulk that breaks a rule says so, and the connection lives on", () =>
    withTable(async (connection) => {
      await assert.rejects(
        connection.bulkInsert("t", ["id"], [[[1n]], [[2n]], [[1n]]]),
        /duplicate/i,
      );
      await assert.rejects(
        connection.bulkInsert(
          "t",
          ["id"],
          (function* () {
            yield [[5n]];
            throw new Error("the source broke");
          })(),
        ),
        /the source broke/,
      );
      await connection.query("delete from t");
      assert.equal(await connection.bulkInsert("t", ["id"], [[[1n]]]), 1);
    }));

  test("a transaction that fails leaves nothing, those at the same time take turns", () =>
    withTable(async ({ kysely, query }) => {
      const add = (id: number, fail: boolean) =>
        kysely.transaction().execute(async (transaction) => {
          await sql`insert into t (id) values (${id})`.execute(transaction);
          await sql`select 1`.execute(transaction);
          if (fail) throw new Error("on purpose");
        });
      const results = await Promise.allSettled([add(1, false), add(2, true), add(3, false)]);
      assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
      assert.deepEqual((await query("select id from t order by id")).rows, [[1n], [3n]]);
    }));

  test("a snapshot sees nothing later, streams in order, and other queries run between", async () => {
    await using database = await server!.loadLibrary("v3.0.5");
    const library = await openDatabase(settingsOf(database), OPTIONS);
    try {
      assert.equal(library.kind, kind);
      assert.equal(library.generation, "v3");
      await library.snapshot(async (snapshot) => {
        await database.sql("update documents_document set title = 'later';");
        const seen: [bigint, string][] = [];
        const query = {
          table: "documents_document",
          columns: [
            { column: "id", kind: "auto" },
            { column: "title", kind: "char" },
            { column: "content", kind: "text" },
          ],
          orderBy: sql`documents_document.id desc`,
        } as const;
        for await (const batch of snapshot.rows(query, 5)) {
          assert.ok(batch.length <= 5);
          for (const [id, title] of batch) seen.push([id as bigint, String(title)]);
          const { rows } = await sql<{ title: string }>`select title from documents_document
            where id = ${batch[0]![0]}`.execute(snapshot.kysely);
          assert.equal(rows[0]?.title, batch[0]![1], "the same view");
        }
        assert.equal(seen.length, 42);
        assert.deepEqual(seen, seen.toSorted(([a], [b]) => Number(b - a)));
        assert.ok(!seen.some(([, title]) => title === "later"));
      });
      await assert.rejects(
        sql`delete from documents_document_tags`.execute(library.kysely),
        "reading changes nothing",
      );
    } finally {
      await library.close();
    }
  });

  test("long texts come in small batches", async () => {
    await using database = await server!.loadLibrary("v3.0.5");
    await database.sql("update documents_document set content = repeat('x', 600000);");
    const library = await openDatabase(settingsOf(database), OPTIONS);
    try {
      await library.snapshot(async (snapshot) => {
        let rows = 0;
        const columns = [{ column: "id", kind: "auto" }, {
          column: "content",
          kind: "text",
        }] as const;
        for await (const batch of snapshot.rows({ table: "documents_document", columns }, 500)) {
          assert.equal(batch.length, 1, "one of such a length is a batch");
          assert.equal(String(batch[0]![1]).length, 600_000);
          rows++;
        }
        assert.equal(rows, 42);
      });
    } finally {
      await library.close();
    }
  });

  test("two that write exclude each other, reading goes on", async () => {
    await using database = await server!.createDatabase();
    const first = await connectServer(settingsOf(database), WRITE);
    try {
      await assertRefused(
        connectServer(settingsOf(database), WRITE),
        "locked",
        /another Paperward is changing it/,
      );
      await (await connectServer(settingsOf(database), OPTIONS)).close();
    } finally {
      await first.close();
    }
    await (await connectServer(settingsOf(database), WRITE)).close();
  });

  test("whoever closed a connection can have the next one at once, though the server ends no session", async () => {
    await using database = await server!.createDatabase();
    await using proxy = openProxy(server!.port, 0, true);
    const first = await connectServer(settingsOf(database, { port: proxy.port }), WRITE);
    await first.close();
    await (await connectServer(settingsOf(database), WRITE)).close();
  });

  test("a locked row ends waiting with `locked`", () =>
    withTable(async (connection) => {
      await connection.query("insert into t (id) values (1)");
      const { host, port, name } = JSON.parse(
        JSON.stringify({
          host: server!.host,
          port: server!.port,
          name: connection.place.split(" ")[0],
        }),
      );
      const other = await connectServer({
        ...settingsOf({ kind, name, env: {} } as unknown as TestDatabase),
        ...{ host, port, timeoutMs: 1000 },
      }, { ...OPTIONS, mode: "read" });
      try {
        await connection.query(kind === "postgres" ? "begin" : "start transaction");
        await connection.query("update t set a_text = 'x' where id = 1");
        await other.query(
          kind === "postgres"
            ? "begin; set transaction read write"
            : "set session transaction read write",
        );
        await assertRefused(
          other.query("update t set a_text = 'y' where id = 1"),
          "locked",
          /another process has locked it/,
        );
      } finally {
        await other.close();
        await connection.query("rollback");
      }
    }));

  test("every refusal is one clear line", async () => {
    await using database = await server!.createDatabase();
    const refusals: readonly (readonly [Partial<ServerSettings>, ExitName, RegExp])[] = [
      [{ port: 1, timeoutMs: 1000 }, "failed", /refuses the connection/],
      [{ host: "nohost.invalid" }, "failed", /host/],
      [{ host: "/nonexistent/socket", timeoutMs: 1000 }, "failed", /no such socket/],
      [{ password: "wrong" }, "failed", /rejects the user or the password/],
      [{ password: "" }, "failed", /rejects the user or the password/],
      [{ user: "nobody_knows" }, "failed", /rejects the user or the password/],
      [{ name: "nonexistent" }, "noLibrary", /no such database/],
      [
        { sslMode: kind === "postgres" ? "verify-full" : "VERIFY_CA" },
        "failed",
        /encrypted connection failed/,
      ],
      [
        {
          sslMode: kind === "postgres" ? "require" : "REQUIRED",
          sslRootCert: "/nonexistent/ca.crt",
        },
        "usage",
        /Cannot read certificate/,
      ],
    ];
    for (const [changed, exit, message] of refusals) {
      await assertRefused(connectServer(settingsOf(database, changed), OPTIONS), exit, message);
    }
    await assertRefused(openDatabase(settingsOf(database), OPTIONS), "noLibrary", /is empty/);
    await database.sql("create table something (id int);");
    await assertRefused(
      openDatabase(settingsOf(database), OPTIONS),
      "noLibrary",
      /another application/,
    );
    await database.sql(
      "create table django_migrations (id int, app varchar(50), name varchar(50));" +
        "create table documents_document (id int);",
    );
    await assertRefused(
      openDatabase(settingsOf(database), OPTIONS),
      "noLibrary",
      /never migrated/,
    );
  });

  test("a missing privilege and a missing table are told apart", async () => {
    await using database = await server!.loadLibrary("v3.0.5");
    await database.sql("drop table documents_sharelink;");
    const library = await openDatabase(settingsOf(database), OPTIONS);
    try {
      await assertRefused(
        library.server!.query("select * from documents_sharelink"),
        "version",
        /schema is not what its migrations say/,
      );
    } finally {
      await library.close();
    }
    await server!.admin(
      kind === "postgres"
        ? "alter table documents_note owner to admin;"
        : `create table documents_note2 as select * from documents_note; ` +
          `revoke all on ${database.name}.* from ${USER}@127.0.0.1; ` +
          `grant select on ${database.name}.django_migrations to ${USER}@127.0.0.1; ` +
          `grant select on ${database.name}.documents_document to ${USER}@127.0.0.1;`,
      database.name,
    );
    const poor = await connectServer(settingsOf(database), OPTIONS);
    try {
      await assertRefused(
        poor.query("select * from documents_note"),
        "failed",
        /lacks a privilege/,
      );
    } finally {
      await poor.close();
    }
  });

  test("a server that accepts and says nothing ends connecting", async () => {
    await using database = await server!.createDatabase();
    await using hole = openBlackHole();
    await assertRefused(
      connectServer(
        settingsOf(database, { host: "127.0.0.1", port: hole.port, timeoutMs: 500 }),
        OPTIONS,
      ),
      "failed",
      /did not answer|connection to the server broke/,
    );
  });

  test("a server that takes no connection yet is asked again, and not for long", async () => {
    await using database = await server!.loadLibrary("v3.0.5");
    const settings = settingsOf(database, { host: "127.0.0.1", port: freePort() });
    const report = silentReport();
    const { info } = report;
    const told = Promise.withResolvers<void>();
    const opening = openDatabase(settings, {
      ...OPTIONS,
      report: { ...report, info: (text) => (info(text), told.resolve()) },
    });
    await Promise.race([told.promise, opening]);
    await using _proxy = openProxy(server!.port, settings.port);
    const library = await opening;
    await library.close();
    assert.match(report.lines.map(({ text }) => text).join(), /takes no connection now: asking/);
  });

  test("who only reads goes on in the next snapshot after a connection was lost", async () => {
    await using database = await server!.loadLibrary("v3.0.5");
    await using proxy = openProxy(server!.port);
    const settings = settingsOf(database, { host: "127.0.0.1", port: proxy.port });
    const count = ({ kysely }: Snapshot) =>
      kysely.selectFrom("documents_document").select("id").execute().then(({ length }) => length);
    const library = await openDatabase(settings, OPTIONS);
    try {
      assert.equal(await library.snapshot(count), 42);
      proxy.cut();
      assert.equal(await library.snapshot(count), 42);
      // In the middle of one there is no other view to go on with.
      const halfway = library.snapshot(async (snapshot) => {
        await count(snapshot);
        proxy.cut();
        return await count(snapshot);
      });
      await assertRefused(halfway, "failed", /broke/);
      assert.equal(await library.snapshot(count), 42);
      proxy.cut();
      await database.sql("create table documents_new (id integer);");
      await assertRefused(library.snapshot(count), "failed", /migrated while the connection/);
    } finally {
      await library.close();
    }
  });

  test("who writes ends where the connection was lost", async () => {
    await using database = await server!.loadLibrary("v3.0.5");
    await using proxy = openProxy(server!.port);
    const settings = settingsOf(database, { host: "127.0.0.1", port: proxy.port });
    const library = await openDatabase(settings, WRITE);
    try {
      proxy.cut();
      await assertRefused(library.snapshot(() => Promise.resolve()), "failed", /broke/);
    } finally {
      await library.close();
    }
  });

  test("a network that stops forwarding ends a statement, and the connection with it", async () => {
    await using database = await server!.createDatabase();
    await using proxy = openProxy(server!.port);
    const connection = await connectServer(
      settingsOf(database, { host: "127.0.0.1", port: proxy.port, timeoutMs: 500 }),
      OPTIONS,
    );
    try {
      await connection.query("select 1");
      proxy.stall();
      await assertRefused(connection.query("select 1"), "failed", /did not answer for 3 s/);
      await assertRefused(connection.query("select 1"), "failed", /did not answer|broke/);
    } finally {
      await connection.close();
    }
  });

  test("a connection that was cut never comes back in silence", async () => {
    await using database = await server!.createDatabase();
    await using proxy = openProxy(server!.port);
    const connection = await connectServer(
      settingsOf(database, { host: "127.0.0.1", port: proxy.port }),
      WRITE,
    );
    try {
      await connection.query(kind === "postgres" ? "begin" : "start transaction");
      proxy.cut();
      await assertRefused(connection.query("select 1"), "failed", /broke/);
      await assertRefused(connection.query("select 1"), "failed", /broke/);
    } finally {
      await connection.close();
    }
  });
}

Deno.test("servers that paperless-ngx does not work with are refused", async () => {
  const refused = (work: () => void, message: RegExp) =>
    assertRefused(Promise.resolve().then(work), "version", message);
  await refused(() => checkPostgresVersion("13.9 (Debian)", "UTF8", "x at y"), /PostgreSQL 13\.9/);
  await refused(() => checkMariadbVersion("10.4.30-MariaDB", "x at y"), /MariaDB 10\.4\.30/);
  await refused(() => checkMariadbVersion("8.0.36", "x at y"), /not MariaDB/);
  await assertRefused(
    Promise.resolve().then(() => checkPostgresVersion("15.14", "SQL_ASCII", "x at y")),
    "noLibrary",
    /encoded as SQL_ASCII/,
  );
  checkPostgresVersion("14.0", "UTF8", "x at y");
  checkPostgresVersion("17.2 (Debian 17.2-1)", "UTF8", "x at y");
  checkMariadbVersion("10.5.1-MariaDB", "x at y");
  checkMariadbVersion("11.4.2-MariaDB-ubu2404", "x at y");
});
