// Which of some files the database names now. A running server takes in, renames and deletes documents: what
// was an orphan a while ago may be a document's file by now.

import { join } from "node:path";
import { sql } from "kysely";
import type { Snapshot } from "../database/database.ts";
import { FOLDERS } from "./locate_files.ts";
import { BUNDLES } from "./missing_bundle.ts";

/** Which of these paths documents and bundles have, by their exact names. @param paths absolute, a few hundred */
export async function namedFiles(
  { kysely, tables }: Snapshot,
  mediaRoot: string,
  paths: readonly string[],
): Promise<Set<string>> {
  const below = (folder: string) => join(mediaRoot, folder) + "/";
  const namesIn = (folder: string) =>
    paths.flatMap((path) =>
      path.startsWith(below(folder)) ? [path.slice(below(folder).length)] : []
    );
  const named = new Set<string>();
  const look = async (table: string, column: string, folder: string) => {
    const names = namesIn(folder);
    if (names.length === 0 || !tables.has(table)) return;
    const { rows } = await sql<{ name: string }>`select ${sql.ref(column)} as name from ${
      sql.table(table)
    } where ${sql.ref(column)} in (${sql.join(names)})`.execute(kysely);
    for (const { name } of rows) named.add(below(folder) + name);
  };
  await look("documents_document", "filename", FOLDERS.original);
  await look("documents_document", "archive_filename", FOLDERS.archive);
  await look("documents_sharelinkbundle", "file_path", BUNDLES);
  const numbers = namesIn(FOLDERS.thumbnail).map((name) =>
    Number(/^(\d{7,})\.webp$/.exec(name)?.[1] ?? NaN)
  ).filter(Number.isSafeInteger);
  if (numbers.length > 0) {
    const { rows } = await sql<{ id: number }>`select id from documents_document
      where id in (${sql.join(numbers)})`.execute(kysely);
    for (const { id } of rows) {
      named.add(`${below(FOLDERS.thumbnail)}${String(id).padStart(7, "0")}.webp`);
    }
  }
  return named;
}
