// deno-lint-ignore-file no-console -- the bench reads what it prints
// Reads every row that an export holds out of a server, as storage values, and nothing else: what the bench of
// servers measures against \copy. Prints the seconds from connecting to the last row.
// Usage: _read_rows.ts JSON of ServerSettings

import { exportModels } from "../core/archive/records/export_models.ts";
import { openDatabase } from "../core/database/open_database.ts";
import type { ServerSettings } from "../core/database/server_connection.ts";
import { fieldsOf } from "../core/schema/model.ts";

const settings = JSON.parse(Deno.args[0] ?? "") as ServerSettings;
const nothing = {} as Parameters<typeof openDatabase>[1];
const begun = performance.now();
const database = await openDatabase(settings, { ...nothing, mode: "read" });
await database.snapshot(async (snapshot) => {
  for (
    const { model, join, where, orderBy } of exportModels(snapshot.generation, { auditLog: true })
  ) {
    const query = {
      table: model.table,
      columns: fieldsOf(model, snapshot.generation),
      orderBy,
      ...(join && { join }),
      ...(where && { where }),
    };
    for await (const _ of snapshot.rows(query, 500));
  }
});
await database.close();
console.log((performance.now() - begun) / 1000);
