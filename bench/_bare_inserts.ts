// The floor of an import's rows: every row of one library inserted into an empty one, a prepared statement a
// table, one transaction. Nothing is parsed, checked or noted.
// Usage: deno run -A bench/_bare_inserts.ts FROM.sqlite3 TO.sqlite3

import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { registerRegexp } from "../migrations/create_library.ts";

const [from = "", to = ""] = Deno.args;
using source = new DatabaseSync(from, { readOnly: true });
using target = new DatabaseSync(to, { enableForeignKeyConstraints: true });
registerRegexp(source);
registerRegexp(target);

const tables = source.prepare(
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
).all().map(({ name }) => String(name));
target.exec("BEGIN IMMEDIATE");
for (const table of tables) {
  // Generated columns are listed as hidden: 2 and 3.
  const columns = source.prepare(`SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 0`)
    .all().map(({ name }) => `"${name}"`).join(", ");
  const rows = source.prepare(`SELECT ${columns} FROM "${table}"`).all();
  const [first] = rows;
  if (!first) continue;
  const places = Object.keys(first).map(() => "?").join(", ");
  const insert = target.prepare(
    `INSERT OR IGNORE INTO "${table}" (${columns}) VALUES (${places})`,
  );
  for (const row of rows) insert.run(...Object.values(row) as SQLInputValue[]);
}
target.exec("COMMIT");
