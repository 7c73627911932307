// The files that a manifest names for its documents and bundles, as they stand in the records.

import { rawIsNull, rawString, RawValueError } from "../manifest/raw_values.ts";
import type { RawRecord } from "../manifest/raw_record.ts";
import type { FileRole } from "../import/wanted_file.ts";

/** A file that a record names. */
export interface NamedFile {
  readonly role: FileRole;
  /** Number of the document or bundle. */
  readonly pk: number;
  /** Of the document, shortened. */
  readonly title: string;
  /** As the manifest has it: not checked yet. */
  readonly path: string;
  /** Lower-case hex; null where none is kept. */
  readonly checksum: string | null;
  /** Bytes that the record says it has; documents don't say. */
  readonly size?: number;
  /** What `--deep` can look into. */
  readonly look?: "pdf" | "webp" | "png";
}

/** What a record says of one file that it could have. */
export type FileClaim =
  | { readonly kind: "named"; readonly file: NamedFile }
  /** It should have one, but names none. */
  | { readonly kind: "unnamed"; readonly role: FileRole; readonly pk: number }
  | { readonly kind: "bad"; readonly message: string };

/** Characters of a title that are kept for messages. */
const TITLE = 80;

/** Hexadecimal digits of MD5 and SHA-256. */
const CHECKSUM = /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/i;

/** The files of a record; none for most models. */
export function* filesOf(record: RawRecord, pk: number): Generator<FileClaim> {
  if (record.model === "documents.document") yield* documentFiles(record, pk);
  if (record.model === "documents.sharelinkbundle") yield* bundleFiles(record, pk);
}

function* documentFiles({ fields, extras }: RawRecord, pk: number): Generator<FileClaim> {
  const title = textOf(fields.get("title")) ?? "";
  const about = { pk, title: title.length > TITLE ? `${title.slice(0, TITLE)}…` : title };
  const isEncrypted = fields.get("storage_type") === '"gpg"';
  const isPdf = fields.get("mime_type") === '"application/pdf"' && !isEncrypted;
  const hasArchive = !rawIsNull(fields.get("archive_checksum"));
  const wanted = [
    ["original", "__exported_file_name__", "checksum", isPdf ? "pdf" : undefined, true],
    ["thumbnail", "__exported_thumbnail_name__", undefined, undefined, true],
    [
      "archive",
      "__exported_archive_name__",
      "archive_checksum",
      isEncrypted ? undefined : "pdf",
      hasArchive,
    ],
  ] as const;
  for (const [role, extra, sum, content, isExpected] of wanted) {
    const raw = extras.get(extra);
    if (rawIsNull(raw)) {
      if (isExpected) yield { kind: "unnamed", role, pk };
      continue;
    }
    const path = textOf(raw);
    if (path === undefined) {
      yield { kind: "bad", message: `${extra} is no text` };
      continue;
    }
    const checksum = sum === undefined ? undefined : textOf(fields.get(sum));
    const isSound = checksum === undefined ? false : CHECKSUM.test(checksum);
    if (sum !== undefined && !isSound) {
      yield { kind: "bad", message: `${sum} is no checksum: ${String(checksum).slice(0, 80)}` };
    }
    const look = role === "thumbnail" && !isEncrypted ? pictureOf(path) : content;
    yield {
      kind: "named",
      file: {
        role,
        ...about,
        path,
        checksum: isSound ? checksum!.toLowerCase() : null,
        ...(look === undefined ? {} : { look }),
      },
    };
  }
}

function* bundleFiles({ extras, fields }: RawRecord, pk: number): Generator<FileClaim> {
  const raw = extras.get("__exported_share_link_bundle_name__");
  if (rawIsNull(raw)) return;
  const path = textOf(raw);
  if (path === undefined) {
    yield { kind: "bad", message: "__exported_share_link_bundle_name__ is no text" };
    return;
  }
  const size = fields.get("size_bytes") ?? "";
  yield {
    kind: "named",
    file: {
      role: "bundle",
      pk,
      title: `share link bundle ${pk}`,
      path,
      checksum: null,
      ...(/^[0-9]{1,15}$/.test(size) ? { size: Number(size) } : {}),
    },
  };
}

/** Thumbnails were PNG before 1.8.0. */
function pictureOf(path: string): "webp" | "png" {
  return /\.png$/i.test(path) ? "png" : "webp";
}

function textOf(raw: string | undefined): string | undefined {
  if (rawIsNull(raw)) return undefined;
  try {
    return rawString(raw);
  } catch (error) {
    if (error instanceof RawValueError) return undefined;
    throw error;
  }
}
