// The text of one document, unharmed: plain queries of node:sqlite cut texts at a NUL.

import { sql } from "kysely";
import type { Snapshot } from "../../database/database.ts";

/** Reads the text of a document; undefined where it is gone or in the trash. */
export async function readContent(snapshot: Snapshot, id: number): Promise<string | undefined> {
  const rows = snapshot.rows({
    table: "documents_document",
    columns: [{ column: "id", kind: "auto" }, { column: "content", kind: "text" }],
    where: sql`id = ${id} and deleted_at is null`,
  }, 1);
  for await (const [row] of rows) return String(row?.[1] ?? "");
  return undefined;
}
