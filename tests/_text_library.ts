// Libraries that hold nothing but texts: rows of documents without files, for what reads the database only.

import { DatabaseSync } from "node:sqlite";
import type { Generation } from "../core/schema/model.ts";
import { createLibrary, registerRegexp } from "../migrations/create_library.ts";
import { type Row, RowWriter } from "./_rows.ts";

/** A library without files. */
export interface TextLibrary {
  readonly dataDir: string;
  readonly mediaRoot: string;
  readonly database: string;
}

/** Makes a library in an empty folder: document n has the n-th text.
 * @param rows columns that differ from the usual, by the index of the text */
export function makeTextLibrary(
  folder: string,
  generation: Generation,
  texts: Iterable<string>,
  rows: (index: number) => Row = () => ({}),
): TextLibrary {
  const library = {
    dataDir: `${folder}/data`,
    mediaRoot: `${folder}/media`,
    database: `${folder}/data/db.sqlite3`,
  };
  Deno.mkdirSync(library.dataDir, { recursive: true });
  Deno.mkdirSync(library.mediaRoot, { recursive: true });
  createLibrary({ path: library.database, generation, now: "2025-01-01 00:00:00" });
  using database = new DatabaseSync(library.database);
  registerRegexp(database);
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const writer = new RowWriter(database);
  let index = 0;
  for (const content of texts) {
    const id = index + 1;
    const added = new Date(Date.UTC(2024, 0, 1) + index * 60_000).toISOString().slice(0, 19)
      .replace("T", " ");
    writer.insert("documents_document", {
      id,
      title: `Document ${id}`,
      content,
      mime_type: "application/pdf",
      checksum: id.toString(16).padStart(generation === "v2" ? 32 : 64, "0"),
      created: "2024-01-01",
      modified: added,
      added,
      filename: `${String(id).padStart(7, "0")}.pdf`,
      ...(generation === "v2" ? { storage_type: "unencrypted" } : {}),
      ...rows(index),
    });
    index++;
  }
  database.exec("COMMIT");
  return library;
}
