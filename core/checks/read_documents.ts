// Reads what checks need of documents from a snapshot, in upstream's order: the newest first.

import { type RawBuilder, sql } from "kysely";
import type { ReadColumn, Snapshot } from "../database/database.ts";
import type { DocumentRow } from "./check.ts";

/** Rows read at once. */
const BATCH = 500;

const COLUMNS: readonly ReadColumn[] = [
  { column: "id", kind: "auto" },
  { column: "title", kind: "char" },
  { column: "mime_type", kind: "char" },
  { column: "filename", kind: "char" },
  { column: "archive_filename", kind: "char" },
  { column: "checksum", kind: "char" },
  { column: "archive_checksum", kind: "char" },
];

/** Only in v2. Asked for together with the rest: each look behind a document's text costs as much as its text. */
const STORAGE_TYPE: ReadColumn = { column: "storage_type", kind: "char" };

/** Streams documents, trash and versions included.
 * @param ids only these; undefined: all */
export async function* readDocuments(
  snapshot: Snapshot,
  ids?: readonly number[],
): AsyncGenerator<DocumentRow[]> {
  if (!ids) return yield* someDocuments(snapshot, undefined);
  for (let at = 0; at < ids.length; at += BATCH) {
    const some = ids.slice(at, at + BATCH);
    yield* someDocuments(snapshot, sql`documents_document.id in (${sql.join(some)})`);
  }
}

async function* someDocuments(
  snapshot: Snapshot,
  where: RawBuilder<unknown> | undefined,
): AsyncGenerator<DocumentRow[]> {
  const isV2 = snapshot.generation === "v2";
  const empty = await idsWith(snapshot, sql`octet_length(content) = 0`, where);
  const rows = snapshot.rows({
    table: "documents_document",
    columns: isV2 ? [...COLUMNS, STORAGE_TYPE] : COLUMNS,
    ...(where ? { where } : {}),
    // Equal dates come as SQLite's index on them gives them: the highest number first.
    orderBy: sql`created desc, id desc`,
  }, BATCH);
  for await (const batch of rows) {
    yield batch.map(([id, title, mime, filename, archive, checksum, archiveChecksum, storage]) => ({
      id: Number(id),
      title: String(title),
      mimeType: String(mime),
      filename: textOrNull(filename),
      archiveFilename: textOrNull(archive),
      checksum: String(checksum),
      archiveChecksum: textOrNull(archiveChecksum),
      encrypted: storage === "gpg",
      hasContent: !empty.has(Number(id)),
    }));
  }
}

/** Ids of documents by a condition that needs no text to be loaded: `octet_length` looks at a row's header. */
async function idsWith(
  { kysely }: Snapshot,
  condition: RawBuilder<unknown>,
  where: RawBuilder<unknown> | undefined,
): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`select id from documents_document where ${condition} ${
    where ? sql`and ${where}` : sql``
  }`.execute(kysely);
  return new Set(rows.map(({ id }) => Number(id)));
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
