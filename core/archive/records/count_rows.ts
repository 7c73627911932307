// How many rows of a model an export must hold, counted by the database: the proof that none was lost.

import { sql } from "kysely";
import type { Snapshot } from "../../database/database.ts";
import type { ExportModel } from "./export_models.ts";

/** Counts the rows that {@linkcode readRecords} would read in the same snapshot. */
export async function countRows(snapshot: Snapshot, exportModel: ExportModel): Promise<number> {
  const { model, join, where } = exportModel;
  const { rows } = await sql<{ count: number | bigint }>`select count(*) as count from ${
    sql.table(model.table)
  } ${join ?? sql``} ${where ? sql`where ${where}` : sql``}`.execute(snapshot.kysely);
  return Number(rows[0]?.count ?? 0);
}
