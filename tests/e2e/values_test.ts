// Issue 3, section 4, "values pass unharmed", through the compiled binary. What is expected comes from Python's
// own sqlite3 and json, which is what upstream reads and prints with.

import assert from "node:assert/strict";
import { readExport } from "../_compare_exports.ts";
import { type Library, unpackLibrary, VERSIONS } from "../_fixtures.ts";
import { asObject, asText, canonical, type Exact, type ExactObject, parseExact } from "../_json.ts";
import { hasPython, python, sql } from "../_python.ts";
import { assertCode, withoutBinaryOrFixtures } from "../_run_binary.ts";
import { runExport, tempTarget } from "./_export.ts";

const ignore = withoutBinaryOrFixtures() || !hasPython();

/** Sets a column of one row after another to the values of Python expressions; prints what Python then reads,
 * as JSON, by the row's id. Ends with as many values as there are rows. */
const SPREAD = `import json, re, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.create_function("REGEXP", 2, lambda p, s: s is not None and bool(re.search(p, str(s))), deterministic=True)
table, column, where, expressions = sys.argv[2:6]
ids = [id for id, in db.execute(f"select id from {table} where {where} order by id")]
for pk, expression in zip(ids, json.loads(expressions)):
    db.execute(f"update {table} set {column}=? where id=?", [eval(expression), pk])
    value, = db.execute(f"select {column} from {table} where id=?", [pk]).fetchone()
    print(json.dumps({"pk": pk, "value": value}))
db.commit()`;

/** A value in a row. */
interface Placed {
  readonly expression: string;
  /** The row's id, as a number token. */
  readonly pk: string;
  readonly value: Exact;
}

/** Spreads values over the rows of a table, one a row. */
function spread(
  library: Library,
  [table, column, where]: readonly [string, string, string],
  expressions: readonly string[],
): readonly Placed[] {
  const lines = python(SPREAD, library.database, table, column, where, JSON.stringify(expressions))
    .trimEnd().split("\n").map((line) => asObject(parseExact(line)));
  assert.equal(lines.length, expressions.length, `${table} has too few rows`);
  return lines.map((line, index) => ({
    expression: expressions[index]!,
    pk: canonical(line.get("pk")),
    value: line.get("value")!,
  }));
}

/** Exports the records only and gives the fields of one model's, by id. */
async function exportedFields(library: Library, model: string): Promise<Map<string, ExactObject>> {
  using target = tempTarget();
  assertCode(await runExport(library, target.path, ["--data-only"]), 0);
  const records = readExport(target.path).manifests.get("manifest.json")!;
  return new Map(
    records.filter((record) => record.get("model") === model)
      .map((record) => [canonical(record.get("pk")), asObject(record.get("fields"))]),
  );
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

const INTEGERS = ["2**53+1", "-2**53-1", "2**63-1", "-2**63"];

/** Values that must come out as Python's own json prints what Python's own sqlite3 reads. */
const AS_PYTHON = [
  {
    name: "floats print as Python prints them",
    model: "documents.customfieldinstance",
    place: ["documents_customfieldinstance", "value_float", "deleted_at is null"],
    values: FLOATS,
  },
  {
    name: "integers beyond 2⁵³ keep every digit",
    model: "documents.customfieldinstance",
    place: ["documents_customfieldinstance", "value_int", "deleted_at is null"],
    values: INTEGERS,
  },
  {
    name: "text keeps its NULs, controls and rare characters",
    model: "documents.document",
    place: ["documents_document", "content", "deleted_at is null"],
    values: TEXTS,
  },
] as const;

for (const version of VERSIONS) {
  for (const { name, model, place, values } of AS_PYTHON) {
    Deno.test({
      name: `${version}: ${name}`,
      ignore,
      fn: async () => {
        using library = unpackLibrary(version);
        const placed = spread(library, place, values);
        const fields = await exportedFields(library, model);
        for (const { expression, pk, value } of placed) {
          assert.equal(canonical(fields.get(pk)?.get(place[1])), canonical(value), expression);
        }
      },
    });
  }

  Deno.test({
    name: `${version}: JSON columns keep number tokens, key order and escaped surrogates`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      const texts = DOCUMENTS.map((text) => JSON.stringify(text));
      const placed = spread(library, ["documents_customfield", "extra_data", "true"], texts);
      const fields = await exportedFields(library, "documents.customfield");
      for (const { pk, value } of placed) {
        const [mine, wanted] = [fields.get(pk)?.get("extra_data"), parseExact(asText(value))];
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
      const times = TIMES.map(([stored]) => JSON.stringify(stored));
      const dates = TIMES.map(([stored]) => JSON.stringify(stored.slice(0, 10)));
      const placed = spread(library, ["documents_document", "added", "deleted_at is null"], times);
      spread(library, ["documents_document", "created", "deleted_at is null"], dates);
      const fields = await exportedFields(library, "documents.document");
      for (const [index, [stored, printed]] of TIMES.entries()) {
        const document = fields.get(placed[index]!.pk)!;
        assert.equal(asText(document.get("added")), printed);
        assert.equal(asText(document.get("created")), stored.slice(0, 10));
      }
    },
  });

  Deno.test({
    name: `${version}: bytes that are not UTF-8 come out as Python's surrogateescape has them`,
    ignore,
    fn: async () => {
      using library = unpackLibrary(version);
      sql(
        library.database,
        "update documents_document set content=cast(x'61ff0062' as text) where id=5",
      );
      const fields = await exportedFields(library, "documents.document");
      assert.equal(canonical(fields.get("5")?.get("content")), '"a\\udcff\\u0000b"');
    },
  });
}

/** Keys in their order, all the way down. */
function keyOrder(value: Exact | undefined): unknown {
  if (value instanceof Map) return [...value].map(([key, inner]) => [key, keyOrder(inner)]);
  return Array.isArray(value) ? value.map(keyOrder) : null;
}
