// Issue 3, section 4, "values pass unharmed", through the compiled binary. What is expected comes from Python's
// own sqlite3 and json, which is what upstream reads and prints with.

import assert from "node:assert/strict";
import { readExport } from "../_compare_exports.ts";
import { type Library, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { asObject, asText, canonical, type Exact, type ExactObject, parseExact } from "../_json.ts";
import { hasPython, python } from "../_python.ts";
import { assertCode, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { runExport, tempTarget } from "./_export.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

/** Sets one column of one row to each of several values in turn. */
const SET = `import re, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.create_function("REGEXP", 2, lambda p, s: s is not None and bool(re.search(p, str(s))), deterministic=True)
table, column, pk, value = sys.argv[2:6]
db.execute(f"update {table} set {column}=? where id=?", [eval(value), int(pk)])
db.commit()
`;

/** Sets a value given as a Python expression; returns what Python then reads and prints as JSON. */
function setValue(
  library: Library,
  table: string,
  column: string,
  pk: number,
  expression: string,
): Exact {
  const script = SET + `import json
row, = db.execute(f"select {column} from {table} where id=?", [int(pk)]).fetchone()
print(json.dumps(row))`;
  return parseExact(python(script, library.database, table, column, String(pk), expression));
}

/** The first id of a table's rows. */
function firstId(library: Library, query: string): number {
  return Number(
    python(
      "import sqlite3, sys\nprint(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])",
      library.database,
      query,
    ),
  );
}

/** Exports the records only and gives one of them. */
async function exportedRecord(library: Library, model: string, pk: number): Promise<ExactObject> {
  using target = tempTarget();
  assertCode(await runExport(library, target.path, ["--data-only"]), 0);
  const records = readExport(target.path).manifests.get("manifest.json")!;
  const found = records.filter((record) =>
    record.get("model") === model && canonical(record.get("pk")) === `${pk}`
  );
  assert.equal(found.length, 1);
  return asObject(found[0]!.get("fields"));
}

const FLOATS = [
  "1.0",
  "-0.0",
  "1e16",
  "1e15",
  "123456789012345680.0",
  "5e-324",
  "1.7976931348623157e308",
  "0.1",
  "1/3",
  "1e-5",
  "0.0001",
  "1e22",
  "-2.5e-7",
];
const TEXTS = [
  "'a' + chr(0) + 'b'",
  "chr(0x2028) + chr(0x7f) + chr(0x85) + chr(0xfeff)",
  "'\\U0001f600 \"quoted\" \\\\back\\tslash </script>'",
  "chr(1) + chr(0x1f) + chr(0xffff)",
  "'  blanks  '",
];

/** JSON columns as they may stand in a database: the text must come out with every token as it is. */
const DOCUMENTS = [
  '{"10": 1, "2": 1, "a": 1, "1": 1}',
  '{"big": 9007199254740993, "huge": 123456789012345678901234567890}',
  '{"fraction": 1.0, "minus": -0.0, "exponent": 1E5, "cents": 1.10}',
  '{"surrogate": "\\ud800", "pair": "\\ud83d\\ude00", "nul": "\\u0000", "raw": "é😀"}',
  '{"__proto__": {"x": 1}, "constructor": [], "": null}',
  '[[[[[[1]]]]], {"deep": [true, false, null]}]',
];

/** Date-times as SQLite holds them, and what Django prints of them. */
const TIMES = [
  ["2024-05-06 07:08:09", "2024-05-06T07:08:09Z"],
  ["2024-05-06 07:08:09.123999", "2024-05-06T07:08:09.123Z"],
  ["2024-05-06 07:08:09.000400", "2024-05-06T07:08:09.000Z"],
  ["0232-01-09 23:59:59.999999", "0232-01-09T23:59:59.999Z"],
  ["9999-12-31 23:59:59", "9999-12-31T23:59:59Z"],
] as const;

for (const version of VERSIONS) {
  Deno.test({
    name: `${version}: floats print as Python prints them`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      const pk = firstId(
        library,
        "select id from documents_customfieldinstance where value_float is not null and deleted_at is null",
      );
      for (const value of FLOATS) {
        const wanted = setValue(library, "documents_customfieldinstance", "value_float", pk, value);
        const fields = await exportedRecord(library, "documents.customfieldinstance", pk);
        assert.equal(canonical(fields.get("value_float")), canonical(wanted), value);
      }
    },
  });

  Deno.test({
    name: `${version}: integers beyond 2⁵³ keep every digit`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      const pk = firstId(
        library,
        "select id from documents_customfieldinstance where value_int is not null and deleted_at is null",
      );
      for (const value of ["2**53+1", "-2**53-1", "2**63-1", "-2**63"]) {
        const wanted = setValue(library, "documents_customfieldinstance", "value_int", pk, value);
        const fields = await exportedRecord(library, "documents.customfieldinstance", pk);
        assert.equal(canonical(fields.get("value_int")), canonical(wanted), value);
      }
    },
  });

  Deno.test({
    name: `${version}: text keeps its NULs, controls and rare characters`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      for (const value of TEXTS) {
        const wanted = setValue(library, "documents_document", "content", 5, value);
        const fields = await exportedRecord(library, "documents.document", 5);
        assert.equal(canonical(fields.get("content")), canonical(wanted), value);
      }
    },
  });

  Deno.test({
    name: `${version}: JSON columns keep number tokens, key order and escaped surrogates`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      const pk = firstId(
        library,
        "select s.id from documents_uisettings s join auth_user u on u.id = s.user_id where u.username not in ('consumer', 'AnonymousUser')",
      );
      for (const text of DOCUMENTS) {
        setValue(library, "documents_uisettings", "settings", pk, JSON.stringify(text));
        const fields = await exportedRecord(library, "documents.uisettings", pk);
        const [mine, wanted] = [fields.get("settings"), parseExact(text)];
        assert.equal(canonical(mine), canonical(wanted));
        assert.deepEqual(keyOrder(mine), keyOrder(wanted));
      }
    },
  });

  Deno.test({
    name: `${version}: date-times are cut to milliseconds, dates before 1000 keep their digits`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      for (const [stored, printed] of TIMES) {
        setValue(library, "documents_document", "added", 5, JSON.stringify(stored));
        setValue(library, "documents_document", "created", 5, JSON.stringify(stored.slice(0, 10)));
        const fields = await exportedRecord(library, "documents.document", 5);
        assert.equal(asText(fields.get("added")), printed);
        assert.equal(asText(fields.get("created")), stored.slice(0, 10));
      }
    },
  });

  Deno.test({
    name: `${version}: bytes that are not UTF-8 come out as Python's surrogateescape has them`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      python(
        "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\ndb.execute(\"update documents_document set content=cast(x'61ff0062' as text) where id=5\")\ndb.commit()",
        library.database,
      );
      const fields = await exportedRecord(library, "documents.document", 5);
      assert.equal(canonical(fields.get("content")), '"a\\udcff\\u0000b"');
    },
  });
}

/** Keys in their order, all the way down. */
function keyOrder(value: Exact | undefined): unknown {
  if (value instanceof Map) return [...value].map(([key, inner]) => [key, keyOrder(inner)]);
  return Array.isArray(value) ? value.map(keyOrder) : null;
}
