// Values of manifests as the database keeps them: what Python and Django would have stored, and nothing harmed.

import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { pythonJson } from "../../../../core/archive/import/python_json.ts";
import { anyJson, PARSERS, UnfitValue } from "../../../../core/archive/import/parse_value.ts";
import { integerOf, parseRawTree, printRawTree } from "../../../../core/archive/import/raw_tree.ts";
import { escapedBytes } from "../../../../core/database/row_writer.ts";
import { hasPython, python } from "../../../_python.ts";
import { exportTo, importInto, makeEmpty, makeSample, query, tempBase, treeOf } from "./_world.ts";

const JSON_TEXTS = [
  "{}",
  "[]",
  '{\n  "b": 1,\n  "a": [\n    1.0,\n    2e5,\n    -0.0\n  ]\n}',
  '"ä😀\\u00e4\\ud83d\\ude00"',
  '"\\u2028 \\u007f \\b\\f\\n\\r\\t \\" \\\\ \\/"',
  '{"lone": "\\ud800"}',
  '{"a, b: c": "x: y, [z]", "": null}',
  "123456789012345678901234567890",
  "true",
];

Deno.test("JSON is laid out as Python's json.dumps does", () => {
  for (const text of JSON_TEXTS) {
    const mine = pythonJson(text);
    deepStrictEqual(JSON.parse(mine!), JSON.parse(text));
    ok(/^[\x20-\x7e]*$/.test(mine!), `${mine} is not printable ASCII`);
    if (!hasPython()) continue;
    // Numbers keep their tokens; Python prints its own, so they are told apart by repr.
    const theirs = python(
      `import json, sys
print(json.dumps(json.loads(sys.argv[1], parse_float=lambda t: "~" + t + "~", parse_int=lambda t: "~" + t + "~")), end="")`,
      text,
    ).replace(/"~([^~]*)~"/g, "$1");
    strictEqual(mine, theirs);
  }
  strictEqual(pythonJson('{"a": NaN}'), undefined);
  strictEqual(pythonJson("[1, -Infinity]"), undefined);
  strictEqual(pythonJson('"NaN, Infinity"'), '"NaN, Infinity"');
});

Deno.test("JSON for PostgreSQL keeps its layout, and is refused for the same reason", () => {
  strictEqual(anyJson('{"b":\n 1.0, "ä": "\\u00e4"}'), '{"b":\n 1.0, "ä": "\\u00e4"}');
  strictEqual(anyJson('["NaN",1]'), '["NaN", 1]');
  for (const raw of ["NaN", '{"a": -Infinity}']) throws(() => anyJson(raw), UnfitValue);
});

Deno.test("moments become UTC as SQLite keeps them", () => {
  const parse = PARSERS.datetime;
  for (
    const [raw, stored] of [
      ['"2024-05-06T07:08:09.123Z"', "2024-05-06 07:08:09.123000"],
      ['"2024-05-06T07:08:09Z"', "2024-05-06 07:08:09"],
      // Django leaves a fraction of zero out: this was one below a millisecond.
      ['"2024-05-06T07:08:09.000Z"', "2024-05-06 07:08:09.000001"],
      ['"2024-05-06T07:08:09.123456Z"', "2024-05-06 07:08:09.123456"],
      ['"2024-01-01T00:30:00+02:00"', "2023-12-31 22:30:00"],
      ['"2024-01-01T00:30:00.5-0130"', "2024-01-01 02:00:00.500000"],
      ['"0001-01-01T00:00:00Z"', "0001-01-01 00:00:00"],
      ['"9999-12-31T23:59:59.999Z"', "9999-12-31 23:59:59.999000"],
      // What is no moment passes as it is: the exporter printed it as it was.
      ['"soon"', "soon"],
      ["12", 12n],
    ] as const
  ) strictEqual(parse(raw), stored, raw);
});

Deno.test("other kinds: storage classes are told by the token", () => {
  strictEqual(PARSERS.float("1.0"), 1);
  strictEqual(PARSERS.float("1"), 1n);
  strictEqual(PARSERS.float("1e999"), Infinity);
  strictEqual(PARSERS.integer("9007199254740993"), 9007199254740993n);
  strictEqual(PARSERS.boolean("true"), 1n);
  strictEqual(PARSERS.boolean("false"), 0n);
  strictEqual(
    PARSERS.uuid('"39ADB282-b63e-43e6-9495-0a019e061c77"'),
    "39adb282b63e43e694950a019e061c77",
  );
  strictEqual(PARSERS.uuid('"no uuid"'), "no uuid");
  strictEqual(PARSERS.text('"a\\u0000b\\udc80"'), "a\0b\udc80");
  strictEqual(PARSERS.char('"\\ud83d\\ude00"'), "😀");
  for (
    const [kind, raw] of [
      ["integer", "9223372036854775808"],
      ["integer", "-9223372036854775809"],
      ["positiveInteger", "-1"],
      ["text", '"\\ud800"'],
      ["text", '"\\udc80\\udfff"'],
      ["text", "[1]"],
      ["char", '{"a": 1}'],
      ["json", "NaN"],
    ] as const
  ) throws(() => PARSERS[kind](raw), UnfitValue, `${kind} ${raw}`);
});

Deno.test("bytes that are no UTF-8 come back as they were", () => {
  deepStrictEqual(
    escapedBytes("a\udcff\0é\udc80\udc80😀"),
    Uint8Array.of(0x61, 0xff, 0, 0xc3, 0xa9, 0x80, 0x80, 0xf0, 0x9f, 0x98, 0x80),
  );
});

Deno.test("a tree of tokens prints every token as it stood", () => {
  for (const text of JSON_TEXTS) {
    const tree = parseRawTree(text);
    ok(tree !== undefined, text);
    const printed = printRawTree(tree);
    const tokens = (each: string) => each.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/gs);
    deepStrictEqual(tokens(printed), tokens(text));
  }
  strictEqual(parseRawTree("{"), undefined);
  strictEqual(parseRawTree("[".repeat(2000) + "]".repeat(2000)), undefined);
  strictEqual(integerOf("12"), 12);
  for (const token of ["1.0", '"12"', "-1", "1e3", "12345678901234567890", undefined]) {
    strictEqual(integerOf(token), undefined);
  }
});

for (const generation of ["v2", "v3"] as const) {
  Deno.test(`${generation}: odd values, titles and names survive export, import and export`, async () => {
    using base = tempBase();
    const library = await makeSample(join(base.path, "library"), {
      generation,
      documents: 3,
      special: ["values", "hostileTitles", "sharedNames", "longNames"],
    });
    const [first, second] = [join(base.path, "first"), join(base.path, "second")];
    await exportTo(library, first);
    const home = makeEmpty(join(base.path, "new"), generation);
    const { summary } = await importInto(home, { source: first });
    deepStrictEqual(summary.problems, {});
    await exportTo(home, second);
    deepStrictEqual(treeOf(second), treeOf(first));

    // Bytes and storage classes are those of the library itself.
    const odd = `SELECT id, hex(content) AS content, hex(title) AS title, typeof(title) AS kind,
      archive_serial_number AS asn FROM documents_document WHERE deleted_at IS NULL ORDER BY id`;
    deepStrictEqual(query(home, odd), query(library, odd));
    const fields =
      `SELECT id, typeof(value_float) AS kind, value_float AS float, CAST(value_int AS TEXT) AS int,
      value_monetary AS money, typeof(value_monetary_amount) AS amountKind, value_monetary_amount AS amount
      FROM documents_customfieldinstance WHERE deleted_at IS NULL ORDER BY id`;
    deepStrictEqual(query(home, fields), query(library, fields));
    const json = "SELECT id, settings FROM documents_uisettings ORDER BY id";
    const tight = (rows: ReturnType<typeof query>) => JSON.stringify(rows).replaceAll("[ ]", "[]");
    strictEqual(tight(query(home, json)), tight(query(library, json)));
    const audit =
      "SELECT id, changes, hex(object_repr) AS repr, CAST(object_id AS TEXT) AS object FROM auditlog_logentry ORDER BY id";
    strictEqual(tight(query(home, audit)), tight(query(library, audit)));
  });
}
