// Writes one document of a sample library: its files, the checksums that belong to them, its row.

import { createHash } from "node:crypto";
import type { SQLInputValue } from "node:sqlite";
import type { Raw, Row } from "../_rows.ts";
import { tinyPdf, tinyPng, tinyWebp } from "../_tiny_files.ts";
import type { SampleContext, SampleDocument, SpecialCase } from "./context.ts";

/** What a document's original is. */
export type OriginalKind = "pdf" | "png" | "txt" | "csv" | "webp";

const MIME_TYPES: Readonly<Record<OriginalKind, string>> = {
  pdf: "application/pdf",
  png: "image/png",
  txt: "text/plain",
  csv: "text/csv",
  webp: "image/webp",
};

/** A document to be written. */
export interface DocumentSpec {
  readonly title: string;
  readonly kind: OriginalKind;
  /** Lines of each page. */
  readonly pages: readonly (readonly string[])[];
  /** What the content column holds, if not the pages' text. */
  readonly content?: string | Raw;
  readonly created: string;
  /** Absent: pictures have one, and in v2 PDF files, as each version's default is. */
  readonly archive?: boolean;
  /** Relative to the originals; null: not stored. Absent: `<id:07>.<ext>`. */
  readonly filename?: string | null;
  readonly archiveFilename?: string;
  readonly correspondent?: number;
  readonly type?: number;
  readonly storagePath?: number;
  readonly owner?: number;
  readonly tags?: readonly number[];
  /** Columns that win over all others. */
  readonly row?: Row;
  /** Files that are not written: the row still names them. */
  readonly without?: readonly ("original" | "archive" | "thumbnail")[];
  readonly special?: SpecialCase;
  readonly label?: string;
}

/** The digest that a generation stores. */
export function checksumOf(bytes: Uint8Array, context: SampleContext): string {
  return createHash(context.writer.generation === "v2" ? "md5" : "sha256").update(bytes)
    .digest("hex");
}

function originalBytes(spec: DocumentSpec, text: string, id: number): Uint8Array {
  switch (spec.kind) {
    case "pdf":
      return tinyPdf({ pages: spec.pages });
    case "png":
      return tinyPng([255, id & 255, (id >> 8) & 255, ...new TextEncoder().encode(text)]);
    case "webp":
      return tinyWebp({ width: 100, height: 141, colour: [id & 255, (id >> 8) & 255, 30] });
    case "txt":
    case "csv":
      return new TextEncoder().encode(`${text}\n`);
  }
}

/** Writes a file with a modification time of its own; folders are made. */
export function writeMedia(path: string, bytes: Uint8Array, id: number): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeFileSync(path, bytes);
  const moment = new Date(Date.UTC(2025, 0, 7, 12, 0, id % 60, 100 + id % 800));
  Deno.utimeSync(path, moment, moment);
}

function nullable(value: number | undefined): SQLInputValue {
  return value ?? null;
}

/** Writes files and row. The id is the next one. */
export function writeDocument(context: SampleContext, spec: DocumentSpec): SampleDocument {
  const { writer, mediaRoot } = context;
  const id = 1 + Number(
    writer.database.prepare("SELECT COALESCE(MAX(id), 0) AS id FROM documents_document").get()?.id,
  );
  const number = String(id).padStart(7, "0");
  const text = spec.pages.map((page) => page.join("\n")).join("\n\n");
  const filename = spec.filename === undefined ? `${number}.${spec.kind}` : spec.filename;
  const isPicture = spec.kind === "png" || spec.kind === "webp";
  const hasArchive = spec.archive ??
    (isPicture || (spec.kind === "pdf" && writer.generation === "v2"));
  const archiveFilename = hasArchive
    ? spec.archiveFilename ??
      (filename ? `${filename.replace(/\.[^./]*$/, "")}.pdf` : `${number}.pdf`)
    : null;

  const original = originalBytes(spec, text, id);
  const archive = hasArchive ? tinyPdf({ pages: [...spec.pages, ["archive"]] }) : null;
  const documents = `${mediaRoot}/documents`;
  const paths = {
    original: `${documents}/originals/${filename ?? `${number}.${spec.kind}`}`,
    archive: archiveFilename && `${documents}/archive/${archiveFilename}`,
    thumbnail: `${documents}/thumbnails/${number}.webp`,
  };
  const thumbnail = tinyWebp({
    width: 120,
    height: 170,
    colour: [(id * 37) & 255, (id * 91) & 255, (id * 53) & 255],
  });
  for (
    const [name, path, bytes] of [
      ["original", paths.original, original],
      ["archive", paths.archive, archive],
      ["thumbnail", paths.thumbnail, thumbnail],
    ] as const
  ) {
    if (path && bytes && !spec.without?.includes(name)) writeMedia(path, bytes, id);
  }

  const row: Row = {
    id,
    title: spec.title,
    content: spec.content ?? text,
    mime_type: MIME_TYPES[spec.kind],
    checksum: checksumOf(original, context),
    archive_checksum: archive ? checksumOf(archive, context) : null,
    created: spec.created,
    modified: writer.moment(),
    added: writer.moment(),
    filename,
    archive_filename: archiveFilename,
    original_filename: `scan ${id}.${spec.kind}`,
    page_count: spec.kind === "pdf" ? spec.pages.length : null,
    correspondent_id: nullable(spec.correspondent),
    document_type_id: nullable(spec.type),
    storage_path_id: nullable(spec.storagePath),
    owner_id: nullable(spec.owner),
    ...spec.row,
  };
  writer.insert("documents.document", row);
  writer.link("documents.document", "tags", id, spec.tags ?? []);
  return {
    id,
    title: spec.title,
    mimeType: MIME_TYPES[spec.kind],
    filename,
    archiveFilename,
    checksum: String(row.checksum),
    archiveChecksum: row.archive_checksum === null ? null : String(row.archive_checksum),
    originalPath: paths.original,
    archivePath: paths.archive,
    thumbnailPath: paths.thumbnail,
    inTrash: (spec.row?.deleted_at ?? null) !== null,
    isVersion: (spec.row?.root_document_id ?? null) !== null,
    ...(spec.special ? { special: spec.special } : {}),
    ...(spec.label ? { label: spec.label } : {}),
  };
}
