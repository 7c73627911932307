// Whether a library is as its migrations left it. Invariant: nothing that anybody has put in counts as nothing.

import { sql } from "kysely";
import { SERVICE_USERS } from "../../archive/records/export_models.ts";
import { fieldsOf, manyToManyOf } from "../../schema/model.ts";
import { modelsOf } from "../../schema/registry.ts";
import type { Snapshot } from "../database.ts";

/** Models of which a fresh library has rows, and how many of them count. */
const FRESH: Readonly<Record<string, (snapshot: Snapshot) => Promise<number>>> = {
  "contenttypes.contenttype": () => Promise.resolve(0),
  "auth.permission": () => Promise.resolve(0),
  "migrations.migration": () => Promise.resolve(0),
  "auth.user": countUsers,
  "paperless.applicationconfiguration": countConfigured,
};

/** What somebody has put into a library: `12 in documents_document`; empty for a fresh one. */
export async function whatItHolds(snapshot: Snapshot): Promise<readonly string[]> {
  const holds: string[] = [];
  for (const model of modelsOf(snapshot.generation)) {
    const tables = [
      model.table,
      ...manyToManyOf(model, snapshot.generation).map(({ table }) => table),
    ];
    for (const table of tables) {
      if (!snapshot.tables.has(table)) continue;
      const fresh = table === model.table ? FRESH[model.label] : undefined;
      const count = await (fresh ? fresh(snapshot) : countRows(snapshot, table));
      if (count > 0) holds.push(`${count} in ${table}`);
    }
  }
  return holds;
}

async function countRows({ kysely }: Snapshot, table: string): Promise<number> {
  const { rows } = await sql<{ count: number | bigint }>`select count(*) as count from ${
    sql.table(table)
  }`.execute(kysely);
  return Number(rows[0]?.count ?? 0);
}

async function countUsers({ kysely }: Snapshot): Promise<number> {
  const { count } = await kysely.selectFrom("auth_user")
    .select(({ fn }) => fn.countAll<number | bigint>().as("count"))
    .where("username", "not in", [...SERVICE_USERS]).executeTakeFirstOrThrow();
  return Number(count);
}

/** Rows in which somebody has set something. */
async function countConfigured(snapshot: Snapshot): Promise<number> {
  const model = modelsOf(snapshot.generation).find(({ label }) =>
    label === "paperless.applicationconfiguration"
  );
  if (!model) return 0;
  const columns = fieldsOf(model, snapshot.generation);
  let count = 0;
  for await (const rows of snapshot.rows({ table: model.table, columns }, 100)) {
    count += rows.filter((row) =>
      row.slice(1).some((value) =>
        value !== null && value !== "" && value !== 0n
      )
    ).length;
  }
  return count;
}
