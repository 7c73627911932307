// The documents of a run: which they are, their texts, and what they are assigned to. Invariant: memory holds
// ids, and otherwise one batch.

import { sql } from "kysely";
import type { ReadColumn, Snapshot } from "../../database/database.ts";
import { decodeText } from "../../database/decode_text.ts";
import type { StorageValue } from "../../database/storage_value.ts";
import type { SingleKind } from "./retag_options.ts";

/** Which documents are wanted. */
export interface DocumentChoice {
  readonly inboxOnly: boolean;
  readonly idRange?: readonly [low: number, high: number];
}

/** A document's id, and its root's where it is a version (v3). */
export interface DocumentId {
  readonly id: number;
  readonly root: number | null;
}

/** All documents that are wanted, in upstream's order: the latest first. */
export async function readDocumentIds(
  { kysely, generation }: Snapshot,
  { inboxOnly, idRange }: DocumentChoice,
): Promise<DocumentId[]> {
  // Upstream says nothing of documents of one day; this is what SQLite makes of its queries.
  const order = inboxOnly || idRange ? sql`id` : sql`id desc`;
  const root = generation === "v3" ? sql`root_document_id` : sql`null`;
  const { rows } = await sql<{ readonly id: number; readonly root: number | null }>`
    select id, ${root} as root from documents_document where deleted_at is null
    ${
    inboxOnly
      ? sql`and id in (select l.document_id from documents_document_tags l
          join documents_tag t on t.id = l.tag_id where t.is_inbox_tag)`
      : sql``
  } ${idRange ? sql`and id >= ${idRange[0]} and id <= ${idRange[1]}` : sql``}
    order by created desc, ${order}`.execute(kysely);
  return rows.map(({ id, root }) => ({
    id: Number(id),
    root: root === null ? null : Number(root),
  }));
}

/** A document as the rules see it. */
export interface RetagDocument {
  readonly id: number;
  readonly owner: number | null;
  readonly content: string;
  /** As stored: to notice a change. */
  readonly modified: string;
}

/** The texts of documents, in the order of `ids`; those that are gone are left out. In v3 a document's text is that
 * of its latest version. */
export async function readRetagDocuments(
  snapshot: Snapshot,
  ids: readonly number[],
): Promise<RetagDocument[]> {
  if (ids.length === 0) return [];
  const latest = new Map<number, number>();
  if (snapshot.generation === "v3") {
    const { rows } = await sql<{ readonly root: number; readonly id: number }>`
      select root_document_id as root, max(id) as id from documents_document
      where deleted_at is null and root_document_id in (${sql.join(ids)})
      group by root_document_id`.execute(snapshot.kysely);
    for (const { root, id } of rows) latest.set(Number(root), Number(id));
  }
  const read = async <Columns extends readonly ReadColumn[]>(
    columns: Columns,
    wanted: readonly number[],
  ) => {
    const found = new Map<number, StorageValue[]>();
    const batches = snapshot.rows({
      table: "documents_document",
      columns: [{ column: "id", kind: "auto" }, ...columns],
      where: sql`deleted_at is null and id in (${sql.join(wanted)})`,
    }, 500);
    for await (const batch of batches) {
      for (const [id, ...values] of batch) found.set(Number(id), values);
    }
    return found;
  };
  const facts = await read([
    { column: "owner_id", kind: "foreignKey" },
    { column: "modified", kind: "datetime" },
    // A version's own text counts, whatever claims to be a version of it.
    ...(snapshot.generation === "v3"
      ? [{ column: "root_document_id", kind: "foreignKey" } as const]
      : []),
  ], ids);
  const source = (id: number) => {
    const isVersion = (facts.get(id)?.[2] ?? null) !== null;
    return isVersion ? id : latest.get(id) ?? id;
  };
  const contents = await read([{ column: "content", kind: "text" }], [...new Set(ids.map(source))]);
  return ids.flatMap((id) => {
    const [owner, modified] = facts.get(id) ?? [];
    if (modified === undefined) return [];
    return [{
      id,
      owner: number(owner),
      modified: text(modified),
      content: text(contents.get(source(id))?.[0]),
    }];
  });
}

/** What a document is assigned to. */
export interface DocumentState extends Readonly<Record<SingleKind, number | null>> {
  readonly id: number;
  readonly owner: number | null;
  readonly title: string;
  /** `2024-05-31` */
  readonly created: string;
  readonly modified: string;
  readonly filename: string | null;
  /** By tag the number of the row that links it. */
  readonly tags: ReadonlyMap<number, number>;
}

/** What documents are assigned to now, by id; those in the trash or gone are left out. */
export async function readDocumentStates(
  snapshot: Snapshot,
  ids: readonly number[],
): Promise<Map<number, DocumentState>> {
  const states = new Map<number, DocumentState>();
  if (ids.length === 0) return states;
  const tags = new Map<number, Map<number, number>>();
  const { rows } = await sql<{ id: number; document: number; tag: number }>`
    select id, document_id as document, tag_id as tag from documents_document_tags
    where document_id in (${sql.join(ids)})`.execute(snapshot.kysely);
  for (const { id, document, tag } of rows) {
    const list = tags.get(Number(document)) ?? new Map<number, number>();
    tags.set(Number(document), list.set(Number(tag), Number(id)));
  }
  const batches = snapshot.rows({
    table: "documents_document",
    columns: [
      { column: "id", kind: "auto" },
      { column: "owner_id", kind: "foreignKey" },
      { column: "title", kind: "char" },
      { column: "created", kind: "date" },
      { column: "modified", kind: "datetime" },
      { column: "filename", kind: "file" },
      { column: "correspondent_id", kind: "foreignKey" },
      { column: "document_type_id", kind: "foreignKey" },
      { column: "storage_path_id", kind: "foreignKey" },
    ],
    where: sql`deleted_at is null and id in (${sql.join(ids)})`,
  }, 500);
  for await (const batch of batches) {
    for (const [pk, owner, title, created, modified, filename, ...assigned] of batch) {
      const id = Number(pk);
      states.set(id, {
        id,
        owner: number(owner),
        title: text(title),
        created: text(created).slice(0, 10),
        modified: text(modified),
        filename: filename === null ? null : text(filename),
        correspondent: number(assigned[0]),
        documentType: number(assigned[1]),
        storagePath: number(assigned[2]),
        tags: tags.get(id) ?? new Map(),
      });
    }
  }
  return states;
}

function text(value: StorageValue | undefined): string {
  return value instanceof Uint8Array ? decodeText(value) : String(value ?? "");
}

function number(value: StorageValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
