// Long texts that go from JSON to PostgreSQL without being decoded: they arrive as if they had been, and their
// rows have the same marks.

import assert from "node:assert/strict";
import { EscapedText } from "../../../core/database/escaped_text.ts";
import { markOf } from "../../../core/library/journal/mark_rows.ts";
import { connectTo } from "../../_server_settings.ts";
import { startServer, withoutServer } from "../../_servers.ts";

/** The JSON text of each value, as an exporter may write it. */
const TEXTS: readonly string[] = [
  `""`,
  `"plain"`,
  String.raw`"a \"quote\", a \\ backslash, a \/ slash, \\n that is none, C:\\temp\\N\\.\\x41\\101"`,
  String.raw`"all of them: \b\f\n\r\t."`,
  String.raw`"\\N"`,
  String.raw`"\\."`,
  String.raw`"line\n\\.\nline"`,
  `"ä € 𝄞 \u007f \u0080 „Zitat“ 🗎"`,
  JSON.stringify('Straße\t"1"\n'.repeat(20_000)),
];

function escaped(json: string): EscapedText {
  return new EscapedText(new TextEncoder().encode(json).subarray(1, -1));
}

Deno.test("escaped texts mean what JSON says, and rows with them have the marks of rows with the text", () => {
  const columns = [
    { column: "id", kind: "auto" },
    { column: "content", kind: "text" },
    { column: "title", kind: "char" },
  ] as const;
  for (const json of TEXTS) {
    const text: unknown = JSON.parse(json);
    assert.ok(typeof text === "string");
    assert.equal(escaped(json).toString(), text);
    assert.equal(escaped(json).plain().length, text.length);
    assert.equal(
      markOf(columns, [1n, escaped(json), "title"]),
      markOf(columns, [1n, text, "title"]),
    );
  }
  assert.notEqual(
    markOf(columns, [1n, escaped(`"a"`), "b"]),
    markOf(columns, [1n, escaped(`"b"`), "b"]),
  );
});

Deno.test({
  name: "postgres: escaped texts arrive as their meaning, among other values and empty ones",
  ignore: withoutServer("postgres"),
  async fn() {
    await using server = await startServer("postgres");
    await using database = await server.createDatabase();
    await using connection = await connectTo(database);
    await connection.script("create table texts (id integer, before text, body text, after text)");
    const batch = connection.openBatch("texts", ["id", "before", "body", "after"]);
    TEXTS.forEach((json, index) =>
      batch.add([BigInt(index), null, escaped(json), `tail\t${index}`])
    );
    await batch.send();
    const { rows } = await connection.query(
      "select id, before, body, after from texts order by id",
    );
    assert.deepEqual(
      rows,
      TEXTS.map((json, index) => [BigInt(index), null, JSON.parse(json), `tail\t${index}`]),
    );
  },
});
