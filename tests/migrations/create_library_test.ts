// An empty library of ours is held against what upstream's own migrations left: every table, column,
// constraint, index and row, read back by introspection. The recorded schema is only read here.

import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { PaperwardError } from "../../core/errors.ts";
import { createLibrary, registerRegexp } from "../../migrations/create_library.ts";
import { FRESH } from "../../migrations/fresh.ts";
import { reverseMigration } from "../../migrations/operation.ts";
import { sqliteStatements } from "../../migrations/sqlite.ts";
import { fixturesRoot, tempFolder, withoutFixtures } from "../_fixtures.ts";

const GENERATIONS = [["v2", "v2.20.15"], ["v3", "v3.0.5"]] as const;
const NOW = "2026-01-31 23:59:59.123456";

type Row = Readonly<Record<string, unknown>>;

function rows(database: DatabaseSync, sql: string, ...values: string[]): Row[] {
  return database.prepare(sql).all(...values).map((row) => ({ ...row }));
}

/** Everything that SQLite knows of a schema, table by table. */
function introspect(database: DatabaseSync): Record<string, unknown> {
  const objects = rows(
    database,
    "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
  );
  const tables = objects.filter((row) => row.type === "table").map((row) => String(row.name));
  const of = (pragma: string, name: string) =>
    rows(database, `SELECT * FROM ${pragma}(?) ORDER BY 1`, name);
  return {
    objects,
    tables: Object.fromEntries(tables.map((name) => [name, {
      columns: of("pragma_table_xinfo", name),
      foreignKeys: rows(
        database,
        `SELECT "table", "from", "to", on_update, on_delete, match FROM pragma_foreign_key_list(?) ORDER BY 2`,
        name,
      ),
      indexes: rows(
        database,
        `SELECT name, "unique", origin, partial FROM pragma_index_list(?) ORDER BY name`,
        name,
      ).map((index) => ({ ...index, columns: of("pragma_index_xinfo", String(index.name)) })),
    }])),
  };
}

/** The recorded schema in a database of its own. */
function recordedSchema(version: string): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  registerRegexp(database);
  const sql = Deno.readTextFileSync(`${fixturesRoot()}/schema/${version}/sqlite.sql`);
  database.exec(sql.replace(/^CREATE TABLE sqlite_sequence.*$/m, ""));
  return database;
}

function recordedJson(version: string, name: string): unknown {
  return JSON.parse(Deno.readTextFileSync(`${fixturesRoot()}/schema/${version}/${name}.json`));
}

for (const [generation, version] of GENERATIONS) {
  Deno.test({
    name: `${generation}: the schema equals the one that ${version} leaves`,
    ignore: withoutFixtures(),
    fn() {
      using temp = tempFolder();
      const path = `${temp.path}/db.sqlite3`;
      createLibrary({ path, generation, now: NOW });
      using ours = new DatabaseSync(path, { readOnly: true });
      using theirs = recordedSchema(version);
      const expected = introspect(theirs);
      assert.ok(Object.keys(expected.tables as Row).length > 70, "the recorded schema is empty");
      assert.deepEqual(introspect(ours), expected);
    },
  });

  Deno.test({
    name: `${generation}: the rows equal those that ${version} leaves, and there are no others`,
    ignore: withoutFixtures(),
    fn() {
      using temp = tempFolder();
      const path = `${temp.path}/db.sqlite3`;
      createLibrary({ path, generation, now: NOW });
      using ours = new DatabaseSync(path, { readOnly: true });
      const without = (list: unknown, ...keys: string[]) =>
        (list as Row[]).map((row) =>
          Object.fromEntries(Object.entries(row).filter(([key]) => !keys.includes(key)))
        );
      const select = (table: string) => rows(ours, `SELECT * FROM "${table}" ORDER BY id`);

      assert.deepEqual(
        select("django_content_type"),
        recordedJson(version, "content_types"),
      );
      assert.deepEqual(
        select("auth_permission"),
        without(recordedJson(version, "permissions"), "app_label", "model"),
      );
      assert.deepEqual(
        without(select("django_migrations"), "applied"),
        without(recordedJson(version, "django_migrations"), "applied"),
      );
      const recorded = recordedJson(version, "rows_after_migrate") as Record<string, Row[]>;
      for (const [table, expected] of Object.entries(recorded)) {
        assert.deepEqual(
          without(select(table), "password", "date_joined"),
          without(expected, "password", "date_joined"),
          table,
        );
      }
      const filled = rows(ours, "SELECT name FROM sqlite_master WHERE type = 'table'").map((row) =>
        String(row.name)
      ).filter((name) => rows(ours, `SELECT 1 FROM "${name}" LIMIT 1`).length > 0);
      const known = ["django_content_type", "auth_permission", "django_migrations"];
      assert.deepEqual(
        filled.filter((name) => name !== "sqlite_sequence").toSorted(),
        [...known, ...Object.keys(recorded)].toSorted(),
      );
    },
  });

  Deno.test(`${generation}: moments, passwords and the journal mode are upstream's`, () => {
    using temp = tempFolder();
    const path = `${temp.path}/db.sqlite3`;
    createLibrary({ path, generation, now: NOW });
    using ours = new DatabaseSync(path, { readOnly: true });
    const users = rows(ours, "SELECT username, password, date_joined FROM auth_user");
    assert.deepEqual(new Set(users.map((user) => user.date_joined)), new Set([NOW]));
    const anonymous = users.find((user) => user.username === "AnonymousUser");
    assert.match(String(anonymous?.password), /^![a-zA-Z0-9]{40}$/);
    const applied = rows(ours, "SELECT DISTINCT applied FROM django_migrations");
    assert.deepEqual(applied, [{ applied: NOW }]);
    assert.deepEqual(rows(ours, "PRAGMA journal_mode"), [
      { journal_mode: generation === "v3" ? "wal" : "delete" },
    ]);
    assert.deepEqual(rows(ours, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    assert.deepEqual(rows(ours, "PRAGMA foreign_key_check"), []);
  });

  Deno.test(`${generation}: every migration takes itself back`, () => {
    using database = new DatabaseSync(":memory:");
    registerRegexp(database);
    const run = (migrations: typeof FRESH["v2"]) => {
      for (const operation of migrations.flatMap((migration) => migration.operations)) {
        for (const { sql, values } of sqliteStatements(operation)) {
          for (const row of values ?? [[]]) database.prepare(sql).run(...row);
        }
      }
    };
    const left = () =>
      rows(database, "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'");
    run(FRESH[generation]);
    assert.ok(left().length > 200);
    run(FRESH[generation].toReversed().map(reverseMigration));
    assert.deepEqual(left(), []);
  });
}

Deno.test("two libraries have different unusable passwords", () => {
  using temp = tempFolder();
  const passwords = ["a", "b"].map((name) => {
    createLibrary({ path: `${temp.path}/${name}`, generation: "v3" });
    using database = new DatabaseSync(`${temp.path}/${name}`, { readOnly: true });
    return rows(database, "SELECT password FROM auth_user")[0]?.password;
  });
  assert.notEqual(passwords[0], passwords[1]);
});

Deno.test("a file that is there already is refused and left as it is", () => {
  using temp = tempFolder();
  const path = `${temp.path}/db.sqlite3`;
  Deno.writeTextFileSync(path, "not ours");
  assert.throws(
    () => createLibrary({ path, generation: "v3" }),
    (error) => error instanceof PaperwardError && /there is a file/.test(error.message),
  );
  assert.equal(Deno.readTextFileSync(path), "not ours");
});

Deno.test("a link at the database's place is not followed", () => {
  using temp = tempFolder();
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${temp.path}/db.sqlite3`);
  assert.throws(
    () => createLibrary({ path: `${temp.path}/db.sqlite3`, generation: "v2" }),
    PaperwardError,
  );
  assert.deepEqual([...Deno.readDirSync(temp.path)].map((entry) => entry.name), ["db.sqlite3"]);
});

Deno.test("nothing is left behind where creating fails", () => {
  using temp = tempFolder();
  assert.throws(
    () =>
      createLibrary({
        path: `${temp.path}/db.sqlite3`,
        generation: "v3",
        // Nothing that SQLite can store: refused only when the rows are written, after the tables.
        now: {} as string,
      }),
    PaperwardError,
  );
  assert.deepEqual([...Deno.readDirSync(temp.path)], []);
  assert.throws(
    () => createLibrary({ path: `${temp.path}/none/db.sqlite3`, generation: "v3" }),
    PaperwardError,
  );
});

Deno.test("amounts of money are computed as upstream's application does", () => {
  using temp = tempFolder();
  const path = `${temp.path}/db.sqlite3`;
  createLibrary({ path, generation: "v3" });
  using database = new DatabaseSync(path);
  registerRegexp(database);
  database.exec(`
    INSERT INTO documents_document (id, title, content, mime_type, checksum, created, modified, added)
      VALUES (1, 't', 'Grüße', 'text/plain', 'x', '2026-01-01', '2026-01-01', '2026-01-01');
    INSERT INTO documents_customfield (id, created, name, data_type)
      VALUES (1, '2026-01-01', 'a', 'monetary'), (2, '2026-01-01', 'b', 'monetary'), (3, '2026-01-01', 'c', 'monetary');
    INSERT INTO documents_customfieldinstance (document_id, field_id, created, value_monetary)
      VALUES (1, 1, '2026-01-01', 'EUR12.50'), (1, 2, '2026-01-01', '3.25'), (1, 3, '2026-01-01', NULL);
  `);
  assert.deepEqual(
    rows(database, "SELECT value_monetary_amount a FROM documents_customfieldinstance ORDER BY id"),
    [{ a: 12.5 }, { a: 3.25 }, { a: null }],
  );
  assert.deepEqual(rows(database, "SELECT content_length n FROM documents_document"), [{ n: 5 }]);
});

/** Runs {@linkcode createLibrary} in a Worker that may touch these files and nothing else. */
async function createInWorker(
  path: string,
  generation: "v2" | "v3",
  granted: readonly string[],
): Promise<string> {
  const worker = new Worker(new URL("./_create_worker.ts", import.meta.url), {
    type: "module",
    deno: {
      permissions: {
        read: [...granted],
        write: [...granted],
        net: false,
        env: false,
        run: false,
        ffi: false,
        sys: false,
        import: false,
      },
    },
  });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage({ path, generation });
    });
  } finally {
    worker.terminate();
  }
}

for (const [generation] of GENERATIONS) {
  Deno.test(`${generation}: the sandbox needs to grant the database's own files, no more`, async () => {
    using temp = tempFolder();
    const path = `${temp.path}/db.sqlite3`;
    const own = ["", "-wal", "-shm", "-journal"].map((suffix) => path + suffix);
    assert.equal(await createInWorker(path, generation, own), "done");
    assert.deepEqual([...Deno.readDirSync(temp.path)].map((entry) => entry.name), ["db.sqlite3"]);
    assert.match(
      await createInWorker(`${temp.path}/other.sqlite3`, generation, own),
      /^Cannot create .*other\.sqlite3: Requires write access/,
    );
  });
}
