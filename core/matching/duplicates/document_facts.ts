// What is known of documents besides their texts: for people to decide by, and for the rule which one stays.

import { sql } from "kysely";
import type { LibraryDatabase } from "../../database/database.ts";

/** One document. */
export interface DocumentFacts {
  readonly id: number;
  readonly title: string;
  /** `YYYY-MM-DD` */
  readonly created: string;
  /** As the database holds it; later is greater. */
  readonly added: string;
  readonly archiveSerialNumber: number | null;
  readonly correspondent: string | null;
  readonly documentType: string | null;
  readonly storagePath: string | null;
  readonly owner: string | null;
  readonly pages: number | null;
  readonly tags: readonly string[];
  readonly notes: number;
  readonly customFields: number;
  /** v3: the document of which this is a version. */
  readonly root: number | null;
  /** v3: number of its versions that are not in the trash. */
  readonly versions: number;
}

/** Documents asked for in one query. */
const AT_ONCE = 200;

interface Row {
  readonly id: number;
  readonly title: string | null;
  readonly created: string | null;
  readonly added: string | null;
  readonly archive_serial_number: number | null;
  readonly correspondent: string | null;
  readonly document_type: string | null;
  readonly storage_path: string | null;
  readonly owner: string | null;
  readonly page_count: number | null;
  readonly notes: number;
  readonly custom_fields: number;
  readonly root: number | null;
  readonly versions: number;
}

/** Reads documents by id. Those that are gone or in the trash meanwhile are missing. */
export async function readDocumentFacts(
  { kysely, generation }: Pick<LibraryDatabase, "kysely" | "generation">,
  ids: readonly (number | bigint)[],
): Promise<Map<number, DocumentFacts>> {
  const isV3 = generation === "v3";
  const found = new Map<number, DocumentFacts>();
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = sql.join(ids.slice(at, at + AT_ONCE));
    const count = (table: string) =>
      sql`(select count(*) from ${
        sql.table(table)
      } c where c.document_id = d.id and c.deleted_at is null)`;
    const { rows } = await sql<
      Row
    >`select d.id, d.title, d.created, d.added, d.archive_serial_number,
      d.page_count, c.name as correspondent, t.name as document_type, p.name as storage_path,
      u.username as owner, ${count("documents_note")} as notes,
      ${count("documents_customfieldinstance")} as custom_fields,
      ${isV3 ? sql`d.root_document_id` : sql`null`} as root,
      ${
      isV3
        ? sql`(select count(*) from documents_document v where v.root_document_id = d.id and v.deleted_at is null)`
        : sql`0`
    } as versions
      from documents_document d
      left join documents_correspondent c on c.id = d.correspondent_id
      left join documents_documenttype t on t.id = d.document_type_id
      left join documents_storagepath p on p.id = d.storage_path_id
      left join auth_user u on u.id = d.owner_id
      where d.deleted_at is null and d.id in (${some})`.execute(kysely);
    const tags = await readTags(kysely, some);
    for (const row of rows) {
      const id = Number(row.id);
      found.set(id, {
        id,
        title: String(row.title ?? ""),
        created: String(row.created ?? "").slice(0, 10),
        added: String(row.added ?? ""),
        archiveSerialNumber: numberOrNull(row.archive_serial_number),
        correspondent: row.correspondent,
        documentType: row.document_type,
        storagePath: row.storage_path,
        owner: row.owner,
        pages: numberOrNull(row.page_count),
        tags: tags.get(id) ?? [],
        notes: Number(row.notes),
        customFields: Number(row.custom_fields),
        root: numberOrNull(row.root),
        versions: Number(row.versions),
      });
    }
  }
  return found;
}

async function readTags(
  kysely: LibraryDatabase["kysely"],
  ids: ReturnType<typeof sql.join>,
): Promise<Map<number, string[]>> {
  const { rows } = await sql<{ readonly document_id: number; readonly name: string }>`
    select l.document_id, t.name from documents_document_tags l
    join documents_tag t on t.id = l.tag_id
    where l.document_id in (${ids}) order by t.name`.execute(kysely);
  const tags = new Map<number, string[]>();
  for (const { document_id, name } of rows) {
    const list = tags.get(Number(document_id));
    if (list) list.push(name);
    else tags.set(Number(document_id), [name]);
  }
  return tags;
}

function numberOrNull(value: number | bigint | null): number | null {
  return value === null ? null : Number(value);
}
