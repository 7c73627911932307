// A library of ours on a real server is held against what upstream's own migrations left there: the servers' own
// dump programs write both, and the texts must be equal.

import { strict as assert } from "node:assert";
import { sql } from "kysely";
import { setIndexesAside } from "../../core/database/bulk_write.ts";
import { PaperwardError } from "../../core/errors.ts";
import {
  createServerLibrary,
  dropServerLibrary,
  isUnfinished,
  libraryTables,
  UNFINISHED,
} from "../../migrations/create_server_library.ts";
import { fixturesRoot, withoutFixtures } from "../_fixtures.ts";
import { connectTo } from "../_server_settings.ts";
import {
  SERVER_KINDS,
  type ServerKind,
  startServer,
  type TestDatabase,
  type TestServer,
  withoutServer,
} from "../_servers.ts";

const GENERATIONS = [["v2", "v2.20.15"], ["v3", "v3.0.5"]] as const;
const NOW = "2026-01-31 23:59:59.123456";

/** The schema of a database, as its server's dump program prints it. */
async function dump(server: TestServer, { kind, name, env }: TestDatabase): Promise<string> {
  const { PAPERLESS_DBUSER: user, PAPERLESS_DBPASS: password } = env;
  const [program, args] = kind === "postgres"
    ? ["pg_dump", [
      ...["--schema-only", "--no-owner", "--no-privileges"],
      ...["-h", server.socket, "-p", `${server.port}`, "-U", `${user}`, name],
    ]] as const
    : ["mariadb-dump", [
      ...["--no-defaults", "--no-data", "--no-tablespaces", `--socket=${server.socket}`],
      ...[`--user=${user}`, `--password=${password}`, name],
    ]] as const;
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { PGPASSWORD: password ?? "", LC_ALL: "C.UTF-8" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What doesn't depend on the day, the server's minor version or the order in which keys were made. */
const NORMALISE: Readonly<Record<ServerKind, (text: string) => unknown>> = {
  postgres: (text) =>
    text.split("\n").filter((line) => !/^\\|^-- Dumped/.test(line)).join("\n").trim(),
  mariadb: (text) =>
    Object.fromEntries(
      Array.from(
        text.matchAll(/CREATE TABLE `(\w+)` \(\n(.*?)\n\) (ENGINE[^\n]*)/gs),
        ([, name, body = "", options]) => {
          const lines = body.split("\n").map((line) => line.trim().replace(/,$/, ""));
          const isColumn = (line: string) => line.startsWith("`");
          return [name, {
            columns: lines.filter(isColumn),
            keys: lines.filter((line) => !isColumn(line)).sort(),
            options,
          }];
        },
      ),
    ),
};

function recorded(version: string, name: string): string {
  return Deno.readTextFileSync(`${fixturesRoot()}/schema/${version}/${name}`);
}

type Row = Readonly<Record<string, unknown>>;

function without(list: unknown, ...keys: string[]): Row[] {
  return (list as Row[]).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !keys.includes(key)))
  );
}

for (const kind of SERVER_KINDS) {
  Deno.test({
    name: `${kind}: the schema and the rows equal those that upstream leaves`,
    ignore: withoutServer(kind) || withoutFixtures(),
    async fn(test) {
      await using server = await startServer(kind);
      for (const [generation, version] of GENERATIONS) {
        await test.step(version, async () => {
          await using database = await server.createDatabase();
          await using connection = await connectTo(database);
          await createServerLibrary(connection, { generation, now: NOW });

          const expected = NORMALISE[kind](recorded(version, `${kind}.sql`));
          assert.ok(JSON.stringify(expected).length > 50_000, "the recorded schema is empty");
          assert.deepEqual(NORMALISE[kind](await dump(server, database)), expected);
          await checkRows(connection, version);
        });
      }
    },
  });

  Deno.test({
    name: `${kind}: a database with tables is refused and left; a library that was made goes again`,
    ignore: withoutServer(kind),
    async fn() {
      await using server = await startServer(kind);
      await using database = await server.createDatabase();
      await using connection = await connectTo(database);
      await database.sql("create table something (id integer);");
      await assert.rejects(
        createServerLibrary(connection, { generation: "v3" }),
        (error) => error instanceof PaperwardError && /holds tables already/.test(error.message),
      );
      assert.deepEqual([...await connection.tables()], ["something"]);
      await database.sql("drop table something;");

      await createServerLibrary(connection, { generation: "v2" });
      assert.equal((await connection.tables()).size, libraryTables("v2").length);
      await dropServerLibrary(connection, "v2");
      assert.deepEqual([...await connection.tables()], []);
    },
  });

  Deno.test({
    name: `${kind}: where filling fails nothing is left`,
    ignore: withoutServer(kind),
    async fn() {
      await using server = await startServer(kind);
      await using database = await server.createDatabase();
      await using connection = await connectTo(database);
      await assert.rejects(
        createServerLibrary(connection, {
          generation: "v3",
          fill: async (to) => {
            await to.bulkInsert("auth_group", ["id", "name"], [[[1n, "a"]]]);
            throw new Error("the middle");
          },
        }),
        /the middle/,
      );
      assert.deepEqual([...await connection.tables()], []);
    },
  });
}

/** Reads values in the form in which the fixtures recorded them: SQLite's. */
async function checkRows(
  connection: Awaited<ReturnType<typeof connectTo>>,
  version: string,
): Promise<void> {
  const json = (name: string): unknown => JSON.parse(recorded(version, `${name}.json`));
  const select = async (table: string) =>
    (await sql<Row>`select * from ${sql.table(table)} order by id`.execute(connection.kysely)).rows;
  assert.deepEqual(await select("django_content_type"), json("content_types"));
  assert.deepEqual(
    await select("auth_permission"),
    without(json("permissions"), "app_label", "model"),
  );
  const migrations = await select("django_migrations");
  assert.deepEqual(without(migrations, "applied"), without(json("django_migrations"), "applied"));
  assert.deepEqual(new Set(migrations.map((row) => row.applied)), new Set([NOW]));
  const others = json("rows_after_migrate") as Record<string, Row[]>;
  for (const [table, expected] of Object.entries(others)) {
    assert.deepEqual(
      without(await select(table), "password", "date_joined"),
      without(expected, "password", "date_joined"),
      table,
    );
  }
  // The next number is a new one.
  const group = { app_label: "x", model: "y" };
  const highest = Math.max(...(json("content_types") as { id: number }[]).map(({ id }) => id));
  const { rows } = await sql<{ id: number }>`insert into django_content_type (app_label, model)
    values (${group.app_label}, ${group.model}) returning id`.execute(connection.kysely);
  assert.equal(rows[0]?.id, highest + 1);
}

Deno.test({
  name: "mariadb: what a killed run left is recognized, removed only where it is empty",
  ignore: withoutServer("mariadb"),
  async fn() {
    await using server = await startServer("mariadb");
    await using database = await server.createDatabase();
    await using connection = await connectTo(database);
    await createServerLibrary(connection, { generation: "v3" });
    const mark = `create table ${UNFINISHED} (id integer primary key) engine=innodb;`;
    await database.sql(`${mark} insert into ${UNFINISHED} values (1);`);
    assert.equal(await isUnfinished(connection), true);
    await assert.rejects(
      createServerLibrary(connection, { generation: "v3" }),
      (error) => error instanceof PaperwardError && /holds rows/.test(error.message),
    );
    const { length } = libraryTables("v3");
    assert.equal((await connection.tables()).size, length + 1);

    const tables = [...await connection.tables()].filter((name) => name !== UNFINISHED);
    await connection.script(
      `SET FOREIGN_KEY_CHECKS = 0; ${
        tables.map((name) => `DELETE FROM ${name};`).join(" ")
      } SET FOREIGN_KEY_CHECKS = 1`,
    );
    await database.sql("create table strangers (id integer);");
    await assert.rejects(
      createServerLibrary(connection, { generation: "v3" }),
      (error) => error instanceof PaperwardError && /strangers/.test(error.message),
    );
    assert.deepEqual([...await connection.tables()], ["strangers"]);
    await database.sql("drop table strangers;");
    await createServerLibrary(connection, { generation: "v2" });
    assert.equal(await isUnfinished(connection), false);
    assert.equal((await connection.tables()).size, libraryTables("v2").length);
  },
});

Deno.test({
  name: "postgres: indexes and foreign keys that were set aside come back as they were",
  ignore: withoutServer("postgres"),
  async fn() {
    await using server = await startServer("postgres");
    await using database = await server.createDatabase();
    await using connection = await connectTo(database);
    await createServerLibrary(connection, { generation: "v2" });
    const before = await dump(server, database);
    const count = async () =>
      Number(
        (await connection.query(
          "select (select count(*) from pg_constraint where contype = 'f') + count(*) from pg_indexes where schemaname = 'public'",
        )).rows[0]?.[0],
      );
    const all = await count();
    const expected = new Map([...await connection.tables()].map((name) => [name, 1000]));
    await connection.kysely.transaction().execute(async (kysely) => {
      const putBack = await setIndexesAside({ kysely, server: connection }, expected);
      assert.ok(await count() < all - 200, "nothing was set aside");
      await putBack();
    });
    assert.deepEqual(NORMALISE.postgres(await dump(server, database)), NORMALISE.postgres(before));

    await assert.rejects(
      connection.kysely.transaction().execute(async (kysely) => {
        const putBack = await setIndexesAside({ kysely, server: connection }, expected);
        await connection.bulkInsert("auth_group", ["id", "name"], [[[1n, "a"], [2n, "a"]]]);
        await putBack();
      }),
      (error) => error instanceof PaperwardError && /Key \(name\)=\(a\)/.test(error.message),
    );
    assert.deepEqual(NORMALISE.postgres(await dump(server, database)), NORMALISE.postgres(before));

    // Only tables with many rows: others keep what they have, and have references to be checked.
    const groups = new Map([["auth_group", 1000], ["auth_user_groups", 999]]);
    const fill = (user: bigint) =>
      connection.kysely.transaction().execute(async (kysely) => {
        const putBack = await setIndexesAside({ kysely, server: connection }, groups);
        const left = await count();
        assert.ok(left < all && left > all - 20, `${all - left} were set aside`);
        await connection.bulkInsert("auth_group", ["id", "name"], [[[1n, "a"]]]);
        const columns = ["id", "user_id", "group_id"];
        await connection.bulkInsert("auth_user_groups", columns, [[[1n, user, 1n]]]);
        await putBack();
      });
    await assert.rejects(
      fill(77n),
      (error) => error instanceof PaperwardError && /\(user_id\)=\(77\)/.test(error.message),
    );
    await fill(1n);
    await database.sql("delete from auth_user_groups; delete from auth_group;");
    assert.deepEqual(NORMALISE.postgres(await dump(server, database)), NORMALISE.postgres(before));

    // It needs the table's key.
    await database.sql("create view own as select id, name from auth_group group by id;");
    const withView = await count();
    await connection.kysely.transaction().execute(async (kysely) => {
      const putBack = await setIndexesAside({ kysely, server: connection }, expected);
      assert.equal(await count(), withView);
      await connection.bulkInsert("auth_group", ["id", "name"], [[[1n, "a"]]]);
      await putBack();
    });
    assert.equal(await database.sql("select name from own;"), "a\n");
  },
});
