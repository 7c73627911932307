// The least that a second export has to do with the database: read the same rows, write the same bytes of
// JSON. Reference for bench/export.ts. Usage: _bare_loop.ts DATABASE MANIFEST OUTPUT

import { DatabaseSync } from "node:sqlite";

const [path = "", manifest = "", output = ""] = Deno.args;
const models = new Set<string>();
const size = (await Deno.stat(manifest)).size;
const database = new DatabaseSync(path, { readOnly: true });
const tables = database.prepare(
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
).all().map(({ name }) => String(name));
using file = await Deno.open(output, { write: true, create: true, truncate: true });
const encoder = new TextEncoder();
let text = "";
let written = 0;
const flush = () => {
  const bytes = encoder.encode(text);
  written += bytes.length;
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
  text = "";
};
database.exec("BEGIN");
for (const table of tables) {
  models.add(table);
  for (const row of database.prepare(`SELECT * FROM "${table}"`).iterate()) {
    text += JSON.stringify(row) + ",\n";
    if (text.length > 1 << 18) flush();
  }
}
database.exec("COMMIT");
// Names of keys and models make up the rest of the manifest.
while (written + text.length < size) {
  text += " ".repeat(Math.min(1 << 18, size - written - text.length));
  flush();
}
flush();
