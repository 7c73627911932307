// Which files of an export are manifests, and the records of all of them in upstream's order of reading.

import { PaperwardError } from "../../errors.ts";
import { EXPORT_HINT, type ExportSource } from "../zip/export_source.ts";
import {
  type ManifestReaderOptions,
  type ManifestRecord,
  readManifestBatches,
} from "./manifest_reader.ts";

/** Name of the main manifest, at the export's root. */
export const MANIFEST_FILE = "manifest.json";
/** How the names of split manifests end, in any folder. */
export const SPLIT_MANIFEST_SUFFIX = "-manifest.json";

/** Whether a path is that of a manifest. */
export function isManifestPath(path: string): boolean {
  return path === MANIFEST_FILE || isSplitManifestPath(path);
}

/** Whether a path is that of a split manifest. */
export function isSplitManifestPath(path: string): boolean {
  // Upstream's pattern is `*-manifest.json`: a name of nothing but the suffix fits too.
  return path.endsWith(SPLIT_MANIFEST_SUFFIX);
}

/** The paths of an export's manifests: the main one first, the split ones sorted.
 * @throws {PaperwardError} if the main one is missing */
export function listManifests(source: ExportSource): string[] {
  if (!source.find(MANIFEST_FILE)) {
    throw new PaperwardError(`Cannot read the export ${source.name}: it has no ${MANIFEST_FILE}`, {
      hints: [EXPORT_HINT],
    });
  }
  const split: string[] = [];
  for (const { path } of source.files()) if (isSplitManifestPath(path)) split.push(path);
  return [MANIFEST_FILE, ...split.sort()];
}

/** Some records of one manifest, in its order. */
export interface ExportRecords {
  /** Path of the manifest in the export. */
  readonly manifest: string;
  /** At least one. */
  readonly records: readonly ManifestRecord[];
}

/** Reads the records of all manifests of an export, in batches.
 * @param manifests as {@linkcode listManifests} gives them
 * @throws {ManifestError} where one is malformed */
export async function* readExportRecords(
  source: ExportSource,
  manifests: readonly string[] = listManifests(source),
  options: Omit<ManifestReaderOptions, "file"> = {},
): AsyncGenerator<ExportRecords, void, undefined> {
  for (const manifest of manifests) {
    const batches = readManifestBatches(source.open(manifest), { ...options, file: manifest });
    for await (const records of batches) yield { manifest, records };
  }
}
