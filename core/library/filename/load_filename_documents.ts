// Reads what the templates of a batch of documents need, from an open snapshot. Invariant: memory holds one
// batch; values that no text could hold arrive as the database stores them.

import { sql } from "kysely";
import type { Snapshot } from "../../database/database.ts";
import { decodeText } from "../../database/decode_text.ts";
import type { StorageValue } from "../../database/storage_value.ts";
import { fieldsOf } from "../../schema/model.ts";
import { modelNamed } from "../../schema/registry.ts";
import type { TemplateNeeds } from "./filename_context.ts";
import type { FilenameCustomField, FilenameDocument, NamedObject } from "./filename_document.ts";

/** Options of {@linkcode loadFilenameDocuments}. */
export interface LoadFilenameDocumentsOptions {
  /** What is loaded of a document, by the template of its storage path: a generator's
   * {@linkcode FilenameGenerator.needs}. @default all */
  readonly needs?: (storagePath: string | null) => TemplateNeeds;
  /** What documents will be assigned to, by their ids: they are loaded as if it were done. */
  readonly assignments?: ReadonlyMap<number, Assignment>;
}

/** What becomes different of the objects that a document is assigned to. */
export interface Assignment {
  readonly columns: Readonly<
    Partial<Record<"correspondent_id" | "document_type_id" | "storage_path_id", number | null>>
  >;
  readonly tagsAdded: readonly number[];
  readonly tagsRemoved: readonly number[];
}

const ALL: TemplateNeeds = { content: true, tags: true, customFields: true, objects: true };

/** Most keys in one `IN (…)`. */
const MOST_KEYS = 500;
const ROWS = 500;

type RowOf<C extends string> = Readonly<Record<C, StorageValue>>;

/** A document, and the one whose values give it its name: itself, or for a version (v3) its root. */
export interface NamedDocument {
  readonly document: FilenameDocument;
  readonly root: FilenameDocument;
}

/**
 * Loads documents, the trash included, in the order of `ids`. For a version (v3) it loads the root document, of
 * which the name is made.
 *
 * @throws {Error} if an id is not in the snapshot
 */
export async function loadFilenameDocuments(
  snapshot: Snapshot,
  ids: readonly number[],
  options: LoadFilenameDocumentsOptions = {},
): Promise<FilenameDocument[]> {
  return (await loadNamedDocuments(snapshot, ids, options)).map(({ root }) => root);
}

/**
 * Loads documents, the trash included, in the order of `ids`, each with the one that its name is made of.
 *
 * @throws {Error} if an id is not in the snapshot
 */
export async function loadNamedDocuments(
  snapshot: Snapshot,
  ids: readonly number[],
  options: LoadFilenameDocumentsOptions = {},
): Promise<NamedDocument[]> {
  const documents = new Map<number, FilenameDocument>();
  const load = async (wanted: readonly number[]) => {
    for (let at = 0; at < wanted.length; at += MOST_KEYS) {
      for (const document of await loadSome(snapshot, wanted.slice(at, at + MOST_KEYS), options)) {
        documents.set(document.pk, document);
      }
    }
  };
  await load([...new Set(ids)]);
  await load(
    [...new Set([...documents.values()].map(({ rootDocument }) => rootDocument))]
      .filter((id) => typeof id === "number" && !documents.has(id)) as number[],
  );
  return ids.map((id) => {
    const document = documents.get(id);
    if (!document) throw new Error(`Cannot name document ${id}: it is not in the database`);
    return { document, root: documents.get(document.rootDocument ?? id) ?? document };
  });
}

const DOCUMENT_COLUMNS = [
  "id",
  "title",
  "page_count",
  "created",
  "added",
  "modified",
  "archive_serial_number",
  "mime_type",
  "checksum",
  "archive_checksum",
  "filename",
  "archive_filename",
  "original_filename",
  "owner_id",
  "correspondent_id",
  "document_type_id",
  "storage_path_id",
  "storage_type",
  "root_document_id",
  "version_index",
] as const;

async function loadSome(
  snapshot: Snapshot,
  ids: readonly number[],
  { needs = () => ALL, assignments = new Map() }: LoadFilenameDocumentsOptions,
): Promise<FilenameDocument[]> {
  const rows = (await rowsById(snapshot, "documents.document", "id", ids, DOCUMENT_COLUMNS))
    .map((row) => ({ ...row, ...assignments.get(Number(row.id))?.columns }));
  const paths = new Map(
    (await rowsById(
      snapshot,
      "documents.storagepath",
      "id",
      numbers(rows.map((row) => row.storage_path_id)),
      ["id", "name", "path"],
    )).map((row) => [Number(row.id), { ...namedObject(row), path: text(row.path) }]),
  );
  const pathOf = (row: RowOf<"storage_path_id">) => paths.get(Number(row.storage_path_id)) ?? null;
  const thatNeed = (what: keyof TemplateNeeds) =>
    rows.filter((row) => needs(pathOf(row)?.path ?? null)[what]);
  const idsThatNeed = (what: keyof TemplateNeeds) => numbers(thatNeed(what).map(({ id }) => id));
  const objects = thatNeed("objects");
  const keys = (column: (typeof DOCUMENT_COLUMNS)[number]) =>
    numbers(objects.map((row) => row[column]));
  const named = async (model: string, column: (typeof DOCUMENT_COLUMNS)[number]) => {
    const found = await rowsById(snapshot, model, "id", keys(column), ["id", "name"]);
    return new Map(found.map((row) => [Number(row.id), namedObject(row)]));
  };
  const correspondents = await named("documents.correspondent", "correspondent_id");
  const types = await named("documents.documenttype", "document_type_id");
  const owners = new Map(
    (await rowsById(snapshot, "auth.user", "id", keys("owner_id"), ["id", "username"]))
      .map((row) => [Number(row.id), { id: Number(row.id), username: text(row.username) }]),
  );
  const tags = await tagsOf(snapshot, idsThatNeed("tags"), assignments);
  const fields = await customFieldsOf(snapshot, idsThatNeed("customFields"));
  const contents = await contentsOf(snapshot, idsThatNeed("content"));

  return rows.map((row) => {
    const pk = Number(row.id);
    const content = contents.get(pk);
    return {
      pk,
      title: text(row.title),
      ...(content !== undefined && { content }),
      pageCount: number(row.page_count),
      created: text(row.created),
      added: text(row.added),
      modified: text(row.modified),
      archiveSerialNumber: number(row.archive_serial_number),
      mimeType: text(row.mime_type),
      checksum: text(row.checksum),
      archiveChecksum: textOrNull(row.archive_checksum),
      filename: textOrNull(row.filename),
      archiveFilename: textOrNull(row.archive_filename),
      originalFilename: textOrNull(row.original_filename),
      owner: owners.get(Number(row.owner_id)) ?? null,
      tags: tags.get(pk) ?? [],
      correspondent: correspondents.get(Number(row.correspondent_id)) ?? null,
      documentType: types.get(Number(row.document_type_id)) ?? null,
      storagePath: pathOf(row),
      customFields: fields.get(pk) ?? [],
      ...(row.storage_type !== undefined && { storageType: text(row.storage_type) }),
      ...(row.root_document_id !== undefined && {
        rootDocument: number(row.root_document_id),
        versionIndex: number(row.version_index),
      }),
    };
  });
}

async function contentsOf(
  snapshot: Snapshot,
  ids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await rowsById(snapshot, "documents.document", "id", ids, ["id", "content"]);
  return new Map(rows.map((row) => [Number(row.id), text(row.content)]));
}

/** The tags of each document, in the database's own order of names. */
async function tagsOf(
  snapshot: Snapshot,
  ids: readonly number[],
  assignments: ReadonlyMap<number, Assignment>,
): Promise<ReadonlyMap<number, readonly NamedObject[]>> {
  if (ids.length === 0) return new Map();
  const stored = await snapshot.kysely.selectFrom("documents_document_tags")
    .select(["document_id", "tag_id"]).where("document_id", "in", [...ids]).execute();
  const links = [
    ...stored.filter(({ document_id, tag_id }) =>
      !assignments.get(Number(document_id))?.tagsRemoved.includes(Number(tag_id))
    ),
    ...ids.flatMap((document_id) =>
      (assignments.get(document_id)?.tagsAdded ?? []).map((tag_id) => ({ document_id, tag_id }))
    ),
  ];
  const found = await rowsById(
    snapshot,
    "documents.tag",
    "id",
    links.map((link) => Number(link.tag_id)),
    ["id", "name"],
    "name",
  );
  const tags = new Map(found.map((row, rank) => [Number(row.id), { tag: namedObject(row), rank }]));
  const ranked = new Map<number, { readonly tag: NamedObject; readonly rank: number }[]>();
  for (const link of links) {
    const tag = tags.get(Number(link.tag_id));
    const document = Number(link.document_id);
    if (tag) ranked.set(document, [...ranked.get(document) ?? [], tag]);
  }
  return new Map(
    [...ranked].map(([document, list]) => [
      document,
      list.sort((a, b) => a.rank - b.rank).map(({ tag }) => tag),
    ]),
  );
}

/** In which column the value of a field lies, by its type. */
const VALUE_COLUMNS = {
  string: "value_text",
  url: "value_url",
  date: "value_date",
  boolean: "value_bool",
  integer: "value_int",
  float: "value_float",
  monetary: "value_monetary",
  documentlink: "value_document_ids",
  select: "value_select",
  longtext: "value_long_text",
} as const;
type DataType = keyof typeof VALUE_COLUMNS;
const INSTANCE_COLUMNS = ["document_id", "field_id", ...Object.values(VALUE_COLUMNS)] as const;

async function customFieldsOf(
  snapshot: Snapshot,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly FilenameCustomField[]>> {
  const instances = await rowsById(
    snapshot,
    "documents.customfieldinstance",
    "document_id",
    ids,
    INSTANCE_COLUMNS,
    "created",
  );
  const definitions = new Map(
    (await rowsById(
      snapshot,
      "documents.customfield",
      "id",
      numbers(instances.map((row) => row.field_id)),
      ["id", "name", "data_type", "extra_data"],
    )).map((row) => [Number(row.id), row]),
  );
  const fields = new Map<number, FilenameCustomField[]>();
  for (const instance of instances) {
    const definition = definitions.get(Number(instance.field_id));
    const dataType = definition && text(definition.data_type);
    // Fields of a type that upstream does not know would stop it; they have no value that a name could use.
    if (!definition || !dataType || !Object.hasOwn(VALUE_COLUMNS, dataType)) continue;
    const document = Number(instance.document_id);
    const options = dataType === "select" ? selectOptions(definition.extra_data) : undefined;
    const list = fields.get(document) ?? [];
    list.push({
      name: text(definition.name),
      dataType,
      value: fieldValue(dataType as DataType, instance),
      ...(options && { options }),
    });
    fields.set(document, list);
  }
  return fields;
}

function fieldValue(
  dataType: DataType,
  instance: RowOf<(typeof INSTANCE_COLUMNS)[number]>,
): FilenameCustomField["value"] {
  const value = instance[VALUE_COLUMNS[dataType]];
  if (value === null) return null;
  switch (dataType) {
    case "boolean":
      return Number(value) !== 0;
    case "integer":
      return BigInt(typeof value === "number" ? Math.trunc(value) : text(value));
    case "float":
      return Number(text(value));
    case "documentlink": {
      const linked = parseJson(value);
      return Array.isArray(linked) ? linked.filter((id) => Number.isSafeInteger(id)) : null;
    }
    default:
      return text(value);
  }
}

function selectOptions(extra: StorageValue): FilenameCustomField["options"] {
  const data = parseJson(extra) as { readonly select_options?: unknown } | null | undefined;
  const options = data?.select_options;
  if (!Array.isArray(options)) return undefined;
  return options.filter((option) => option && typeof option === "object")
    .map(({ id, label }) => ({ id: String(id), label: String(label ?? "") }));
}

function parseJson(value: StorageValue): unknown {
  try {
    return value === null ? null : JSON.parse(text(value));
  } catch {
    return null;
  }
}

/** Rows whose `key` is among the values, unharmed. @param order a column, then the primary key @default the key */
async function rowsById<const C extends string>(
  snapshot: Snapshot,
  label: string,
  key: string,
  values: readonly number[],
  columns: readonly C[],
  order?: string,
): Promise<RowOf<C>[]> {
  const model = modelNamed(label);
  const kinds = new Map(fieldsOf(model, snapshot.generation).map((f) => [f.column, f.kind]));
  // The first column that is read must be the primary key.
  const names: readonly string[] = ["id", ...columns.filter((column) => column !== "id")];
  const read = names.filter((column) => kinds.has(column))
    .map((column) => ({ column, kind: kinds.get(column)! }));
  const found: RowOf<C>[] = [];
  const wanted = [...new Set(values)];
  for (let at = 0; at < wanted.length; at += MOST_KEYS) {
    const query = {
      table: model.table,
      columns: read,
      where: sql`${sql.ref(key)} in (${sql.join(wanted.slice(at, at + MOST_KEYS))})`,
      ...(order && { orderBy: sql`${sql.ref(order)}, ${sql.ref("id")}` }),
    };
    for await (const rows of snapshot.rows(query, ROWS)) {
      for (const row of rows) {
        const named: Record<string, StorageValue> = {};
        for (let i = 0; i < read.length; i++) named[read[i]!.column] = row[i]!;
        found.push(named as RowOf<C>);
      }
    }
  }
  return found;
}

function numbers(values: readonly (StorageValue | undefined)[]): number[] {
  return values.filter((value) => value !== null && value !== undefined).map(Number);
}

function namedObject(row: RowOf<"id" | "name">): NamedObject {
  return { id: Number(row.id), name: text(row.name) };
}

function text(value: StorageValue): string {
  return value instanceof Uint8Array ? decodeText(value) : String(value ?? "");
}

function textOrNull(value: StorageValue): string | null {
  return value === null || value === undefined ? null : text(value);
}

function number(value: StorageValue): number | null {
  return value === null || value === undefined ? null : Number(value);
}
