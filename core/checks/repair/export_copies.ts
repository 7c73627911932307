// Good copies of lost files in an export. Invariant: a copy counts only once its content was read and gives the
// checksum that the database has; a thumbnail, which has none there, only beside such an original.

import { createChecksum } from "../../../wasm/checksum/mod.ts";
import { PaperwardError } from "../../errors.ts";
import { readExportRecords } from "../../archive/manifest/manifest_files.ts";
import type { ManifestRecord } from "../../archive/manifest/manifest_reader.ts";
import { rawStringOrNull } from "../../archive/manifest/raw_values.ts";
import type { ExportSource } from "../../archive/zip/export_source.ts";
import type { Need } from "./need.ts";

/** A file that is missing or damaged. */
export type LostFile = Extract<Need, { readonly kind: "lost file" }>;

/** A copy that was verified. */
export interface ExportCopy {
  readonly lost: LostFile;
  /** Path inside the export. */
  readonly path: string;
  /** bytes */
  readonly size: number;
}

const NAMES = {
  original: "__exported_file_name__",
  archive: "__exported_archive_name__",
  thumbnail: "__exported_thumbnail_name__",
} as const;

/** Finds and verifies copies.
 * @throws {PaperwardError} where the export can't be read */
export async function* findCopies(
  source: ExportSource,
  lost: readonly LostFile[],
  stop: { throwIfRequested(): void },
): AsyncGenerator<ExportCopy> {
  // An export holds what was encrypted in clear: it can't stand in.
  const wanted = lost.filter(({ document }) => !document.encrypted);
  const byId = Map.groupBy(wanted, ({ document }) => document.id);
  const byChecksum = Map.groupBy(
    wanted.filter(({ stored }) => stored !== null),
    ({ stored }) => stored ?? "",
  );
  const found = new Set<LostFile>();
  for await (const { records } of readExportRecords(source)) {
    stop.throwIfRequested();
    for (const record of records) {
      if (record.model !== "documents.document") continue;
      for (const candidate of candidates(record, byId, byChecksum)) {
        if (found.has(candidate.lost)) continue;
        const copy = await verify(source, record, candidate);
        if (!copy) continue;
        found.add(copy.lost);
        yield copy;
      }
    }
  }
}

interface Candidate {
  readonly lost: LostFile;
  readonly path: string;
}

/** What a record's files may be copies of: those of the same document, and those of the same checksum. */
function* candidates(
  record: ManifestRecord,
  byId: ReadonlyMap<number, readonly LostFile[]>,
  byChecksum: ReadonlyMap<string, readonly LostFile[]>,
): Generator<Candidate> {
  const checksums = {
    original: rawStringOrNull(record.fields.get("checksum")),
    archive: rawStringOrNull(record.fields.get("archive_checksum")),
  };
  for (const lost of byId.get(Number(record.pk)) ?? []) {
    const path = nameOf(record, NAMES[lost.role]);
    if (path !== undefined) yield { lost, path };
  }
  for (const role of ["original", "archive"] as const) {
    const path = nameOf(record, NAMES[role]);
    if (path === undefined) continue;
    for (const lost of byChecksum.get(checksums[role] ?? "") ?? []) yield { lost, path };
  }
}

function nameOf(record: ManifestRecord, key: string): string | undefined {
  const raw = record.extras.get(key);
  return raw === undefined ? undefined : rawStringOrNull(raw) ?? undefined;
}

async function verify(
  source: ExportSource,
  record: ManifestRecord,
  { lost, path }: Candidate,
): Promise<ExportCopy | undefined> {
  const file = findFile(source, path);
  if (!file || file.size === 0) return undefined;
  if (lost.role === "thumbnail") {
    // It belongs to the document if the export's original does.
    const original = nameOf(record, NAMES.original);
    if (original === undefined || !findFile(source, original)) return undefined;
    if (!await isThumbnail(source, path, file.size)) return undefined;
    const isSame = await checksumOf(source, original, lost.document.checksum) ===
      lost.document.checksum;
    return isSame ? { lost, path, size: file.size } : undefined;
  }
  if (lost.stored === null) return undefined;
  const isGood = await checksumOf(source, path, lost.stored) === lost.stored;
  return isGood ? { lost, path, size: file.size } : undefined;
}

/** Bytes of a thumbnail, at most; they have some kilobytes. */
const LARGEST_THUMBNAIL = 32 << 20;

/** Whether a file is a WebP image by its first bytes (RFC 9649): old releases exported PNG. */
async function isThumbnail(source: ExportSource, path: string, size: number): Promise<boolean> {
  if (size > LARGEST_THUMBNAIL) return false;
  try {
    for await (const piece of source.open(path)) {
      const text = new TextDecoder("latin1").decode(piece.subarray(0, 12));
      return text.startsWith("RIFF") && text.endsWith("WEBP");
    }
  } catch (error) {
    if (!(error instanceof PaperwardError || error instanceof Deno.errors.NotFound)) throw error;
  }
  return false;
}

/** A manifest that names something outside of its export has no copies to offer. */
function findFile(source: ExportSource, path: string) {
  try {
    return source.find(path);
  } catch (error) {
    if (error instanceof PaperwardError) return undefined;
    throw error;
  }
}

/** The checksum of a file of an export, by the algorithm of a stored one. */
async function checksumOf(
  source: ExportSource,
  path: string,
  stored: string,
): Promise<string | undefined> {
  const checksum = createChecksum(stored.length === 32 ? "md5" : "sha256");
  try {
    for await (const piece of source.open(path)) checksum.update(piece);
  } catch (error) {
    // A damaged file of the export is no copy.
    if (error instanceof PaperwardError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return checksum.digestHex();
}
