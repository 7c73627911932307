// A library full of values that something on the way might harm, copied to PostgreSQL and to MariaDB: its exports
// from the three databases are equal, and each database goes on behind the numbers that came.

import { strict as assert } from "node:assert";
import { DatabaseSync } from "node:sqlite";
import { differences, readExport } from "../_compare_exports.ts";
import { type FixtureVersion, type Library, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { assertCode, runBinary, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { SERVER_KINDS, type TestDatabase, testServer, withoutServer } from "../_servers.ts";
import { inOneOrder } from "../_sorted_export.ts";
import { environment, tempTarget } from "./_export.ts";

const SKIP = withoutBinaryOrFixtures() || SERVER_KINDS.some(withoutServer);
const SERVERS = SKIP ? [] : await Promise.all(SERVER_KINDS.map(testServer));

const TEXTS = [
  ...[
    "\\N",
    "\\.",
    "\\",
    "'\"`",
    "$1 ?1 %s \\?",
    "a\tb\r\nc\n",
    "\u0001\u001a\u007f\u0085",
    "x\u0000",
  ],
  ...[
    "e\u0301 é",
    "😀 \u{10ffff}",
    "\ufeff\ufffe\ufffd",
    "\u2028\u202e",
    "{} null -- /* ; drop table",
  ],
];

/** Big numbers stay whole, keys are any text. No exponents: PostgreSQL writes them out. */
const JSON_TEXT =
  `{"": {"a.b": [123456789012345678901234567890, -9223372036854775809, 0.1, -1.50, 1.0]},` +
  ` "$": true, "'": "\\u00e9\\\\u0000 \\"", "é😀": null, "__proto__": [], "0": {}, "length": {"x": [[[]]]}}`;

/** Fills a library with odd values. */
function harm(path: string): void {
  using database = new DatabaseSync(path);
  // The table computes amounts of money with it.
  database.function(
    "REGEXP",
    { deterministic: true },
    (pattern, text) => text !== null && new RegExp(String(pattern)).test(String(text)) ? 1 : 0,
  );
  const set = database.prepare("UPDATE documents_document SET content = ?, title = ? WHERE id = ?");
  TEXTS.filter((text) => !text.includes("\0")).forEach((text, index) =>
    set.run(text.repeat(3), index === 0 ? "😀".repeat(128) : text, index + 1)
  );
  database.exec(`
    UPDATE documents_document SET archive_serial_number = 2147483647 WHERE archive_serial_number > 2147483647;
    UPDATE documents_document SET added = '0001-01-01 00:00:00' WHERE id = 1;
    UPDATE documents_document SET added = '9999-12-31 23:59:59.999999' WHERE id = 2;
    UPDATE documents_document SET added = '2024-03-31 02:30:00.000001', modified = '1969-12-31 23:59:59.1' WHERE id = 3;
    UPDATE auditlog_logentry SET object_id = 9223372036854775807 WHERE id = (SELECT min(id) FROM auditlog_logentry);
    UPDATE auditlog_logentry SET object_id = -9223372036854775808 WHERE id = (SELECT max(id) FROM auditlog_logentry);
    UPDATE documents_customfieldinstance SET value_int = -2147483648 WHERE value_int IS NOT NULL;
    UPDATE documents_customfieldinstance SET value_float = 5e-324 WHERE value_float IS NOT NULL;
  `);
  database.prepare("UPDATE documents_uisettings SET settings = ?").run(JSON_TEXT);
}

async function exported(library: Library, env: Readonly<Record<string, string>>) {
  using target = tempTarget();
  const run = await runBinary(["document_exporter", target.path], {
    env: { ...environment(library), ...env },
  });
  assertCode(run, 0);
  assertCode(await runBinary(["verify", target.path]), 0);
  return inOneOrder(readExport(target.path));
}

/** The number that a new row gets, and the highest one before. */
async function nextNumbers(database: TestDatabase): Promise<readonly number[]> {
  const before = await database.sql("select coalesce(max(id), 0) from documents_tag;");
  const columns = (await database.sql(
    "select column_name from information_schema.columns where table_name = 'documents_tag' and column_name <> 'id' " +
      `and table_schema = ${database.kind === "postgres" ? "'public'" : "database()"};`,
  )).trim().split("\n");
  assert.ok(columns.length > 5);
  const values = columns.map((name) => name === "name" ? "'new tag'" : name);
  const quoted = (names: readonly string[]) =>
    names.map((name) => name === "match" && database.kind === "mariadb" ? "`match`" : name).join();
  await database.sql(
    `insert into documents_tag (${quoted(columns)}) select ${
      quoted(values)
    } from documents_tag where id = 1;`,
  );
  const after = await database.sql("select id from documents_tag where name = 'new tag';");
  return [Number(after), Number(before)];
}

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: odd values are the same in the exports of all three databases`,
    ignore: SKIP,
    async fn() {
      using library = unpackLibrary(version satisfies FixtureVersion);
      harm(library.database);
      const wanted = await exported(library, {});
      for (const server of SERVERS) {
        await using target = await server.createDatabase();
        const copy = await runBinary([
          ...["copy_database", "--from", library.database, "--to", target.url(), "--create"],
        ]);
        assertCode(copy, 0);
        assert.deepEqual(differences(await exported(library, target.env), wanted), [], server.kind);
        const [next, highest] = await nextNumbers(target);
        assert.equal(next, (highest ?? 0) + 1);
      }
    },
  });
}
